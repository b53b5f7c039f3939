"""What no view of a background shows, made up: straight edges, patterns, and the rest smoothly."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.exemplar import fill_from_exemplars
from headswap.swapping.compose.lines import carry_on
from headswap.swapping.matting import fill_smooth

# Patches are sought for this many pixels in about a second.
_LARGEST_HOLE_PX = 30000
# A wall whose detail is below the first deviation is plain, above the second it has a pattern.
_PLAIN, _PATTERN = 2.0, 7.0
# Levels off the smooth fill from which something is set before it; and what it lies amid: how far
# that is looked at, and what part of it may be strange too.
_STRANGE, _RING_PX, _AMID = 24.0, 12, 0.2


def completed(rgb: U8, seen: U8, hidden: U8, disputed: Bool) -> U8:
    """(h, w, 3) uint8: a plate with all that was never seen made up.

    rgb: (h, w, 3). seen, hidden, disputed: (h, w), where it was seen, where a head is that comes
    off, where views do not agree.
    """
    if not seen.any() or seen.all():
        return rgb
    smooth = fill_smooth(rgb.astype(np.float32), seen.astype(np.float32))
    wanted = ((hidden > 0) & (seen == 0)).astype(np.uint8)
    rgb, band, along = carry_on(rgb, seen, wanted, np.where(seen[..., None] > 0, rgb, smooth))
    known = seen | band
    if band.any():
        smooth = fill_smooth(rgb.astype(np.float32), known.astype(np.float32))
    result = np.where(known[..., None] > 0, rgb, np.clip(smooth + 0.5, 0, 255).astype(np.uint8))
    never = (hidden > 0) & (known == 0)
    if not never.any():
        return result
    ys, xs = np.nonzero((known > 0) | never)
    window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    patched = _filled(rgb[window], never[window].astype(np.uint8), known[window])
    share = _patterned(rgb[window], seen[window] & (1 - along[window]), disputed[window])
    share *= 1 - stray_parts(patched, smooth[window], never[window])
    mixed = smooth[window] + share[..., None] * (patched - smooth[window])
    hole = never[window][..., None]
    result[window] = np.where(hole, np.clip(mixed + 0.5, 0, 255).astype(np.uint8), result[window])
    return result


def stray_parts(patched: U8, smooth: F32, hole: Bool) -> F32:
    """(h, w) 0..1: what patches have set into a hole alone, without a tie to its rim."""
    gap = cv2.blur(np.abs(patched - smooth).max(axis=2), (3, 3))
    strange = ((gap > _STRANGE) & hole).astype(np.uint8)
    edge = np.asarray(cv2.dilate((~hole).astype(np.uint8), np.ones((5, 5), np.uint8)), np.uint8)
    ring = np.ones((2 * _RING_PX + 1, 2 * _RING_PX + 1), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strange)
    stray = np.zeros_like(strange)
    tied = set(np.unique(labels[edge > 0]).tolist())
    for k in range(1, count):
        if k in tied:
            continue
        x, y, width, height = stats[k, :4].tolist()
        rows = slice(max(0, y - _RING_PX), y + height + _RING_PX)
        near = np.s_[rows, max(0, x - _RING_PX) : x + width + _RING_PX]
        one = (labels[near] == k).astype(np.uint8)
        around = (cv2.dilate(one, ring) > one) & hole[near]
        # Amid others like it, it belongs to a pattern.
        if strange[near][around].mean() < _AMID:
            stray[near] |= one
    wide = cv2.dilate(stray, np.ones((7, 7), np.uint8)).astype(np.float32)
    return np.asarray(cv2.blur(wide, (5, 5)), np.float32)


def _patterned(rgb: U8, seen: U8, disputed: Bool) -> F32:
    """(h, w) 0..1: how much of a pattern there is around, continued into the unknown.

    Beside what is in dispute nothing says where a pattern would have to end.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = seen.astype(np.float32)
    share = np.maximum(cv2.blur(weight, (9, 9)), 1e-3)
    mean = cv2.blur(grey * weight, (9, 9)) / share
    square = cv2.blur(((grey - mean) * weight) ** 2, (9, 9)) / share
    deviation = np.sqrt(np.maximum(square, 0))
    strong = np.clip((deviation - _PLAIN) / (_PATTERN - _PLAIN), 0, 1)
    wide = cv2.dilate((strong * weight).astype(np.float32), np.ones((15, 15), np.uint8))
    wide[disputed] = 0
    return fill_smooth(wide[..., None], np.maximum(weight, disputed))[..., 0]


def _filled(rgb: U8, hole: U8, source: U8) -> U8:
    """The picture with its hole filled; a very large hole is filled at a smaller scale."""
    shrink = np.sqrt(max(1.0, cv2.countNonZero(hole) / _LARGEST_HOLE_PX))
    if shrink <= 1.0:
        return fill_from_exemplars(rgb, hole, source)
    size = (round(rgb.shape[1] / shrink), round(rgb.shape[0] / shrink))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    gap, usable = (
        cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for plane in (hole, source)
    )
    filled = fill_from_exemplars(
        small, (gap > 0).astype(np.uint8), ((usable > 0.99) & (gap == 0)).astype(np.uint8)
    )
    wide = cv2.resize(filled, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None] > 0, wide, rgb).astype(np.uint8)
