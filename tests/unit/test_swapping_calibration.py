"""Calibration: a head that is measured off its pose or place is turned and moved back by that."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headswap.arrays import F64, U8
from headswap.swapping.calibration import calibrated
from headswap.swapping.engines.protocol import Box, HeadLayer, HeadState
from headswap.swapping.head_model import HeadModel
from headswap.swapping.motion import Motion
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.landmarks import FaceLandmarks, FaceMesh
from headswap.vision.pose import Pose
from tests.made_heads import PX_PER_CM, face_at, layer_of, motion_of, painted_head, turned

EYES_CM = np.array([[0.0, -2.4, -2.0]])


class Seen:
    """An engine that draws nothing, and a network that sees what was asked for, turned.

    Turned about the eyes, and `aside_cm` to the right and down.
    """

    name = "seen"
    device = "test"

    def __init__(
        self,
        off: F64,
        presence: float = 1.0,
        stronger: float = 1.0,
        aside_cm: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._stronger = stronger
        self._aside = np.array([*aside_cm, 0.0])
        self._off = off
        self._presence = presence
        self._state: HeadState | None = None
        self.drawn = 0

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        assert head.texture.size and frame_rgb.shape[2] == 3
        self.drawn += 1
        self._state = state
        x0, y0, x1, y1 = box_xyxy
        shape = (y1 - y0, x1 - x0)
        blank = np.zeros((*shape, 3), np.uint8)
        return layer_of(box_xyxy, blank, np.zeros(shape, np.float32))

    def find(self, picture: U8, square: RotatedSquare) -> FaceMesh:
        assert picture.dtype == np.uint8 and square.size_px > 0
        assert self._state is not None
        asked, scale = self._state.rotation, self._state.scale
        turn = Rotation.from_matrix(asked).as_rotvec() * self._stronger
        seen = self._off @ Rotation.from_rotvec(turn).as_matrix()
        place = self._state.shift + scale * ((asked - seen) @ EYES_CM[0] + self._aside)
        return FaceMesh(face_at(place[0], place[1], scale, seen), self._presence)


def _turning(yaws: list[float]) -> Motion:
    """A motion with exact poses of those yaws."""
    faces = np.stack([face_at(120, 90, rotation=turned(yaw)) for yaw in yaws])
    k = len(yaws)
    pose = Pose(
        rotation=np.stack([turned(yaw) for yaw in yaws]),
        scale=np.full(k, PX_PER_CM),
        shift=np.tile(np.array([120.0, 90, 0]), (k, 1)),
    )
    return replace(motion_of(faces, np.eye(3)), pose=pose)


def _calibrated(motion: Motion, seen: Seen) -> Motion:
    return calibrated(motion, painted_head(), seen, cast("FaceLandmarks", seen))


@pytest.mark.parametrize("off", [turned(8), turned(0, -6), turned(0, 0, 5), turned(4, 3, -2)])
def test_a_head_always_measured_off_is_turned_back_by_most_of_that(off: F64) -> None:
    motion = _turning([-30, -15, 0, 10, 20, 30])
    found = _calibrated(motion, Seen(off))
    back = Rotation.from_matrix(found.pose.rotation @ motion.pose.rotation.transpose(0, 2, 1))
    wanted = -Rotation.from_matrix(off).as_rotvec()
    along = back.as_rotvec() @ wanted / (wanted @ wanted)
    assert along.min() > 0.5 and along.max() < 1.02
    aside = back.as_rotvec() - along[:, None] * wanted
    assert np.linalg.norm(aside, axis=1).max() < 0.1 * np.linalg.norm(wanted)


def test_an_error_that_grows_with_the_turn_is_followed() -> None:
    # Every turn looks a fifth too strong, as with a long nose.
    motion = _turning([-40, -20, 0, 20, 40])
    seen = Seen(np.eye(3), stronger=1.2)
    back = _calibrated(motion, seen).pose.yaw_pitch_roll_deg()[:, 0] - [-40, -20, 0, 20, 40]
    assert back[0] > 3 and back[1] > 1.5 and back[3] < -1.5 and back[4] < -3
    assert abs(back[2]) < 0.5


def test_a_head_that_is_measured_right_is_left_alone() -> None:
    motion = _turning([-30, 0, 30])
    found = _calibrated(motion, Seen(np.eye(3)))
    assert np.abs(found.pose.rotation - motion.pose.rotation).max() < 1e-3


def test_correcting_a_pose_leaves_the_eyes_in_their_place() -> None:
    motion = _turning([-30, 0, 30])
    found = _calibrated(motion, Seen(turned(10)))
    assert np.abs(found.pose.rotation - motion.pose.rotation).max() > 0.1
    assert np.allclose(found.pose.to_frame(EYES_CM), motion.pose.to_frame(EYES_CM))
    assert np.array_equal(found.pose.scale, motion.pose.scale)


@pytest.mark.parametrize("aside_cm", [(1.0, 0.0), (-0.6, 0.8), (0.0, -0.4)])
def test_a_head_measured_aside_is_moved_back_by_most_of_that(aside_cm: tuple[float, float]) -> None:
    motion = _turning([-30, 0, 30])
    found = _calibrated(motion, Seen(np.eye(3), aside_cm=aside_cm))
    moved_cm = (found.pose.shift - motion.pose.shift) / PX_PER_CM
    assert np.abs(found.pose.rotation - motion.pose.rotation).max() < 1e-3
    assert np.allclose(moved_cm[:, 2], 0, atol=1e-6)
    along = moved_cm[:, :2] @ -np.array(aside_cm) / (np.array(aside_cm) @ aside_cm)
    assert along.min() > 0.65 and along.max() < 1
    across = np.abs(moved_cm[:, :2] + along[:, None] * aside_cm).max()
    assert across < 0.02


def test_a_head_measured_hardly_aside_stays_where_it_is() -> None:
    motion = _turning([-30, 0, 30])
    found = _calibrated(motion, Seen(np.eye(3), aside_cm=(0.06, -0.08)))
    assert np.abs(found.pose.shift - motion.pose.shift).max() < 0.01 * PX_PER_CM


@pytest.mark.parametrize("presence", [0.0, 0.49])
def test_a_head_that_cannot_be_measured_stays_as_planned(presence: float) -> None:
    motion = _turning([-30, 0, 30])
    assert _calibrated(motion, Seen(turned(10), presence)) is motion


def test_faces_in_profile_and_faces_not_seen_are_not_measured() -> None:
    profile = Seen(turned(10))
    assert _calibrated(_turning([70, -80, 90]), profile).pose.rotation.shape == (3, 3, 3)
    assert profile.drawn == 0
    unseen = _turning([0, 5, 10])
    _calibrated(replace(unseen, seen=np.zeros(3, np.bool_)), profile)
    assert profile.drawn == 0


def test_a_long_motion_is_measured_in_a_few_frames_only() -> None:
    seen = Seen(turned(3))
    _calibrated(_turning(list(np.linspace(-40, 40, 300))), seen)
    assert 4 <= seen.drawn <= 40
