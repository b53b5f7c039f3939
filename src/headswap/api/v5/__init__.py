"""The Head Swap Open API, version 5: other names for the same services."""
