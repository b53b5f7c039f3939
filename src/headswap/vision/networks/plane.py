"""Scaling of crops into, and of planes out of, the segmentation networks."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8


def network_input(crop: U8, side_px: int) -> U8:
    """(side_px, side_px, 3) uint8, the crop squeezed to a square."""
    if crop.shape[:2] == (side_px, side_px):
        return crop
    shrinks = max(crop.shape[:2]) > side_px
    scaled = cv2.resize(
        crop, (side_px, side_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(scaled, dtype=np.uint8)


def to_size(planes: F32, size_wh: tuple[int, int]) -> F32:
    """(h, w) or (h, w, c) float32 in 0..1 at `size_wh`."""
    if planes.shape[1::-1] != size_wh:
        scaled = cv2.resize(planes, size_wh, interpolation=cv2.INTER_LINEAR)
        planes = np.asarray(scaled, dtype=np.float32)
    return np.clip(planes, 0, 1)


def unit_range(pixels: U8) -> F32:
    """(1, h, w, c) float32 in 0..1, a batch of one image."""
    return np.asarray(pixels[None], dtype=np.float32) * np.float32(1 / 255)
