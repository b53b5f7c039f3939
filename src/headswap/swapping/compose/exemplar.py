"""Fills a hole in a picture with patches of the rest of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, F64, I32, U8, U32
from headswap.swapping.compose.onion import begin_fill
from headswap.swapping.matting import fill_smooth

_HALF = 3
_ROUNDS = 3
# A hole is begun at sizes at which it has at most so many pixels; what fits best is taken. A few
# places never fit, so it is the error that this part of the hole keeps below.
_FIRST_HOLE_PX, _LEAST_HOLE_PX, _TRIES = 14000, 400, 3
_MOST = 0.9
# How much less a patch says for each pixel that it lies deeper in the hole.
_FADE = 1.3
# Mean squared error of a match up to which it is trusted fully, and from which not at all.
_GOOD, _BAD = 20.0, 400.0


def fill_from_exemplars(rgb: U8, hole: U8, source: U8) -> U8:
    """(h, w, 3) uint8: the picture with its hole filled by patches that are found elsewhere in it.

    hole, source: (h, w) uint8, 1 where to fill and where patches may come from. Coarse to fine,
    each hole pixel becomes the mean of the patches that best fit over it (Wexler et al., PAMI
    2007), which are found by PatchMatch (Barnes et al., SIGGRAPH 2009). The same input gives the
    same output. Where there is no room for a patch to come from, the fill is smooth.
    """
    filled = fill_smooth(rgb.astype(np.float32), source.astype(np.float32))
    levels = [(rgb.astype(np.float32), hole, source)]
    while cv2.countNonZero(levels[-1][1]) > _LEAST_HOLE_PX and min(levels[-1][1].shape) > 16:
        levels.append(_halved(*levels[-1]))
    starts = [n for n in range(len(levels)) if cv2.countNonZero(levels[n][1]) <= _FIRST_HOLE_PX]
    # Large patterns are only seen from afar, thin edges only from near.
    starts = starts[:_TRIES] or [len(levels) - 1]
    with ThreadPoolExecutor(len(starts)) as beside:
        tries = list(beside.map(lambda n: _refined(levels[: n + 1], filled), starts))
    errors = [float(np.quantile(error[hole > 0], _MOST)) for _, error in tries]
    guess, cost = tries[int(np.argmin(errors))]
    # Where nothing fits, the smooth fill is the smaller lie.
    fits = np.clip((_BAD - cv2.blur(cost, (5, 5))) / (_BAD - _GOOD), 0, 1)[..., None]
    guess = filled + fits * (guess - filled)
    keep = np.where(hole[..., None] > 0, np.clip(guess + 0.5, 0, 255), rgb)
    return keep.astype(np.uint8)


def _refined(levels: list[tuple[F32, U8, U8]], smooth: F32) -> tuple[F32, F64]:
    """The fill begun at the last of these sizes, and (h, w) the error of each patch's match.

    levels: picture, hole and source, from the full size down. smooth: (h, w, 3) another fill.
    """
    guess, cost = smooth, np.full(levels[0][1].shape, _BAD, np.float64)
    for n in reversed(range(len(levels))):
        image, gap, usable = levels[n]
        height, width = gap.shape
        size = 2 * _HALF + 1
        square = np.ones((size, size), np.uint8)
        centres = np.asarray(cv2.erode(usable, square, borderValue=0), np.uint8)
        guess = np.asarray(cv2.resize(guess, (width, height), interpolation=cv2.INTER_LINEAR))
        if n == len(levels) - 1 and centres.any():
            guess = begin_fill(image, gap, usable)
        guess = np.where(gap[..., None] > 0, guess, image).astype(np.float32)
        if not centres.any():
            cost = np.full(gap.shape, _BAD, np.float64)
            continue
        around = np.asarray(cv2.dilate(gap, square), np.uint8)
        depth = cv2.distanceTransform(gap, cv2.DIST_L2, 3)
        sure = np.asarray(_FADE**-depth, np.float32)
        places = np.argwhere(centres > 0).astype(np.int32)
        cost = _complete(guess, gap, around, centres, places, sure)
    return guess, cost


def _halved(image: F32, hole: U8, source: U8) -> tuple[F32, U8, U8]:
    height, width = hole.shape
    size = (max(1, width // 2), max(1, height // 2))
    weight = source.astype(np.float32)
    share = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32)
    mean = cv2.resize(image * weight[..., None], size, interpolation=cv2.INTER_AREA)
    small = np.asarray(mean / np.maximum(share, 1e-3)[..., None], np.float32)
    gap = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    return small, gap.astype(np.uint8), ((share > 0.99) & ~gap).astype(np.uint8)


@njit(cache=True, nogil=True)
def _distance(image: F32, ay: int, ax: int, by: int, bx: int, limit: float) -> float:
    """Squared difference of two patches; parts outside the picture do not count."""
    height, width = image.shape[0], image.shape[1]
    total, count = 0.0, 0
    for dy in range(-_HALF, _HALF + 1):
        y = ay + dy
        if y < 0 or y >= height:
            continue
        for dx in range(-_HALF, _HALF + 1):
            x = ax + dx
            if x < 0 or x >= width:
                continue
            count += 1
            for k in range(3):
                gap = image[y, x, k] - image[by + dy, bx + dx, k]
                total += gap * gap
        if total > limit * 49:
            return total
    return total / max(count, 1)


@njit(cache=True, nogil=True)
def _complete(image: F32, hole: U8, around: U8, centres: U8, places: I32, sure: F32) -> F64:
    """Fills `hole` in `image` in place: search for each patch around it, then vote, repeated.

    Returns (h, w) the error of each patch's match.
    """
    height, width = hole.shape
    # A generator of our own: the same fill on every machine.
    state = np.array([12345], np.uint32)
    field = np.zeros((height, width, 2), np.int32)
    best = np.full((height, width), 1e12, np.float64)
    for y in range(height):
        for x in range(width):
            if around[y, x]:
                field[y, x] = places[_random(state, len(places))]
    for turn in range(_ROUNDS):
        forward = turn % 2 == 0
        for j in range(height):
            y = j if forward else height - 1 - j
            for i in range(width):
                x = i if forward else width - 1 - i
                if around[y, x]:
                    step = 1 if forward else -1
                    best[y, x] = _improve(image, around, centres, field, state, y, x, step)
        _vote(image, hole, around, field, best, sure)
    return best


@njit(cache=True, nogil=True)
def _random(state: U32, below: int) -> int:
    """A whole number from 0 up to `below` (Numerical Recipes' linear congruential generator)."""
    state[0] = state[0] * np.uint32(1664525) + np.uint32(1013904223)
    return int((state[0] >> np.uint32(8)) % np.uint32(below))


@njit(cache=True, nogil=True)
def _improve(
    image: F32, around: U8, centres: U8, field: I32, state: U32, y: int, x: int, step: int
) -> float:
    """Gives one patch the best of its own, its neighbours' and random matches; returns its cost."""
    height, width = centres.shape
    by, bx = field[y, x, 0], field[y, x, 1]
    cost = _distance(image, y, x, by, bx, 1e12)
    radius = 2 * max(height, width)
    for attempt in range(32):
        if attempt < 2:
            ny, nx = y - step * (1 - attempt), x - step * attempt
            if not (0 <= ny < height and 0 <= nx < width and around[ny, nx]):
                continue
            cy, cx = field[ny, nx, 0] + y - ny, field[ny, nx, 1] + x - nx
        else:
            radius //= 2
            if radius < 1:
                break
            cy = by + _random(state, 2 * radius + 1) - radius
            cx = bx + _random(state, 2 * radius + 1) - radius
        if 0 <= cy < height and 0 <= cx < width and centres[cy, cx]:
            other = _distance(image, y, x, cy, cx, cost)
            if other < cost:
                by, bx, cost = cy, cx, other
    field[y, x, 0], field[y, x, 1] = by, bx
    return cost


@njit(cache=True, nogil=True)
def _vote(image: F32, hole: U8, around: U8, field: I32, best: F64, sure: F32) -> None:
    """Each hole pixel becomes the mean of what the patches over it say.

    Good fits count more, and so do patches near the rim (`sure`), which rest on what is seen.
    """
    height, width = hole.shape
    source = image.copy()
    for y in range(height):
        for x in range(width):
            if not hole[y, x]:
                continue
            weight = 0.0
            red, green, blue = 0.0, 0.0, 0.0
            for dy in range(-_HALF, _HALF + 1):
                for dx in range(-_HALF, _HALF + 1):
                    py, px = y + dy, x + dx
                    if py < 0 or px < 0 or py >= height or px >= width or not around[py, px]:
                        continue
                    sy, sx = field[py, px, 0] - dy, field[py, px, 1] - dx
                    w = sure[py, px] * (np.exp(-best[py, px] / 400.0) + 1e-6)
                    weight += w
                    red += w * source[sy, sx, 0]
                    green += w * source[sy, sx, 1]
                    blue += w * source[sy, sx, 2]
            if weight > 0:
                image[y, x, 0] = red / weight
                image[y, x, 1] = green / weight
                image[y, x, 2] = blue / weight
