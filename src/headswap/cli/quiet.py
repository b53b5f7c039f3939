"""Keeps what the inference runtime says of itself off stderr, in this process and its workers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

# LiteRT's C++ code writes this to descriptor 2 itself, in two parts, and has no setting against it.
_CHATTER = (b"INFO: ", b"Created TensorFlow Lite XNNPACK delegate for CPU.")
# A worker that outlives the command must not keep it from ending.
_DRAIN_S = 2.0


@contextmanager
def without_runtime_chatter() -> Generator[None]:
    """While it lasts, such lines are dropped from descriptor 2, and empty ones; all others pass.

    `sys.stderr` writes past the filter, so that a terminal is still seen as one.
    """
    sys.stderr.flush()
    outside, former = os.dup(2), sys.stderr
    source, target = os.pipe()
    os.dup2(target, 2)
    os.close(target)
    sys.stderr = os.fdopen(os.dup(outside), "w", buffering=1, errors="backslashreplace")
    pump = threading.Thread(target=_pump, args=(source, outside), daemon=True)
    pump.start()
    try:
        yield
    finally:
        sys.stderr.close()
        sys.stderr = former
        # This closes the pipe's last end here, so the pump reads to its end and stops.
        os.dup2(outside, 2)
        pump.join(_DRAIN_S)


def _pump(source: int, outside: int) -> None:
    with os.fdopen(source, "rb") as lines:
        for line in lines:
            if not _is_chatter(line):
                os.write(outside, line)


def _is_chatter(line: bytes) -> bool:
    """Whether nothing else is in the line; workers' parts of such lines run into each other."""
    for part in _CHATTER:
        line = line.replace(part, b"")
    return not line.strip()
