"""Places inside an eye, told by its lids, so that an iris stays put while the lids move."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64, Mat

# Lashes keep the lids of a shut eye from being seen on each other; nearer than the first they are,
# and farther than the second they are as they seem, cm.
_SHUT_CM, _OPEN_CM = 0.16, 0.4


def shut(ring_cm: F64) -> F64:
    """The lid ring (16, 3) of an eye, its upper lid on the lower one if the eye is seen as shut."""
    upper, lower = ring_cm[1:8], ring_cm[15:8:-1]
    gap = float(np.linalg.norm(upper[3] - lower[3]))
    part = np.clip((_OPEN_CM - gap) / (_OPEN_CM - _SHUT_CM), 0, 1)
    closed = ring_cm.copy()
    closed[1:8] += part * (lower - upper)
    return closed


def eye_place(ring_points: F64, along: Mat, across: Mat) -> F64:
    """Points (p, d) inside an eye given its lid ring (16, d): see `EyePins` for the coordinates."""
    upper = ring_points[:9]
    lower = np.concatenate([ring_points[:1], ring_points[:8:-1], ring_points[8:9]])
    stations = np.linspace(0.0, 1.0, 9)
    top = np.stack([np.interp(along, stations, upper[:, k]) for k in range(upper.shape[1])], 1)
    bottom = np.stack([np.interp(along, stations, lower[:, k]) for k in range(lower.shape[1])], 1)
    return bottom + across[:, None] * (top - bottom)


def eye_coordinates(ring_points: F64, places: F64) -> tuple[F32, F32]:
    """The inverse of `eye_place` for points (p, 2+) in or near the eye: along and across."""
    ring = ring_points[:, :2]
    start, end = ring[0], ring[8]
    axis = (end - start) / max(float((end - start) @ (end - start)), 1e-9)
    stations = np.linspace(0.0, 1.0, 9)
    # An eye bulges, so that in one seen from the side its middle is not half way along.
    middles = (eye_place(ring, stations, np.full(9, 0.5)) - start) @ axis
    middles = np.maximum.accumulate(middles + 1e-6 * stations)
    along = np.interp((places[:, :2] - start) @ axis, middles, stations)
    along = np.clip(along, 0.02, 0.98)
    low = eye_place(ring, along, np.zeros(len(places)))
    high = eye_place(ring, along, np.ones(len(places)))
    lift = high - low
    across = ((places[:, :2] - low) * lift).sum(1) / np.maximum((lift**2).sum(1), 1e-9)
    return along.astype(np.float32), across.astype(np.float32)
