"""How boxes lie to each other: how much they overlap, and how far apart they are."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64


def overlaps(a_xyxy: F32, b_xyxy: F32) -> F64:
    """(n, m) intersection over union of each box of `a` (n, 4) with each of `b` (m, 4)."""
    a, b = a_xyxy[:, None].astype(np.float64), b_xyxy[None].astype(np.float64)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., 2:], b[..., 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=-1)
    areas = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1)
    return shared / np.maximum(areas - shared, 1e-9)


def separations(a_xyxy: F32, b_xyxy: F32) -> F64:
    """(n, m) distance of the boxes' centres over the smaller box's mean side."""
    a, b = a_xyxy.astype(np.float64), b_xyxy.astype(np.float64)
    centers_a, centers_b = (a[:, :2] + a[:, 2:]) / 2, (b[:, :2] + b[:, 2:]) / 2
    sides_a = (a[:, 2:] - a[:, :2]).mean(axis=1)
    sides_b = (b[:, 2:] - b[:, :2]).mean(axis=1)
    apart = np.linalg.norm(centers_a[:, None] - centers_b[None], axis=-1)
    return apart / np.maximum(np.minimum(sides_a[:, None], sides_b[None]), 1e-9)
