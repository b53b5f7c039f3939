"""The geometry around the networks: squares, letterboxes, boxes, tiles, planes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.vision.networks import Faces, RotatedSquare, roi_from_detection, roi_from_landmarks
from headswap.vision.networks.crop import to_frame
from headswap.vision.networks.face_detector import TiledDetector, tiles
from headswap.vision.networks.faces import letterbox, merge_overlapping
from headswap.vision.networks.plane import network_input, to_size


def ramp(width: int, height: int) -> U8:
    """Red says x, green says y, two px a step."""
    x, y = np.meshgrid(np.arange(width) // 2, np.arange(height) // 2)
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("angle_deg", [0, 30, -90, 180])
@pytest.mark.parametrize("size_px", [40.0, 100.0, 230.0, 330.0])
def test_a_crop_shows_the_pixels_that_its_transform_names(angle_deg: float, size_px: float) -> None:
    side = 64
    square = RotatedSquare((250.0, 240.0), size_px, math.radians(angle_deg))
    crop = square.crop(ramp(500, 500), side).astype(float)
    u, v = np.meshgrid(np.arange(side), np.arange(side))
    frame_from_crop = square.frame_from_crop(side)
    expected = np.stack([u, v], axis=2) @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    # A step of the ramp stands for two px, whose mean lies half a px above it.
    assert np.abs(2 * crop[..., :2] + 0.5 - expected).max() <= 1.6
    assert np.abs((2 * crop[..., :2] + 0.5 - expected).mean(axis=(0, 1))).max() <= 0.6


def test_a_crop_beyond_the_frame_repeats_its_edge() -> None:
    crop = RotatedSquare((0.0, 0.0), 400.0, 0.0).crop(ramp(200, 200), 50)
    assert (crop[:20, :20] <= 3).all()
    assert crop.shape == (50, 50, 3)


def test_a_square_far_outside_still_gives_a_crop() -> None:
    crop = RotatedSquare((-900.0, 2000.0), 300.0, 0.4).crop(ramp(200, 100), 64)
    assert crop.shape == (64, 64, 3)


def test_points_go_to_the_frame_and_depth_scales_with_them() -> None:
    square = RotatedSquare((100.0, 50.0), 20.0, math.pi / 2)
    points = np.array([[5, 5, 1], [10, 5, -2]], dtype=np.float32)
    moved = to_frame(points, square.frame_from_crop(10))
    np.testing.assert_allclose(moved, [[100, 50, 2], [100, 60, -4]], atol=1e-5)


@pytest.mark.parametrize("size_wh", [(640, 480), (100, 100), (90, 301)])
def test_a_letterbox_maps_back_to_the_image(size_wh: tuple[int, int]) -> None:
    image = np.zeros((size_wh[1], size_wh[0], 3), dtype=np.uint8)
    x, y = size_wh[0] // 3, size_wh[1] // 2
    image[y - 3 : y + 4, x - 3 : x + 4] = 255
    square, image_from_square = letterbox(image, 192)
    weights = square[..., 0].astype(float)
    v, u = (np.average(grid, weights=weights) for grid in np.indices(weights.shape))
    found = image_from_square @ [u, v, 1]
    np.testing.assert_allclose(found, [x, y], atol=0.35)


def test_no_boxes_merge_to_no_faces() -> None:
    empty = np.zeros((0, 4), np.float32), np.zeros((0, 6, 2), np.float32), np.zeros(0, np.float32)
    faces = Faces(*merge_overlapping(*empty, 0.3))
    assert len(faces) == 0
    assert faces.keypoints.shape == (0, 6, 2)


def test_overlapping_boxes_become_their_weighted_mean_and_others_stay() -> None:
    boxes = np.array([[100, 0, 110, 10], [0, 0, 10, 10], [0, 0, 10, 12]], dtype=np.float32)
    points = boxes.reshape(3, 2, 2)
    faces = Faces(*merge_overlapping(boxes, points, np.array([0.5, 0.9, 0.3], np.float32), 0.3))
    np.testing.assert_allclose(faces.boxes_xyxy, [[0, 0, 10, 10.5], [100, 0, 110, 10]])
    np.testing.assert_allclose(faces.keypoints[0], [[0, 0], [10, 10.5]])
    np.testing.assert_allclose(faces.scores, [0.9, 0.5])


def test_faces_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="keypoints"):
        Faces(
            np.zeros((2, 4), np.float32), np.zeros((1, 5, 2), np.float32), np.zeros(2, np.float32)
        )


def test_the_square_of_a_detection_is_level_with_its_eyes() -> None:
    box = np.array([0, 0, 100, 80], dtype=np.float32)
    eyes = np.array([[50, 20], [50, 60]], dtype=np.float32)
    square = roi_from_detection(box, eyes, 1.5, drop=0.1)
    assert square.size_px == 150
    assert square.angle_rad == pytest.approx(math.pi / 2)
    # The eyes' line points down, so the chin lies to the left.
    assert square.center_xy == pytest.approx((40.0, 40.0))


@pytest.mark.parametrize("roll_deg", [0, 25, -60, 170])
def test_the_square_of_landmarks_does_not_grow_with_roll(roll_deg: float) -> None:
    points = np.random.default_rng(1).uniform(-40, 40, (478, 3)).astype(np.float32)
    points[33], points[263] = (-45, 0, 0), (45, 0, 0)
    roll = math.radians(roll_deg)
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    turned = (points[:, :2] @ turn.T + [300, 200]).astype(np.float32)
    square = roi_from_landmarks(turned)
    assert square.size_px == pytest.approx(135, rel=1e-4)
    assert math.degrees(square.angle_rad) == pytest.approx(roll_deg, abs=1e-3)


@pytest.mark.parametrize("size_wh", [(1280, 720), (300, 300), (90, 400), (1, 1)])
def test_tiles_cover_the_image_and_stay_inside(size_wh: tuple[int, int]) -> None:
    seen = np.zeros((size_wh[1], size_wh[0]), dtype=bool)
    for x0, y0, x1, y1 in tiles(size_wh):
        assert x0 >= 0 and y0 >= 0 and x1 <= size_wh[0] and y1 <= size_wh[1]
        seen[y0:y1, x0:x1] = True
    assert seen.all()


class BrightSpots:
    """A detector that finds the one bright rectangle of an image."""

    def detect(self, image: U8) -> Faces:
        y, x = np.nonzero(image[..., 0] > 128)
        boxes = np.array(
            [[x.min(), y.min(), x.max(), y.max()]] if len(x) else np.zeros((0, 4)), dtype=np.float32
        )
        points = boxes.reshape(-1, 2, 2)
        return Faces(boxes, points, np.full(len(boxes), 0.9, dtype=np.float32))


@pytest.mark.parametrize("corner", [(0, 0), (250, 100), (350, 180)])
def test_tiles_place_a_face_once_and_where_it_is(corner: tuple[int, int]) -> None:
    image = np.zeros((200, 400, 3), dtype=np.uint8)
    x, y = corner
    image[y : y + 15, x : x + 15] = 255
    faces = TiledDetector(BrightSpots()).detect(image)
    np.testing.assert_allclose(faces.boxes_xyxy, [[x, y, x + 14, y + 14]])


def test_planes_change_size_within_bounds() -> None:
    plane = np.random.default_rng(0).random((16, 16)).astype(np.float32) * 3 - 1
    resized = to_size(plane, (40, 30))
    assert resized.shape == (30, 40) and resized.dtype == np.float32
    assert resized.min() >= 0 and resized.max() <= 1
    assert network_input(np.zeros((70, 30, 3), np.uint8), 64).shape == (64, 64, 3)
