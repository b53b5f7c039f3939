"""Frames: RGB of boxes, and boxes of RGB put back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.media import Frame
from headswap.media.frame import Box

SETTINGS = [("smpte170m", False), ("bt709", False), ("bt709", True), ("bt2020nc", False)]


def _soft_rgb(height: int, width: int) -> U8:
    rows, cols = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [128 + 70 * np.sin(cols / 19), 128 + 70 * np.cos(rows / 13), 90 + (rows + cols) / 4]
    return np.stack(planes, -1).astype(np.uint8)


def _frame(height: int = 64, width: int = 96, matrix: str = "bt709", full: bool = False) -> Frame:
    return Frame.from_rgb(3, 900, _soft_rgb(height, width), matrix, full)


def _levels(a: Frame, b: Frame) -> int:
    pairs = ((a.y, b.y), (a.u, b.u), (a.v, b.v))
    return max(int(np.abs(p.astype(int) - q).max()) for p, q in pairs)


@pytest.mark.parametrize(("matrix", "full"), SETTINGS)
@pytest.mark.parametrize("size", [(64, 96), (33, 47), (2, 2)])
def test_rgb_taken_and_put_back_gives_the_samples_within_two_levels(
    matrix: str, full: bool, size: tuple[int, int]
) -> None:
    frame = _frame(*size, matrix, full)
    again = frame.with_rgb((0, 0, frame.width, frame.height), frame.rgb())
    assert _levels(frame, again) <= 2
    assert (again.index, again.pts, again.matrix, again.full_range) == (3, 900, matrix, full)


@pytest.mark.parametrize(("matrix", "full"), SETTINGS)
def test_a_smooth_picture_survives_the_planes(matrix: str, full: bool) -> None:
    rgb = _soft_rgb(64, 96)
    off = np.abs(Frame.from_rgb(0, 0, rgb, matrix, full).rgb().astype(int) - rgb)
    assert np.percentile(off, 95) <= 4


@pytest.mark.parametrize(
    "box", [(0, 0, 96, 64), (10, 20, 40, 50), (11, 21, 40, 51), (5, 7, 6, 8), (95, 63, 96, 64)]
)
def test_a_box_is_the_same_as_that_part_of_the_whole(box: Box) -> None:
    frame = _frame()
    x0, y0, x1, y1 = box
    assert np.array_equal(frame.rgb(box), frame.rgb()[y0:y1, x0:x1])


def test_only_changed_pixels_are_written() -> None:
    frame = _frame()
    changed = np.zeros((20, 30), np.bool_)
    changed[5, 8] = True
    white = np.full((20, 30, 3), 255, np.uint8)
    result = frame.with_rgb((10, 12, 40, 32), white, changed)
    assert np.argwhere(result.y != frame.y).tolist() == [[17, 18]]
    assert result.y[17, 18] == 235
    for plane, source in ((result.u, frame.u), (result.v, frame.v)):
        assert np.argwhere(plane != source).tolist() == [[8, 9]]
        assert plane[8, 9] == 128


def test_the_source_frame_is_left_as_it_was_and_cannot_be_written() -> None:
    frame = _frame()
    before = frame.y.copy()
    result = frame.with_rgb((0, 0, 96, 64), np.zeros((64, 96, 3), np.uint8))
    assert np.array_equal(frame.y, before)
    for plane in (frame.y, frame.u, result.y, result.v):
        with pytest.raises(ValueError, match="read-only"):
            plane[0, 0] = 1


def test_a_box_may_end_on_the_odd_edge_of_an_odd_picture() -> None:
    frame = _frame(33, 47)
    red = np.zeros((13, 7, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    result = frame.with_rgb((40, 20, 47, 33), red)
    assert (result.y[20:, 40:] == 63).all()
    assert (result.v[10:, 20:] == 240).all()
    assert np.array_equal(result.y[:20], frame.y[:20])


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ((1, 0, 11, 10), (10, 10, 3)),
        ((0, 0, 11, 10), (10, 11, 3)),
        ((0, 0, 10, 10), (10, 11, 3)),
        ((90, 60, 98, 64), (4, 8, 3)),
        ((4, 4, 4, 8), (4, 0, 3)),
    ],
)
def test_a_box_that_is_odd_or_does_not_fit_is_refused(box: Box, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"box|rgb"):
        _frame().with_rgb(box, np.zeros(shape, np.uint8))


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="changed"):
        _frame().with_rgb((0, 0, 8, 8), np.zeros((8, 8, 3), np.uint8), np.ones((8, 7), np.bool_))


def test_planes_that_do_not_belong_together_are_refused() -> None:
    y = np.zeros((10, 10), np.uint8)
    with pytest.raises(ValueError, match="chroma"):
        Frame(0, 0, y, y, y, "bt709", False)


def test_a_frame_travels_between_processes() -> None:
    frame = _frame()
    again = pickle.loads(pickle.dumps(frame))
    assert _levels(frame, again) == 0
    assert again.pts == frame.pts
