"""The benchmark's measures, on arrays whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.measures import (
    aligned_luma,
    face_height_px,
    far_from,
    landmark_acceleration,
    mean_change,
    outside_box,
    psnr_db,
    ratio,
    runs_of,
    squared_error,
    turn_between_deg,
)
from benchmarks.persons import group
from headswap.arrays import F32, F64
from headswap.vision.canonical_face import canonical_face
from headswap.vision.pose import fit_pose


def _about_axis(axis: int, degrees: float) -> F64:
    """(1, 3, 3) a rotation about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b = [k for k in range(3) if k != axis]
    rotation = np.eye(3)
    rotation[a, a], rotation[a, b], rotation[b, a], rotation[b, b] = c, -s, s, c
    return rotation[None]


def _face(frames: int = 1) -> F32:
    """(frames, 478, 3) the canonical face at 10 px a centimetre, its middle at (100, 100)."""
    points = np.zeros((478, 3), dtype=np.float32)
    points[:468] = canonical_face().vertices_cm * 10
    points[:, :2] += 100
    return np.repeat(points[None], frames, axis=0)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("degrees", [0.0, 1.0, 30.0, 120.0])
def test_a_known_rotation_is_measured_in_degrees(axis: int, degrees: float) -> None:
    start = _about_axis(1, 20)
    turned = start @ _about_axis(axis, degrees)
    assert turn_between_deg(start, turned)[0] == pytest.approx(degrees, abs=1e-4)


def test_a_face_turned_by_twelve_degrees_differs_by_twelve_degrees_in_pose() -> None:
    face = _face()
    center = face[0, :468].mean(axis=0)
    turned = ((face - center) @ _about_axis(1, 12)[0].T + center).astype(np.float32)
    before, after = fit_pose(face).rotation, fit_pose(turned).rotation
    assert turn_between_deg(before, after)[0] == pytest.approx(12, abs=0.01)


def test_the_height_of_a_face_stays_when_it_nods() -> None:
    face = _face()
    nodding = face @ _about_axis(0, 40)[0].T.astype(np.float32)
    assert face_height_px(nodding)[0] == pytest.approx(face_height_px(face)[0], rel=1e-5)


@pytest.mark.parametrize(
    ("frames", "length", "starts"),
    [
        ([], 3, []),
        ([4, 5], 3, []),
        ([1, 2, 3, 4], 3, [0, 1]),
        ([1, 2, 4, 5, 6], 3, [2]),
        ([1, 3], 1, [0, 1]),
    ],
)
def test_runs_begin_where_enough_frames_follow_each_other(
    frames: list[int], length: int, starts: list[int]
) -> None:
    assert runs_of(np.array(frames, dtype=np.int64), length).tolist() == starts


def test_a_face_moving_evenly_does_not_accelerate() -> None:
    face = _face(5)
    face[:, :, 0] += 3 * np.arange(5, dtype=np.float32)[:, None]
    assert landmark_acceleration(face, np.arange(5)) == pytest.approx(0, abs=1e-5)


def test_acceleration_is_counted_in_distances_between_the_eyes() -> None:
    face = _face(3)
    eyes = float(np.linalg.norm(face[0, 263] - face[0, 33]))
    face[1, :, 1] += eyes / 2
    assert landmark_acceleration(face, np.arange(3)) == pytest.approx(1, rel=1e-5)


def test_acceleration_over_a_gap_is_not_counted() -> None:
    assert math.isnan(landmark_acceleration(_face(4), np.array([0, 1, 5, 6])))


@pytest.mark.parametrize(
    ("result", "source", "expected"),
    [(2.0, 4.0, 0.5), (0.0, 0.0, 1.0), (1.0, 0.0, math.inf), (math.nan, 1.0, math.nan)],
)
def test_ratios_of_nothing_are_said_honestly(result: float, source: float, expected: float) -> None:
    assert ratio(result, source) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("difference", "expected"), [(0, math.inf), (1, 48.1308), (255, 0.0)])
def test_psnr_of_an_even_difference(difference: int, expected: float) -> None:
    a = np.zeros((8, 6, 3), dtype=np.uint8)
    b = np.full_like(a, difference)
    error, samples = squared_error(a, b, np.ones((8, 6), dtype=np.bool_))
    assert psnr_db(error, samples) == pytest.approx(expected, abs=1e-4)


def test_psnr_of_no_pixels_is_not_a_number() -> None:
    a = np.zeros((4, 4, 3), dtype=np.uint8)
    assert math.isnan(psnr_db(*squared_error(a, a, np.zeros((4, 4), dtype=np.bool_))))


def test_what_the_mask_leaves_out_does_not_count() -> None:
    a = np.zeros((10, 10, 3), dtype=np.uint8)
    b = a.copy()
    b[:, :5] = 200
    away = np.zeros((10, 10), dtype=np.bool_)
    away[:, 5:] = True
    assert squared_error(a, b, away) == (0.0, 150)


def test_far_from_a_point_is_outside_the_circle() -> None:
    mask = far_from(np.array([5, 5], dtype=np.float32), 3, (20, 10))
    assert mask.shape == (10, 20)
    assert not mask[5, 8]
    assert mask[5, 9]


def test_outside_a_doubled_box() -> None:
    mask = outside_box(np.array([4, 4, 6, 6], dtype=np.float32), 2, (12, 10))
    assert mask.shape == (10, 12)
    assert (~mask).sum() == 25
    assert not mask[3, 3]
    assert mask[2, 3]


def test_the_aligned_head_is_the_same_when_picture_and_face_move_together() -> None:
    rng = np.random.default_rng(0)
    image = np.kron(rng.integers(0, 256, (30, 30, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    face = _face()[0]
    moved = face + np.array([40, 20, 0], dtype=np.float32)
    shifted = np.roll(image, (20, 40), axis=(0, 1))
    same = mean_change(aligned_luma(image, face, 64, 0.8), aligned_luma(shifted, moved, 64, 0.8))
    other = mean_change(aligned_luma(image, face, 64, 0.8), aligned_luma(shifted, face, 64, 0.8))
    assert same < 1
    assert other > 10


def test_tracks_of_one_face_are_one_person_unless_seen_together() -> None:
    face, stranger = np.zeros(128), np.full(128, 0.2)
    described = {0: face, 1: face + 0.01, 2: face, 3: stranger}
    frames = {0: set(range(10)), 1: set(range(20, 25)), 2: {3, 4}, 3: {30}}
    people = [person.tracks for person in group(described, frames)]
    assert people == [(0, 1), (2,), (3,)]


def test_nobody_is_found_without_descriptors() -> None:
    assert group({}, {}) == []
