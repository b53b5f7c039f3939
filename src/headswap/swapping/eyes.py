"""Places inside an eye, told by its lids, so that an iris stays put while the lids move."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64, Mat


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
    start, end = ring_points[0, :2], ring_points[8, :2]
    axis = end - start
    along = (places[:, :2] - start) @ axis / max(float(axis @ axis), 1e-9)
    along = np.clip(along, 0.02, 0.98)
    low = eye_place(ring_points[:, :2], along, np.zeros(len(places)))
    high = eye_place(ring_points[:, :2], along, np.ones(len(places)))
    lift = high - low
    across = ((places[:, :2] - low) * lift).sum(1) / np.maximum((lift**2).sum(1), 1e-9)
    return along.astype(np.float32), across.astype(np.float32)
