"""Trust: consent and rules before a swap; credentials, mark and verification after it."""
