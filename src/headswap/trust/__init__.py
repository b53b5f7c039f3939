"""Trust: what a result says of itself, who signs that, and how it is verified."""
