"""Triangles to pixels: which texture point each pixel of a picture shows, nearest surface first."""

from __future__ import annotations

import numba
import numpy as np

from headswap.arrays import F32, I32

EMPTY = np.float32(-1e9)


def rasterize(points: F32, values: F32, triangles: I32, size_wh: tuple[int, int]) -> F32:
    """(h, w, k + 1) float32: per pixel the k interpolated `values`, then depth (`EMPTY` if none).

    points: (n, 3) float32, x and y in pixels with pixel centres at .5, z larger when nearer.
    values: (n, k) float32 to interpolate. triangles: (m, 3) int32 rows of three point indices.
    """
    width, height = size_wh
    out = np.zeros((height, width, values.shape[1] + 1), np.float32)
    out[:, :, -1] = EMPTY
    _fill(points, values, triangles, out)
    return out


@numba.njit(cache=True, fastmath=False)
def _fill(points: F32, values: F32, triangles: I32, out: F32) -> None:
    height, width, last = out.shape[0], out.shape[1], out.shape[2] - 1
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = points[a, 0] - 0.5, points[a, 1] - 0.5
        bx, by = points[b, 0] - 0.5, points[b, 1] - 0.5
        cx, cy = points[c, 0] - 0.5, points[c, 1] - 0.5
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        x0 = max(0, int(np.ceil(min(ax, bx, cx))))
        x1 = min(width - 1, int(np.floor(max(ax, bx, cx))))
        y0 = max(0, int(np.ceil(min(ay, by, cy))))
        y1 = min(height - 1, int(np.floor(max(ay, by, cy))))
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                wa = 1.0 - wb - wc
                if wa < -1e-5 or wb < -1e-5 or wc < -1e-5:
                    continue
                depth = wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2]
                if depth > out[y, x, last]:
                    out[y, x, last] = depth
                    for k in range(last):
                        out[y, x, k] = wa * values[a, k] + wb * values[b, k] + wc * values[c, k]
