"""The guided filter: a matte drawn to the edges of its picture."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Mat


def guided_filter(guide_rgb: U8, plane: F32, radius_px: int, epsilon: float = 1e-3) -> F32:
    """The plane (h, w) 0..1 drawn to the picture's edges (He et al., PAMI 2013, grey guide)."""
    guide = cv2.cvtColor(guide_rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    size = (2 * radius_px + 1, 2 * radius_px + 1)

    def mean(image: Mat) -> F32:
        return np.asarray(cv2.blur(image, size), np.float32)

    mean_guide, mean_plane = mean(guide), mean(plane)
    covariance = mean(guide * plane) - mean_guide * mean_plane
    slope = covariance / (mean(guide * guide) - mean_guide**2 + epsilon)
    offset = mean_plane - slope * mean_guide
    return np.clip(mean(slope) * guide + mean(offset), 0.0, 1.0).astype(np.float32)
