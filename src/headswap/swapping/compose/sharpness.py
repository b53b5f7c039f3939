"""How soft a face is in a picture, and the blur that makes a drawn head as soft as another."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8, Mat
from headswap.vision.canonical_face import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)

_NOSTRILS = np.array([98, 97, 2, 326, 327, 64, 294, 19, 94], np.int32)
# What is sharp in every face: skin, beard and make-up differ too much from one to another.
_PARTS = ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW), (OUTER_LIPS,), (_NOSTRILS,))
_AROUND_CM = 0.5
_LEAST_PX = 20
# Edges are compared with themselves under this blur, px of standard deviation.
_AGAIN_PX = 1.5
_SHARPEST_PX, _SOFTEST_PX = 0.3, 6.0
# Faces equally sharp are measured a little apart; a blur beyond this makes nobody likelier.
_ALIKE = 0.97
_MOST_BLUR_PX = 4.0


def softness(rgb: U8, landmarks: F32 | F64, scale_px_cm: float) -> float:
    """How soft a face is, as the blur of its edges in px (sigma); nan where it is too small.

    rgb: (h, w, 3) uint8; landmarks: (468 or more, 2 or 3) in it. Where edges are steep a blur of a
    known size takes the less of their slope the softer they are (Zhuo and Sim, "Defocus map
    estimation from a single image", 2011). The median over eyes, mouth and nose, so that a sharp
    hand before one of them does not count.
    """
    points = landmarks[:, :2].astype(np.float32)
    left, top, right, bottom = _bounds(points[FACE_OVAL], rgb.shape)
    if right - left < 3 or bottom - top < 3:
        return float("nan")
    points = points - np.array([left, top], np.float32)
    grey = cv2.cvtColor(rgb[top:bottom, left:right].copy(), cv2.COLOR_RGB2GRAY)
    before = _steepness(grey.astype(np.float32))
    after = _steepness(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _AGAIN_PX))
    # Steep edges count for more than the noise between them.
    shares = before * after, after * after
    found = [
        _softness(shares, mask)
        for mask in _masks(points, scale_px_cm, grey.shape)
        if cv2.countNonZero(mask) >= _LEAST_PX
    ]
    # One part alone may be hidden or seen edge-on.
    return float(np.median(found)) if len(found) > 1 else float("nan")


def blur_between(seen_px: F64, drawn_px: F64) -> F64:
    """The blur (sigma in px) that makes what is as soft as `drawn_px` as soft as `seen_px`.

    Both (n,), by `softness`. None where they differ by no more than faces do.
    """
    more = np.square(_ALIKE * seen_px) - np.square(drawn_px)
    return np.minimum(np.sqrt(np.maximum(more, 0)), _MOST_BLUR_PX)


def _bounds(oval: F32, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    low, high = np.floor(oval.min(axis=0)), np.ceil(oval.max(axis=0)) + 1
    size = np.array([shape[1], shape[0]])
    x0, y0 = np.clip(low, 0, size).astype(int).tolist()
    x1, y1 = np.clip(high, 0, size).astype(int).tolist()
    return x0, y0, x1, y1


def _steepness(grey: Mat) -> Mat:
    """The square of the slope."""
    across, down = (cv2.Scharr(grey, cv2.CV_32F, *way, scale=1 / 32) for way in ((1, 0), (0, 1)))
    return across * across + down * down


def _softness(shares: tuple[Mat, Mat], mask: U8) -> float:
    before, after = (cv2.sumElems(cv2.copyTo(share, mask))[0] for share in shares)
    if after <= 0 or before <= after:
        return _SOFTEST_PX
    return float(np.clip(_AGAIN_PX / np.sqrt(before / after - 1), _SHARPEST_PX, _SOFTEST_PX))


def _masks(points: F32, scale_px_cm: float, shape: tuple[int, ...]) -> list[U8]:
    """(h, w) uint8 for each part: 1 on it and around it, within the face."""
    inside = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(inside, [points[FACE_OVAL].round().astype(np.int32)], 1)
    # Where a face ends, its outline against what is behind says nothing of the face.
    inside = cv2.erode(inside, np.ones((3, 3), np.uint8))
    side = 2 * max(1, round(_AROUND_CM * scale_px_cm)) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    filled = (_filled(points, part, inside.shape) for part in _PARTS)
    return [np.asarray(cv2.dilate(mask, around) * inside, np.uint8) for mask in filled]


def _filled(points: F32, part: tuple[I32, ...], shape: tuple[int, ...]) -> U8:
    mask = np.zeros(shape[:2], np.uint8)
    for ring in part:
        cv2.fillConvexPoly(mask, cv2.convexHull(points[ring]).round().astype(np.int32), 1)
    return mask
