"""Holes are begun from the rim: edges go straight on, and what is behind others does not matter."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.compose.onion import begin_fill

SIDE = 64


def _frame() -> F32:
    """A dark wall, and right of column 28 a light one."""
    wall = np.full((SIDE, SIDE, 3), 60, np.float32)
    wall[:, 28:] = 190
    return wall


def _hole() -> U8:
    hole = np.zeros((SIDE, SIDE), np.uint8)
    hole[18:46, 16:44] = 1
    return hole


def test_an_upright_edge_goes_on_through_the_hole() -> None:
    truth, hole = _frame(), _hole()
    filled = begin_fill(np.where(hole[..., None] > 0, np.float32(255), truth), hole, 1 - hole)
    assert filled.shape == truth.shape and filled.dtype == np.float32
    assert np.abs(filled - truth)[hole > 0].mean() < 6
    assert np.array_equal(filled[hole == 0], truth[hole == 0])


def test_what_stands_before_the_wall_is_not_copied() -> None:
    truth, hole = _frame(), _hole()
    before = np.zeros_like(hole)
    before[46:, 20:40] = 1
    picture = np.where(before[..., None] > 0, np.array([255, 0, 0], np.float32), truth)
    filled = begin_fill(picture, hole, ((hole == 0) & (before == 0)).astype(np.uint8))
    assert np.abs(filled - truth)[hole > 0].mean() < 10


def test_without_room_for_a_patch_nothing_is_filled() -> None:
    picture, hole = _frame(), np.ones((SIDE, SIDE), np.uint8)
    hole[:3] = 0
    assert np.array_equal(begin_fill(picture, hole, 1 - hole), picture)


def test_the_same_hole_is_filled_the_same() -> None:
    rng = np.random.default_rng(5)
    picture = rng.uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
    first, second = (begin_fill(picture, _hole(), 1 - _hole()) for _ in range(2))
    assert np.array_equal(first, second)
