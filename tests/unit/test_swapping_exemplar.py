"""Holes filled with patches: textures go on, and nothing else changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import U8
from headswap.swapping.compose.exemplar import fill_from_exemplars
from headswap.swapping.matting import fill_smooth
from tests.made_heads import noise_picture

WIDTH, HEIGHT = 160, 120


def _hole() -> U8:
    hole = np.zeros((HEIGHT, WIDTH), np.uint8)
    hole[40:80, 60:100] = 1
    return hole


def _checks() -> U8:
    """A board of 8 px squares in two colours."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = ((x // 8 + y // 8) % 2)[..., None]
    return (light * np.array([200, 180, 90]) + (1 - light) * np.array([40, 60, 120])).astype(
        np.uint8
    )


def _holed(picture: U8) -> U8:
    """The picture with something that must not be looked at in the hole."""
    return np.where(_hole()[..., None] > 0, np.array([255, 0, 255], np.uint8), picture)


def test_a_texture_goes_on_through_the_hole() -> None:
    truth, hole = _checks(), _hole()
    filled = fill_from_exemplars(_holed(truth), hole, 1 - hole)
    assert filled.shape == truth.shape and filled.dtype == np.uint8
    smooth = fill_smooth(truth.astype(np.float32), (1 - hole).astype(np.float32))
    inside = hole > 0
    off = np.abs(filled.astype(int) - truth)[inside].mean()
    assert off < 0.4 * np.abs(smooth - truth)[inside].mean()


@pytest.mark.parametrize("middle_xy", [(70, 60), (95, 60), (120, 60)])
def test_along_its_rim_a_fill_goes_on_with_what_lies_beside_it(middle_xy: tuple[int, int]) -> None:
    """Sky on the left, papered wall on the right, and a hole the size of a head between them."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    wall = 170 + 6 * np.sign(np.sin(2 * np.pi * x / 9))[..., None] + np.array([8, 3, -6])
    truth = np.where((x < 80)[..., None], np.array([150, 195, 235]), wall).astype(np.uint8)
    hole = (np.hypot(x - middle_xy[0], (y - middle_xy[1]) * 0.8) < 32).astype(np.uint8)
    filled = fill_from_exemplars(truth * (1 - hole)[..., None], hole, 1 - hole)
    rim = (hole > 0) & (cv2.erode(hole, np.ones((7, 7), np.uint8)) == 0)
    assert np.abs(filled.astype(int) - truth)[rim].mean() < 6


def test_one_colour_stays_that_colour() -> None:
    plain = np.full((HEIGHT, WIDTH, 3), (90, 140, 60), np.uint8)
    filled = fill_from_exemplars(_holed(plain), _hole(), 1 - _hole())
    assert np.abs(filled.astype(int) - plain).max() <= 1


def test_outside_the_hole_nothing_changes() -> None:
    picture = noise_picture((WIDTH, HEIGHT))
    filled = fill_from_exemplars(_holed(picture), _hole(), 1 - _hole())
    assert np.array_equal(filled[_hole() == 0], picture[_hole() == 0])


def test_the_same_picture_is_always_filled_the_same() -> None:
    picture = noise_picture((WIDTH, HEIGHT))
    one, other = (fill_from_exemplars(_holed(picture), _hole(), 1 - _hole()) for _ in range(2))
    assert np.array_equal(one, other)


def test_what_is_neither_hole_nor_source_is_not_copied_from() -> None:
    picture, hole = np.full((HEIGHT, WIDTH, 3), 80, np.uint8), _hole()
    picture[:, 110:] = (0, 250, 0)
    source = 1 - hole
    source[:, 102:] = 0
    filled = fill_from_exemplars(picture, hole, source)
    assert np.abs(filled[hole > 0].astype(int) - 80).max() <= 1


@pytest.mark.parametrize("size_wh", [(4, 3), (40, 9), (200, 30)])
def test_small_and_narrow_pictures_are_filled_too(size_wh: tuple[int, int]) -> None:
    picture = np.full((size_wh[1], size_wh[0], 3), 70, np.uint8)
    hole = np.zeros(size_wh[::-1], np.uint8)
    hole[1:-1, 1:-1] = 1
    filled = fill_from_exemplars(picture, hole, 1 - hole)
    assert np.abs(filled.astype(int) - 70).max() <= 1
