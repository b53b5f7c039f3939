"""Camera motion: exact rest for a still camera, the true motion for a moving one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, F64, U8
from headswap.vision.camera import CameraMotion, people_boxes, settle

SIZE_WH = (640, 360)
NOBODY = np.zeros((0, 4), np.float32)


def _place(seed: int = 0) -> U8:
    """A wide textured picture to move a camera over."""
    random = np.random.default_rng(seed)
    picture = np.zeros((720, 1280), np.float32)
    for cells in (12, 40, 120):
        noise = random.uniform(0, 85, (cells, cells * 2)).astype(np.float32)
        picture += cv2.resize(noise, (1280, 720), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _seen(place: U8, frame_from_place: F64) -> U8:
    view = cv2.warpAffine(place, frame_from_place, SIZE_WH, flags=cv2.INTER_AREA)
    return np.asarray(view, np.uint8)


def _motion(index: int) -> F64:
    """A pan with a slow zoom and turn."""
    scale, angle = 1 + 0.002 * index, np.radians(0.1 * index)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, [-300 - 3.0 * index, -150 + 1.0 * index]])


def _from_first(frame_from_place: F64, first_from_place: F64) -> F64:
    square = [np.vstack([m, [0, 0, 1]]) for m in (frame_from_place, first_from_place)]
    return (square[0] @ np.linalg.inv(square[1]))[:2]


def _off_px(found: F32, true: F64) -> float:
    """The largest error over the picture's corners."""
    width, height = SIZE_WH
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    return float(np.linalg.norm(corners @ (found - true).T, axis=1).max())


def test_a_moving_camera_is_followed_to_within_a_pixel() -> None:
    place, camera = _place(), CameraMotion(SIZE_WH)
    for index in range(45):
        found = camera.next(_seen(place, _motion(index)), index == 0, NOBODY)
        assert _off_px(found, _from_first(_motion(index), _motion(0))) < 1.0


def test_a_new_shot_begins_at_the_identity() -> None:
    camera = CameraMotion(SIZE_WH)
    for index in range(5):
        camera.next(_seen(_place(), _motion(index)), index == 0, NOBODY)
    there = camera.next(_seen(_place(1), _motion(0)), True, NOBODY)
    np.testing.assert_array_equal(there, np.eye(2, 3))


def test_a_still_noisy_camera_settles_to_exactly_the_identity() -> None:
    random, camera = np.random.default_rng(3), CameraMotion(SIZE_WH)
    still = _seen(_place(), _motion(0)).astype(np.float64)
    found = [
        camera.next(
            np.clip(still + random.normal(0, 6, still.shape), 0, 255).astype(np.uint8),
            index == 0,
            NOBODY,
        )
        for index in range(25)
    ]
    settled = settle(np.array(found), SIZE_WH)
    np.testing.assert_array_equal(settled, np.tile(np.eye(2, 3, dtype=np.float32), (25, 1, 1)))


def test_a_person_walking_through_does_not_move_the_camera() -> None:
    place, walker, camera = (
        _seen(_place(), _motion(0)),
        _place(7)[:300, :200],
        CameraMotion(SIZE_WH),
    )
    for index in range(20):
        x = 40 + 12 * index
        picture = place.copy()
        picture[60:, x : x + 200] = walker
        box = np.array([[x, 60, x + 200, 360]], np.float32)
        found = camera.next(picture, index == 0, box)
        assert _off_px(found, np.eye(2, 3)) < 0.3


def test_an_empty_wall_is_taken_to_rest() -> None:
    camera = CameraMotion(SIZE_WH)
    for index in range(10):
        found = camera.next(np.full(SIZE_WH[::-1], 120, np.uint8), index == 0, NOBODY)
        np.testing.assert_array_equal(found, np.eye(2, 3))


def test_motion_that_starts_late_leaves_the_frames_before_it_untouched() -> None:
    moves = np.tile(np.eye(2, 3, dtype=np.float32), (60, 1, 1))
    moves[:30, 0, 2] = np.random.default_rng(0).normal(0, 0.1, 30)
    moves[30:, 0, 2] = np.arange(30) * 2.0
    settled = settle(moves, SIZE_WH)
    np.testing.assert_array_equal(settled[:24], np.tile(np.eye(2, 3), (24, 1, 1)))
    np.testing.assert_array_equal(settled[34:], moves[34:])


@pytest.mark.parametrize("faces", [0, 1, 3])
def test_people_boxes_hold_heads_and_reach_the_lower_edge(faces: int) -> None:
    boxes = np.array([[100 * i, 50, 100 * i + 60, 130] for i in range(faces)], np.float32)
    found = people_boxes(boxes.reshape(-1, 4), SIZE_WH)
    assert found.shape == (2 * faces, 4)
    for face, head, body in zip(boxes, found[:faces], found[faces:], strict=True):
        assert (head[:2] < face[:2]).all() and (head[2:] > face[2:]).all()
        assert body[1] <= head[3] and body[3] == SIZE_WH[1]
        assert body[0] < head[0] and body[2] > head[2]
