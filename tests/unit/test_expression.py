"""Expression: what blendshapes move, and faces brought back to rest."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, F64
from headswap.vision.canonical_face import INNER_LIPS, canonical_face
from headswap.vision.expression import expression_basis, expression_offset, rested
from headswap.vision.networks.blendshapes import NAMES
from tests.made_heads import shut_face

CHIN, LEFT_MOUTH_CORNER, RIGHT_MOUTH_CORNER = 152, 291, 61
UPPER_LIP, LOWER_LIP = INNER_LIPS[1:10], INNER_LIPS[:10:-1]


def _weights(**strengths: float) -> F32:
    weights = np.zeros(len(NAMES), np.float32)
    for name, strength in strengths.items():
        weights[NAMES.index(name)] = strength
    return weights


def test_the_basis_has_a_motion_of_every_landmark_for_every_blendshape() -> None:
    basis = expression_basis()
    assert (basis.shape, basis.dtype) == ((52, 468, 3), np.float32)
    # A face is about 17 cm high; nothing in it moves further than a jaw drops.
    assert 0.5 < np.abs(basis).max() < 6


def test_no_expression_and_one_within_the_noise_move_nothing() -> None:
    assert not expression_offset(np.zeros(52, np.float32)).any()
    assert not expression_offset(np.full(52, 0.1, np.float32)).any()


@pytest.mark.parametrize("name", ["eyeBlinkLeft", "eyeLookInRight", "mouthPressLeft", "_neutral"])
def test_what_belongs_to_the_person_or_the_gaze_is_no_expression(name: str) -> None:
    assert not expression_offset(_weights(**{name: 1.0})).any()


def test_an_open_jaw_takes_lip_and_chin_down_and_leaves_nose_and_eyes() -> None:
    offset = expression_offset(_weights(jawOpen=1.0))
    assert offset[CHIN, 1] > 0.2 and offset[LOWER_LIP, 1].max() > 0.8
    assert np.linalg.norm(offset[[168, 6, 1, 33, 263]], axis=1).max() < 0.2


def test_a_smile_lifts_and_widens_its_own_corner_of_the_mouth() -> None:
    left = expression_offset(_weights(mouthSmileLeft=1.0))
    assert left[LEFT_MOUTH_CORNER, 0] > 0.1 and left[LEFT_MOUTH_CORNER, 1] < -0.1
    assert np.linalg.norm(left[RIGHT_MOUTH_CORNER]) < np.linalg.norm(left[LEFT_MOUTH_CORNER])


def test_the_basis_is_mirrored_between_left_and_right() -> None:
    face = canonical_face().vertices_cm
    flip = np.array([-1, 1, 1], np.float32)
    twin = np.linalg.norm(face[:, None] - face[None] * flip, axis=2).argmin(axis=1)
    left = expression_offset(_weights(mouthSmileLeft=1.0))
    right = expression_offset(_weights(mouthSmileRight=1.0))
    assert np.allclose(left, right[twin] * flip, atol=0.02)


def test_a_stronger_expression_moves_further_and_frames_are_independent() -> None:
    half, full = _weights(jawOpen=0.55), _weights(jawOpen=1.0)
    offsets = expression_offset(np.stack([half, full]))
    assert offsets.shape == (2, 468, 3)
    # Beyond a tenth of noise, 0.55 is half of the way.
    assert np.allclose(offsets[0] * 2, offsets[1], atol=1e-5)


def test_a_resting_face_is_left_alone() -> None:
    face = shut_face()
    assert np.allclose(rested(face, _weights()), face, atol=1e-9)


@pytest.mark.parametrize(
    "strengths",
    [{"jawOpen": 0.7}, {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}, {"browInnerUp": 1.0}],
)
def test_an_expression_that_the_basis_knows_is_taken_out(strengths: dict[str, float]) -> None:
    face, weights = shut_face(), _weights(**strengths)
    assert np.allclose(rested(face + expression_offset(weights), weights), face, atol=1e-6)


def _gap(face: F64) -> F64:
    return np.linalg.norm(face[LOWER_LIP] - face[UPPER_LIP], axis=1)


def test_parted_lips_meet_half_way() -> None:
    face = canonical_face().vertices_cm.astype(np.float64)
    assert _gap(face).min() > 0.2
    shut = rested(face, _weights())
    assert _gap(shut).max() < 1e-9
    assert np.allclose(shut[UPPER_LIP], (face[UPPER_LIP] + face[LOWER_LIP]) / 2)


def test_closing_lips_takes_what_is_near_along_and_what_is_far_stays() -> None:
    face = canonical_face().vertices_cm.astype(np.float64)
    moved = rested(face, _weights()) - face
    to_lips = np.linalg.norm(face[:, None] - face[None, INNER_LIPS], axis=2).min(axis=1)
    assert np.abs(moved[to_lips > 3]).max() < 1e-3
    upper_rim, lower_rim = 12, 15
    assert moved[upper_rim, 1] > 0.02 and moved[lower_rim, 1] < -0.02
    assert np.linalg.norm(moved, axis=1).max() <= _gap(face).max() / 2 + 1e-9
