"""Acting: a head whose rest is measured as an expression is given the one that is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from headswap.arrays import F32, F64, U8
from headswap.swapping.acting import Manner, manner_of
from headswap.swapping.engines.protocol import Box, HeadLayer, HeadState
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.motion import Motion, gaze_of
from headswap.vision.canonical_face import LEFT_IRIS, RIGHT_IRIS
from headswap.vision.expression import expression_basis
from headswap.vision.networks.blendshapes import NAMES, Blendshapes
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.landmarks import FaceLandmarks, FaceMesh
from headswap.vision.store import ModelStore
from tests.made_heads import (
    PX_PER_CM,
    face_at,
    layer_of,
    motion_of,
    one_pose,
    painted_head,
    shut_face,
    with_irises,
)


class Seen:
    """An engine that draws nothing, and a network that sees what was asked for, off by a bit."""

    name = "seen"
    device = "test"

    def __init__(self, bias_cm: F64, presence: float = 1.0, gaze_cm: float = 0.0) -> None:
        self._bias = bias_cm
        self._presence = presence
        self._gaze_cm = gaze_cm
        self._expression: F64 = np.zeros((FACE_VERTICES, 3))
        self._rest_gaze = float(_resting().gaze[0, 0, 0])
        self._gaze = 0.0

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        assert head.texture.size and frame_rgb.shape[2] == 3
        self._expression = state.expression_cm.astype(np.float64)
        self._gaze = float(state.gaze[0, 0]) - self._rest_gaze
        x0, y0, x1, y1 = box_xyxy
        shape = (y1 - y0, x1 - x0)
        blank = np.zeros((*shape, 3), np.uint8)
        return layer_of(box_xyxy, blank, np.zeros(shape, np.float32))

    def find(self, picture: U8, square: RotatedSquare) -> FaceMesh:
        assert picture.dtype == np.uint8 and square.size_px > 0
        face = with_irises(shut_face() + self._expression + self._bias)
        # The right eye's outer corner lies on the picture's left; a cm is a third of the eye.
        face[RIGHT_IRIS, 0] += self._gaze_cm + 3 * self._gaze
        face[LEFT_IRIS, 0] -= self._gaze_cm + 3 * self._gaze
        placed = one_pose(np.eye(3), PX_PER_CM, (100.0, 100.0, 0.0)).to_frame(face)[0]
        return FaceMesh(placed.astype(np.float32), self._presence)


BLENDSHAPES = Blendshapes(cast("ModelStore", None), "core")


def _resting() -> Motion:
    motion = motion_of(np.stack([face_at(120, 90)] * 3), np.eye(3))
    return replace(motion, gaze=gaze_of(motion.landmarks))


def _manner(seen: Seen) -> Manner:
    networks = cast("FaceLandmarks", seen), BLENDSHAPES
    return manner_of(_resting(), painted_head(), seen, *networks)


def _weights(shape_cm: F64) -> F32:
    face = one_pose(np.eye(3), PX_PER_CM, (100.0, 100.0, 0.0)).to_frame(with_irises(shape_cm))[0]
    return BLENDSHAPES.weights(face.astype(np.float32))


def _bias(*names: str) -> F64:
    basis = expression_basis().astype(np.float64)
    return np.sum([0.7 * basis[NAMES.index(name)] for name in names], axis=0)


@pytest.mark.parametrize(
    ("names", "left"),
    [(("mouthSmileLeft", "mouthSmileRight"), 0.9), (("eyeBlinkLeft", "eyeBlinkRight"), 0.6)],
)
def test_an_expression_a_head_has_at_rest_is_taken_out_in_part(
    names: tuple[str, ...], left: float
) -> None:
    bias = _bias(*names)
    found = _manner(Seen(bias))
    wanted = _weights(shut_face())
    before = np.abs(_weights(shut_face() + bias) - wanted).sum()
    after = np.abs(_weights(shut_face() + bias + found.expression_cm) - wanted).sum()
    assert before > 0.2
    assert after < left * before


def test_a_head_that_is_measured_right_keeps_its_shape_and_gaze() -> None:
    found = _manner(Seen(np.zeros((FACE_VERTICES, 3))))
    assert np.abs(found.expression_cm).max() < 1e-3
    assert np.abs(found.gaze).max() < 1e-3


def test_a_head_that_squints_inwards_is_made_to_look_where_the_person_looks() -> None:
    found = _manner(Seen(np.zeros((FACE_VERTICES, 3)), gaze_cm=0.3)).gaze
    assert (found[:, 0] < -0.05).all()


def test_no_shape_is_changed_beyond_recognition() -> None:
    found = _manner(Seen(3 * _bias("jawOpen", "mouthSmileLeft", "mouthSmileRight")))
    assert np.linalg.norm(found.expression_cm, axis=1).max() < 0.61


@pytest.mark.parametrize("presence", [0.0, 0.49])
def test_a_head_that_cannot_be_measured_acts_as_planned(presence: float) -> None:
    motion = _resting()
    acted = _manner(Seen(_bias("jawOpen"), presence)).of(motion)
    assert np.array_equal(acted.expression_cm, motion.expression_cm)
    assert np.array_equal(acted.gaze, motion.gaze)


def test_a_manner_is_added_in_every_frame() -> None:
    motion = _resting()
    manner = Manner(np.full((FACE_VERTICES, 3), 0.1, np.float32), np.full((2, 2), 0.2, np.float32))
    acted = manner.of(motion)
    assert acted.expression_cm - motion.expression_cm == pytest.approx(
        np.full((3, FACE_VERTICES, 3), 0.1)
    )
    assert acted.gaze - motion.gaze == pytest.approx(np.full((3, 2, 2), 0.2))
