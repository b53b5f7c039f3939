"""Edges and colours of a cut-out: sharper mattes, foreground colours freed of the background."""

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


def unmix_foreground(rgb: U8, alpha: F32, radii_px: tuple[int, ...] = (90, 6)) -> F32:
    """Foreground colours (h, w, 3) float32 0..255 of a picture mixed with what was behind.

    Blur-fusion estimate, coarse radius first (Forte 2021, "Approximate fast foreground colour
    estimation"). Where alpha is 1 the picture's own colour comes back.
    """
    image = rgb.astype(np.float32)
    a = alpha[..., None].astype(np.float32)
    foreground, background = image, image
    for radius in radii_px:
        size = (2 * radius + 1, 2 * radius + 1)
        weight = cv2.blur(alpha, size)[..., None]
        front = cv2.blur(foreground * a, size) / (weight + 1e-5)
        back = cv2.blur(background * (1 - a), size) / (1 - weight + 1e-5)
        residual = image - a * front - (1 - a) * back
        foreground = np.clip(front + a * residual, 0, 255)
        background = np.clip(back, 0, 255)
    return np.where(a >= 0.999, image, foreground)


def fill_smooth(values: Mat, weight: Mat) -> F32:
    """`values` where `weight` is 1, and a smooth continuation of them where it is 0.

    values: (h, w, c) float32; weight: (h, w) float32 0..1. A pull-push pyramid (Gortler et al.,
    SIGGRAPH 1996): linear in the number of pixels, exact where the weight is 1.
    """
    weighted = values * weight[..., None]
    levels: list[tuple[Mat, Mat]] = [(weighted, weight)]
    while min(levels[-1][1].shape) > 2:
        v, w = levels[-1]
        size = ((v.shape[1] + 1) // 2, (v.shape[0] + 1) // 2)
        v = cv2.resize(cv2.GaussianBlur(v, (5, 5), 1.0), size, interpolation=cv2.INTER_AREA)
        w = cv2.resize(cv2.GaussianBlur(w, (5, 5), 1.0), size, interpolation=cv2.INTER_AREA)
        # Saturating the weight lets a little knowledge fill a whole coarse cell.
        gain = np.minimum(1.0, w * 4.0) / np.maximum(w, 1e-6)
        levels.append((v.reshape(*w.shape, -1) * gain[..., None], w * gain))
    v, w = levels[-1]
    filled = v / np.maximum(w, 1e-6)[..., None]
    for v, w in reversed(levels[:-1]):
        up = cv2.resize(filled, (w.shape[1], w.shape[0]), interpolation=cv2.INTER_LINEAR)
        filled = v + (1.0 - w)[..., None] * up.reshape(v.shape)
    return np.asarray(filled, np.float32)
