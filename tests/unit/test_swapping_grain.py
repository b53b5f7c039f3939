"""Grain: found in a picture, and put on what is drawn, the same however frames are split."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.grain import Grain, grain_of, put_grain
from tests.made_heads import noise_picture

ALL = np.ones((240, 320), np.float32)


def _smooth() -> U8:
    """(240, 320, 3) uint8 without grain: slow shades."""
    x = np.linspace(60, 200, 320, dtype=np.float32)[None, :, None]
    y = np.linspace(-20, 20, 240, dtype=np.float32)[:, None, None]
    return np.repeat(np.clip(x + y, 0, 255), 3, axis=2).astype(np.uint8)


def _grained(picture: U8, where: F32, grain: Grain, corner_xy: tuple[int, int], i: int) -> U8:
    rough = picture.copy()
    put_grain(rough, where, grain, corner_xy, i)
    return rough


@pytest.mark.parametrize("strength", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("size_px", [0.0, 0.55, 0.9])
def test_the_grain_that_was_put_on_is_found(strength: float, size_px: float) -> None:
    found = grain_of(_grained(_smooth(), ALL, Grain(strength, size_px), (0, 0), 3))
    assert found.strength == pytest.approx(strength, rel=0.3)
    assert abs(found.size_px - size_px) < 0.4


def test_a_smooth_picture_has_hardly_any_grain() -> None:
    assert grain_of(_smooth()).strength < 0.5


def test_texture_is_not_taken_for_strong_grain() -> None:
    picture = _smooth()
    picture[:, :200] = noise_picture((200, 240), blur_px=1.5)
    assert grain_of(picture).strength < 1.5


def test_a_tiny_or_black_picture_has_no_grain() -> None:
    assert grain_of(np.zeros((16, 16, 3), np.uint8)).strength == 0
    assert grain_of(np.zeros((200, 200, 3), np.uint8)).strength == 0


def test_a_place_has_the_same_grain_in_whatever_box_it_is_drawn() -> None:
    picture, grain = _smooth(), Grain(3.0, 0.55)
    whole = _grained(picture, ALL, grain, (10, 20), 7)
    part = _grained(picture[40:90, 50:170], ALL[40:90, 50:170], grain, (60, 60), 7)
    assert np.array_equal(whole[40:90, 50:170], part)


def test_another_frame_has_another_grain() -> None:
    picture, grain = _smooth(), Grain(3.0, 0.55)
    first, second = (
        _grained(picture, ALL, grain, (0, 0), i).astype(float) - picture for i in (4, 5)
    )
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_grain_falls_only_where_something_was_drawn() -> None:
    where = np.zeros((240, 320), np.float32)
    where[100:150, 100:150] = 1
    picture = _smooth()
    changed = (_grained(picture, where, Grain(4.0, 0.0), (0, 0), 0) != picture).any(axis=2)
    assert (
        changed[100:150, 100:150].mean() > 0.7 and changed.sum() == changed[100:150, 100:150].sum()
    )


def test_weak_grain_is_left_out() -> None:
    picture = _smooth()
    assert np.array_equal(_grained(picture, ALL, Grain(0.2, 0.0), (0, 0), 0), picture)


def test_grain_is_mostly_luma() -> None:
    noise = _grained(_smooth(), ALL, Grain(3.0, 0.55), (0, 0), 1).astype(np.float32) - _smooth()
    colour = noise - noise.mean(axis=2, keepdims=True)
    assert colour.std() < 0.3 * noise.std()
    assert cv2.mean(noise)[0] == pytest.approx(0, abs=0.2)
