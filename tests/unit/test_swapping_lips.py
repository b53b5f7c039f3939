"""Lips of a photo without the teeth between them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.lips import without_teeth
from headswap.vision.canonical_face import INNER_LIPS
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


def test_what_is_away_from_the_mouth_keeps_every_bit_and_the_photo_is_not_written() -> None:
    rgb, face = _photo(0.8)
    before = rgb.copy()
    done = without_teeth(rgb, face, PX_PER_CM)
    assert np.array_equal(rgb, before)
    changed = (done != rgb).any(axis=2)
    ys, xs = np.nonzero(changed)
    low, high = face[INNER_LIPS, :2].min(axis=0), face[INNER_LIPS, :2].max(axis=0)
    room = 0.3 * PX_PER_CM
    assert xs.min() > low[0] - room and xs.max() < high[0] + room
    assert ys.min() > low[1] - room and ys.max() < high[1] + room


def test_a_shut_mouth_is_left_as_it_is() -> None:
    rgb, face = _photo(0.0)
    assert without_teeth(rgb, face, PX_PER_CM) is rgb


def test_a_mouth_at_the_edge_of_the_photo_is_no_error() -> None:
    rgb, face = _photo(0.8)
    low = int(face[INNER_LIPS, 1].min()) + 4
    done = without_teeth(np.ascontiguousarray(rgb[:low]), face, PX_PER_CM)
    assert done.shape == (low, 260, 3) and not (done.min(axis=2) > 200).any()
