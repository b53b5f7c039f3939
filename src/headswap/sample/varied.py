"""More people out of two: a head with other proportions, another skin and other hair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample import canvas, hair, measures, second
from headswap.sample.person import Ear, Person, person
from headswap.sample.relief import HeadMesh
from headswap.sample.spec import Identity

EYES_Y, NOSE_Y, MOUTH_Y, CHIN_Y = 102.0, 127.0, 146.0, 178.0


@dataclass(frozen=True, slots=True)
class Variation:
    """How somebody differs from the head they are made from; 0 and 1 are no difference.

    wide, jaw, eyes, nose, mouth: widths, of the head, of its lower part, between the eyes, of nose
    and lips; long, low: how far nose and chin come down, in portrait pixels; deep: how far the
    nose stands out. skin, hair: factors of red, green and blue. beard: whether one is grown.
    """

    wide: float = 1.0
    jaw: float = 1.0
    eyes: float = 1.0
    nose: float = 1.0
    mouth: float = 1.0
    long: float = 0.0
    low: float = 0.0
    deep: float = 0.0
    skin: tuple[float, float, float] = (1.0, 1.0, 1.0)
    hair: tuple[float, float, float] = (1.0, 1.0, 1.0)
    beard: bool = False

    def reshaped(self, points: F64 | F32) -> F32:
        """Portrait points (n, 3) moved to where this head has them."""
        p = canvas.upright(points)
        x, y = p[:, 0].copy(), p[:, 1].copy()
        below = np.clip((y - NOSE_Y) / (CHIN_Y - NOSE_Y), 0, 1)
        width = self.wide * (1 + (self.jaw - 1) * below)
        # Widths of parts fade with the distance to them, or skin would fold.
        for factor, at, across, up in (
            (self.eyes, EYES_Y, 42.0, 16.0),
            (self.nose, NOSE_Y, 20.0, 15.0),
            (self.mouth, MOUTH_Y, 34.0, 11.0),
        ):
            near = np.exp(-0.5 * ((y - at) / up) ** 2) * np.exp(-0.5 * (x / across) ** 4)
            width *= 1 + (factor - 1) * near
        p[:, 0] = x * width
        middle = np.exp(-0.5 * (x / 22.0) ** 2)
        nose = np.clip(1 - np.abs(y - NOSE_Y) / 24.0, 0, 1)
        p[:, 1] += self.long * middle * nose
        p[:, 1] += self.low * np.clip((y - NOSE_Y - 8) / 40.0, 0, 1)
        p[:, 2] += self.deep * np.exp(-0.5 * (x / 9.0) ** 2) * nose
        return canvas.tilted(p).astype(np.float32)


@cache
def varied(identity: Identity, variation: Variation) -> Person:
    """The person of that identity with the variation; made once."""
    base = person(identity)
    mesh = _reshaped(base.mesh, variation)
    return replace(
        base,
        mesh=mesh,
        normals=mesh.normals(),
        skin=_recoloured(base, variation),
        patches=tuple(
            replace(patch, corners=variation.reshaped(patch.corners)) for patch in base.patches
        ),
        ears=tuple(
            Ear(_reshaped(ear.mesh, variation), _tinted(ear.rgba, variation.skin))
            for ear in base.ears
        ),
        skin_rgb=(base.skin_rgb * np.array(variation.skin, np.float32)).astype(np.float32),
    )


def _reshaped(mesh: HeadMesh, variation: Variation) -> HeadMesh:
    return HeadMesh(variation.reshaped(mesh.points), mesh.uv, mesh.triangles)


def _tinted(rgba: U8, factors: tuple[float, float, float]) -> U8:
    tinted = rgba.astype(np.float32) * np.array([*factors, 1.0], np.float32)
    return np.clip(tinted, 0, 255).astype(np.uint8)


def _recoloured(base: Person, variation: Variation) -> U8:
    """The head's picture (h, w, 4) in other colours; eyes and teeth lie behind its openings."""
    rgb = base.skin[..., :3].astype(np.float32)
    if variation.beard:
        normals = second.normal_map(base.mesh)
        lips = canvas.polygon_mask(np.array(measures.LIPS_OUTER), 0.6)
        rng = np.random.default_rng(31)
        rgb = hair.beard(rgb, normals, np.clip(lips * 1.3, 0, 1), rng)
    hairy = _hair_share(rgb, base.identity)[..., None]
    skin = rgb * np.array(variation.skin, np.float32)
    grown = rgb * np.array(variation.hair, np.float32)
    mixed = np.clip(skin + hairy * (grown - skin), 0, 255)
    return np.dstack([mixed, base.skin[..., 3]]).astype(np.uint8)


def _hair_share(rgb: F32, identity: Identity) -> F32:
    """(h, w) 0..1: what of a head's picture is hair."""
    light = rgb.max(axis=2)
    if identity is Identity.SECOND:
        brows = (measures.BROW_LEFT, measures.BROW_RIGHT)
        grown = np.maximum.reduce(
            [hair.cut_mask(), hair.beard_mask()]
            + [canvas.polygon_mask(second.reshaped(np.array(ring)), 1.5) for ring in brows]
        )
        lips = canvas.polygon_mask(second.reshaped(np.array(measures.LIPS_OUTER)), 1.0)
        grown *= np.clip(1 - 1.3 * lips, 0, 1)
        return canvas.blurred(grown * np.clip((110.0 - light) / 40.0, 0, 1), 1.0)
    outline = canvas.polygon_mask(np.array(measures.HEAD_OUTLINE), 0.0)
    face = canvas.polygon_mask(np.array(measures.OVAL)[:, :2], 1.0)
    # Over the forehead hair falls into the face's oval; it is the more saturated of the two.
    strong = (light - rgb.min(axis=2)) / np.maximum(light, 1.0)
    fringe = np.clip((strong - 0.30) / 0.12, 0, 1)
    height = canvas.upright(canvas.portrait_grid())[..., 1]
    fringe *= np.clip((88.0 - height) / 6.0, 0, 1)
    return canvas.blurred(np.maximum(outline * (1 - face), face * fringe), 2.5)
