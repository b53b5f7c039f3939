"""Coded sRGB and the linear light behind it (IEC 61966-2-1)."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8

_STEPS = 4095


def linear_of(rgb: U8) -> F32:
    """Linear light, 0..1, of coded colours (h, w, 3)."""
    return np.asarray(cv2.LUT(rgb, _LINEAR), np.float32)


def coded(linear: F32) -> U8:
    """Coded colours of linear light (h, w, 3) within 0..1."""
    return _CODED[np.round(linear * _STEPS).astype(np.int32)]


def _decoded(values: F64) -> F32:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def _encoded(linear: F64) -> F32:
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    ).astype(np.float32)


_LINEAR = _decoded(np.arange(256, dtype=np.float64) / 255)
_CODED: U8 = np.round(_encoded(np.arange(_STEPS + 1, dtype=np.float64) / _STEPS) * 255).astype(
    np.uint8
)
