"""Faces and ears on posed heads: skin, features, beard and glasses."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32
from headswap.sample.raster import rasterize
from headswap.vision.canonical_face import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    canonical_face,
)
from headswap.vision.networks.head_view import EYES_XY
from training.heads import Head, eyes_offset, surface_of
from training.stage import HEIGHT, UNIT, WIDTH, X_CM, Y_CM, Canvas, ellipse, fill, lit, own_field
from training.texture import smooth, strands


def draw_face(
    at: Canvas,
    head: Head,
    skin: F32,
    hair: F32,
    way: F32,
    strength: float,
    rng: np.random.Generator,
) -> None:
    """Skull, ears, face with its features, glasses, beard."""
    ball = surface_of(head, head.radii)
    blotch = 1 + 0.03 * own_field(rng, 25) + 0.02 * own_field(rng, 5)
    bare = skin * (lit(ball.normal, way, strength) * blotch)[..., None]
    shine = rng.uniform(0, 0.25) * np.clip(ball.normal @ way, 0, 1) ** 12
    at.lay(
        (bare + 255 * shine[..., None]).astype(np.float32),
        np.clip((1 - ball.level) * 20, 0, 1),
        "skin",
    )
    for s in (-1, 1):
        ear = head.turn @ (np.array([s * head.radii[0] * 1.03, -0.6, 3.2])) - eyes_offset(head)
        if ear[2] - head.middle[2] > 3:
            continue
        tilt = rng.uniform(-10, 10)
        ring = ellipse(ear[0] + s * 0.3, ear[1], rng.uniform(0.6, 1.5), rng.uniform(2.6, 3.6), tilt)
        dim = rng.uniform(0.7, 1.05)
        at.lay((bare * 0 + skin * dim * blotch[..., None]).astype(np.float32), fill(ring), "skin")
        at.lay(
            (bare * 0 + skin * dim * 0.75).astype(np.float32),
            0.7 * fill(ellipse(ear[0] + s * 0.3, ear[1], 0.5, 2.0, tilt)),
            "skin",
        )
    mesh = canonical_face()
    xyz = head.points[:468].copy()
    px = np.column_stack([xyz[:, :2] * UNIT + np.array(EYES_XY) + 0.5, -xyz[:, 2] * UNIT]).astype(
        np.float32
    )
    normals = _vertex_normals(xyz, mesh.triangles)
    seen = rasterize(px, normals, mesh.triangles, (WIDTH, HEIGHT))
    inside = smooth((seen[..., -1] > -1e8).astype(np.float32), 1.2)
    normal = seen[..., :3] / np.maximum(np.linalg.norm(seen[..., :3], axis=2, keepdims=True), 1e-6)
    flesh = skin * (lit(normal, way, strength) * blotch)[..., None]
    flesh += 255 * (rng.uniform(0, 0.2) * np.clip(normal @ way, 0, 1) ** 16)[..., None]
    cheek = np.exp(-((Y_CM - 4.0) ** 2) / 14) * rng.uniform(0, 0.12)
    flesh[..., 1:] *= (1 - cheek)[..., None]
    at.lay(flesh.astype(np.float32), inside, "skin")
    draw_features(at, head, skin, hair, rng)


def draw_features(at: Canvas, head: Head, skin: F32, hair: F32, rng: np.random.Generator) -> None:
    p = head.points
    lips = skin * np.array([0.95, 0.62, 0.62]) * rng.uniform(0.75, 1.05)
    flat = np.ones((HEIGHT, WIDTH, 1), np.float32)
    at.lay((flat * lips).astype(np.float32), 0.8 * fill(p[OUTER_LIPS], 1.2), "skin")
    at.lay(flat * np.array([60, 25, 25], np.float32), fill(p[INNER_LIPS], 1.0), "skin")
    if rng.random() < 0.5:
        at.lay(
            flat * np.array([225, 220, 210], np.float32),
            0.8 * fill(p[INNER_LIPS] * [1, 0.7, 1] + [0, 0.3 * p[13, 1] - 0.1, 0], 1.0),
            "skin",
        )
    for ring, brow in ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW)):
        socket = p[ring].mean(axis=0) + 1.5 * (p[ring] - p[ring].mean(axis=0))
        at.lay(
            (flat * skin * 0.6).astype(np.float32),
            rng.uniform(0.2, 0.6) * fill(socket, 4.0),
            "skin",
        )
        at.lay(flat * np.array([220, 215, 210], np.float32), fill(p[ring], 1.0), "skin")
        middle = p[ring].mean(axis=0)
        at.lay(
            flat * rng.uniform(20, 90, 3).astype(np.float32),
            fill(ellipse(middle[0], middle[1], 0.6, 0.6, 0)) * fill(p[ring], 0.8),
            "skin",
        )
        dark = np.minimum(hair * rng.uniform(0.6, 1.1), skin * 0.85)
        at.lay(
            (flat * dark).astype(np.float32),
            rng.uniform(0.4, 0.95)
            * fill(
                p[brow][cv2.convexHull(p[brow, :2].astype(np.float32), returnPoints=False)[:, 0]],
                1.5,
            ),
            "skin",
        )
    nose = ellipse(p[2, 0], p[2, 1], 1.1, 0.35, 0)
    at.lay((flat * skin * 0.45).astype(np.float32), 0.6 * fill(nose, 2.0), "skin")
    if rng.random() < 0.3:
        _draw_beard(at, head, hair, rng)
    if rng.random() < 0.22:
        _draw_glasses(at, head, rng)


def _draw_beard(at: Canvas, head: Head, hair: F32, rng: np.random.Generator) -> None:
    p = head.points
    jaw = p[FACE_OVAL[8:29]]
    mouth = p[OUTER_LIPS].mean(axis=0)
    low = jaw + (jaw - mouth) * rng.uniform(0, 0.18)
    upper = p[[454, 425, 410, 164, 186, 205, 234]] if rng.random() < 0.6 else p[[410, 18, 186]]
    area = np.vstack([low, upper[::-1]]) if len(upper) > 3 else np.vstack([low[6:-6], upper[::-1]])
    alpha = fill(area, rng.uniform(2, 8)) * (1 - fill(p[OUTER_LIPS], 1.0))
    alpha = np.clip(alpha * (0.8 + 0.4 * own_field(rng, 2.0)), 0, 1) * rng.uniform(0.25, 1.0)
    tone = np.minimum(hair * rng.uniform(0.7, 1.2), 200)
    flow = np.stack([X_CM * 9, Y_CM * 4], axis=2).astype(np.float32)
    rgb = tone * (1 + 0.3 * strands(flow, 0.3, rng))[..., None]
    # A beard is no hair of the head: the mattes call it skin.
    at.lay(rgb.astype(np.float32), alpha.astype(np.float32), "skin")


def _draw_glasses(at: Canvas, head: Head, rng: np.random.Generator) -> None:
    lines = np.zeros((HEIGHT, WIDTH), np.uint8)
    thick = int(rng.integers(1, 5))
    lens = np.zeros_like(lines)
    for ring, ear in ((RIGHT_EYE, 127), (LEFT_EYE, 356)):
        middle = head.points[ring].mean(axis=0)[:2] + np.array([0, 0.3])
        out = ellipse(middle[0], middle[1], rng.uniform(2.3, 3.1), rng.uniform(1.7, 2.6), 0)
        xy = np.round(out * UNIT + np.array(EYES_XY)).astype(np.int32)
        cv2.polylines(lines, [xy], True, 255, thick, cv2.LINE_AA)
        cv2.fillPoly(lens, [xy], 255)
        hinge = np.array([middle, head.points[ear, :2]]) * UNIT + np.array(EYES_XY)
        cv2.line(lines, *(tuple(int(v) for v in q) for q in hinge.round()), 255, thick, cv2.LINE_AA)
    flat = np.ones((HEIGHT, WIDTH, 1), np.float32)
    at.lay(
        flat * rng.uniform(5, 60, 3).astype(np.float32),
        (0.85 if rng.random() < 0.15 else rng.uniform(0, 0.2)) * lens.astype(np.float32) / 255,
        "skin",
    )
    at.lay(
        flat * (rng.uniform(5, 120) * np.ones(3, np.float32)),
        lines.astype(np.float32) / 255,
        "skin",
    )


def _vertex_normals(xyz: F64, triangles: I32) -> F32:
    a, b, c = (xyz[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(xyz)
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    if out[1, 2] > 0:
        out = -out
    return out.astype(np.float32)
