"""Lips of a photo without the teeth between them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.lips import without_teeth
from headswap.vision.canonical_face import INNER_LIPS, OUTER_LIPS
from tests.made_heads import face_at

SKIN, LIP, TEETH = (190, 140, 120), (160, 70, 80), (250, 250, 245)
PX_PER_CM = 12.0


def _photo(gap_cm: float, soft_px: float = 0.0) -> tuple[U8, F32]:
    """A face's landmarks, and their mouth painted: lips, with teeth between them."""
    face = face_at(130, 130, scale=PX_PER_CM)
    face[INNER_LIPS[11:], 1] += gap_cm * PX_PER_CM
    rgb: U8 = np.full((300, 260, 3), SKIN, np.uint8)
    ring = face[INNER_LIPS, :2].round().astype(np.int32)
    cv2.polylines(rgb, [ring], True, LIP, 18)
    if gap_cm:
        cv2.fillPoly(rgb, [ring], TEETH)
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), soft_px) if soft_px else rgb, np.uint8), face


@pytest.mark.parametrize("soft_px", [0.0, 1.0])
def test_no_tooth_is_left_and_lips_go_on_darker_at_their_edge(soft_px: float) -> None:
    rgb, face = _photo(0.8, soft_px)
    assert (rgb.min(axis=2) > 200).any()
    done = without_teeth(rgb, face, PX_PER_CM)
    assert not (done.min(axis=2) > 200).any()
    x, y = face[INNER_LIPS[5], :2].round().astype(int)
    assert done[y, x, 0] == pytest.approx(0.6 * LIP[0], abs=12)
    assert done[y - 6, x, 0] == pytest.approx(LIP[0], abs=12)


def test_what_is_around_the_lips_stays_and_the_photo_is_not_written() -> None:
    rgb, face = _photo(0.8)
    before = rgb.copy()
    done = without_teeth(rgb, face, PX_PER_CM)
    assert np.array_equal(rgb, before)
    lips = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillPoly(lips, [face[OUTER_LIPS, :2].round().astype(np.int32)], 1)
    lips = cv2.dilate(lips, np.ones((9, 9), np.uint8))
    change = np.abs(done.astype(int) - rgb).max(axis=2)
    assert change.max() > 100 and change[lips == 0].max() < 15


def test_a_glint_on_a_lip_is_dulled_so_that_it_does_not_look_like_a_tooth() -> None:
    rgb, face = _photo(0.8)
    x, y = (face[14, :2] * 0.5 + face[17, :2] * 0.5).round().astype(int)
    cv2.circle(rgb, (int(x), int(y)), 2, (240, 225, 225), -1)
    assert without_teeth(rgb, face, PX_PER_CM)[y, x].max() < 1.3 * max(LIP)


@pytest.mark.parametrize("side", [(0, 0, 260, 20), (0, 0, 20, 300)])
def test_a_mouth_beyond_the_photo_is_no_error(side: tuple[int, int, int, int]) -> None:
    rgb, face = _photo(0.8)
    x0, y0, x1, y1 = side
    part = np.ascontiguousarray(rgb[y0:y1, x0:x1])
    assert np.array_equal(without_teeth(part, face, PX_PER_CM), part)


def test_a_shut_mouth_is_left_as_it_is() -> None:
    rgb, face = _photo(0.0)
    assert without_teeth(rgb, face, PX_PER_CM) is rgb


def test_a_mouth_at_the_edge_of_the_photo_is_no_error() -> None:
    rgb, face = _photo(0.8)
    low = int(face[INNER_LIPS, 1].min()) + 4
    done = without_teeth(np.ascontiguousarray(rgb[:low]), face, PX_PER_CM)
    assert done.shape == (low, 260, 3) and not (done.min(axis=2) > 200).any()
