"""What stays as it is while the head beside it moves: background, whatever it was taken for."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from headswap.arrays import U8
from headswap.swapping.compose.by_brightness import queue_up

# Distances from the head are measured in pictures this much smaller.
_COARSE = 2
# Of a head's breadth, how much nearer or farther it must have been; wider rims of hair that no
# matte of persons knows are not met with.
_MOVED = 0.06
# So many views must show it, this part of those that might, in levels of 0..255 off the middle one.
_LEAST, _PART, _SAME = 4, 0.75, 12
_FAR = 255


def add_unmoved(
    rgb: U8, seen: U8, stack: U8, clears: list[U8], doubts: list[U8], heads: list[U8]
) -> None:
    """Adds to a plate, and to what is seen of it, what views show there for all their doubts.

    rgb: (h, w, 3); seen: (h, w). stack: (k, h, w, 3). The rest k times (h, w) uint8, not 0 where a
    view is background, may be, or is a head. A head that has come nearer or gone would have
    taken its hair along.
    """
    maybe = [np.maximum(clear > 0, doubt > 0) for clear, doubt in zip(clears, doubts, strict=True)]
    doubted = np.logical_or.reduce([doubt > 0 for doubt in doubts])
    if not ((seen == 0) & doubted).any():
        return
    surely = [
        ((head > 0) & (doubt == 0)).astype(np.uint8)
        for head, doubt in zip(heads, doubts, strict=True)
    ]
    breadth = float(np.sqrt(max(cv2.countNonZero(head) for head in surely)))
    away = np.stack([_away(head) for head in surely])
    shown = np.stack(maybe) & doubted
    before = seen.copy()
    _add(rgb, seen, stack, shown.astype(np.uint8), away, _MOVED * breadth)
    # Here and there a pixel agrees by chance.
    wide = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    seen &= before | np.asarray(wide, np.uint8)


def _away(head: U8) -> U8:
    """(h, w) px from the head, at most `_FAR`."""
    height, width = head.shape
    size = (max(1, width // _COARSE), max(1, height // _COARSE))
    small = cv2.resize(head, size, interpolation=cv2.INTER_NEAREST)
    if not small.any():
        return np.full(head.shape, _FAR, np.uint8)
    off = _COARSE * cv2.distanceTransform(np.uint8(1) - small, cv2.DIST_L2, 3)
    off = np.minimum(off, _FAR).astype(np.uint8)
    return np.asarray(cv2.resize(off, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


@njit(cache=True, nogil=True)
def _add(rgb: U8, seen: U8, stack: U8, maybe: U8, away: U8, moved_px: float) -> None:
    views, height, width = maybe.shape
    order = np.zeros(views, np.int32)
    luma = np.zeros(views, np.int32)
    for y in range(height):
        for x in range(width):
            if seen[y, x]:
                continue
            n = 0
            for k in range(views):
                if not maybe[k, y, x]:
                    continue
                queue_up(luma, order, n, stack[k, y, x], k)
                n += 1
            if n < _LEAST:
                continue
            middle = luma[n // 2]
            red, green, blue, near, least, most = 0, 0, 0, 0, 255, 0
            for j in range(n):
                if abs(luma[j] - middle) <= 6 * _SAME:
                    k = order[j]
                    red += stack[k, y, x, 0]
                    green += stack[k, y, x, 1]
                    blue += stack[k, y, x, 2]
                    least, most = min(least, away[k, y, x]), max(most, away[k, y, x])
                    near += 1
            if near >= _LEAST and near >= _PART * n and most - least >= moved_px:
                rgb[y, x, 0] = (red + near // 2) // near
                rgb[y, x, 1] = (green + near // 2) // near
                rgb[y, x, 2] = (blue + near // 2) // near
                seen[y, x] = 1
