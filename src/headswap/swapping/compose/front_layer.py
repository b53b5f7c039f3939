"""Front layer: an occluder's own pixels with a fine edge, laid over a crop."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.walks import nearness

# Colours beside an edge are gathered from so far on either side of it.
_BESIDE_CM = 0.45
_INSIDE, _OUTSIDE, _ENOUGH = 0.95, 0.05, 0.03
# Levels by which two pixels of one side may differ, and how much those count that differ more.
_ALIKE, _UNLIKE = 10.0, 0.02
# A share that is put together from several is softer than each.
_STEEPER = np.float32(1.3)
# Two sides are told by their colours from so many levels on; what is so near the inner is all it.
_APART, _APART_RAMP, _WHOLE = np.float32(60), np.float32(30), np.float32(1.2)
_NONE, _ALL = np.float32(1 / 512), np.float32(1 - 1 / 512)


@dataclass(frozen=True, slots=True, eq=False)
class Occluder:
    """What is before a head, in a window of the crop.

    window: rows and columns. rgb: (h, w, 3) uint8, the crop there. image: (h', w', 3) uint8 the
    same at working size; there alpha: (h', w') float32, mixed: (h', w') uint8, 0 where all around
    is bare, 1 where an edge is near, 2 where all is covered, and beside: (h', w', 6) uint8, the
    colours just inside and just outside a soft edge.
    """

    window: tuple[slice, slice]
    rgb: U8
    image: U8
    alpha: F32
    mixed: U8
    beside: U8


def occluder_of(
    full: U8, image: U8, alpha: F32, unit: float, corner: tuple[int, int]
) -> Occluder | None:
    """The occluder whose edge follows the picture's own (Kopf et al. 2007, joint upsampling).

    full: (h, w, 3) uint8, a part of the crop at that corner. image: (h', w', 3) uint8, the same at
    working size, where a pixel is a whole number of the crop's each way and `unit` px one cm.
    alpha: (h', w') float32. None where it is 0 everywhere.
    """
    x, y, width, height = cv2.boundingRect((alpha > 1 / 256).astype(np.uint8))
    if width == 0:
        return None
    # With the bare pixels beside it, from which the edge is told.
    room = 1 + round(2 * _BESIDE_CM * unit)
    x0, y0 = max(0, x - room), max(0, y - room)
    x1, y1 = min(alpha.shape[1], x + width + room), min(alpha.shape[0], y + height + room)
    small = np.s_[y0:y1, x0:x1]
    factor = full.shape[0] // image.shape[0]
    image, alpha = np.ascontiguousarray(image[small]), np.ascontiguousarray(alpha[small])
    around = np.ones((3, 3), np.uint8)
    # An edge is a little wider than where it is found, and what is inside begins behind it.
    core, most = cv2.erode(alpha, around), cv2.dilate(alpha, around)
    least = cv2.erode(core, around)
    inside = _mean_near(image, core > _INSIDE, unit)
    rows = slice(y0 * factor, y1 * factor)
    columns = slice(x0 * factor, x1 * factor)
    return Occluder(
        window=(_moved(rows, corner[1]), _moved(columns, corner[0])),
        rgb=full[rows, columns],
        image=image,
        alpha=alpha,
        mixed=((most > _NONE).astype(np.uint8) + (least >= _ALL)).astype(np.uint8),
        beside=np.dstack([inside, _mean_near(image, alpha < _OUTSIDE, unit)]),
    )


def _mean_near(image: U8, where: Bool, unit: float) -> U8:
    """(h, w, 3) the mean colour near each pixel where `where`, its own where there is none."""
    side = 2 * max(1, round(_BESIDE_CM * unit)) + 1
    counted = where.astype(np.uint8)
    planes = cv2.merge([cv2.copyTo(image, counted), counted])
    summed = cv2.blur(cv2.boxFilter(planes, cv2.CV_32F, (side, side)), (side, side))
    *colours, share = cv2.split(summed)
    share = np.maximum(share, np.float32(1e-3))
    mean = cv2.merge([cv2.divide(colour, share, dtype=cv2.CV_8U) for colour in colours])
    return np.asarray(cv2.copyTo(mean, (share > _ENOUGH).astype(np.uint8), image.copy()), np.uint8)


def put_in_front(occluder: Occluder, pixels: U8, changed: Bool) -> None:
    """Lays an occluder over a crop (h, w, 3) in place; what it covers wholly is unchanged."""
    under, still = pixels[occluder.window], changed[occluder.window]
    o = occluder
    _laid(o.rgb, o.image, o.alpha, o.mixed, o.beside, nearness(_ALIKE, _UNLIKE), under, still)


@njit(cache=True, nogil=True)
def _laid(
    rgb: U8, image: U8, alpha: F32, mixed: U8, beside: U8, near: F32, under: U8, changed: Bool
) -> None:
    height, width = changed.shape
    high, wide = alpha.shape
    half, one, zero = np.float32(0.5), np.float32(1), np.float32(0)
    step_y, step_x = np.float32(high / height), np.float32(wide / width)
    for y in range(height):
        at_y = min(max((y + half) * step_y - half, zero), np.float32(high - 1))
        row = int(at_y + half)
        for x in range(width):
            if not changed[y, x]:
                continue
            at_x = min(max((x + half) * step_x - half, zero), np.float32(wide - 1))
            column = int(at_x + half)
            state = mixed[row, column]
            if state == 0:
                continue
            share = one
            if state == 1:
                share = _share(rgb[y, x], image, alpha, near, at_y, at_x)
                share = (share - half) * _STEEPER + half
                share = min(share, _most(rgb[y, x], beside[row, column]))
                if share <= _NONE:
                    continue
            if share >= _ALL:
                for k in range(3):
                    under[y, x, k] = rgb[y, x, k]
                changed[y, x] = False
                continue
            for k in range(3):
                # Where the edge mixes, what is behind is taken out (Forte 2021, blur fusion).
                inside = np.float32(beside[row, column, k])
                outside = np.float32(beside[row, column, k + 3])
                rest = rgb[y, x, k] - share * inside - (one - share) * outside
                front = min(max(inside + share * rest, zero), np.float32(255))
                under[y, x, k] = np.uint8(share * front + (one - share) * under[y, x, k] + half)


@njit(cache=True, nogil=True)
def _most(own: U8, beside: U8) -> np.float32:
    """How much of a pixel can be the inner side, 1 where the two sides are too much alike."""
    apart, along, length = np.int32(0), np.int32(0), np.int32(0)
    for k in range(3):
        gap = np.int32(beside[k]) - np.int32(beside[k + 3])
        apart = max(apart, abs(gap))
        along += gap * (np.int32(own[k]) - np.int32(beside[k + 3]))
        length += gap * gap
    one, zero = np.float32(1), np.float32(0)
    told = min(max((np.float32(apart) - _APART) / _APART_RAMP, zero), one)
    mixed = _WHOLE * np.float32(along) / np.float32(max(length, 1))
    return one - told * (one - min(max(mixed, zero), one))


@njit(cache=True, nogil=True)
def _share(
    own: U8, image: U8, alpha: F32, near: F32, at_y: np.float32, at_x: np.float32
) -> np.float32:
    """The alpha of those pixels around a place that look like its own colour."""
    high, wide = alpha.shape
    row, column = int(at_y + np.float32(0.5)), int(at_x + np.float32(0.5))
    total, weight = np.float32(0), np.float32(0)
    for v in range(max(row - 1, 0), min(row + 2, high)):
        down = np.float32(1.6) - abs(np.float32(v) - at_y)
        for u in range(max(column - 1, 0), min(column + 2, wide)):
            across = np.float32(1.6) - abs(np.float32(u) - at_x)
            gap = np.int32(0)
            for k in range(3):
                gap = max(gap, abs(np.int32(own[k]) - np.int32(image[v, u, k])))
            counted = max(down, np.float32(0)) * max(across, np.float32(0)) * near[gap]
            total += counted * alpha[v, u]
            weight += counted
    return np.float32(total / max(weight, np.float32(1e-6)))


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
