"""The database and the blobs of the service."""
