"""Follows what the picture shows from one frame to another: the motion of a part of it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, U8, Bool

_WINDOW_WH = (15, 15)
_PYRAMID = 3
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)
_BLOCK_PX = 5
# Smaller eigenvalue of a corner's gradients, as `cornerMinEigenVal` scales it: less is noise.
_LEAST_TEXTURE = 1e-4
_INLIER_PX = 0.8
_LEAST_SIMILARITY, _LEAST_SHIFT = 10, 4
# No camera and no body turns or grows more between two frames that are compared.
_MOST_TURN = 0.25
# Whole pictures are laid over each other at this size, down to the least.
_ALIGN_PX, _LEAST_PX = 160, 12
_TURNS = 3
# Mean square of a gradient below which it is noise.
_NOISE = 0.03


def corners_of(grey: U8, mask: U8, most: int) -> F32:
    """(n, 2) float32 places that are easily found again, where `mask` (h, w) is not 0."""
    found = cast(
        "F32 | None",
        cv2.goodFeaturesToTrack(grey, most, 0.005, 6, mask=mask, blockSize=_BLOCK_PX),
    )
    if found is None:
        return np.zeros((0, 2), np.float32)
    points = found.reshape(-1, 2)
    columns, rows = points.astype(int).T
    strong = np.asarray(cv2.cornerMinEigenVal(grey, _BLOCK_PX))[rows, columns] > _LEAST_TEXTURE
    return points[strong]


def moved_by(from_grey: U8, to_grey: U8, points: F32, guess: F64) -> F64 | None:
    """(2, 3) similarity `to_from` that most of the points agree on, or None.

    from_grey, to_grey: (h, w) uint8. points: (n, 2) in the first. guess: about where they go.
    Pyramidal Lucas-Kanade (Bouguet 2001), there and back; a fit by RANSAC; with few points only
    a shift on top of the guess.
    """
    if len(points) < _LEAST_SHIFT:
        return None
    size = np.maximum(from_grey.shape, to_grey.shape)
    from_grey, to_grey = _padded(from_grey, size), _padded(to_grey, size)
    start = (points @ guess[:, :2].T + guess[:, 2]).astype(np.float32)
    found, there = _tracked(from_grey, to_grey, points, start)
    back, again = _tracked(to_grey, from_grey, found, points)
    height, width = to_grey.shape
    inside = ((found > 2) & (found < np.array([width - 3, height - 3]))).all(axis=1)
    good = there & again & inside & (np.abs(back - points).max(axis=1) < 0.5)
    if good.sum() < _LEAST_SHIFT:
        return None
    a, b, start = points[good], found[good], start[good]
    shift = np.median(b - start, axis=0)
    near = np.linalg.norm(b - start - shift, axis=1) < 2 * _INLIER_PX
    shifted = guess.copy()
    shifted[:, 2] += shift
    fitted = _similarity(a, b)
    if fitted is not None and np.abs(fitted[:, :2] - guess[:, :2]).max() < _MOST_TURN:
        return fitted
    return shifted if near.sum() >= max(_LEAST_SHIFT, 0.5 * len(near)) else None


def _padded(grey: U8, size_hw: I64) -> U8:
    """The picture with its last pixels repeated to the right and below, up to a size."""
    more = size_hw - grey.shape
    if not more.any():
        return grey
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.copyMakeBorder(grey, 0, int(more[0]), 0, int(more[1]), border), np.uint8)


def _tracked(from_grey: U8, to_grey: U8, points: F32, start: F32) -> tuple[F32, Bool]:
    followed = cv2.calcOpticalFlowPyrLK(
        from_grey,
        to_grey,
        points,
        start.copy(),
        winSize=_WINDOW_WH,
        maxLevel=_PYRAMID,
        criteria=_STOP,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.asarray(followed[0], np.float32), np.asarray(np.asarray(followed[1]).ravel() > 0)


def _similarity(a: F32, b: F32) -> F64 | None:
    if len(a) < _LEAST_SIMILARITY:
        return None
    result = cv2.estimateAffinePartial2D(
        a, b, method=cv2.RANSAC, ransacReprojThreshold=_INLIER_PX, maxIters=300, confidence=0.99
    )
    # The stubs do not know that a failed fit is None.
    fitted, inliers = cast("tuple[F64 | None, U8]", result)
    if fitted is None or inliers.sum() < max(_LEAST_SIMILARITY, 0.4 * len(a)):
        return None
    return fitted.astype(np.float64)


def joined(second_from_first: F64, third_from_second: F64) -> F64:
    """(2, 3) third_from_first."""
    turn = third_from_second[:, :2] @ second_from_first[:, :2]
    shift = third_from_second[:, :2] @ second_from_first[:, 2] + third_from_second[:, 2]
    return np.column_stack([turn, shift])


def inverse(second_from_first: F64 | F32) -> F64:
    """(2, 3) first_from_second."""
    square = np.vstack([np.asarray(second_from_first, np.float64), [0.0, 0.0, 1.0]])
    return np.linalg.inv(square)[:2]


def between(first: F32, second: F32) -> F64:
    """(2, 3) second_from_first, given both frames' motions from a common frame."""
    return joined(inverse(first), np.asarray(second, np.float64))


def in_crops(to_from: F64, from_xy: tuple[int, int], to_xy: tuple[int, int]) -> F64:
    """A motion of whole-frame pixels as one of crops that begin at these places."""
    matrix = to_from.copy()
    matrix[:, 2] += matrix[:, :2] @ np.array(from_xy) - np.array(to_xy)
    return matrix


def shift_of(from_grey: U8, to_grey: U8, weight: U8) -> F64:
    """(2,) px: where the weighted part of one picture has gone in another of the same size.

    weight: (h, w) uint8, 1 where the first shows what the second should show too. Coarse to fine
    (Lucas and Kanade 1981, for the whole picture at once), what fits worst left out. Along edges
    without an end, where the shift cannot be told, it is none.
    """
    shift = np.zeros(2)
    for level in _levels(from_grey, to_grey, weight):
        first, second, share = level
        scale = first.shape[1] / from_grey.shape[1]
        moved = shift * scale
        gx, gy = (cv2.Sobel(first, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1)))
        # What is plain fits anyhow, and says nothing of what is usual.
        speaks = share * (np.abs(gx) + np.abs(gy))
        for _ in range(_TURNS):
            matrix = np.array([[1, 0, moved[0]], [0, 1, moved[1]]], np.float64)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = first.shape[::-1]
            there = cv2.warpAffine(
                second, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
            gap = there - first
            off = np.abs(gap)
            usual = float((off * speaks).sum() / max(float(speaks.sum()), 1e-3))
            counted = share * (off < 2.5 * usual + 2.0)
            xx, xy, yy = ((counted * a * b).sum() for a, b in ((gx, gx), (gx, gy), (gy, gy)))
            wanted = np.array([(counted * gx * gap).sum(), (counted * gy * gap).sum()])
            noise = _NOISE * max(float(counted.sum()), 1.0)
            tensor = np.array([[xx + noise, xy], [xy, yy + noise]], np.float64)
            moved = moved - np.linalg.solve(tensor, wanted)
        if np.abs(moved).max() > 0.25 * max(first.shape):
            return np.zeros(2)
        shift = moved / scale
    return shift


def _levels(first: U8, second: U8, weight: U8) -> list[tuple[F32, F32, F32]]:
    """Both pictures and the weight, from the smallest size to one of at most `_ALIGN_PX`."""
    levels: list[tuple[F32, F32, F32]] = []
    share = _ALIGN_PX / max(first.shape)
    size = [max(8, round(side * min(1.0, share))) for side in first.shape[::-1]]
    while True:
        pair = [
            cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
            for picture in (first, second)
        ]
        inside = cv2.resize(weight * np.uint8(255), size, interpolation=cv2.INTER_AREA)
        levels.append((pair[0], pair[1], (np.asarray(inside) > 250).astype(np.float32)))
        if min(size) < 2 * _LEAST_PX:
            return levels[::-1]
        size = [side // 2 for side in size]
