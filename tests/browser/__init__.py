"""Tests of the console in a real browser; a package, so that they share one server and browser."""
