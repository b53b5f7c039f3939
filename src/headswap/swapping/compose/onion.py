"""Begins the fill of a hole: from its rim inwards, edges first, each time the patch that fits."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, F64, I32, U8, Bool

_HALF = 3
# What one pixel of distance counts, of a patch's error: all ways, and off the upright and level.
_FAR, _ASKEW = 0.05, 1.2
# How much an edge that runs into the hole counts beside how much is known around.
_EDGE, _KNOWN = 3.0, 0.02
_FADE = 0.95
_MOST_PLACES = 20000


def begin_fill(rgb: F32, hole: U8, source: U8) -> F32:
    """(h, w, 3) float32: the picture with its hole filled by copies of patches, one at a time.

    hole, source: (h, w) uint8, 1 where to fill and where patches may come from. What is neither
    is filled on the way: edges go on behind it. The next place is where an edge meets the rim and
    most is known around (Criminisi et al., IEEE TIP 2004); its patch is the one that fits best what
    is known, rather near than far, and rather above, below or beside, as what is built repeats.
    Where there is no room for a patch to come from, nothing is filled.
    """
    size = 2 * _HALF + 1
    square = np.ones((size, size), np.uint8)
    centres = np.asarray(cv2.erode(source, square, borderValue=0), np.uint8)
    filled = rgb.copy()
    if centres.any():
        unknown = ((hole > 0) | (source == 0)).astype(np.uint8)
        _grow(filled, unknown, hole.astype(np.bool_), _nearest(centres, hole))
    return filled


def _nearest(centres: U8, hole: U8) -> I32:
    """(n, 2) rows and columns of at most `_MOST_PLACES` patches, those nearest to the hole."""
    places = np.argwhere(centres > 0).astype(np.int32)
    if len(places) > _MOST_PLACES:
        away = cv2.distanceTransform(np.uint8(1) - hole, cv2.DIST_L2, 3)
        nearest = np.argsort(away[places[:, 0], places[:, 1]], kind="stable")
        places = places[np.sort(nearest[:_MOST_PLACES])]
    return places


@njit(cache=True, nogil=True)
def _grow(image: F32, unknown: U8, wanted: Bool, places: I32) -> None:
    height, width = unknown.shape
    trust = np.where(unknown > 0, 0.0, 1.0)
    priority = np.full((height, width), -1.0)
    left = 0
    for y in range(height):
        for x in range(width):
            left += wanted[y, x]
            if unknown[y, x]:
                priority[y, x] = _priority(image, unknown, trust, y, x)
    while left > 0:
        best, py, px = -1.0, 0, 0
        for y in range(height):
            for x in range(width):
                if unknown[y, x] and priority[y, x] > best:
                    best, py, px = priority[y, x], y, x
        if best < 0:
            return
        sy, sx = _fitting(image, unknown, trust, places, py, px)
        left -= _put(image, unknown, wanted, trust, (py, px), (sy, sx))
        reach = 2 * _HALF
        for y in range(max(0, py - reach), min(height, py + reach + 1)):
            for x in range(max(0, px - reach), min(width, px + reach + 1)):
                if unknown[y, x]:
                    priority[y, x] = _priority(image, unknown, trust, y, x)


@njit(cache=True, nogil=True)
def _priority(image: F32, unknown: U8, trust: F64, y: int, x: int) -> float:
    """How soon a place of the rim is to be filled; -1 for one that is not of the rim."""
    height, width = unknown.shape
    rim = False
    known, count, inward_y, inward_x = 0.0, 0, 0.0, 0.0
    strongest, across_y, across_x = 0.0, 0.0, 0.0
    for dy in range(-_HALF, _HALF + 1):
        for dx in range(-_HALF, _HALF + 1):
            j, i = y + dy, x + dx
            if j < 0 or i < 0 or j >= height or i >= width:
                continue
            count += 1
            known += trust[j, i]
            if unknown[j, i]:
                inward_y += dy
                inward_x += dx
                continue
            rim |= abs(dy) <= 1 and abs(dx) <= 1
            if j < 1 or i < 1 or j + 1 >= height or i + 1 >= width:
                continue
            if unknown[j - 1, i] or unknown[j + 1, i] or unknown[j, i - 1] or unknown[j, i + 1]:
                continue
            down, right = 0.0, 0.0
            for k in range(3):
                down += image[j + 1, i, k] - image[j - 1, i, k]
                right += image[j, i + 1, k] - image[j, i - 1, k]
            if down * down + right * right > strongest:
                strongest, across_y, across_x = down * down + right * right, down, right
    if not rim:
        return -1.0
    # Along an edge is across its gradient.
    along = abs(across_x * inward_y - across_y * inward_x)
    along /= 1530.0 * (np.sqrt(inward_y * inward_y + inward_x * inward_x) + 1e-6)
    return known / count * (_EDGE * along + _KNOWN)


@njit(cache=True, nogil=True)
def _fitting(image: F32, unknown: U8, trust: F64, places: I32, py: int, px: int) -> tuple[int, int]:
    """The middle of the patch that fits best what is known around a place."""
    height, width = unknown.shape
    least, best = 1e30, 0
    for n in range(len(places)):
        sy, sx = places[n, 0], places[n, 1]
        down, right = float((sy - py) ** 2), float((sx - px) ** 2)
        total = _FAR * (down + right) + _ASKEW * min(down, right)
        for dy in range(-_HALF, _HALF + 1):
            y = py + dy
            if y < 0 or y >= height:
                continue
            for dx in range(-_HALF, _HALF + 1):
                x = px + dx
                if x < 0 or x >= width or unknown[y, x]:
                    continue
                for k in range(3):
                    gap = image[y, x, k] - image[sy + dy, sx + dx, k]
                    total += trust[y, x] * gap * gap
            if total >= least:
                break
        if total < least:
            least, best = total, n
    return places[best, 0], places[best, 1]


@njit(cache=True, nogil=True)
def _put(
    image: F32,
    unknown: U8,
    wanted: Bool,
    trust: F64,
    to_yx: tuple[int, int],
    from_yx: tuple[int, int],
) -> int:
    """Copies a patch over what is unknown; how many pixels of the hole that filled."""
    height, width = unknown.shape
    known, count, filled = 0.0, 0, 0
    for dy in range(-_HALF, _HALF + 1):
        for dx in range(-_HALF, _HALF + 1):
            y, x = to_yx[0] + dy, to_yx[1] + dx
            if 0 <= y < height and 0 <= x < width:
                known += trust[y, x]
                count += 1
    for dy in range(-_HALF, _HALF + 1):
        for dx in range(-_HALF, _HALF + 1):
            y, x = to_yx[0] + dy, to_yx[1] + dx
            if 0 <= y < height and 0 <= x < width and unknown[y, x]:
                image[y, x] = image[from_yx[0] + dy, from_yx[1] + dx]
                unknown[y, x] = 0
                trust[y, x] = _FADE * known / count
                filled += wanted[y, x]
    return filled
