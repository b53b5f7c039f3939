"""Hands made of points, for tests."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32
from headswap.swapping.hand_tracks import HandNow

SKIN_COLOURS = np.array([[120, 80, 60], [5, 5, 5]], np.float32)


def made_hand(x: float, y: float, size: float) -> F32:
    """(21, 2) px: an open hand, fingers up, its palm's middle at (x, y)."""
    points = [(0.0, 0.5), (-0.3, 0.3), (-0.5, 0.1), (-0.65, -0.1), (-0.75, -0.3)]
    for root, tip in ((-0.3, -0.4), (-0.1, -0.12), (0.1, 0.12), (0.28, 0.38)):
        steps = np.linspace(0, 1, 4)
        points += [(root + t * (tip - root), -0.45 - 0.9 * t) for t in steps]
    return (np.array(points) * size + [x, y]).astype(np.float32)


def hand_now(points: F32, astray: float = 0.0, colours: F32 = SKIN_COLOURS) -> HandNow:
    return HandNow(points, colours, astray, True)
