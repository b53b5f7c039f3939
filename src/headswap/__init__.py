"""Headswap: a video and a photo in, the same video with the photo's whole head out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headswap.swapping.options import SwapOptions
    from headswap.swapping.report import SwapReport
    from headswap.swapping.swap import swap
    from headswap.vision.analyze import analyze
    from headswap.vision.scene import Scene

# ONNX Runtime reports to its maker unless told otherwise before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["Scene", "SwapOptions", "SwapReport", "analyze", "swap"]
__version__ = "0.1.0"

_HOMES = {
    "Scene": "headswap.vision.scene",
    "SwapOptions": "headswap.swapping.options",
    "SwapReport": "headswap.swapping.report",
    "analyze": "headswap.vision.analyze",
    "swap": "headswap.swapping.swap",
}


def __getattr__(name: str) -> object:
    # The rooms load numeric libraries; `headswap --help` should not wait for them.
    if name not in _HOMES:
        raise AttributeError(f"module 'headswap' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
