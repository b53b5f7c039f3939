"""Mixes pictures in place by one weight for each pixel, and does nothing where there is none.

Most pixels of a crop lie wholly inside or outside of what is laid over it, which whole-picture
operations cannot make use of.
"""

from __future__ import annotations

from typing import TypeVar, cast

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, U8

_Picture = TypeVar("_Picture", U8, F32)
# From so much on a pixel is all of what is laid over it.
_WHOLE = np.float32(511 / 512)


@njit(cache=True, nogil=True, error_model="numpy")
def _parts(weight: np.float32) -> np.int32:
    """A weight of 0..1 in parts of 256."""
    return np.int32(weight * np.float32(256) + np.float32(0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def _between(low: np.uint8, high: np.uint8, share: np.int32) -> np.uint8:
    """The level `share` parts of 256 of the way from one to another."""
    way = share * (np.int32(high) - np.int32(low))
    return np.uint8(np.int32(low) + ((way + 128) >> 8))


@njit(cache=True, nogil=True, error_model="numpy")
def lay(over: U8, weight: F32, under: U8) -> None:
    """Lays a picture (h, w, 3) over another, in place, with a weight (h, w) of 0..1."""
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            share = _parts(weight[y, x])
            if share == 0:
                continue
            if share == 256:
                for c in range(3):
                    under[y, x, c] = over[y, x, c]
                continue
            for c in range(3):
                under[y, x, c] = _between(under[y, x, c], over[y, x, c], share)


@njit(cache=True, nogil=True, error_model="numpy")
def lay_toned(curves: U8, weight: F32, picture: U8) -> None:
    """Takes a picture (h, w, 3) through curves (256, 3), in place, with a weight (h, w) of 0..1."""
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            share = _parts(weight[y, x])
            if share == 0:
                continue
            for c in range(3):
                toned = curves[picture[y, x, c], c]
                picture[y, x, c] = _between(picture[y, x, c], toned, share)


@njit(cache=True, nogil=True, error_model="numpy")
def weighted(own: U8, made_up: U8, where: F32, alpha: U8) -> U8:
    """(h, w, 4) uint8: colours times alpha, and alpha; what is made up where `where` is above 0."""
    height, width = alpha.shape
    out = np.empty((height, width, 4), np.uint8)
    for y in range(height):
        for x in range(width):
            share = np.int32(alpha[y, x])
            colour = made_up[y, x] if where[y, x] > 0 else own[y, x]
            for c in range(3):
                out[y, x, c] = np.uint8((np.int32(colour[c]) * share + 127) // 255)
            out[y, x, 3] = alpha[y, x]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def lay_weighted(over: U8, under: U8) -> None:
    """Lays a picture (h, w, 4), colours times alpha and alpha, over another (h, w, 3), in place."""
    height, width = under.shape[:2]
    for y in range(height):
        for x in range(width):
            left = 255 - np.int32(over[y, x, 3])
            if left == 255:
                continue
            for c in range(3):
                mixed = np.int32(over[y, x, c]) + (np.int32(under[y, x, c]) * left + 127) // 255
                under[y, x, c] = np.uint8(min(mixed, 255))


@njit(cache=True, nogil=True, error_model="numpy")
def lay_under(under: U8, behind: F32, over: U8, alpha: F32) -> None:
    """Mixes a picture (h, w, 3) into one before it, in place, by both shares (h, w) of 0..1.

    over keeps its colours where `behind` is 0; where both are it says nothing.
    """
    height, width = alpha.shape
    for y in range(height):
        for x in range(width):
            share = behind[y, x]
            if share == 0:
                continue
            part = share / (alpha[y, x] + share)
            for c in range(3):
                front = np.float32(over[y, x, c])
                mixed = front + part * (np.float32(under[y, x, c]) - front)
                over[y, x, c] = np.uint8(mixed + np.float32(0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def lay_shaded(over: U8, weight: F32, shade: F32, strength: float, covered: F32, under: U8) -> None:
    """Lays a picture (h, w, 3) over another, in place, but for what something else will cover.

    All that is laid is darkened. weight, shade, covered: (h, w) 0..1; `strength` times shade is how
    much of the light is taken.
    """
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            share = _parts(weight[y, x])
            if share == 0 or covered[y, x] >= _WHOLE:
                continue
            # Both in parts of 256, with a half to round by.
            taken = np.float32(strength) * shade[y, x] * weight[y, x]
            kept = np.int32(256) - _parts(taken)
            for c in range(3):
                low, high = np.int32(under[y, x, c]), np.int32(over[y, x, c])
                mixed = low * 256 + share * (high - low)
                under[y, x, c] = np.uint8((mixed * kept + 32768) >> 16)


@njit(cache=True, nogil=True, error_model="numpy")
def roughen(picture: U8, tile: F32, left: int, top: int, where: F32, strength: float) -> None:
    """Adds `strength` times a tile's noise, repeated from (left, top) on, where (h, w) says."""
    height, width = where.shape
    rows, columns = tile.shape
    for y in range(height):
        row = tile[(top + y) % rows]
        column = left % columns
        for x in range(width):
            noise = row[column]
            column = column + 1 if column + 1 < columns else 0
            if where[y, x] == 0:
                continue
            level = np.float32(strength) * noise * where[y, x]
            lift = np.int32(np.floor(level + np.float32(0.5)))
            for c in range(3):
                picture[y, x, c] = np.uint8(min(max(np.int32(picture[y, x, c]) + lift, 0), 255))


def shrunk(picture: _Picture, size_wh: tuple[int, int]) -> _Picture:
    """The picture (h, w) or (h, w, c) smaller, averaged by way of exact halves, which are cheap."""
    while picture.shape[1] >= 2 * size_wh[0] and picture.shape[0] >= 2 * size_wh[1]:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        even = picture[: 2 * half[1], : 2 * half[0]]
        picture = cast(_Picture, cv2.resize(even, half, interpolation=cv2.INTER_AREA))
    if picture.shape[1::-1] == size_wh:
        return picture
    return cast(_Picture, cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA))
