"""Draws triangles with interpolated vertex attributes and a depth buffer."""

from __future__ import annotations

import numpy as np
from numba import njit

from headswap.arrays import F32, I32


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
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = xy[a, 0], xy[a, 1]
        bx, by = xy[b, 0], xy[b, 1]
        cx, cy = xy[c, 0], xy[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        # Wound the other way means seen from behind.
        if area < 1e-6:
            continue
        x0 = max(0, int(np.ceil(min(ax, bx, cx))))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx))))
        y0 = max(0, int(np.ceil(min(ay, by, cy))))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy))))
        inverse = 1.0 / area
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * inverse
                wa = 1.0 - wb - wc
                # A hair of slack closes the cracks between neighbours that rounding opens.
                if wa < -1e-4 or wb < -1e-4 or wc < -1e-4:
                    continue
                z = wa * depth[a] + wb * depth[b] + wc * depth[c]
                if z >= zbuffer[y, x]:
                    continue
                zbuffer[y, x] = z
                for k in range(channels):
                    out[y, x, k] = (
                        wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
                    )
