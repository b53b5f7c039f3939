"""Shades: what a photo's own light does to its head as it turns is seen on the drawn head."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.shading import LIGHT, turned_light
from headswap.swapping.engines.mesh import MeshEngine, pose_vertices
from headswap.swapping.engines.protocol import Box, HeadLayer, HeadState
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.motion import Motion
from headswap.swapping.reference import build_head
from headswap.swapping.shades import shades_of
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.landmarks import FaceLandmarks, FaceMesh
from headswap.vision.pose import Pose
from tests.made_heads import PX_PER_CM, face_at, motion_of, painted_cutout, painted_head, turned


class Watched(MeshEngine):
    """The engine, and a network that finds the face where it was drawn."""

    def __init__(self, presence: float = 1.0) -> None:
        self._presence = presence
        self._face: F32 = np.zeros((478, 3), np.float32)
        self.drawn = 0

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        self.drawn += 1
        placed = pose_vertices(head, state)[:FACE_VERTICES]
        self._face = np.vstack([placed, placed[:10]]).astype(np.float32)
        return super().draw(head, state, box_xyxy, frame_rgb)

    def find(self, picture: U8, square: RotatedSquare) -> FaceMesh:
        assert picture.dtype == np.uint8 and square.size_px > 0
        return FaceMesh(self._face, self._presence)


def _turning(head: HeadModel, yaws: list[float]) -> Motion:
    faces = np.stack([face_at(120, 90, rotation=turned(yaw)) for yaw in yaws])
    k = len(yaws)
    pose = Pose(
        rotation=np.stack([turned(yaw) for yaw in yaws]),
        scale=np.full(k, PX_PER_CM),
        shift=np.tile(np.array([120.0, 90, 0]), (k, 1)),
    )
    gaze = np.stack([eye.gaze for eye in head.eyes])
    return replace(motion_of(faces, np.eye(3)), pose=pose, gaze=np.repeat(gaze[None], k, 0))


def _shades(motion: Motion, head: HeadModel, watched: Watched) -> tuple[F32, F32]:
    return shades_of(motion, head, watched, cast("FaceLandmarks", watched))


def _half_in_shade() -> HeadModel:
    cutout = painted_cutout()
    across = np.arange(cutout.rgb.shape[1])[None, :, None] - cutout.landmarks[1, 0]
    share = 0.85 + 0.15 * np.tanh(across / (4 * PX_PER_CM))
    dark = np.clip(cutout.rgb * share, 0, 255).astype(np.uint8)
    return build_head(replace(cutout, rgb=dark), np.zeros(52, np.float32))


def test_a_side_in_the_photos_shade_darkens_the_head_that_shows_it() -> None:
    head = _half_in_shade()
    tones, lights = _shades(_turning(head, [-40, -20, 0, 20, 40]), head, Watched())
    assert tones.shape == (5, 3) and lights.shape == (5, LIGHT)
    level = tones.mean(axis=1)
    # To the right the picture's left side is seen, which lies in shade.
    assert np.all(np.diff(level) < 0)
    assert level[0] - level[-1] > 0.1
    assert np.all(lights[:, 0] > 0.03)


def test_a_strand_over_a_cheek_is_no_shade_on_it() -> None:
    head = painted_head()
    covered = np.zeros(head.hair.shape, np.float32)
    covered[:, : round(float(head.uv[1, 0]) - PX_PER_CM)] = 1
    strand = np.where(covered[..., None] > 0, np.uint8(20), head.texture[..., :3])
    hairy = replace(
        head,
        hair=np.maximum(head.hair, covered),
        texture=np.dstack([strand, head.texture[..., 3:]]),
    )
    (plain, _), (tones, lights) = (
        _shades(_turning(one, [0, 25]), one, Watched()) for one in (head, hairy)
    )
    assert tones == pytest.approx(plain, abs=0.05)
    assert np.abs(lights).max() < 0.1


def test_between_looks_shades_change_smoothly_and_never_beyond_what_was_seen() -> None:
    head = _half_in_shade()
    seen, _ = _shades(_turning(head, [-40, 0, 40]), head, Watched())
    tones, _ = _shades(_turning(head, list(np.linspace(-40, 40, 81))), head, Watched())
    assert np.abs(np.diff(tones, axis=0)).max() < 0.02
    assert seen.min() - 0.02 < tones.min() and tones.max() < seen.max() + 0.02


def test_no_head_is_taken_for_much_darker_or_lighter_than_its_photo() -> None:
    head = _half_in_shade()
    bright = replace(head, skin=replace(head.skin, mean=np.array([97, 5, 5], np.float32)))
    tones, _ = _shades(_turning(head, [0, 30]), bright, Watched())
    assert tones == pytest.approx(np.full((2, 3), 0.8))


def test_a_head_that_is_not_found_has_the_photos_light_turned_with_it() -> None:
    head = painted_head()
    motion = _turning(head, [0, 25])
    tones, lights = _shades(motion, head, Watched(presence=0.2))
    assert np.array_equal(tones, np.ones((2, 3), np.float32))
    assert lights[1] == pytest.approx(turned_light(head.light, turned(25)))


def test_few_frames_are_drawn_and_none_that_is_not_seen() -> None:
    head, watched = painted_head(), Watched()
    motion = _turning(head, list(np.linspace(-45, 45, 200)))
    _shades(motion, head, watched)
    # Twice each: as it looks, and where it is hair.
    assert 6 <= watched.drawn <= 20
    watched.drawn = 0
    _shades(replace(motion, seen=np.zeros(200, np.bool_)), head, watched)
    _shades(_turning(head, [70, 80]), head, watched)
    assert watched.drawn == 0
    _shades(_turning(head, [5] * 50), head, watched)
    assert watched.drawn == 2
