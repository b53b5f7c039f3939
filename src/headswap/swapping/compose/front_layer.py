"""Front layer: an occluder's own pixels with a fine edge, laid over a crop."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, U8, Bool

_EDGE_CM = 0.25
# What varies less than this is no edge, levels squared; means soften edges, which is made good.
_FLAT, _STEEPER = np.float32(26), np.float32(1.2)


@dataclass(frozen=True, slots=True, eq=False)
class Occluder:
    """What is before a head, in a window of the crop.

    window: rows and columns. rgb: (h, w, 3) uint8, the crop there. line: (h', w', 2) float32 at
    working size, what the grey of a pixel is multiplied by, and what is added, to give its alpha.
    inner: (h', w', 3) uint8, the colour just inside a soft edge.
    """

    window: tuple[slice, slice]
    rgb: U8
    line: F32
    inner: U8


def occluder_of(
    full: U8, image: U8, alpha: F32, unit: float, corner: tuple[int, int]
) -> Occluder | None:
    """The occluder whose edge is a function of the picture's grey (He et al., PAMI 2013).

    full: (h, w, 3) uint8, a part of the crop at that corner. image: (h', w', 3) uint8, the same at
    working size, where a pixel is a whole number of the crop's each way and `unit` px one cm.
    alpha: (h', w') float32. None where it is 0 everywhere.
    """
    x, y, width, height = cv2.boundingRect((alpha > 1 / 256).astype(np.uint8))
    if width == 0:
        return None
    small = np.s_[y : y + height, x : x + width]
    factor = full.shape[0] // image.shape[0]
    image, alpha = image[small], np.ascontiguousarray(alpha[small])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    side = 2 * max(1, round(_EDGE_CM * unit)) + 1

    def mean(plane: F32) -> F32:
        return np.asarray(cv2.blur(plane, (side, side)), np.float32)

    mean_grey, mean_alpha = mean(grey), mean(alpha)
    covariance = mean(grey * alpha) - mean_grey * mean_alpha
    slope = covariance / (mean(grey * grey) - mean_grey**2 + _FLAT)
    solid = (alpha > 0.95).astype(np.float32)
    share = mean(solid)[..., None]
    inner = mean(image * solid[..., None]) / np.maximum(share, np.float32(1e-3))
    line = np.dstack([slope, mean_alpha - slope * mean_grey]) * _STEEPER
    line[..., 1] -= (_STEEPER - 1) / 2
    rows = slice(y * factor, (y + height) * factor)
    columns = slice(x * factor, (x + width) * factor)
    return Occluder(
        window=(_moved(rows, corner[1]), _moved(columns, corner[0])),
        rgb=full[rows, columns],
        line=line.astype(np.float32),
        inner=np.where(share > 0.02, inner, image).astype(np.uint8),
    )


def put_in_front(occluder: Occluder, pixels: U8, changed: Bool) -> None:
    """Lays an occluder over a crop (h, w, 3) in place; what it covers wholly is unchanged."""
    under, still = pixels[occluder.window], changed[occluder.window]
    _laid(occluder.rgb, occluder.line, occluder.inner, under, still)


@njit(cache=True, nogil=True)
def _laid(rgb: U8, line: F32, inner: U8, under: U8, changed: Bool) -> None:
    height, width = changed.shape
    high, wide = line.shape[:2]
    half, one = np.float32(0.5), np.float32(1)
    lines, colours = np.empty((wide, 2), np.float32), np.empty((wide, 3), np.float32)
    for y in range(height):
        at_y = min(max((y + half) * np.float32(high / height) - half, np.float32(0)), high - one)
        top = min(int(at_y), high - 1)
        low, down = min(top + 1, high - 1), np.float32(at_y - top)
        for x in range(wide):
            for k in range(2):
                lines[x, k] = (one - down) * line[top, x, k] + down * line[low, x, k]
            for k in range(3):
                colours[x, k] = (one - down) * inner[top, x, k] + down * inner[low, x, k]
        for x in range(width):
            if not changed[y, x]:
                continue
            at_x = min(max((x + half) * np.float32(wide / width) - half, np.float32(0)), wide - one)
            left = int(at_x)
            right, across = min(left + 1, wide - 1), np.float32(at_x - left)
            here = one - across
            slope = here * lines[left, 0] + across * lines[right, 0]
            alpha = here * lines[left, 1] + across * lines[right, 1]
            red, green, blue = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            grey = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
            alpha += slope * grey
            if alpha <= 0:
                continue
            if alpha >= np.float32(1 - 1 / 512):
                under[y, x, 0], under[y, x, 1], under[y, x, 2] = red, green, blue
                changed[y, x] = False
                continue
            # Where the edge mixes, the colour of what is just inside it stands in.
            own = max(alpha + alpha - one, np.float32(0))
            for k in range(3):
                inside = here * colours[left, k] + across * colours[right, k]
                front = own * rgb[y, x, k] + (one - own) * inside
                under[y, x, k] = np.uint8(alpha * front + (one - alpha) * under[y, x, k] + half)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
