"""Pose: the rigid fit finds the motion it is given, and its angles have the signs it promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from headswap.arrays import F32, F64
from headswap.vision.canonical_face import canonical_face
from headswap.vision.pose import Pose, fit_pose
from tests.made_heads import face_at, one_pose, turned

NOSE_TIP, RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 1, 33, 263


def _random_poses(count: int) -> Pose:
    rng = np.random.default_rng(3)
    return Pose(
        rotation=Rotation.from_rotvec(rng.uniform(-1, 1, (count, 3))).as_matrix(),
        scale=rng.uniform(2, 40, count),
        shift=rng.uniform(-500, 500, (count, 3)),
    )


def _canonical_in(pose: Pose) -> F32:
    return pose.to_frame(canonical_face().vertices_cm.astype(np.float64)).astype(np.float32)


def test_the_fit_finds_the_rotation_scale_and_shift_of_every_frame() -> None:
    truth = _random_poses(6)
    found = fit_pose(_canonical_in(truth))
    assert np.allclose(found.rotation, truth.rotation, atol=1e-5)
    assert np.allclose(found.scale, truth.scale, rtol=1e-5)
    assert np.allclose(found.shift, truth.shift, atol=1e-2)


def test_the_fit_of_another_shape_and_of_chosen_points_finds_the_pose_of_those() -> None:
    truth = _random_poses(4)
    rng = np.random.default_rng(5)
    shape = rng.normal(0, 5, (468, 3))
    weights = np.zeros(468, np.float32)
    weights[::30] = rng.uniform(0.5, 2, 16)
    points = truth.to_frame(shape)
    points[:, weights == 0] = 1e6
    found = fit_pose(points.astype(np.float32), shape, weights)
    assert np.allclose(found.rotation, truth.rotation, atol=1e-5)
    assert np.allclose(found.shift, truth.shift, atol=1e-2)


def test_a_mirrored_face_is_never_fitted_by_a_reflection() -> None:
    mirrored = canonical_face().vertices_cm * np.array([1, 1, -1], np.float32)
    rotation = fit_pose(mirrored[None]).rotation[0]
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_the_irises_do_not_take_part_in_the_fit() -> None:
    face = face_at(50, 60)
    wide_eyed = face.copy()
    wide_eyed[468:] += 40
    assert np.array_equal(fit_pose(face[None]).shift, fit_pose(wide_eyed[None]).shift)


@pytest.mark.parametrize(
    ("rotation", "angles"),
    [
        (turned(), (0, 0, 0)),
        (turned(yaw_deg=30), (30, 0, 0)),
        (turned(yaw_deg=-75), (-75, 0, 0)),
        (turned(pitch_deg=25), (0, 25, 0)),
        (turned(pitch_deg=-25), (0, -25, 0)),
        (turned(roll_deg=40), (0, 0, 40)),
        (turned(roll_deg=-40), (0, 0, -40)),
    ],
)
def test_a_turn_about_one_axis_is_read_as_that_angle(
    rotation: F64, angles: tuple[float, float, float]
) -> None:
    found = one_pose(rotation, 7.0, (1, 2, 3)).yaw_pitch_roll_deg()
    assert found == pytest.approx(np.array([angles]), abs=1e-6)


def test_positive_angles_turn_right_up_and_clockwise_in_the_picture() -> None:
    def moved(rotation: F64, point: int) -> F32:
        return face_at(0, 0, rotation=rotation)[point] - face_at(0, 0)[point]

    assert moved(turned(yaw_deg=20), NOSE_TIP)[0] > 0
    assert moved(turned(pitch_deg=20), NOSE_TIP)[1] < 0
    # The subject's left eye is on the right of the picture: clockwise takes it down.
    assert moved(turned(roll_deg=20), LEFT_EYE_OUTER)[1] > 0
    assert moved(turned(roll_deg=20), RIGHT_EYE_OUTER)[1] < 0


def test_to_head_undoes_to_frame() -> None:
    pose = _random_poses(3)
    points = np.random.default_rng(1).normal(0, 8, (3, 20, 3))
    assert np.allclose(pose.to_head(pose.to_frame(points).astype(np.float32)), points, atol=1e-4)


def test_points_of_one_head_are_placed_in_every_frame() -> None:
    pose = _random_poses(3)
    points = np.random.default_rng(1).normal(0, 8, (5, 3))
    placed = pose.to_frame(points)
    assert placed.shape == (3, 5, 3)
    expected = pose.scale[2] * pose.rotation[2] @ points[4] + pose.shift[2]
    assert np.allclose(placed[2, 4], expected)


@pytest.mark.parametrize(
    ("rotation", "shift"),
    [(np.zeros((2, 3, 3)), np.zeros((3, 3))), (np.zeros((3, 3, 3)), np.zeros((3, 2)))],
)
def test_arrays_of_different_lengths_are_refused(rotation: F64, shift: F64) -> None:
    with pytest.raises(ValueError, match="disagree"):
        Pose(rotation, np.ones(3), shift)
