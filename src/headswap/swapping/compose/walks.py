"""Random walks: what is unsure of a picture goes to the side its colours bind it to."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, I32, U8, Bool

# Neighbours that differ by this many levels, or by so many times what is usual, are another's.
_LEAST_LEVELS, _USUAL_TIMES, _MOST_LEVELS = 3.0, 1.5, 12.0
# So much even the most unlike are bound to each other.
_FLOOR = 0.003
_SWEEPS, _FASTER = 6, np.float32(1.5)


def nearness(levels: float, floor: float) -> F32:
    """(256,) float32: how near colours are that differ by so many levels, 1 to floor."""
    gaps = np.arange(256, dtype=np.float32) / np.float32(levels)
    return np.maximum(np.exp(-0.5 * gaps * gaps), np.float32(floor)).astype(np.float32)


def bonds_of(image: U8) -> F32:
    """(4, h, w) float32: how a pixel of (h, w, 3) is bound to those right, below, and aslant below.

    Of the last two the first is to the right, the second to the left.
    """
    right = _gaps(image[:, 1:], image[:, :-1])
    down = _gaps(image[1:], image[:-1])
    usual = _USUAL_TIMES * (cv2.mean(right)[0] + cv2.mean(down)[0]) / 2
    near = nearness(float(np.clip(usual, _LEAST_LEVELS, _MOST_LEVELS)), _FLOOR)
    bonds = np.zeros((4, *image.shape[:2]), np.float32)
    bonds[0, :, :-1] = cv2.LUT(right, near)
    bonds[1, :-1] = cv2.LUT(down, near)
    # Diagonal neighbours are farther away.
    slanted = near * np.float32(np.sqrt(0.5))
    bonds[2, :-1, :-1] = cv2.LUT(_gaps(image[1:, 1:], image[:-1, :-1]), slanted)
    bonds[3, :-1, 1:] = cv2.LUT(_gaps(image[1:, :-1], image[:-1, 1:]), slanted)
    return bonds


def walked(bonds: F32, share: F32, fixed: Bool, pull: F32) -> F32:
    """(h, w) float32 0..1: the share of the front by random walks with priors (Grady 2005).

    bonds: see `bonds_of`. share: (h, w) 0..1, what each pixel is taken for by itself, and pull:
    (h, w), how strongly, where two alike neighbours are bound to each other by 1. fixed: (h, w)
    those that are sure.
    """
    found = np.ascontiguousarray(share, np.float32).copy()
    unsure = ~fixed
    # Those at the edge have not all neighbours.
    unsure[[0, -1]] = unsure[:, [0, -1]] = False
    _sweep(found, share, pull, bonds, np.argwhere(unsure).astype(np.int32), _SWEEPS)
    return found


def _gaps(one: U8, other: U8) -> U8:
    """(h, w) uint8: how many levels colours are apart."""
    first, second, third = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(first, second), third), np.uint8)


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(found: F32, share: F32, pull: F32, bonds: F32, places: I32, times: int) -> None:
    """Settles each of some pixels between its neighbours, to and fro, in place.

    places: (n, 2) their rows and columns, none at the edge.
    """
    count = len(places)
    parts = np.empty((count, 9), np.float32)
    for n in range(count):
        y, x = places[n]
        part = parts[n]
        part[0], part[1] = bonds[0, y, x], bonds[0, y, x - 1]
        part[2], part[3] = bonds[1, y, x], bonds[1, y - 1, x]
        part[4], part[5] = bonds[2, y, x], bonds[2, y - 1, x - 1]
        part[6], part[7] = bonds[3, y, x], bonds[3, y - 1, x + 1]
        part[8] = pull[y, x]
        part /= max(part.sum(), np.float32(1e-6))
        part[8] *= share[y, x]
    for turn in range(2 * times):
        for j in range(count):
            n = j if turn % 2 == 0 else count - 1 - j
            y, x = places[n]
            part = parts[n]
            settled = part[8]
            settled += part[0] * found[y, x + 1] + part[1] * found[y, x - 1]
            settled += part[2] * found[y + 1, x] + part[3] * found[y - 1, x]
            settled += part[4] * found[y + 1, x + 1] + part[5] * found[y - 1, x - 1]
            settled += part[6] * found[y + 1, x - 1] + part[7] * found[y - 1, x + 1]
            value = found[y, x] + _FASTER * (settled - found[y, x])
            found[y, x] = min(max(value, np.float32(0)), np.float32(1))
