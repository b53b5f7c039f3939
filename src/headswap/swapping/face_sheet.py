"""The face sheet: a face and what is around it laid flat, a texel the same place in any frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeVar, cast

import cv2
import numpy as np

from headswap.arrays import F32, I32, U8, Bool
from headswap.swapping.engines.raster import NO_MAP, rasterize
from headswap.vision.canonical_face import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    canonical_face,
)

_Plane = TypeVar("_Plane", U8, F32)

TEXELS_PER_CM = 4.0
# Left, top, right, bottom of the sheet around the canonical face, cm.
_EDGES_CM = (-12.5, -12.0, 12.5, 14.0)
# A ring around the face, this many times its oval, goes where the face goes as a whole.
_RING = 2.4
_COARSE = 4
_OUTWARD = (1.1, 1.2, 1.32, 1.45)
SHEET_WH = (
    round((_EDGES_CM[2] - _EDGES_CM[0]) * TEXELS_PER_CM),
    round((_EDGES_CM[3] - _EDGES_CM[1]) * TEXELS_PER_CM),
)
FACE = 468
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


@dataclass(frozen=True, slots=True, eq=False)
class _Mesh:
    """The face with a ring around it: (504, 2) texels, (970, 3), and the ring in cm (36, 2)."""

    places: F32
    triangles: I32
    ring_cm: F32


@cache
def _mesh() -> _Mesh:
    face = canonical_face()
    xy = face.vertices_cm[:, :2]
    middle = xy[FACE_OVAL].mean(axis=0)
    ring_cm = (middle + np.float32(_RING) * (xy[FACE_OVAL] - middle)).astype(np.float32)
    corner = np.array(_EDGES_CM[:2], np.float32)
    places = (np.concatenate([xy, ring_cm]) - corner) * np.float32(TEXELS_PER_CM)
    inner, outer = FACE_OVAL, FACE + np.arange(len(FACE_OVAL))
    after, beyond = np.roll(inner, -1), np.roll(outer, -1)
    band = np.concatenate([np.stack([inner, outer, beyond]).T, np.stack([inner, beyond, after]).T])
    a, b, c = (places[band[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    band[area < 0] = band[area < 0][:, ::-1]
    triangles = np.concatenate([face.triangles, band.astype(np.int32)])
    return _Mesh(np.ascontiguousarray(places, np.float32), triangles, ring_cm)


def _with_ring(landmarks: F32) -> F32:
    """(504, 2) float32 px: the face's landmarks, and the ring carried along by a similarity."""
    was, now = canonical_face().vertices_cm[:, :2], landmarks[:FACE, :2]
    middle, here = was.mean(axis=0), now.mean(axis=0)
    a, b = was - middle, now - here
    along = float((a * b).sum()) / float((a * a).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / float((a * a).sum())
    turn = np.array([[along, across], [-across, along]], np.float32)
    ring = (_mesh().ring_cm - middle) @ turn + here
    return np.ascontiguousarray(np.concatenate([now, ring]), np.float32)


@cache
def sheet_face() -> Bool:
    """(h, w): the face inside its oval."""
    mask = np.zeros(SHEET_WH[::-1], np.uint8)
    cv2.fillPoly(mask, [sheet_places()[FACE_OVAL].round().astype(np.int32)], 1)
    return mask > 0


@cache
def sheet_inner() -> Bool:
    """(h, w): the face without its rim, which may show what is beside it."""
    return cv2.erode(sheet_face().astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


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
    mesh = _mesh()
    flat = np.zeros(len(mesh.places), np.float32)
    rasterize(mesh.places, flat, mesh.triangles, _with_ring(landmarks), zbuffer, places)
    right = np.zeros_like(places)
    down = np.zeros_like(places)
    right[:, 1:-1] = (places[:, 2:] - places[:, :-2]) / 2
    down[1:-1] = (places[2:] - places[:-2]) / 2
    size = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    drawn = cv2.erode((zbuffer < _FAR).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    face = drawn & sheet_face()
    whole = float(np.median(size[face])) if face.any() else 1.0
    # The frontal face's own texels are about one size; a turned face has a squeezed far side.
    return places, drawn & (size > _LEAST_FACING * max(whole, 1e-3))


def sheet_from_frame(landmarks: F32, shape: tuple[int, int]) -> tuple[F32, Bool, Bool]:
    """(h, w, 2) float32: the texel at each pixel of a picture; (h, w) whether there is one, and
    whether it is the face's.

    landmarks: (478, 3) px of that picture.
    """
    mesh = _mesh()
    size = (shape[1], shape[0])
    few = (-(-shape[0] // _COARSE), -(-shape[1] // _COARSE))
    depth = np.full(len(mesh.places), _FAR / 2, np.float32)
    depth[:FACE] = landmarks[:FACE, 2]
    # Around the face the sheet is so smooth that few places say it all.
    around, covered = np.zeros((*few, 2), np.float32), np.full(few, _FAR, np.float32)
    coarse = (_with_ring(landmarks) - np.float32((_COARSE - 1) / 2)) / np.float32(_COARSE)
    rasterize(coarse, depth, mesh.triangles, mesh.places, covered, around)
    full = (few[1] * _COARSE, few[0] * _COARSE)
    texels = np.array(cv2.resize(around, full)[: size[1], : size[0]], np.float32)
    drawn = cv2.resize((covered < _FAR).astype(np.float32), full)[: size[1], : size[0]] > 0.999
    zbuffer = np.full(shape, _FAR, np.float32)
    xy = np.ascontiguousarray(landmarks[:FACE, :2])
    rasterize(xy, depth[:FACE], canonical_face().triangles, sheet_places(), zbuffer, texels)
    on_face = zbuffer < _FAR
    inside = (texels >= 0) & (texels <= np.array(SHEET_WH, np.float32) - 1)
    return texels, (drawn | on_face) & inside[..., 0] & inside[..., 1], on_face


def looked_up(plane: _Plane, places: F32) -> _Plane:
    """(h, w) or (h, w, c): a plane at places (h, w, 2), px of it; beyond its edge nothing."""
    return cast(_Plane, cv2.remap(plane, places, NO_MAP, cv2.INTER_LINEAR))


def laid_flat(rgb: U8, places: F32) -> U8:
    """(h, w, 3) uint8: the sheet's colours in a picture, by `frame_from_sheet` of its landmarks."""
    flat = cv2.remap(
        rgb, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(flat, np.uint8)


def facing_landmarks(landmarks: F32) -> Bool:
    """(468,) which of a face's landmarks, (478, 3) px, are turned to us."""
    triangles = canonical_face().triangles
    a, b, c = (landmarks[triangles[:, k], :2] for k in range(3))
    toward = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) > (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    facing = np.ones(FACE, np.bool_)
    facing[triangles[~toward]] = False
    return facing


def with_outward(mask: F32) -> F32:
    """(h, w, 2) float32: a mask (h, w) 0..1 on the sheet, and how it goes on beyond the face's rim.

    What is before a face came from outside, and so goes on there, away from the face's middle.
    """
    middle = sheet_places().mean(axis=0)
    farther = np.zeros_like(mask)
    for factor in _OUTWARD:
        motion = np.column_stack([np.eye(2) * factor, (1 - factor) * middle])
        np.maximum(farther, cv2.warpAffine(mask, motion, SHEET_WH), out=farther)
    farther[sheet_face()] = 0
    return np.dstack([mask, farther])
