"""Carried: a crop of one frame brought into a box of another by a motion."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F64, U8
from headswap.swapping.engines.protocol import Box

_REPLICATE = cv2.BORDER_REPLICATE


def carried(
    plane: U8,
    to_from: F64,
    from_box: Box,
    to_box: Box,
    size_wh: tuple[int, int] | None = None,
    border: int = _REPLICATE,
) -> U8:
    """A crop carried by a motion of whole-frame pixels from its box into another box.

    plane: (h, w) or (h, w, c), of its box's size or smaller. size_wh: size of the answer, the other
    box's own when absent.
    """
    matrix = np.asarray(to_from, np.float64).copy()
    matrix[:, 2] += matrix[:, :2] @ np.array(from_box[:2]) - np.array(to_box[:2])
    full = (to_box[2] - to_box[0], to_box[3] - to_box[1])
    size = size_wh or full
    own = (from_box[2] - from_box[0], from_box[3] - from_box[1])
    whole = plane.shape[1::-1] == own
    if whole and size == full and np.array_equal(to_from, np.eye(2, 3)):
        return slid(plane, (to_box[0] - from_box[0], to_box[1] - from_box[1]), full, border)
    if not whole:
        # Pixel centres are at whole numbers in both.
        times = np.array([own[0] / plane.shape[1], own[1] / plane.shape[0]])
        matrix[:, 2] += matrix[:, :2] @ (times - 1) / 2
        matrix[:, :2] *= times
    matrix *= [[size[0] / full[0]], [size[1] / full[1]]]
    moved = cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(moved, np.uint8)


def slid(
    plane: U8, corner_xy: tuple[int, int], size_wh: tuple[int, int], border: int = _REPLICATE
) -> U8:
    """A window of a plane, which may reach over its edges, without resampling."""
    height, width = plane.shape[:2]
    left, top = corner_xy
    right, bottom = left + size_wh[0], top + size_wh[1]
    # At least one pixel is kept, which a border can be made from.
    x0, y0 = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    x1, y1 = max(min(right, width), x0 + 1), max(min(bottom, height), y0 + 1)
    part = plane[y0:y1, x0:x1]
    edges = (y0 - top, bottom - y1, x0 - left, right - x1)
    return np.asarray(cv2.copyMakeBorder(part, *edges, border), np.uint8)
