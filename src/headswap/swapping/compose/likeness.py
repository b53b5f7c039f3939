"""How usual a colour is among the pixels of a kind, told by a histogram of the same picture."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8, Bool

# Cells of lightness, and of each of a and b: 16 of 255 levels, 4 of those around grey. A colour
# rarer than this among its kind says nothing.
_SHAPE = (16, 32, 32)
_LEVELS, _FINE, _GREY = 16, 4, 128
_RARE = 1e-4


def colour_cells(rgb: U8) -> I64:
    """(h, w) the cell of a colour histogram that each pixel falls in."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.int64)
    middle = _SHAPE[1] // 2
    tint = np.clip((lab[..., 1:] - _GREY) // _FINE + middle, 0, _SHAPE[1] - 1)
    return (lab[..., 0] // _LEVELS * _SHAPE[1] + tint[..., 0]) * _SHAPE[2] + tint[..., 1]


def how_usual(cells: I64, kind: Bool, soft_px: float) -> F32:
    """(h, w) how usual each pixel's colour is where a kind is sure, evened out a little."""
    every = np.bincount(cells[kind], minlength=int(np.prod(_SHAPE)))
    count = every.reshape(_SHAPE).astype(np.float32)
    for axis in range(3):
        count = (np.roll(count, 1, axis) + 2 * count + np.roll(count, -1, axis)) / 4
    share = count.ravel() / max(float(count.sum()), 1.0) + _RARE
    return np.asarray(
        cv2.GaussianBlur(share[cells].astype(np.float32), (0, 0), max(0.5, soft_px)),
        np.float32,
    )
