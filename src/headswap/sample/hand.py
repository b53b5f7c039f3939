"""A hand to pass in front of a face: fingers, palm and sleeve as rounded solids under one light."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32

SIZE_WH = (320, 1240)  # the picture, with enough sleeve for upright frames
PALM_XY = (160.0, 200.0)  # middle of the palm in it
UNITS = 2.6  # picture pixels to one portrait pixel
# Round cones: (x0, y0, radius0, x1, y1, radius1).
_FINGERS = (
    (116, 158, 19, 92, 44, 13), (146, 150, 20, 136, 18, 14), (178, 152, 19.5, 182, 28, 13.5),
    (207, 162, 17, 226, 66, 11.5), (108, 236, 24, 44, 158, 15),
)  # fmt: skip
_PALM = ((128, 180, 38, 122, 262, 34), (160, 176, 40, 160, 268, 38), (192, 182, 36, 190, 262, 34))
_WRIST = (160, 262, 44, 166, 360, 40)
_SLEEVE = (167, 360, 60, 180, 1320, 96)
_NAILS = ((91, 40, 8, 11, -12), (135, 14, 9, 12, -4), (182, 24, 8, 11, 2), (227, 62, 7, 10, 11))
_LIGHT = np.array([-0.42, -0.55, 0.72], np.float32)


@cache
def hand(skin_rgb: tuple[float, float, float], cloth_rgb: tuple[float, float, float]) -> F32:
    """(h, w, 4) float32 of 0..255, premultiplied: a raised hand's back in those colours."""
    flesh = _solid((*_FINGERS, *_PALM, _WRIST))
    sleeve = _solid((_SLEEVE,))
    edge = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]][0].astype(np.float32)
    cuffed = (sleeve > 0) & (edge > 330)
    rng = np.random.default_rng(11)
    mottle = cv2.GaussianBlur(rng.standard_normal(SIZE_WH[::-1]).astype(np.float32), (0, 0), 3)
    skin = np.array(skin_rgb, np.float32) * _shade(flesh, 3.2)[..., None]
    skin *= 1 + 0.25 * mottle[..., None]
    _nails(skin, np.array(skin_rgb, np.float32))
    cloth = np.array(cloth_rgb, np.float32) * _shade(sleeve, 5.0)[..., None]
    cloth *= (1 + 0.10 * np.sin(edge / 9.0 + 2.0 * mottle))[..., None]
    cloth[(edge > 330) & (edge < 346)] *= 0.45
    rgb = np.where(cuffed[..., None], cloth, skin)
    alpha = cv2.GaussianBlur(((flesh > 0) | cuffed).astype(np.float32), (0, 0), 1.3)
    alpha = np.clip((alpha - 0.35) / 0.5, 0, 1)
    return np.dstack([np.clip(rgb, 0, 255) * alpha[..., None], 255 * alpha]).astype(np.float32)


def _solid(cones: tuple[tuple[float, ...], ...]) -> F32:
    """(h, w) height of the union of round cones, 0 outside."""
    y, x = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]].astype(np.float32)
    height = np.zeros_like(x)
    for x0, y0, r0, x1, y1, r1 in cones:
        dx, dy = x1 - x0, y1 - y0
        t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        radius = r0 + t * (r1 - r0)
        away2 = (x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2
        height = np.maximum(height, np.sqrt(np.clip(radius**2 - away2, 0, None)))
    return height


def _shade(height: F32, soft_px: float) -> F32:
    """(h, w) Lambert shading of a height field, darker in its creases."""
    smooth = cv2.GaussianBlur(height, (0, 0), soft_px)
    slope_x = cv2.Sobel(smooth, -1, 1, 0, scale=0.125)
    slope_y = cv2.Sobel(smooth, -1, 0, 1, scale=0.125)
    normal = np.dstack([-slope_x, -slope_y, np.full_like(slope_x, 1.1)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    crease = np.clip((cv2.GaussianBlur(height, (0, 0), 9) - height) / 14, 0, 1)
    return (0.45 + 0.68 * np.clip(normal @ _LIGHT, 0, 1)) * (1 - 0.45 * crease * (height > 0))


def _nails(rgb: F32, skin: F32) -> None:
    nail = np.clip(skin * 1.08 + np.array([14, 6, 8], np.float32), 0, 255)
    for x, y, half_w, half_h, angle in _NAILS:
        mask = np.zeros(rgb.shape[:2], np.uint8)
        cv2.ellipse(mask, (x, y + 4), (half_w, half_h), angle, 0, 360, (255,), -1, cv2.LINE_AA)
        share = cv2.GaussianBlur(mask, (0, 0), 1.2).astype(np.float32)[..., None] / 255
        rgb += 0.55 * share * (nail - rgb)
    for x0, y0, _, x1, y1, r1 in _FINGERS:
        for t in (0.42, 0.72):
            x, y = int(x0 + t * (x1 - x0)), int(y0 + t * (y1 - y0))
            mask = np.zeros(rgb.shape[:2], np.uint8)
            cv2.ellipse(mask, (x, y), (int(r1 * 0.7), 3), 0, 0, 360, (255,), -1, cv2.LINE_AA)
            share = cv2.GaussianBlur(mask, (0, 0), 2.2).astype(np.float32)[..., None] / 255
            rgb *= 1 - 0.16 * share
