"""Memory that is free again, handed back to the system."""

from __future__ import annotations

import ctypes


def hand_back() -> None:
    """Hands freed memory back where the C library keeps it; elsewhere there is nothing to do.

    glibc keeps what threads have freed for their next need. A process that waits for others
    has none, and they may.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
