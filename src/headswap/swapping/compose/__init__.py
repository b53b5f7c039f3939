"""The compositor: takes the old head out of a frame and puts a drawn head in."""
