"""The grid of cells that a mark is written in, and pictures of it.

The picture's short side is 90 cells long; cell (0, 0) begins in its middle, so a picture that was
only scaled has the same cells. A fifth of them is the same for every mark and tells where the grid
lies; each other one bears one sign of the mark's word. Every compact patch has all signs.
"""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, I64, Bool
from headswap.trust.mark.words import SIGNS

ACROSS = 90
# Cells this far from the middle exist: for pictures up to 8 times as long as wide.
REACH = 384
_GUIDES = 5
# The next cell with the same sign is at least 16 cells away.
_ROW_STEP = 84
# Neighbouring signs of a word are far apart in it, because a patch may be hidden.
_SPREAD = 77
# Of a cell: the width of the Gaussian that is taken away, so that no coarse blotches remain.
_COARSE = 1.2


def sown() -> F32:
    """(768, 768) -1 or 1: the fixed random sign of each cell, rows first."""
    v, u = _places().astype(np.uint32)
    # A murmur-like finisher: neighbouring places, unrelated signs.
    x = u * np.uint32(0x9E3779B1) ^ v * np.uint32(0x85EBCA77)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ x >> np.uint32(shift)) * np.uint32(factor)
    return np.where((x ^ x >> np.uint32(16)) & np.uint32(1), 1, -1).astype(np.float32)


def guides() -> Bool:
    """(768, 768) the cells that are the same for every mark."""
    v, u = _places()
    return (u + 2 * v) % _GUIDES == 0


def meaning() -> I64:
    """(768, 768) which sign of the word a cell bears; of no meaning for guides."""
    v, u = _places()
    return (u + _ROW_STEP * v) * _SPREAD % SIGNS


def grid_from_picture(size_wh: tuple[int, int], cell_px: float) -> F32:
    """(2, 3) from a picture's pixels to places in the arrays of cells."""
    width, height = size_wh
    first = REACH - 0.5
    across, down = (0.5 - width / 2) / cell_px + first, (0.5 - height / 2) / cell_px + first
    return np.array([[1 / cell_px, 0, across], [0, 1 / cell_px, down]], np.float32)


def drawn(cells: F32, size_wh: tuple[int, int], cell_px: float) -> F32:
    """(h, w) float32: the cells as a smooth pattern of mean power 1, without its coarse part."""
    matrix = grid_from_picture(size_wh, cell_px)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(cells, matrix, size_wh, flags=flags)
    fine = np.asarray(fine, np.float32) - cv2.GaussianBlur(fine, (0, 0), _COARSE * cell_px)
    return np.asarray(fine / np.float32(np.sqrt(np.square(fine).mean())), np.float32)


def _places() -> I64:
    v, u = np.mgrid[-REACH:REACH, -REACH:REACH]
    return np.stack([v, u])
