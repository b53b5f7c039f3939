"""Hats come off with the head; hands and other people stay."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.worn import headgear
from headswap.vision.mattes import Mattes
from tests.made_heads import MIDDLE_XY, PX_PER_CM, SIZE_WH, ellipse, face_at

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY
CROWN = (round(Y - 15 * PX_PER_CM), round(X))


def _head() -> F32:
    return ellipse((X, Y - 2 * PX_PER_CM), (8 * PX_PER_CM, 11 * PX_PER_CM))


def _hair() -> F32:
    return (_head() * (np.arange(HEIGHT)[:, None] < Y - 5 * PX_PER_CM)).astype(np.float32)


def _crown(aside_cm: float = 0.0) -> F32:
    middle = (X + aside_cm * PX_PER_CM, Y - 13 * PX_PER_CM)
    return ellipse(middle, (7 * PX_PER_CM, 5 * PX_PER_CM))


PLAIN = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def _worn(more: F32, skin: F32 | None = None, others: tuple[F32, ...] = (), rgb: U8 = PLAIN) -> F32:
    """What is found with a head in the picture, and something more that is person."""
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    mattes = Mattes(np.maximum(_head(), more), _hair(), nothing if skin is None else skin, nothing)
    return headgear(rgb, mattes, face_at(X, Y), PX_PER_CM, others)


def test_a_bare_head_wears_nothing() -> None:
    worn = _worn(np.zeros((HEIGHT, WIDTH), np.float32))
    assert worn.shape == (HEIGHT, WIDTH) and worn.dtype == np.float32
    assert worn.max() == 0


def test_a_hat_is_worn_and_the_face_under_it_is_not() -> None:
    worn = _worn(_crown())
    assert worn[CROWN] > 0.9 and worn[round(Y), round(X)] == 0


def test_the_half_of_a_hat_that_no_matte_knows_is_like_the_other_half() -> None:
    half = _crown() * (np.arange(WIDTH) < X + PX_PER_CM)
    worn = _worn(half.astype(np.float32))
    assert worn[CROWN[0], round(X + 4 * PX_PER_CM)] > 0.9


def test_a_hand_on_the_head_is_no_hat() -> None:
    assert _worn(_crown(), skin=_crown())[CROWN] == 0


def test_an_arm_beside_the_face_is_left_alone() -> None:
    column = X + 12 * PX_PER_CM
    arm = ellipse((column, Y - 4 * PX_PER_CM), (2 * PX_PER_CM, 14 * PX_PER_CM))
    worn = _worn(np.maximum(arm, _crown()))
    assert worn[:, round(column)].max() == 0 and worn[CROWN] > 0.9


@pytest.mark.parametrize("half_width_cm", [18.0, 30.0])
def test_what_is_wider_than_a_hat_stands_behind(half_width_cm: float) -> None:
    wall = ellipse((X, Y - 14 * PX_PER_CM), (half_width_cm * PX_PER_CM, 6 * PX_PER_CM))
    assert _worn(wall).max() == 0


def test_what_is_nearer_to_somebody_else_is_theirs() -> None:
    other = face_at(X, Y - 22 * PX_PER_CM)
    assert _worn(_crown(), others=(other,))[CROWN] == 0


def test_a_brim_that_no_matte_knows_is_worn_by_its_colour_and_the_wall_is_not() -> None:
    rgb = np.full((HEIGHT, WIDTH, 3), (150, 170, 175), np.uint8)
    brim = ellipse((X, Y - 9.5 * PX_PER_CM), (15 * PX_PER_CM, 1.2 * PX_PER_CM))
    hand = ellipse((X - 13 * PX_PER_CM, Y - 14 * PX_PER_CM), (2 * PX_PER_CM, 2 * PX_PER_CM))
    rgb[(_crown() > 0.5) | (brim > 0.5)] = (220, 190, 125)
    rgb[hand > 0.5] = (200, 150, 120)
    worn = _worn(_crown(), rgb=rgb)
    row = round(Y - 9.5 * PX_PER_CM)
    assert worn[row, [round(X - 13 * PX_PER_CM), round(X + 13 * PX_PER_CM)]].min() > 0.9
    assert worn[hand > 0.5].max() == 0
    assert worn[row - 30, round(X + 13 * PX_PER_CM)] == 0
