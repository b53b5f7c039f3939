"""Two made-up rooms to stand in: straight lines, patterns and soft light, so that fills show."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from headswap.arrays import F32
from headswap.sample.canvas import noise

MARGIN = 0.06  # of the height, on every side, for the camera to drift in


@lru_cache(maxsize=8)
def room(index: int, size_wh: tuple[int, int], margin: float = MARGIN) -> F32:
    """(h, w, 3) float32 of 0..255: room 0 (window, shelf) or 1 (bricks, lamp) with its margin.

    margin: on every side, as a share of the height.
    """
    width, height = (round(n + 2 * margin * size_wh[1]) for n in size_wh)
    rng = np.random.default_rng(100 + index)
    picture = _study(width, height, rng) if index == 0 else _brick_room(width, height, rng)
    soft = cv2.GaussianBlur(picture, (0, 0), max(0.6, height / 300))
    return np.clip(soft, 0, 255).astype(np.float32)


def _light(width: int, height: int, at: tuple[float, float], reach: float) -> F32:
    """(h, w, 1) soft pool of light around a relative place, 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((x - at[0] * width) / height, y / height - at[1])
    return np.exp(-0.5 * (away / reach) ** 2)[..., None]


def _fill(picture: F32, box: tuple[float, float, float, float], rgb: tuple[int, int, int]) -> None:
    """Paints a rectangle given in units of the picture's height, x from its left edge."""
    h = picture.shape[0]
    x0, y0, x1, y1 = (round(v * h) for v in box)
    picture[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = rgb


def _study(width: int, height: int, rng: np.random.Generator) -> F32:
    wide = width / height
    wall = np.zeros((height, width, 3), np.float32) + np.array([176, 170, 158], np.float32)
    x = np.arange(width, dtype=np.float32) / height
    stripes = 5.0 * np.sign(np.sin(x * 2 * np.pi * 14))
    wall += stripes[None, :, None]
    wall += 2.5 * noise(rng, (height, width), (height / 60, height / 60))[..., None]
    wall *= 0.70 + 0.45 * _light(width, height, (0.22, 0.25), 0.75)
    _window(wall, rng)
    _shelf(wall, wide - 0.46, 0.40, rng)
    _shelf(wall, wide - 0.46, 0.74, rng)
    _fill(wall, (0.0, 0.93, wide, 1.0), (120, 96, 74))
    _frame(wall, wide - 0.40, 0.05, rng)
    return wall


def _window(wall: F32, rng: np.random.Generator) -> None:
    _fill(wall, (0.06, 0.08, 0.50, 0.70), (232, 228, 218))
    sky = np.linspace(0, 1, wall.shape[0], dtype=np.float32)[:, None, None]
    h = wall.shape[0]
    glass = wall[round(0.11 * h) : round(0.67 * h), round(0.09 * h) : round(0.47 * h)]
    part = sky[: glass.shape[0]] * 1.6
    glass[:] = np.array([150, 190, 226]) + part * np.array([90, 52, 18])
    for _ in range(9):
        left = int(rng.uniform(0, glass.shape[1]))
        top = int(glass.shape[0] * rng.uniform(0.45, 0.8))
        tone = rng.uniform(95, 165)
        glass[top:, left : left + int(0.06 * h)] = (tone, tone * 1.01, tone * 1.05)
    _fill(wall, (0.272, 0.08, 0.288, 0.70), (232, 228, 218))
    _fill(wall, (0.06, 0.37, 0.50, 0.385), (232, 228, 218))
    _fill(wall, (0.04, 0.70, 0.52, 0.725), (214, 206, 192))


def _shelf(wall: F32, left: float, base: float, rng: np.random.Generator) -> None:
    """A board with books of many colours on it; `left` and `base` in heights."""
    x = left + 0.02
    while x < left + 0.42:
        thick, tall = rng.uniform(0.014, 0.036), rng.uniform(0.13, 0.21)
        tone = rng.uniform(50, 190)
        colour = tone * rng.uniform(0.45, 1.1, 3)
        rgb = (int(colour[0]), int(colour[1]), int(colour[2]))
        _fill(wall, (x, base - tall, x + thick, base), rgb)
        band = base - tall * rng.uniform(0.6, 0.9)
        _fill(wall, (x, band, x + thick, band + 0.012), (205, 190, 150))
        x += thick + 0.002
    _fill(wall, (left, base, left + 0.46, base + 0.025), (112, 82, 58))
    _fill(wall, (left, base + 0.025, left + 0.46, base + 0.05), (128, 122, 112))


def _frame(wall: F32, left: float, top: float, rng: np.random.Generator) -> None:
    """A framed abstract picture."""
    _fill(wall, (left, top, left + 0.30, top + 0.13), (60, 48, 40))
    h = wall.shape[0]
    inner = wall[
        round((top + 0.015) * h) : round((top + 0.115) * h),
        round((left + 0.015) * h) : round((left + 0.285) * h),
    ]
    waves = noise(rng, inner.shape[:2], (h / 30, h / 90))[..., None]
    inner[:] = np.array([180, 150, 105]) + waves * np.array([38, 26, -22])


def _brick_room(width: int, height: int, rng: np.random.Generator) -> F32:
    wide = width / height
    wall = np.zeros((height, width, 3), np.float32) + np.array([142, 134, 126], np.float32)
    tall, long = 0.052, 0.15
    for row in range(21):
        shift = (row % 2) * long / 2
        for column in range(-1, int(wide / long) + 1):
            tone = rng.uniform(0.85, 1.1)
            x0, y0 = column * long + shift, row * tall
            rgb = (int(124 * tone), int(76 * tone), int(62 * tone))
            _fill(wall, (x0 + 0.004, y0 + 0.004, x0 + long - 0.004, y0 + tall - 0.004), rgb)
    wall += 5.0 * noise(rng, (height, width), (1.5, 1.5))[..., None]
    wall *= 0.55 + 0.75 * _light(width, height, (0.82, 0.22), 0.55)
    _fill(wall, (wide - 0.34, 0.36, wide - 0.325, 1.0), (52, 46, 40))
    _fill(wall, (wide - 0.42, 0.17, wide - 0.245, 0.36), (250, 226, 172))
    _fill(wall, (0.07, 0.14, 0.42, 0.58), (38, 42, 48))
    _fill(wall, (0.085, 0.155, 0.405, 0.565), (66, 104, 112))
    for k in range(7):
        _fill(wall, (0.10 + k * 0.042, 0.50 - 0.04 * k, 0.125 + k * 0.042, 0.53), (214, 196, 120))
    return wall
