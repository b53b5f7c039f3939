"""Where the light on a face comes from, and a drawn head lit the same way."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8, Bool
from headswap.vision.canonical_face import (
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    canonical_face,
)

FACE = 468
# Numbers that describe a light, see `light_of`.
LIGHT = 9
# Skin is looked at through a blur of this size, so that pores, moles and glints do not count.
_BLUR_CM = 0.35
# Hair below which skin is bare.
_BARE = 0.3
_ROUNDS = 4
_TRIM = 2.0
# Holds the direction back where the visible side of a face says little about it.
_RIDGE, _RIDGE_SQUARE = 6.0, 40.0
# How much of the lasting difference between photo and scene is put on, and how far light may
# brighten or darken a pixel. With all of it likeness and measured pose suffer: on five clips the
# dlib distance rises by 0.02 on average and 0.06 at most. What changes over time is put on whole.
_STRENGTH = 0.4
_DARKEST, _BRIGHTEST = 0.55, 1.6


def vertex_normals(vertices: F64, triangles: I32) -> F64:
    """Unit normals (v, 3) that point out of clockwise triangles, towards the viewer (z < 0)."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    faces = -np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, triangles[:, k], faces)
    length: F64 = np.sqrt((total**2).sum(axis=1, keepdims=True))
    unit: F64 = total / np.maximum(length, 1e-9)
    return unit


def light_of(rgb: U8, landmarks: F32, scale_px_cm: float, hair: F32 | None = None) -> F32:
    """(9,) how log-luminance of facial skin grows with the normal, in camera axes.

    The first three are its linear part; then, for xx, yy, zz, xy, xz, yz, the quadratic form that
    is added to it. rgb: (h, w, 3) uint8; landmarks: (478, 3) in it; hair: (h, w) 0..1, what of it
    says nothing. Spherical-harmonics lighting of the second order (Ramamoorthi and Hanrahan,
    SIGGRAPH 2001), by trimmed ridge regression over the mesh.
    """
    height, width = rgb.shape[:2]
    points = landmarks[:FACE].astype(np.float64)
    normals = vertex_normals(points, canonical_face().triangles)
    x, y = points[:, :2].round().astype(int).T
    usable = _SKIN & (x >= 0) & (y >= 0) & (x < width) & (y < height) & (normals[:, 2] < -0.25)
    if hair is not None:
        usable[usable] = hair[y[usable], x[usable]] < _BARE
    if usable.sum() < 60:
        return np.zeros(LIGHT, np.float32)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), max(0.5, _BLUR_CM * scale_px_cm))
    # Six levels keep black pixels from weighing more than all others.
    bright = np.log(grey[y[usable], x[usable]] + 6.0)
    causes = np.column_stack([np.ones(usable.sum()), harmonics(normals[usable])])
    return _trimmed_fit(causes, bright)[1:].astype(np.float32)


def harmonics(normals: F64) -> F64:
    """(n, 9) the terms of a light (see `light_of`) for unit normals (n, 3)."""
    squares = normals * normals
    # Without the mean of all directions, which is the tone's business.
    squares = squares - squares.sum(axis=1, keepdims=True) / 3
    x, y, z = normals.T
    return np.column_stack([normals, squares, 2 * x * y, 2 * x * z, 2 * y * z])


def turned_light(light: F32, rotation: F64) -> F32:
    """(9,) a light (see `light_of`) after a rotation (3, 3) of everything."""
    xx, yy, zz, xy, xz, yz = (float(v) for v in light[3:])
    form = rotation @ np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]) @ rotation.T
    quadratic = [form[0, 0], form[1, 1], form[2, 2], form[0, 1], form[0, 2], form[1, 2]]
    return np.concatenate([rotation @ light[:3], quadratic]).astype(np.float32)


def _trimmed_fit(causes: F64, values: F64) -> F64:
    weight = np.ones(len(values))
    penalty = np.diag([0.0, *[_RIDGE] * 3, *[_RIDGE_SQUARE] * 6])
    solved: F64 = np.zeros(causes.shape[1])
    for _ in range(_ROUNDS):
        weighted = causes * weight[:, None]
        normal = weighted.T @ causes + penalty
        solved = np.asarray(np.linalg.solve(normal, weighted.T @ values), np.float64)
        rest = np.abs(values - causes @ solved)
        # Brows, beard and shadows cast are no shading; they are outliers of it.
        weight = (rest < _TRIM * np.median(rest) + 1e-6).astype(np.float64)
    return solved


def light_change(now: F32, usual: F32, drawn: F32, usually_drawn: F32) -> F32:
    """(9,) what is to be added to a photo's light to have the scene's.

    Each (9,) as by `light_of`: of the scene in this frame and on the whole; of the head drawn in
    the photo's light, in this frame's pose and on the whole.
    """
    lasting = usual - usually_drawn
    return (_STRENGTH * lasting + (now - usual) - (drawn - usually_drawn)).astype(np.float32)


def relit(rgb: U8, normals: F32, change: F32, tone: F32) -> U8:
    """The layer's colours (h, w, 3) under another light, times `tone`, (3,) factors for RGB.

    normals: (h', w', 3) camera axes, as coarse as may be, zero where unknown. change: (9,), see
    `light_change`. The mean tone of a face seen from the front stays; only where it is lighter and
    darker changes.
    """
    height, width = normals.shape[:2]
    flat = normals.reshape(-1, 3).astype(np.float64)
    # A face looks at the camera on the whole; that part of the change is the tone's business.
    front = harmonics(np.array([[0.0, 0.0, -1.0]])) @ change
    log_gain = np.where(flat[:, 2] != 0, harmonics(flat) @ change - front, 0.0)
    log_gain = log_gain.reshape(height, width)
    gain = np.clip(np.exp(log_gain), _DARKEST, _BRIGHTEST)[..., None] * tone
    size = (rgb.shape[1], rgb.shape[0])
    wide = cv2.resize(gain.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(rgb, wide, dtype=cv2.CV_8U), np.uint8)


def _skin_vertices() -> Bool:
    """(468,) bool: vertices on bare skin, without eyes, brows and lips."""
    skin = np.ones(FACE, np.bool_)
    for part in (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, OUTER_LIPS):
        skin[part] = False
    return skin


_SKIN = _skin_vertices()
