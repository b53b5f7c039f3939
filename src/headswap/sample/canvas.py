"""Painting over the portrait at three times its size: masks, noise and smooth fields."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import skimage.data

from headswap.arrays import F32, F64, U8

SCALE = 3  # canvas pixels to one portrait pixel
LEFT, TOP, WIDTH, HEIGHT = 90, 0, 270, 240  # the canvas, in portrait pixels
SIZE_WH = (WIDTH * SCALE, HEIGHT * SCALE)
TILT_DEG = 3.0  # the portrait's own head is this far rolled to the right
TILT_CENTRE = (224.0, 125.0)


def photograph() -> U8:
    """(512, 512, 3) uint8, the public-domain portrait of Eileen Collins that NASA took."""
    return np.ascontiguousarray(skimage.data.astronaut())


def enlarged(rgb: U8, box_xyxy: tuple[int, int, int, int], scale: int) -> U8:
    """The box of `rgb` enlarged `scale` times, edges a little sharpened."""
    x0, y0, x1, y1 = box_xyxy
    big = cv2.resize(
        rgb[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_LANCZOS4
    ).astype(np.float32)
    soft = cv2.GaussianBlur(big, (0, 0), 0.6 * scale)
    return np.clip(big + 0.45 * (big - soft), 0, 255).astype(np.uint8)


def canvas_from_portrait(xy: F64 | F32) -> F64:
    """Canvas coordinates (pixel centres at whole numbers) of portrait coordinates (..., 2)."""
    return (np.asarray(xy, np.float64)[..., :2] + 0.5 - (LEFT, TOP)) * SCALE - 0.5


def portrait_grid() -> F32:
    """(h, w, 2) float32, the portrait coordinates of every canvas pixel."""
    x = (np.arange(SIZE_WH[0], dtype=np.float32) + 0.5) / SCALE - 0.5 + LEFT
    y = (np.arange(SIZE_WH[1], dtype=np.float32) + 0.5) / SCALE - 0.5 + TOP
    return np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)


def tilted(points: Sequence[Sequence[float]] | F64) -> F64:
    """Portrait coordinates of points given upright about the face's middle line.

    points: (n, 2) or (n, 3), x counted from the middle line, y in portrait pixels.
    """
    p = np.array(points, np.float64)
    turn = np.deg2rad(TILT_DEG)
    x, y = p[:, 0].copy(), p[:, 1] - TILT_CENTRE[1]
    p[:, 0] = TILT_CENTRE[0] + x * np.cos(turn) - y * np.sin(turn)
    p[:, 1] = TILT_CENTRE[1] + x * np.sin(turn) + y * np.cos(turn)
    return p


def upright(points: F64 | F32) -> F64:
    """The inverse of `tilted` for arrays (..., 2 or more): x from the middle line, then y."""
    p = np.array(points, np.float64)
    turn = np.deg2rad(TILT_DEG)
    x, y = p[..., 0] - TILT_CENTRE[0], p[..., 1] - TILT_CENTRE[1]
    p[..., 0] = x * np.cos(turn) + y * np.sin(turn)
    p[..., 1] = TILT_CENTRE[1] - x * np.sin(turn) + y * np.cos(turn)
    return p


def mirrored(half: Sequence[Sequence[float]]) -> list[list[float]]:
    """A closed upright outline from its right half, listed from top to bottom."""
    return [list(p) for p in half] + [[-p[0], *p[1:]] for p in reversed(half) if p[0] > 0]


def blurred(picture: F32 | F64, sigma_px: float) -> F32:
    """`picture` under a Gaussian of that deviation in its own pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)


def eroded(mask: F32 | F64, by_px: int) -> F32:
    """`mask` shrunk by about `by_px` of its own pixels."""
    return np.asarray(
        cv2.erode(mask, np.ones((2 * by_px + 1, 2 * by_px + 1), np.uint8)), np.float32
    )


def polygon_mask(polygon: F64, soft_px: float) -> F32:
    """(h, w) float32 in 0..1: inside a portrait-coordinate polygon (n, 2), edge blurred."""
    mask = np.zeros(SIZE_WH[::-1], np.uint8)
    points = np.round(canvas_from_portrait(polygon) * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], (255,), cv2.LINE_AA, 4)
    out = (mask / 255).astype(np.float32)
    return blurred(out, soft_px * SCALE) if soft_px else out


def noise(rng: np.random.Generator, shape: tuple[int, int], sigma_xy: tuple[float, float]) -> F32:
    """(h, w) float32 of mean 0 and deviation 1, smooth over about `sigma_xy` pixels."""
    raw = rng.standard_normal(shape, dtype=np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), sigma_xy[0], sigmaY=sigma_xy[1])
    return ((soft - soft.mean()) / max(float(soft.std()), 1e-6)).astype(np.float32)


def spread(rgb: F32 | F64, mask: F32, sigma_px: float) -> F32:
    """`rgb` where `mask` is 1 and, elsewhere, the weighted mean of the nearby masked pixels."""
    out, known = rgb * mask[..., None], mask.copy()
    total, weight = out.copy(), known.copy()
    for k in range(5):
        sigma = sigma_px * SCALE * 2.0**k
        step = max(1, int(sigma / 4))
        size = (max(2, rgb.shape[1] // step), max(2, rgb.shape[0] // step))
        small = cv2.resize(np.dstack([out, known]), size, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / step)
        wide = cv2.resize(small, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
        share = 0.02 * 0.2**k
        total += share * wide[..., :3]
        weight += share * wide[..., 3]
    filled = total / np.maximum(weight, 1e-7)[..., None]
    return (mask[..., None] * rgb + (1 - mask[..., None]) * filled).astype(np.float32)
