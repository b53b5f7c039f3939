"""A scene the sample lacks: what people wear on their heads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from headswap.arrays import F32, F64
from headswap.sample import SampleFrame, SampleScene, build_scene
from headswap.sample.scene import HeadTruth
from tests.made_heads import face_at, turned

_EYES, _BROWS, _CHIN = [33, 133, 362, 263], 9, 152
_FRONTAL = face_at(0, 0, 1.0)
_SHAPE = tuple[float, float, float]


def _ring(y: float, radius: float, z: float = 5.0, deep: float | None = None) -> F64:
    """(n, 3) cm in head space: a level ring at a height, x right, y down, z away from us."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    back = radius if deep is None else deep
    return np.column_stack(
        [radius * np.cos(angle), np.full_like(angle, y), z + back * np.sin(angle)]
    )


def _dome(y: float, radius: float, high: float) -> F64:
    """(n, 3) cm: half an ellipsoid that stands on a ring."""
    lifts = np.linspace(0, np.pi / 2, 8)
    return np.vstack([_ring(y - high * np.sin(t), radius * np.cos(t) + 0.01) for t in lifts])


def _cup(side: float) -> F64:
    """(n, 3) cm: what headphones put over an ear."""
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.column_stack([np.zeros(20), 0.5 + 4.2 * np.sin(angle), 6 + 3.6 * np.cos(angle)])
    outwards = np.array([side, 0, 0])
    return np.vstack([ring + 8.3 * outwards, ring + 10.8 * outwards])


def _band() -> list[F64]:
    """Pieces of the bow of headphones over the crown."""
    angle = np.linspace(0.06 * np.pi, 0.94 * np.pi, 14)
    bow = np.column_stack([-10 * np.cos(angle), 1 - 15 * np.sin(angle), np.full(14, 6.0)])
    wide = np.array([[0, 0, -1.2], [0, 0, 1.2], [0, -1.3, -1.2], [0, -1.3, 1.2]])
    return [np.vstack([a + wide, b + wide]) for a, b in pairwise(bow)]


# Each a list of convex solids in cm and a colour, the farthest first.
WORN: dict[str, list[tuple[F64, _SHAPE]]] = {
    "top hat": [
        (np.vstack([_ring(-8, 14), _ring(-8.6, 14)]), (52, 48, 50)),
        (np.vstack([_ring(-8.5, 8.8), _ring(-22, 9.6)]), (38, 35, 38)),
    ],
    "straw hat": [
        (np.vstack([_ring(-7.5, 16), _ring(-8.2, 16)]), (214, 186, 120)),
        (_dome(-8, 9.5, 8), (226, 198, 134)),
        (np.vstack([_ring(-8.2, 9.6), _ring(-10.4, 9.5)]), (130, 40, 44)),
    ],
    "bobble hat": [
        (_dome(-4.5, 10.2, 13), (176, 44, 50)),
        (np.vstack([_ring(-4, 10.4), _ring(-8, 10.4)]), (205, 205, 210)),
        (_dome(-16.5, 3, 4.5), (240, 240, 240)),
    ],
    "cap": [
        (_dome(-6, 9.8, 9.5), (40, 84, 150)),
        (np.vstack([_ring(-7, 8, -6, 6), _ring(-6.4, 8, -6, 6)]), (34, 70, 132)),
    ],
    "headphones": [
        *[(piece, (60, 60, 66)) for piece in _band()],
        (_cup(-1), (205, 60, 40)),
        (_cup(1), (205, 60, 40)),
    ],
}


@dataclass(frozen=True, slots=True)
class HattedScene(SampleScene):
    """The sample's scene with something worn by the first person, until frame `off`."""

    worn: str = "top hat"
    off: int = 10**6

    def frame(self, index: int) -> SampleFrame:
        """Frame `index`, the plate still without what is worn."""
        bare = build_scene(self.spec).frame(index)
        if index >= self.off:
            return bare
        picture = bare.rgb.astype(np.float32)
        for mask, colour in self._layers(bare.heads[0], bare.rgb.shape):
            picture += mask[..., None] * (colour - picture)
        return replace(bare, rgb=np.clip(picture + 0.5, 0, 255).astype(np.uint8))

    def hat(self, index: int) -> F32:
        """(h, w) 0..1: where the thing worn is in a frame, above the chin."""
        bare = build_scene(self.spec).frame(index)
        layers = self._layers(bare.heads[0], bare.rgb.shape)
        return np.maximum.reduce([mask for mask, _ in layers])

    def _layers(self, head: HeadTruth, shape: tuple[int, ...]) -> list[tuple[F32, F32]]:
        """(h, w) 0..1 and (h, w, 3) colours of each piece."""
        scale = head.face_px / float(_FRONTAL[_CHIN, 1] - _FRONTAL[_BROWS, 1])
        rotation = turned(head.yaw_deg, head.pitch_deg, head.roll_deg)
        eyes = _FRONTAL[_EYES].mean(axis=0) @ rotation.T
        found: list[tuple[F32, F32]] = []
        rng = np.random.default_rng(3)
        noise = rng.standard_normal(shape[:2]).astype(np.float32)
        for points, colour in WORN[self.worn]:
            placed = (points @ rotation.T - eyes)[:, :2] * scale + head.center_xy
            outline = cv2.convexHull(placed.astype(np.float32)) * 16
            mask = np.zeros(shape[:2], np.uint8)
            cv2.fillConvexPoly(mask, np.round(outline).astype(np.int32), 255, cv2.LINE_AA, 4)
            x0, _, wide, _ = cv2.boundingRect(mask)
            across = (np.arange(shape[1]) - x0) / max(1, wide)
            shade = (1.15 - 0.5 * across)[None] + 0.05 * noise
            lit = np.array(colour, np.float32) * shade[..., None].astype(np.float32)
            found.append(((mask / 255).astype(np.float32), np.clip(lit, 0, 255)))
        return found
