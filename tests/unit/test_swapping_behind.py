"""What is behind and below a head is carried to other frames as the picture shows it moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F64, U8
from headswap.swapping.compose.behind import Backdrop, KeyBody
from headswap.swapping.compose.follow import moved_by, shift_of
from headswap.swapping.compose.mosaic import Plate
from tests.made_heads import SIZE_WH, noise_picture

WIDTH, HEIGHT = SIZE_WH
BOX = (0, 0, WIDTH, HEIGHT)


def _moved(picture: U8, motion: F64) -> U8:
    flags, border = cv2.INTER_CUBIC, cv2.BORDER_REFLECT
    return np.asarray(
        cv2.warpAffine(picture, motion, SIZE_WH, flags=flags, borderMode=border), np.uint8
    )


def _shift(x: float, y: float) -> F64:
    return np.array([[1, 0, x], [0, 1, y]], np.float64)


def _plate(rgb: U8, moving: bool) -> Plate:
    corrections = np.eye(2, 3)[None].copy()
    corrections[0, 0, 2] = 1e-4 * moving
    return Plate((0, 0), rgb, np.ones((HEIGHT, WIDTH), np.uint8), np.array([0]), corrections)


@pytest.mark.parametrize("off", [(0.0, 0.0), (1.6, -0.7), (-6.0, 4.0)])
def test_a_plate_lies_over_the_frame_though_the_camera_was_told_wrong(
    off: tuple[float, float],
) -> None:
    room = noise_picture(SIZE_WH, blur_px=3)
    frame = _moved(room, _shift(9.4 + off[0], 3.2 + off[1]))
    taken = np.zeros((HEIGHT, WIDTH), np.float32)
    taken[100:200, 80:180] = 1
    frame[100:200, 80:180] = 255
    backdrop = Backdrop(_plate(room, moving=True))
    laid = backdrop.motion(3, BOX, _shift(9.4, 3.2), frame, taken)
    shown = backdrop.plate.crop(BOX, laid)
    there = np.s_[30:90, 40:200]
    assert np.abs(shown[there].astype(int) - frame[there]).mean() < 2


def test_behind_a_still_camera_the_plate_is_shown_to_the_bit() -> None:
    room = noise_picture(SIZE_WH)
    other = noise_picture(SIZE_WH, seed=5)
    nobody = np.zeros((HEIGHT, WIDTH), np.float32)
    box = (20, 30, 120, 200)
    backdrop = Backdrop(_plate(room, moving=False))
    part = np.s_[30:200, 20:120]
    laid = backdrop.motion(4, box, np.eye(2, 3), other[part], nobody[part])
    assert np.array_equal(backdrop.plate.crop(box, laid), room[part])


def test_along_an_edge_without_an_end_only_the_shift_across_it_is_told() -> None:
    rows = (np.arange(HEIGHT) > 120)[:, None] * np.uint8(150)
    first = np.asarray(cv2.GaussianBlur(np.repeat(rows, WIDTH, 1), (0, 0), 2), np.uint8)
    second = np.roll(first, 7, axis=0)
    everywhere = np.ones((HEIGHT, WIDTH), np.uint8)
    assert shift_of(first, second, everywhere) == pytest.approx([0, 7], abs=0.5)


def test_points_that_nothing_is_found_of_tell_no_motion() -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    assert moved_by(flat, flat, np.zeros((0, 2), np.float32), np.eye(2, 3)) is None


@pytest.mark.parametrize("step", [(0.0, 0.0), (7.5, -2.0), (-11.0, 5.0)])
def test_a_body_is_followed_by_what_is_seen_of_it_while_the_head_turns(
    step: tuple[float, float],
) -> None:
    body = noise_picture(SIZE_WH, blur_px=2)
    layer = np.dstack([body, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    neck = np.array([126.0, 120.0])
    key = KeyBody.of(body, BOX, layer, nothing, neck, 6.0, 1.0)
    frame = cv2.cvtColor(_moved(body, _shift(*step)), cv2.COLOR_RGB2GRAY)
    motion = key.motion(np.asarray(frame, np.uint8), BOX, neck + np.array([3.0, 1.0]))
    assert motion == pytest.approx(_shift(*step), abs=0.15)


def test_a_body_without_anything_to_follow_goes_with_the_neck() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    layer = np.dstack([plain, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    key = KeyBody.of(plain, BOX, layer, nothing, np.array([126.0, 120.0]), 6.0, 1.0)
    motion = key.motion(plain[..., 0], (10, 20, WIDTH, HEIGHT), np.array([130.0, 118.0]))
    assert motion == pytest.approx(_shift(4, -2))
