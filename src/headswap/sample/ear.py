"""Ears for the second head, whose portrait hid them under hair."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample import canvas
from headswap.sample.relief import HeadMesh

_W, _H = 60, 96  # the painted ear, in pixels: front edge at the left
_TALL, _WIDE = 31.0, 19.0  # portrait pixels
_STEPS = 14
# Helix from the root over the top to the lobe, and the ridge inside it.
_SHAPE = ((6, 30), (14, 10), (30, 3), (46, 8), (56, 24), (56, 44), (48, 62), (38, 78), (26, 92),
          (13, 92), (6, 80), (4, 60))  # fmt: skip
_HELIX = ((10, 36), (15, 17), (30, 9), (44, 13), (51, 27), (51, 44), (44, 60), (35, 75))
_ANTIHELIX = ((24, 22), (35, 26), (40, 38), (36, 54), (26, 66), (16, 70))
_CONCHA = ((22, 34), (31, 38), (31, 52), (22, 62), (13, 58), (14, 42))


def painted_ear(skin: F64) -> U8:
    """(h, w, 4) uint8 picture of a left-facing ear in the `skin` colour (3,)."""

    def stroke(points: tuple[tuple[int, int], ...], thick: int, soft: float) -> F32:
        out = np.zeros((_H, _W), np.uint8)
        cv2.polylines(out, [np.array(points, np.int32)], False, (255,), thick, cv2.LINE_AA)
        return canvas.blurred(out.astype(np.float32) / 255, soft)

    body = np.zeros((_H, _W), np.uint8)
    cv2.fillPoly(body, [np.array(_SHAPE, np.int32)], (255,), cv2.LINE_AA)
    hollow = np.zeros((_H, _W), np.uint8)
    cv2.fillPoly(hollow, [np.array(_CONCHA, np.int32)], (255,), cv2.LINE_AA)
    solid = cv2.GaussianBlur(body.astype(np.float32) / 255, (0, 0), 1.2)
    height = 0.55 * cv2.GaussianBlur(body.astype(np.float32) / 255, (0, 0), 6)
    height += 0.8 * stroke(_HELIX, 7, 2.4) + 0.55 * stroke(_ANTIHELIX, 6, 2.6)
    height -= 0.9 * cv2.GaussianBlur(hollow.astype(np.float32) / 255, (0, 0), 3.0)
    slope_x, slope_y = cv2.Sobel(height, -1, 1, 0), cv2.Sobel(height, -1, 0, 1)
    light = np.clip(0.86 - 0.35 * slope_x - 0.55 * slope_y, 0.3, 1.25)
    light *= np.clip(0.78 + 0.3 * height, 0.4, 1.1)
    warm = np.array([1.0, 0.97, 0.95]) ** (2 - 2 * np.clip(height, 0, 1))[..., None]
    rgb = np.array(skin) * light[..., None] * warm
    return np.clip(np.dstack([rgb, 255 * solid]), 0, 255).astype(np.uint8)


def ear_mesh(side: int, front_xy: tuple[float, float], front_z: float) -> HeadMesh:
    """The ear's curved sheet; `uv` are pixels of `painted_ear`.

    side: 1 right of the picture, -1 left. front_xy: upright place of the middle of its front
    edge. It stands off the head by a third of a right angle.
    """
    s, t = np.meshgrid(np.linspace(0, 1, _STEPS), np.linspace(-0.5, 0.5, _STEPS))
    flare = np.deg2rad(33.0)
    out = _WIDE * (s * np.sin(flare) + 0.10 * np.sin(np.pi * s))
    back = _WIDE * s * np.cos(flare)
    x = side * (front_xy[0] + out - 1.2 * t)
    y = front_xy[1] + _TALL * t + 0.0 * s
    points = np.stack([x, y, front_z - back + 2.0 * t], axis=-1).reshape(-1, 3)
    uv = np.stack([s * (_W - 1), (t + 0.5) * (_H - 1)], axis=-1).reshape(-1, 2)
    at = np.arange(_STEPS * _STEPS).reshape(_STEPS, _STEPS)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    rows = np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    )
    return HeadMesh(
        canvas.tilted(points).astype(np.float32), uv.astype(np.float32), rows.astype(np.int32)
    )
