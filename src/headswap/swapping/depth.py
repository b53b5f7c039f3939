"""How deep a head is, where the landmark network says it is flatter."""

from __future__ import annotations

from headswap.arrays import F64

# Landmarks behind this plane are where they should be.
EAR_PLANE_CM = 3.0
DEPTH_GAIN = 1.15


def deepened(points_cm: F64) -> F64:
    """Points (n, 3) in head space with the network's depths before the ears stretched."""
    return _scaled(points_cm, DEPTH_GAIN)


def flattened(points_cm: F64) -> F64:
    """What `deepened` was given."""
    return _scaled(points_cm, 1 / DEPTH_GAIN)


def _scaled(points_cm: F64, gain: float) -> F64:
    scaled = points_cm.copy()
    before = scaled[:, 2] < EAR_PLANE_CM
    scaled[before, 2] = EAR_PLANE_CM + gain * (scaled[before, 2] - EAR_PLANE_CM)
    return scaled
