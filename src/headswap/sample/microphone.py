"""A microphone to hold in front of a mouth: a ball of wire mesh on a tapering dark handle."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32

SIZE_WH = (160, 1100)  # the picture, with enough handle for upright frames
BALL_XY = (80.0, 70.0)  # middle of the ball in it
UNITS = 2.6  # picture pixels to one portrait pixel
_RADIUS = 50.0
_HANDLE_TOP, _HANDLE_HALF, _TAPER = 112.0, 27.0, 0.010
_BALL_RGB, _HANDLE_RGB, _RING_RGB = (88.0, 90.0, 96.0), (34.0, 35.0, 40.0), (170.0, 172.0, 176.0)
_LIGHT = np.array([-0.42, -0.55, 0.72], np.float32)


@cache
def microphone() -> F32:
    """(h, w, 4) float32 of 0..255, premultiplied."""
    y, x = np.mgrid[0 : SIZE_WH[1], 0 : SIZE_WH[0]].astype(np.float32)
    dx, dy = x - BALL_XY[0], y - BALL_XY[1]
    ball = np.sqrt(np.clip(_RADIUS**2 - dx**2 - dy**2, 0, None))
    half = _HANDLE_HALF - _TAPER * np.clip(y - _HANDLE_TOP, 0, None)
    handle = np.sqrt(np.clip(half**2 - dx**2, 0, None)) * (y > _HANDLE_TOP - 8)
    is_ball = ball > handle
    height = np.maximum(ball, handle)
    nearness = np.where(is_ball, ball / _RADIUS, handle / np.maximum(half, 1))
    normal_x = dx / np.where(is_ball, _RADIUS, half)
    normal_y = np.where(is_ball, dy / _RADIUS, 0)
    normal = np.dstack([normal_x, normal_y, nearness])
    shade = 0.35 + 0.75 * np.clip(normal @ _LIGHT, 0, 1)
    wires = np.maximum(np.cos(1.1 * (x + y)), np.cos(1.1 * (x - y)))
    shade *= np.where(is_ball, 0.8 + 0.35 * wires, 1)
    colour = np.where(is_ball[..., None], _BALL_RGB, _HANDLE_RGB)
    ring = np.abs(y - _HANDLE_TOP) < 7
    colour = np.where((ring & ~is_ball)[..., None], _RING_RGB, colour)
    alpha = cv2.GaussianBlur((height > 0).astype(np.float32), (0, 0), 1.3)
    alpha = np.clip((alpha - 0.35) / 0.5, 0, 1)
    rgb = np.clip(colour * shade[..., None], 0, 255)
    return np.dstack([rgb * alpha[..., None], 255 * alpha]).astype(np.float32)
