"""Mixes pictures in place by one weight for each pixel, and does nothing where there is none.

Most pixels of a crop lie wholly inside or outside of what is laid over it, which whole-picture
operations cannot make use of.
"""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, U8


@njit(cache=True, nogil=True, error_model="numpy")
def lay(over: U8, weight: F32, under: U8) -> None:
    """Lays a picture (h, w, 3) over another, in place, with a weight (h, w) of 0..1."""
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            share = np.int32(weight[y, x] * np.float32(256) + np.float32(0.5))
            if share == 0:
                continue
            for c in range(3):
                low, high = np.int32(under[y, x, c]), np.int32(over[y, x, c])
                under[y, x, c] = np.uint8(low + ((share * (high - low) + 128) >> 8))


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
def darken(picture: U8, shade: F32, where: F32, strength: float) -> None:
    """Takes `strength` times shade times where, (h, w) 0..1 each, of the light, in place."""
    height, width = shade.shape
    for y in range(height):
        for x in range(width):
            kept = np.float32(1) - np.float32(strength) * shade[y, x] * where[y, x]
            if kept < 1:
                for c in range(3):
                    lit = np.float32(picture[y, x, c]) * kept
                    picture[y, x, c] = np.uint8(lit + np.float32(0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def roughen(picture: U8, tile: F32, left: int, top: int, where: F32, strength: float) -> None:
    """Adds `strength` times a tile's noise, repeated from (left, top) on, where (h, w) says."""
    height, width = where.shape
    rows, columns = tile.shape
    for y in range(height):
        row = tile[(top + y) % rows]
        for x in range(width):
            if where[y, x] == 0:
                continue
            level = np.float32(strength) * row[(left + x) % columns] * where[y, x]
            level += np.float32(0.5)
            for c in range(3):
                rough = np.float32(picture[y, x, c]) + level
                picture[y, x, c] = np.uint8(min(max(rough, np.float32(0)), np.float32(255)))


def shrunk(rgb: U8, size_wh: tuple[int, int]) -> U8:
    """The picture (h, w, 3) smaller, averaged by way of exact halves, which are cheap."""
    while rgb.shape[1] >= 2 * size_wh[0] and rgb.shape[0] >= 2 * size_wh[1]:
        half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
        even = rgb[: 2 * half[1], : 2 * half[0]]
        rgb = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    if rgb.shape[1::-1] == size_wh:
        return rgb
    return np.asarray(cv2.resize(rgb, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
