"""The shade under a photo's chin stays behind; beards and evenly dark chins come along."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.chin_shade import without_chin_shade

PX_PER_CM, SIZE = 10.0, 120
LINE = np.full(SIZE, 80, np.float32)
ENDS = np.array([100, 20], np.float32)
SKIN = (200, 150, 130)
NONE = np.zeros((SIZE, SIZE), np.float32)


def _photo(below: tuple[int, int, int], from_row: int = 77) -> U8:
    rgb = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    rgb[from_row:] = below
    return rgb


def _rim(photo: U8, strands: F32 = NONE) -> U8:
    return without_chin_shade(photo, LINE, ENDS, strands, PX_PER_CM)[82, 60]


@pytest.mark.parametrize("below", [(20, 15, 15), (60, 40, 35)], ids=["collar", "shade"])
def test_what_is_dark_at_the_jaw_takes_the_chins_colour_a_little_shaded(
    below: tuple[int, int, int],
) -> None:
    rim = _rim(_photo(below)).astype(float)
    assert 0.5 < rim.mean() / np.mean(SKIN) < 0.7
    assert np.abs(rim / rim.mean() - np.array(SKIN) / np.mean(SKIN)).max() < 0.02


def test_a_neck_about_as_light_as_the_chin_stays() -> None:
    photo = _photo((170, 125, 108))
    assert np.array_equal(without_chin_shade(photo, LINE, ENDS, NONE, PX_PER_CM), photo)


def test_a_chin_that_is_dark_itself_stays() -> None:
    photo = _photo((40, 30, 28), from_row=50)
    assert np.array_equal(without_chin_shade(photo, LINE, ENDS, NONE, PX_PER_CM), photo)


def test_a_beard_keeps_its_colour() -> None:
    photo = _photo((40, 30, 28))
    assert np.array_equal(_rim(photo, np.ones_like(NONE)), photo[82, 60])


@pytest.mark.parametrize("place", [(82, 10), (60, 60), (110, 60)], ids=["aside", "chin", "chest"])
def test_only_the_strip_along_the_chin_is_looked_at(place: tuple[int, int]) -> None:
    photo = _photo((20, 15, 15))
    found = without_chin_shade(photo, LINE, ENDS, NONE, PX_PER_CM)
    assert np.array_equal(found[place], photo[place])


@pytest.mark.parametrize("ends", [(-30.0, -5.0), (60.0, 60.0)])
def test_a_chin_outside_the_crop_changes_nothing(ends: tuple[float, float]) -> None:
    photo = _photo((20, 15, 15))
    found = without_chin_shade(photo, LINE, np.array(ends, np.float32), NONE, PX_PER_CM)
    assert np.array_equal(found, photo)
