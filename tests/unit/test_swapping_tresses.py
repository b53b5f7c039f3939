"""Strands beside the neck are hair by the votes of networks and colours; collars and skin stay."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.tresses import hair_hangs, hair_votes, hanging_hair
from headswap.vision.mattes import Mattes
from tests.made_heads import HAIR_RGB, MIDDLE_XY, PX_PER_CM, SIZE_WH, SKIN_RGB, ellipse, face_at

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY
FACE = face_at(X, Y)
CROWN = ellipse((X, Y - 6 * PX_PER_CM), (9 * PX_PER_CM, 8 * PX_PER_CM))
OVAL = ellipse((X, Y + PX_PER_CM), (7 * PX_PER_CM, 9 * PX_PER_CM))
YELLOW, DARK = (225, 160, 20), (74, 47, 33)
PLACE = (round(Y + 15 * PX_PER_CM), round(X + 8 * PX_PER_CM))


def _strand(aside_cm: float, from_cm: float = 2.0) -> F32:
    plane = np.zeros((HEIGHT, WIDTH), np.float32)
    left = round(X + (aside_cm - 1.2) * PX_PER_CM)
    plane[round(Y + from_cm * PX_PER_CM) : round(Y + 19 * PX_PER_CM), left : left + 14] = 1
    return plane


NEAR, LONG = _strand(8), _strand(-8)
BODY = (np.arange(HEIGHT)[:, None] > Y + 12 * PX_PER_CM) * np.ones((1, WIDTH), np.float32)


def _picture(cloth: tuple[int, int, int], strand: tuple[int, int, int] = HAIR_RGB) -> U8:
    rgb = np.full((HEIGHT, WIDTH, 3), (120, 150, 160), np.uint8)
    rgb[BODY > 0] = cloth
    rgb[(CROWN > 0.5) | (LONG > 0)] = HAIR_RGB
    rgb[OVAL > 0.5] = SKIN_RGB
    rgb[NEAR > 0] = strand
    return rgb


def _found(
    rgb: U8,
    first: float = 0.9,
    second: float = 0.0,
    clothed: float = 0.5,
    skin: float = 0.0,
    long: bool = True,
    strand: F32 = NEAR,
    on_top: float = 1.0,
    crown: F32 = CROWN,
) -> F32:
    """The head's hair, where the strand is seen as surely as said by each network.

    on_top: how much of the hair that is known the second network sees.
    """
    known = np.maximum(crown, LONG * long) * (OVAL < 0.5)
    clothes = np.maximum(BODY * (strand == 0) * (known < 0.5), clothed * strand)
    person = np.maximum.reduce([known, OVAL, BODY, strand]).astype(np.float32)
    shares = ((1.0, first), (on_top, second))
    votes = tuple(np.maximum(a * known, b * strand).astype(np.float32) for a, b in shares)
    mattes = Mattes(person, known, np.maximum(OVAL, skin * strand), clothes.astype(np.float32))
    told = hair_votes(rgb, mattes, votes, known, FACE, PX_PER_CM)
    return hanging_hair(told, known, FACE, PX_PER_CM)


def test_a_strand_that_one_network_misses_is_hair_on_a_coloured_collar() -> None:
    hair = _found(_picture(YELLOW))
    assert hair.shape == (HEIGHT, WIDTH) and hair.dtype == np.float32
    assert hair[PLACE] > 0.5
    assert hair[PLACE[0], PLACE[1] + 20] == 0


@pytest.mark.parametrize(
    "doubt",
    [
        # As dark as the hair, and taken for clothes: a scarf.
        {"rgb": _picture(DARK, DARK), "clothed": 1.0},
        # A neck in shade.
        {"rgb": _picture(YELLOW, SKIN_RGB), "first": 0.6, "skin": 1.0},
        # No network sees anything.
        {"rgb": _picture(YELLOW), "first": 0.05},
        # The hair is short, and the second network sees none.
        {"rgb": _picture(YELLOW), "long": False},
        # Far below the ear it does not hang together with the head.
        {"rgb": _picture(YELLOW), "strand": _strand(8, 12)},
    ],
)
def test_scarf_neck_and_collar_are_no_hair(doubt: dict[str, U8 | F32 | float | bool]) -> None:
    assert _found(**doubt)[PLACE] < 0.12  # pyright: ignore[reportArgumentType]


def test_what_both_networks_see_is_a_ponytail_though_it_is_taken_for_clothes() -> None:
    hair = _found(_picture(YELLOW), second=0.8, clothed=1.0, long=False)
    assert hair[PLACE] > 0.5


def test_a_network_that_sees_no_hair_on_top_has_no_say_in_what_hangs_from_there() -> None:
    sides = ellipse((X, Y - 3 * PX_PER_CM), (10 * PX_PER_CM, 11 * PX_PER_CM))
    rgb = _picture(YELLOW)
    rgb[(sides > 0.5) & (OVAL < 0.5)] = HAIR_RGB

    def found(crown: F32, on_top: float) -> F32:
        # It takes the strand for skin, too.
        return _found(rgb, clothed=0.0, skin=1.0, long=False, crown=crown, on_top=on_top)

    hair = found(sides, 0.1)
    assert hair[PLACE] > 0.5 and hair[PLACE[0], PLACE[1] + 20] == 0
    assert found(sides, 1.0)[PLACE] < 0.12
    # Hair that ends above it does not hang there: it is a shirt.
    assert found(CROWN, 0.1)[PLACE] < 0.12


def test_a_strand_with_a_faces_colour_is_hair_where_no_skin_is() -> None:
    rgb = _picture(YELLOW, SKIN_RGB)
    assert _found(rgb, clothed=0.3)[PLACE] > 0.5
    assert _found(rgb, clothed=0.3, skin=0.6)[PLACE] < 0.5


def test_where_one_network_looks_alone_its_hair_stays_as_it_is() -> None:
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    mattes = Mattes(CROWN, CROWN, OVAL, nothing)
    told = hair_votes(_picture(YELLOW), mattes, (), CROWN, FACE, PX_PER_CM)
    assert np.array_equal(hanging_hair(told, CROWN, FACE, PX_PER_CM) > 0.5, CROWN > 0.5)
    assert ((told > 0) == (CROWN > 0.5)).mean() > 0.99


def test_short_hair_does_not_hang() -> None:
    assert hair_hangs(LONG, FACE, PX_PER_CM) and not hair_hangs(CROWN, FACE, PX_PER_CM)
