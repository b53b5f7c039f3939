"""Landmarks of a picture taken to one of another size."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64


def resized_landmarks(landmarks: F32, scale_xy: F64) -> F32:
    """Landmarks (..., 3) of a picture taken to one resized by scale_xy (2,)."""
    factors = np.array([scale_xy[0], scale_xy[1], scale_xy.mean()], np.float32)
    return (landmarks * factors).astype(np.float32)
