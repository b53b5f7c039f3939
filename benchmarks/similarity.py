"""Structural similarity of two pictures."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8

SIGMA = 1.5
WINDOW_PX = 11
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(a: U8, b: U8) -> float:
    """Mean structural similarity of the lumas of two RGB pictures (h, w, 3); 1 when equal.

    Gaussian windows of 11 px that lie wholly inside (Wang, Bovik, Sheikh and Simoncelli 2004).

    Raises:
        ValueError: the shapes differ, or a side is under 11 px.
    """
    if a.shape != b.shape or min(a.shape[:2]) < WINDOW_PX:
        raise ValueError(f"ssim of {a.shape} and {b.shape}: equal shapes from 11 px are wanted")
    x, y = (np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.float32) for p in (a, b))
    mean_x, mean_y = _mean(x), _mean(y)
    var_x, var_y = _mean(x * x) - mean_x**2, _mean(y * y) - mean_y**2
    both = _mean(x * y) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + C1) * (2 * both + C2)
    alike /= (mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2)
    edge = WINDOW_PX // 2
    return float(alike[edge:-edge, edge:-edge].mean())


def _mean(plane: F32) -> F32:
    return np.asarray(cv2.GaussianBlur(plane, (WINDOW_PX, WINDOW_PX), SIGMA), np.float32)
