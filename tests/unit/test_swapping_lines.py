"""Straight edges behind a hole: joined, carried on, met in a corner, or left alone."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.swapping.compose.lines import carry_on
from headswap.swapping.compose.made_up import completed
from headswap.swapping.matting import fill_smooth

HEIGHT, WIDTH = 200, 240
LIGHT, DARK = 210, 20


def _wall() -> U8:
    return np.full((HEIGHT, WIDTH, 3), LIGHT, np.uint8)


def _hole(top: int = 60, bottom: int = 140) -> U8:
    hole = np.zeros((HEIGHT, WIDTH), np.uint8)
    hole[top:bottom, 80:160] = 1
    return hole


def _carried(truth: U8, hole: U8) -> tuple[U8, U8]:
    seen = np.uint8(1) - hole
    rgb = np.where(hole[..., None] > 0, np.uint8(0), truth)
    smooth = fill_smooth(rgb.astype(np.float32), seen.astype(np.float32))
    result, band, _ = carry_on(rgb, seen, hole, np.where(hole[..., None] > 0, smooth, rgb))
    return result, band


def _slanted(degrees: float) -> U8:
    """A dark beam, 14 px wide, through the middle of a wall."""
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
    turn = np.radians(degrees)
    off = (xs - WIDTH / 2) * np.cos(turn) + (ys - HEIGHT / 2) * np.sin(turn)
    share = np.clip(7.5 - np.abs(off), 0, 1)[..., None]
    return np.asarray(LIGHT + share * (DARK - LIGHT), np.uint8).repeat(3, axis=2)


@pytest.mark.parametrize("degrees", [0, 12, -25, 90, 70])
def test_an_edge_that_enters_on_both_sides_is_joined(degrees: float) -> None:
    truth, hole = _slanted(degrees), _hole()
    result, band = _carried(truth, hole)
    assert band.sum() > 1500
    assert np.abs(result.astype(int) - truth)[band > 0].mean() < 12
    whole = completed(truth * (1 - hole)[..., None], 1 - hole, hole, np.zeros(hole.shape, np.bool_))
    assert np.abs(whole.astype(int) - truth)[hole > 0].mean() < 5


def test_an_edge_whose_other_end_is_hidden_goes_straight_on() -> None:
    truth, hole = _slanted(0), _hole(bottom=HEIGHT)
    _, band = _carried(truth, hole)
    assert band[60:190, 107:133].mean() > 0.8


def test_edges_of_one_thing_meet_in_its_corner() -> None:
    truth, hole = _wall(), _hole()
    truth[100:, 110:122] = DARK
    truth[100:112, 110:] = DARK
    result, band = _carried(truth, hole)
    assert band.sum() > 800
    assert np.abs(result.astype(int) - truth)[band > 0].mean() < 12
    # Above and to the left of the corner there is nothing.
    assert band[60:90].max() == 0 and band[:, 80:100].max() == 0


def test_an_edge_is_not_carried_on_to_where_the_picture_shows_none() -> None:
    truth, hole = _wall(), _hole()
    truth[96:110, 150:] = DARK
    _, band = _carried(truth, hole)
    assert band.sum() == 0


@pytest.mark.parametrize("strength", [0, 10])
def test_plain_walls_and_noise_have_no_lines(strength: int) -> None:
    noise = np.random.default_rng(1).normal(0, strength, (HEIGHT, WIDTH, 3))
    truth = np.clip(_wall() - 60 + noise, 0, 255).astype(np.uint8)
    _, band = _carried(truth, _hole())
    assert band.sum() == 0
