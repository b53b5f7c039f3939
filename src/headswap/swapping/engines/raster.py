"""Draws triangles with interpolated vertex attributes and a depth buffer, and their texture."""

from __future__ import annotations

from typing import cast

import numpy as np
from numba import njit

from headswap.arrays import F32, I32, U8, Mat

_SLACK = np.float32(1e-4)
# OpenCV's types do not know that None stands for the second map where x and y come as one; an
# empty array is read as a map.
NO_MAP = cast("Mat", None)


@njit(cache=True, nogil=True, error_model="numpy")
def rasterize(xy: F32, depth: F32, triangles: I32, attributes: F32, zbuffer: F32, out: F32) -> None:
    """Draws `triangles` into `out` where they are nearer than `zbuffer`; both are updated.

    xy: (v, 2) float32 pixel positions (pixel centres at whole numbers). depth: (v,) float32, small
    is near. triangles: (t, 3) int32, drawn if clockwise on the screen. attributes: (v, c) float32,
    interpolated linearly in the picture (the camera is weakly perspective). zbuffer: (h, w)
    float32. out: (h, w, c) float32.
    """
    height, width = zbuffer.shape
    channels = attributes.shape[1]
    # Of one triangle: a value on its present row at its first corner, and what a pixel to the right
    # adds to it.
    value, slope = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = xy[a, 0], xy[a, 1]
        bx, by = xy[b, 0] - ax, xy[b, 1] - ay
        cx, cy = xy[c, 0] - ax, xy[c, 1] - ay
        area = bx * cy - by * cx
        # Wound the other way means seen from behind.
        if area < 1e-6:
            continue
        y0 = max(0, int(np.ceil(ay + min(np.float32(0), by, cy))))
        y1 = min(height - 1, int(np.floor(ay + max(np.float32(0), by, cy))))
        left, right = ax + min(np.float32(0), bx, cx), ax + max(np.float32(0), bx, cx)
        # Columns are counted from the first corner, or small triangles would be rounded away.
        first, last = max(0, int(np.ceil(left))), min(width - 1, int(np.floor(right)))
        # The weights of the second and third corner grow so much with each pixel to the right.
        step_b, step_c = cy / area, -by / area
        deeper_b, deeper_c = depth[b] - depth[a], depth[c] - depth[a]
        deeper = step_b * deeper_b + step_c * deeper_c
        for y in range(y0, y1 + 1):
            down = np.float32(y) - ay
            start_b, start_c = -down * cx / area, down * bx / area
            low, high = _inside(start_b, step_b, left - ax, right - ax)
            low, high = _inside(start_c, step_c, low, high)
            low, high = _inside(np.float32(1) - start_b - start_c, -step_b - step_c, low, high)
            start = max(first, int(np.ceil(ax + low)))
            stop = min(last, int(np.floor(ax + high))) + 1
            if start >= stop:
                continue
            near = depth[a] + start_b * deeper_b + start_c * deeper_c
            for k in range(channels):
                more_b = attributes[b, k] - attributes[a, k]
                more_c = attributes[c, k] - attributes[a, k]
                value[k] = attributes[a, k] + start_b * more_b + start_c * more_c
                slope[k] = step_b * more_b + step_c * more_c
            for x in range(start, stop):
                along = np.float32(x) - ax
                z = near + along * deeper
                if z >= zbuffer[y, x]:
                    continue
                zbuffer[y, x] = z
                for k in range(channels):
                    out[y, x, k] = value[k] + along * slope[k]


@njit(cache=True, nogil=True, error_model="numpy")
def sample(texture: U8, places: F32) -> U8:
    """(h, w, c) uint8: a texture (h', w', c) at places (h, w, 2), x and y, 0 where these are < 0.

    Bilinear in steps of 1/32 px, as by `cv2.remap`, which takes longest where there is no place.
    """
    height, width = places.shape[:2]
    rows, columns, channels = texture.shape
    out = np.zeros((height, width, channels), np.uint8)
    for y in range(height):
        for x in range(width):
            if places[y, x, 0] < 0:
                continue
            across = np.int32(places[y, x, 0] * np.float32(32) + np.float32(0.5))
            down = np.int32(places[y, x, 1] * np.float32(32) + np.float32(0.5))
            left, top = min(across >> 5, columns - 1), min(max(down >> 5, 0), rows - 1)
            right, below = min(left + 1, columns - 1), min(top + 1, rows - 1)
            along, along_down = across & 31, down & 31
            a, b = (32 - along) * (32 - along_down), along * (32 - along_down)
            c, d = (32 - along) * along_down, along * along_down
            for k in range(channels):
                total = a * texture[top, left, k] + b * texture[top, right, k]
                total += c * texture[below, left, k] + d * texture[below, right, k]
                out[y, x, k] = np.uint8((total + 512) >> 10)
    return out


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _inside(
    start: np.float32, step: np.float32, low: np.float32, high: np.float32
) -> tuple[np.float32, np.float32]:
    """The part of `low` to `high` at which a weight, start + offset * step, is not below zero."""
    # A hair of slack closes the cracks between neighbours that rounding opens.
    start = start + _SLACK
    if step > 0:
        return max(low, -start / step), high
    if step < 0:
        return low, min(high, -start / step)
    return low, high if start >= 0 else low - np.float32(1)
