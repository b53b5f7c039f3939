"""Random walks: what is unsure of a picture goes to the side its colours bind it to."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, U8, Bool

# Neighbours that differ by this many levels, or by so many times what is usual, are another's.
_LEAST_LEVELS, _USUAL_TIMES, _MOST_LEVELS = 3.0, 1.5, 12.0
# So much even the most unlike are bound to each other.
_FLOOR = 0.003
_SWEEPS, _FASTER = 6, np.float32(1.5)


def nearness(levels: float, floor: float) -> F32:
    """(256,) float32: how near colours are that differ by so many levels, 1 to floor."""
    gaps = np.arange(256, dtype=np.float32) / np.float32(levels)
    return np.maximum(np.exp(-0.5 * gaps * gaps), np.float32(floor)).astype(np.float32)


def walked(image: U8, share: F32, fixed: Bool, pull: F32) -> F32:
    """(h, w) float32 0..1: the share of the front by random walks with priors (Grady 2005).

    image: (h, w, 3) uint8. share: (h, w) 0..1, what each pixel is taken for by itself, and pull:
    (h, w), how strongly, where two alike neighbours are bound to each other by 1. fixed: (h, w)
    those that are sure.
    """
    right = _gaps(image[:, 1:], image[:, :-1])
    down = _gaps(image[1:], image[:-1])
    usual = _USUAL_TIMES * (float(right.mean()) + float(down.mean())) / 2
    near = nearness(float(np.clip(usual, _LEAST_LEVELS, _MOST_LEVELS)), _FLOOR)
    bonds = np.zeros((4, *share.shape), np.float32)
    bonds[0, :, :-1] = near[right]
    bonds[1, :-1] = near[down]
    # Diagonal neighbours are farther away.
    slanted = np.float32(np.sqrt(0.5))
    bonds[2, :-1, :-1] = slanted * near[_gaps(image[1:, 1:], image[:-1, :-1])]
    bonds[3, :-1, 1:] = slanted * near[_gaps(image[1:, :-1], image[:-1, 1:])]
    found = np.ascontiguousarray(share, np.float32).copy()
    _sweep(found, share, pull, bonds, fixed, _SWEEPS)
    return found


def _gaps(one: U8, other: U8) -> U8:
    """(h, w) uint8: how many levels colours are apart."""
    first, second, third = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(first, second), third), np.uint8)


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(found: F32, share: F32, pull: F32, bonds: F32, fixed: Bool, times: int) -> None:
    """Settles each pixel between its neighbours, from corner to corner and back, in place."""
    height, width = found.shape
    for turn in range(2 * times):
        for j in range(1, height - 1):
            y = j if turn % 2 == 0 else height - 1 - j
            for i in range(1, width - 1):
                x = i if turn % 2 == 0 else width - 1 - i
                if fixed[y, x]:
                    continue
                east, west = bonds[0, y, x], bonds[0, y, x - 1]
                south, north = bonds[1, y, x], bonds[1, y - 1, x]
                falling, fallen = bonds[2, y, x], bonds[2, y - 1, x - 1]
                rising, risen = bonds[3, y, x], bonds[3, y - 1, x + 1]
                own = pull[y, x]
                total = own * share[y, x]
                total += east * found[y, x + 1] + west * found[y, x - 1]
                total += south * found[y + 1, x] + north * found[y - 1, x]
                total += falling * found[y + 1, x + 1] + fallen * found[y - 1, x - 1]
                total += rising * found[y + 1, x - 1] + risen * found[y - 1, x + 1]
                weight = own + east + west + south + north + falling + fallen + rising + risen
                settled = total / max(weight, np.float32(1e-6))
                value = found[y, x] + _FASTER * (settled - found[y, x])
                found[y, x] = min(max(value, np.float32(0)), np.float32(1))
