"""What is stated for the photos that results are measured with."""

from __future__ import annotations

CONSENT = "Headswap's benchmarks: the pictures were given for tests; for measuring results"
