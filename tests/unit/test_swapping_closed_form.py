"""Alpha agreed with colours: strands found in a band, and nothing changed outside of it."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.closed_form import agreed_alpha

SIDE = 80


def _strands() -> tuple[U8, F32]:
    """A picture that is head to the left, background to the right, strands between them."""
    x = np.arange(SIDE)[None].astype(np.float32)
    y = np.arange(SIDE)[:, None].astype(np.float32)
    reach = 35 + 8 * np.sin(y / 3)
    alpha = np.clip((reach - x) / 3 + 0.5, 0, 1).astype(np.float32)
    front = np.array([70, 45, 30]) + 0.3 * y[..., None]
    back = np.array([190, 200, 215]) - 0.4 * x[..., None]
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * back
    return np.round(mixed).astype(np.uint8), alpha


def _band() -> Bool:
    return np.repeat(np.abs(np.arange(SIDE) - 35)[None] < 14, SIDE, axis=0)


def test_a_straight_guess_becomes_the_strands_that_the_colours_show() -> None:
    rgb, truth = _strands()
    guess = np.repeat((np.arange(SIDE)[None] < 35).astype(np.float32), SIDE, axis=0)
    found = agreed_alpha(rgb, guess, _band())
    inner = np.s_[2:-2, 2:-2]
    before, after = (np.abs(a - truth)[inner].mean() for a in (guess, found))
    assert after < 0.12 * before
    assert found.dtype == np.float32 and found.min() >= 0 and found.max() <= 1


def test_what_is_not_open_stays() -> None:
    rgb, truth = _strands()
    band = _band()
    guess = np.where(band, np.float32(0.5), truth)
    found = agreed_alpha(rgb, guess, band)
    assert np.array_equal(found[~band], guess[~band])


def test_nothing_open_changes_nothing() -> None:
    rgb, truth = _strands()
    closed = np.zeros((SIDE, SIDE), bool)
    assert np.array_equal(agreed_alpha(rgb, truth, closed), truth)


def test_the_same_picture_gives_the_same_alpha() -> None:
    rgb, truth = _strands()
    guess = np.where(_band(), np.float32(0.5), truth)
    assert np.array_equal(agreed_alpha(rgb, guess, _band()), agreed_alpha(rgb, guess, _band()))
