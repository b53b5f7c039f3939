"""An ear: painted in a skin's colour, on a curved sheet that stands off the head.

A photo from the front shows an ear as a strip; seen from the side, it needs a shape of its own.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay

from headswap.arrays import F32, F64, I32, U8

# The painted ear, in pixels: front edge at the left.
EAR_SIZE_WH = (60, 96)
# Mean ears are 6.2 cm high and 3.5 broad (Farkas, 1994).
_TALL_CM, _WIDE_CM = 5.9, 3.4
_OUTLINE_POINTS, _STEP_PX = 40, 9
# Helix from the root over the top to the lobe, and the ridge inside it.
_SHAPE = ((6, 30), (14, 10), (30, 3), (46, 8), (56, 24), (56, 44), (48, 62), (38, 78), (26, 92),
          (13, 92), (6, 80), (4, 60))  # fmt: skip
_HELIX = ((10, 36), (15, 17), (30, 9), (44, 13), (51, 27), (51, 44), (44, 60), (35, 75))
_ANTIHELIX = ((24, 22), (35, 26), (40, 38), (36, 54), (26, 66), (16, 70))
_CONCHA = ((22, 34), (31, 38), (31, 52), (22, 62), (13, 58), (14, 42))


def painted_ear(skin: F64) -> U8:
    """(h, w, 4) uint8 picture of a left-facing ear in the `skin` colour (3,)."""
    body, hollow = _filled(_SHAPE), _filled(_CONCHA)
    solid = cv2.GaussianBlur(body, (0, 0), 1.2)
    height = 0.55 * cv2.GaussianBlur(body, (0, 0), 6)
    height += 0.8 * _stroke(_HELIX, 7, 2.4) + 0.55 * _stroke(_ANTIHELIX, 6, 2.6)
    height -= 0.9 * cv2.GaussianBlur(hollow, (0, 0), 3.0)
    slope_x, slope_y = cv2.Sobel(height, -1, 1, 0), cv2.Sobel(height, -1, 0, 1)
    light = np.clip(0.92 - 0.2 * slope_x - 0.3 * slope_y, 0.5, 1.05)
    light *= np.clip(0.85 + 0.2 * height, 0.6, 1.03)
    warm = np.array([1.0, 0.97, 0.95]) ** (2 - 2 * np.clip(height, 0, 1))[..., None]
    rgb = np.array(skin) * light[..., None] * warm
    return np.clip(np.dstack([rgb, 255 * solid]), 0, 255).astype(np.uint8)


def _filled(points: tuple[tuple[int, int], ...]) -> F32:
    out = np.zeros(EAR_SIZE_WH[::-1], np.uint8)
    cv2.fillPoly(out, [np.array(points, np.int32)], (255,), cv2.LINE_AA)
    return np.asarray(out.astype(np.float32) / np.float32(255), np.float32)


def _stroke(points: tuple[tuple[int, int], ...], thick: int, soft: float) -> F32:
    out = np.zeros(EAR_SIZE_WH[::-1], np.uint8)
    cv2.polylines(out, [np.array(points, np.int32)], False, (255,), thick, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(out.astype(np.float32) / 255, (0, 0), soft), np.float32)


def ear_sheet(sign: int, front_cm: F64, stands_off_cm: float) -> tuple[F64, F32, I32]:
    """An ear's vertices (n, 3) cm, their places (n, 2) in `painted_ear`, and its triangles.

    sign: 1 for the picture's right, -1 for its left. front_cm: (3,) head space, the middle of the
    ear's front edge. stands_off_cm: how far its rim is from the head.
    """
    width, height = EAR_SIZE_WH
    uv, triangles = _outlined()
    s, t = uv[:, 0] / (width - 1), uv[:, 1] / (height - 1) - 0.5
    flare = np.arcsin(np.clip(stands_off_cm / _WIDE_CM, 0.1, 0.75))
    out = _WIDE_CM * (s * np.sin(flare) + 0.10 * np.sin(np.pi * s))
    # At the top it lies close to the head.
    x = front_cm[0] + sign * (out - 0.2 * t + 0.9 * np.minimum(t + 0.15, 0))
    y = front_cm[1] + _TALL_CM * t
    # The top leans back.
    z = front_cm[2] + _WIDE_CM * s * np.cos(flare) - 0.5 * t
    both = np.concatenate([triangles, triangles[:, ::-1]])
    # A sheet is seen from both sides.
    return np.column_stack([x, y, z]), uv, both


def _outlined() -> tuple[F32, I32]:
    """Points (n, 2) px over the ear's shape and its triangles (t, 3), clockwise in the picture."""
    contour = np.array(_SHAPE, np.float64)
    closed = np.vstack([contour, contour[:1]])
    place = np.linspace(0, len(contour), _OUTLINE_POINTS, endpoint=False)
    rim = CubicSpline(np.arange(len(closed)), closed, bc_type="periodic")(place)
    grid = np.stack(np.meshgrid(np.arange(0, 60, _STEP_PX), np.arange(0, 96, _STEP_PX)), -1)
    grid = grid.reshape(-1, 2).astype(np.float64)
    polygon = rim.astype(np.float32)
    depth = [cv2.pointPolygonTest(polygon, (float(x), float(y)), True) for x, y in grid]
    points = np.vstack([rim, grid[np.array(depth) > _STEP_PX / 2]])
    triangles = Delaunay(points).simplices
    middle = points[triangles].mean(axis=1)
    inside = [cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in middle]
    triangles = triangles[np.array(inside)]
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    turned = np.where((area > 0)[:, None], triangles, triangles[:, ::-1])
    return points.astype(np.float32), turned.astype(np.int32)
