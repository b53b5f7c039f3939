"""The face sheet: a face laid flat, so that a texel is the same place of it in every frame."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.engines.raster import rasterize
from headswap.vision.canonical_face import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    canonical_face,
)

TEXELS_PER_CM = 4.0
# Left, top, right, bottom of the sheet around the canonical face, cm.
_EDGES_CM = (-8.5, -9.5, 8.5, 9.5)
SHEET_WH = (
    round((_EDGES_CM[2] - _EDGES_CM[0]) * TEXELS_PER_CM),
    round((_EDGES_CM[3] - _EDGES_CM[1]) * TEXELS_PER_CM),
)
_FACE = 468
_FAR = np.float32(1e9)
# Places that are foreshortened more than this tell too little of their colour.
_LEAST_FACING = 0.4
# Lids, lashes, lips, and what opens between them look different from moment to moment.
_EYE_CM, _BROW_CM, _MOUTH_CM = 0.5, 0.3, 0.6


@cache
def sheet_places() -> F32:
    """(468, 2) float32: where on the sheet each landmark lies, texels."""
    xy = canonical_face().vertices_cm[:, :2]
    corner = np.array(_EDGES_CM[:2], np.float32)
    return np.ascontiguousarray((xy - corner) * np.float32(TEXELS_PER_CM))


@cache
def sheet_face() -> Bool:
    """(h, w): the face inside its oval."""
    mask = np.zeros(SHEET_WH[::-1], np.uint8)
    cv2.fillPoly(mask, [sheet_places()[FACE_OVAL].round().astype(np.int32)], 1)
    return mask > 0


@cache
def sheet_lively() -> Bool:
    """(h, w): eyes, brows and mouth with what moves around them."""
    mask = np.zeros(SHEET_WH[::-1], np.uint8)
    rings = ((RIGHT_EYE, _EYE_CM), (LEFT_EYE, _EYE_CM), (RIGHT_BROW, _BROW_CM))
    for ring, grow_cm in (*rings, (LEFT_BROW, _BROW_CM), (OUTER_LIPS, _MOUTH_CM)):
        own = np.zeros_like(mask)
        cv2.fillPoly(own, [cv2.convexHull(sheet_places()[ring]).round().astype(np.int32)], 1)
        size = 2 * round(grow_cm * TEXELS_PER_CM) + 1
        mask |= np.asarray(cv2.dilate(own, np.ones((size, size), np.uint8)), np.uint8)
    return mask > 0


def frame_from_sheet(landmarks: F32) -> tuple[F32, Bool]:
    """(h, w, 2) float32: where each texel lies in the frame, px; and (h, w) whether it is seen.

    landmarks: (478, 3) px.
    """
    width, height = SHEET_WH
    places = np.full((height, width, 2), -1e4, np.float32)
    zbuffer = np.full((height, width), _FAR, np.float32)
    flat = np.zeros(_FACE, np.float32)
    xy = np.ascontiguousarray(landmarks[:_FACE, :2])
    rasterize(sheet_places(), flat, canonical_face().triangles, xy, zbuffer, places)
    right = np.zeros_like(places)
    down = np.zeros_like(places)
    right[:, 1:-1] = (places[:, 2:] - places[:, :-2]) / 2
    down[1:-1] = (places[2:] - places[:-2]) / 2
    size = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    drawn = cv2.erode((zbuffer < _FAR).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    whole = float(np.median(size[drawn])) if drawn.any() else 1.0
    # The frontal face's own texels are about one size; a turned face has a squeezed far side.
    return places, drawn & (size > _LEAST_FACING * max(whole, 1e-3))


def sheet_from_frame(landmarks: F32, shape: tuple[int, int]) -> tuple[F32, Bool]:
    """(h, w, 2) float32: the texel at each pixel of a picture; and (h, w) whether there is one.

    landmarks: (478, 3) px of that picture.
    """
    texels = np.full((*shape, 2), -1.0, np.float32)
    zbuffer = np.full(shape, _FAR, np.float32)
    xy = np.ascontiguousarray(landmarks[:_FACE, :2])
    depth = np.ascontiguousarray(landmarks[:_FACE, 2])
    rasterize(xy, depth, canonical_face().triangles, sheet_places(), zbuffer, texels)
    return texels, zbuffer < _FAR


def laid_flat(rgb: U8, places: F32) -> U8:
    """(h, w, 3) uint8: the sheet's colours in a picture, by `frame_from_sheet` of its landmarks."""
    flat = cv2.remap(
        rgb, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(flat, np.uint8)
