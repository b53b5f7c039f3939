"""The routes of the Head Swap Open API v4."""
