"""The service over HTTP: envelope, callers, routes, files, events, health, metrics, logs."""
