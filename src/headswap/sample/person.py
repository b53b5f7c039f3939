"""A person of the sample, ready to be posed: surface, pictures, and what moves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample import canvas, hair, measures, second
from headswap.sample.ear import ear_mesh
from headswap.sample.expression import FaceFeatures, FaceRig, build_rig
from headswap.sample.patches import Patch, eye_patch, mouth_patches
from headswap.sample.relief import HeadMesh, build_mesh, ring_angle_deg, undo_perspective
from headswap.sample.spec import Identity
from headswap.swapping.ear import painted_ear

CENTRE = np.array([223.5, 105.0])
BACK_Z = -80.0
# Depth of the portrait's hair: (x, y, z), by eye.
_HAIR = (
    (166, 90, 4), (165, 110, 0), (162, 75, 6), (172, 62, 22), (285, 90, 4), (288, 108, 0),
    (279, 124, -4), (290, 75, 8), (280, 62, 22), (225, 50, 54), (225, 35, 42), (225, 25, 27),
    (190, 50, 40), (262, 50, 38), (205, 45, 46), (245, 45, 46), (177, 128, -3), (274, 133, -3),
)  # fmt: skip
# Depth of the bare skull above the face, upright right half: (x from the middle line, y, z).
_SKULL = ((0, 58, 52), (0, 45, 43), (0, 34, 30), (25, 45, 33), (25, 58, 45), (38, 58, 27),
          (44, 75, 14), (46, 90, 5))  # fmt: skip
_FACE = (measures.OVAL + measures.LIPS_INNER + measures.LIPS_OUTER + measures.EYE_LEFT
         + measures.EYE_RIGHT + measures.BROW_LEFT + measures.BROW_RIGHT + measures.NOSE
         + measures.SKIN)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """A curved sheet (n, 3) with `uv` pixels into its own RGBA picture."""

    mesh: HeadMesh
    rgba: U8


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A head at rest.

    mesh: its surface in portrait pixels; normals: (n, 3). skin: (h, w, 4) uint8 canvas whose alpha
    is 0 in the openings of eyes and mouth; patches: what shows there, back to front.
    strands: (n, 3) float32 per point: how much it is hair seen from its side (0..1), then its
    place in the strand noise. skin_rgb: the mean colour of the cheeks.
    """

    identity: Identity
    mesh: HeadMesh
    normals: F32
    rig: FaceRig
    skin: U8
    patches: tuple[Patch, ...]
    ears: tuple[Ear, ...]
    strands: F32
    skin_rgb: F32


@cache
def person(identity: Identity) -> Person:
    """The person of that identity; made once, about two seconds."""
    return _astronaut() if identity is Identity.ASTRONAUT else _second()


def _canvas_photo() -> F32:
    box = (canvas.LEFT, canvas.TOP, canvas.LEFT + canvas.WIDTH, canvas.TOP + canvas.HEIGHT)
    return canvas.enlarged(canvas.photograph(), box, canvas.SCALE).astype(np.float32)


def _astronaut() -> Person:
    outline = np.array(measures.HEAD_OUTLINE, np.float64)
    anchors = np.vstack([np.array(_FACE), np.array(_HAIR, np.float64)])
    rim = _rim(outline, np.array(measures.OVAL), hair_until=130.0)
    mesh = build_mesh(outline, CENTRE, anchors, rim_z=rim, back_z=BACK_Z, inset_px=1.8)
    features = _features(lambda ring: ring)
    return _assemble(Identity.ASTRONAUT, mesh, _canvas_photo(), features, ears=(), hair_until=128.0)


def _second() -> Person:
    rng = np.random.default_rng(20)
    face = np.array(_FACE)
    outline = second.skull_outline()
    skull = canvas.tilted(
        [p for x, y, z in _SKULL for p in ({(x, y, z), (-x, y, z)} if x else [(x, y, z)])]
    )
    anchors = np.vstack([second.reshaped(face), skull])
    rim = _rim(outline, second.reshaped(np.array(measures.OVAL)), hair_until=130.0)
    mesh = build_mesh(outline, CENTRE, anchors, rim_z=rim, back_z=BACK_Z, inset_px=1.0, blur=4.0)
    normals = second.normal_map(mesh)
    rgb = second.bare_head(second.warped(_canvas_photo(), face), normals, rng)
    features = _features(second.reshaped)
    open_mask = np.maximum.reduce(
        [canvas.polygon_mask(r, 0.4) for r in (features.lips_inner, features.eye_left,
                                               features.eye_right)]
    )  # fmt: skip
    lips = canvas.polygon_mask(second.reshaped(np.array(measures.LIPS_OUTER)), 0.6)
    rgb = second.recoloured(rgb, open_mask, lips)
    skin = _cheek_colour(rgb)
    for ring in (measures.BROW_LEFT, measures.BROW_RIGHT):
        rgb = hair.brow(rgb, second.reshaped(np.array(ring)), rng)
    rgb = hair.beard(rgb, normals, np.clip(lips * 1.3, 0, 1), rng)
    rgb = hair.short_cut(rgb, normals, rng)
    picture = painted_ear(skin.astype(np.float64))
    ears = tuple(Ear(ear_mesh(side, (46.5, 113.0), -1.0), picture) for side in (1, -1))
    return _assemble(Identity.SECOND, mesh, rgb, features, ears=ears, hair_until=120.0)


def _features(place: Callable[[F64], F64]) -> FaceFeatures:
    rings = (measures.LIPS_INNER, measures.EYE_LEFT, measures.EYE_RIGHT)
    return FaceFeatures(*(place(np.array(ring, np.float64)) for ring in rings))


def _rim(outline: F64, oval: F64, hair_until: float) -> F64:
    """(n,) depth of an outline's points: behind the ears for hair, the jaw's own below."""
    away = np.hypot(*(outline[:, None, :] - oval[None, :, :2]).transpose(2, 0, 1))
    jaw = oval[away.argmin(axis=1), 2] - 3.0
    return np.where(canvas.upright(outline)[:, 1] < hair_until, -15.0, jaw)


def _cheek_colour(rgb: F32) -> F32:
    x, y = canvas.canvas_from_portrait(np.array([200.0, 130.0])).astype(int)
    return rgb[y - 12 : y + 12, x - 12 : x + 12].mean((0, 1)).astype(np.float32)


def _assemble(
    identity: Identity,
    mesh: HeadMesh,
    rgb: F32,
    features: FaceFeatures,
    *,
    ears: tuple[Ear, ...],
    hair_until: float,
) -> Person:
    rgb = np.clip(rgb, 0, 255)
    rig = build_rig(mesh.points[:, :2].astype(np.float64), features)
    eyes = tuple(eye_patch(rgb, ring) for ring in (features.eye_left, features.eye_right))
    flat = (*eyes, *mouth_patches(rgb, features.lips_inner))
    openings = np.maximum.reduce(
        [canvas.polygon_mask(ring, 0.18)
         for ring in (features.lips_inner, features.eye_left, features.eye_right)]
    )  # fmt: skip
    alpha = 255 * (1 - openings)
    strands = _strand_places(mesh, hair_until)
    return Person(
        identity,
        _unprojected(mesh),
        mesh.normals(),
        rig,
        np.dstack([rgb, alpha]).astype(np.uint8),
        tuple(
            Patch(undo_perspective(p.corners, CENTRE).astype(np.float32), p.rgba, p.jaw)
            for p in flat
        ),
        tuple(Ear(_unprojected(e.mesh), e.rgba) for e in ears),
        strands,
        _cheek_colour(rgb),
    )


def _unprojected(mesh: HeadMesh) -> HeadMesh:
    points = undo_perspective(mesh.points, CENTRE).astype(np.float32)
    return HeadMesh(points, mesh.uv, mesh.triangles)


def _strand_places(mesh: HeadMesh, hair_until: float) -> F32:
    """(n, 3) hair share and noise coordinates: depth, and arc length down from the crown."""
    offset = mesh.points[:, :2] - CENTRE
    reach = np.hypot(offset[:, 0], offset[:, 1])
    arc = 75.0 * np.arccos(np.clip(-offset[:, 1] / np.maximum(reach, 1e-6), -1, 1))
    y = canvas.upright(mesh.points)[:, 1]
    # From the front the portrait's own hair is seen; it thins out towards the outline.
    side = np.clip((ring_angle_deg(len(mesh.points)) - 58.0) / 20.0, 0, 1)
    share = side * np.clip((hair_until - y) / 6, 0, 1)
    return np.column_stack([share, mesh.points[:, 2], arc]).astype(np.float32)


@cache
def strand_noise() -> F32:
    """(512, 512) float32 noise that looks like combed hair; repeats at its edges."""
    raw = np.random.default_rng(7).standard_normal((512, 512)).astype(np.float32)
    tiled = cv2.copyMakeBorder(raw, 64, 64, 64, 64, cv2.BORDER_WRAP)
    fine = cv2.GaussianBlur(tiled, (0, 0), 1.1, sigmaY=6)[64:-64, 64:-64]
    broad = cv2.GaussianBlur(tiled, (0, 0), 3.5, sigmaY=12)[64:-64, 64:-64]
    return fine / fine.std() * np.float32(0.75) + broad / broad.std() * np.float32(0.5)
