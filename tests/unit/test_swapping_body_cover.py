"""What covers a body where hair hid it: skin or clothes, and in whose colour."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from headswap.arrays import F32, Bool
from headswap.swapping.compose.body import Body, body_cue, complete_body
from headswap.swapping.compose.body_cue import ABOVE_CM, GRID_CM, neck_of, px_from_grid
from headswap.swapping.compose.body_neck import neck_area, neck_rim
from headswap.vision.mattes import Mattes
from headswap.vision.pose import fit_pose
from tests.made_heads import (
    BEHIND_RGB,
    HAIR_RGB,
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    SKIN_RGB,
    ellipse,
    face_at,
    flat_cue,
    turned,
)

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY
FACE = face_at(X, Y)
CHIN = float(FACE[152, 1])
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
# From the middle of the neck to the side, and from the chin down.
ASIDE_CM, DOWN_CM = (COLUMNS - X) / PX_PER_CM, (ROWS - CHIN) / PX_PER_CM
# The strap is about as dark as the hair.
CLOTHES_RGB, STRAP_RGB = (225, 155, 30), (60, 45, 45)
SHOULDERS = DOWN_CM - 0.3 * np.abs(ASIDE_CM) > 3


class Somebody:
    """A person before green: bare where `bare`, dressed where `dressed`, hair where `hair`."""

    def __init__(self, bare: Bool, dressed: Bool, hair: Bool) -> None:
        face = ellipse((X, Y), (7 * PX_PER_CM, 9.4 * PX_PER_CM)) > 0.5
        body = (bare | dressed) & ~face & ~hair
        self.rgb = np.empty((HEIGHT, WIDTH, 3), np.float32)
        self.rgb[:] = BEHIND_RGB
        self.rgb[bare | face], self.rgb[dressed & ~bare & ~face] = SKIN_RGB, CLOTHES_RGB
        self.rgb[hair] = HAIR_RGB
        skin = (face | (bare & body)) & ~hair
        self.mattes = Mattes(
            person=(face | body | hair).astype(np.float32),
            hair=hair.astype(np.float32),
            skin=skin.astype(np.float32),
            clothes=(dressed & ~bare & body).astype(np.float32),
        )
        self.head = (hair | face).astype(np.float32)

    def body(self) -> Body:
        """The completed body, by the cue of this one picture."""
        given = self.rgb, self.mattes, self.head, FACE, PX_PER_CM
        return complete_body(*given, body_cue(*given))


def _at(aside_cm: float, down_cm: float) -> tuple[int, int]:
    return round(CHIN + down_cm * PX_PER_CM), round(X + aside_cm * PX_PER_CM)


def _near(colour: F32, wanted: tuple[int, int, int]) -> bool:
    return float(np.abs(colour - wanted).max()) < 20


NECK = (np.abs(ASIDE_CM) < 5) & (DOWN_CM > -4)
NOTHING = np.zeros((HEIGHT, WIDTH), np.bool_)


def test_a_plain_garment_that_a_network_takes_for_skin_stays_cloth_under_removed_hair() -> None:
    neck = NECK & (DOWN_CM < 2.5)
    hair = (ASIDE_CM < -3) & (ASIDE_CM > -11) & (DOWN_CM < 9)
    person = Somebody(neck, SHOULDERS, hair)
    all_skin = np.maximum(person.mattes.skin, person.mattes.clothes)
    person.mattes = replace(person.mattes, skin=all_skin, clothes=np.zeros_like(all_skin))
    body = person.body()
    for aside, down in ((-9.0, 7.5), (-7.0, 6.5), (-4.0, 6.0)):
        assert _near(body.rgb[_at(aside, down)], CLOTHES_RGB), (aside, down)
    assert _near(body.rgb[_at(0, 1.5)], SKIN_RGB)


def test_straps_go_on_as_straps_between_bare_skin() -> None:
    # Somebody who turns a little does not wear them alike.
    places = (-8.5, 7.5)
    straps = SHOULDERS & (np.min([np.abs(ASIDE_CM - at) for at in places], axis=0) < 1.5)
    hair = (np.abs(ASIDE_CM) > 3) & (np.abs(ASIDE_CM) < 14) & (DOWN_CM < 11)
    person = Somebody((NECK | SHOULDERS) & ~straps, straps, hair)
    person.rgb[straps & ~hair] = STRAP_RGB
    body = person.body()
    for at, aside in itertools.product(places, (-0.9, 0, 0.9)):
        assert _near(body.rgb[_at(at + aside, 6.5)], STRAP_RGB), (at, aside)
        assert _near(body.rgb[_at(at + (3 * aside or 3), 6.5)], SKIN_RGB), (at, aside)


def test_a_neckline_that_one_side_shows_is_the_other_sides_too() -> None:
    neckline = NECK | (SHOULDERS & (np.abs(ASIDE_CM) < 11 - 0.5 * DOWN_CM))
    hair = (ASIDE_CM < -1) & (ASIDE_CM > -20) & (DOWN_CM < 11)
    body = Somebody(neckline, SHOULDERS, hair).body()
    for aside, down in ((7.0, 6.0), (6.0, 8.5)):
        assert _near(body.rgb[_at(-aside, down)], SKIN_RGB), (aside, down)
        assert _near(body.rgb[_at(-aside - 2.5, down)], CLOTHES_RGB), (aside, down)


def test_strands_that_no_matte_knows_are_not_continued_as_cloth() -> None:
    hair = (ASIDE_CM > 3) & (ASIDE_CM < 14) & (DOWN_CM < 8)
    person = Somebody(NECK & (DOWN_CM < 3), SHOULDERS, hair)
    person.rgb[(ASIDE_CM > 3) & (ASIDE_CM < 14) & (DOWN_CM >= 8) & (DOWN_CM < 9)] = HAIR_RGB
    assert _near(person.body().rgb[_at(9, 7.5)], CLOTHES_RGB)


def test_a_collar_that_is_seen_under_the_jaw_keeps_its_own_colour() -> None:
    collar = (np.abs(ASIDE_CM) > 2.5) & (np.abs(ASIDE_CM) < 8) & (DOWN_CM > -0.5)
    person = Somebody(NECK & ~collar, SHOULDERS | collar, NOTHING)
    # The emptied area has a margin that reaches over what is seen.
    person.head = np.maximum(person.head, (DOWN_CM < 1.5).astype(np.float32))
    body = person.body()
    for aside in (-4.5, 4.5):
        assert _near(body.rgb[_at(aside, 1)], CLOTHES_RGB), aside
    assert _near(body.rgb[_at(0, 1)], SKIN_RGB)


@pytest.mark.parametrize("side", [-1, 1])
def test_neck_and_shoulder_meet_in_an_arc(side: int) -> None:
    hair = (np.abs(ASIDE_CM) > 3) & (np.abs(ASIDE_CM) < 14) & (DOWN_CM < 8)
    solid = Somebody(NECK, SHOULDERS, hair).body().alpha > 0.5
    edge = next(at for at in np.arange(3, 9, 0.1) if not solid[_at(side * at, -2)])
    places = (0.2, 3.5, 6.5)
    first = _at(0, -2)[0]
    tops = [float(np.argmax(solid[first:, _at(side * (edge + at), 0)[1]])) for at in places]
    fall = (tops[2] - tops[1]) / (places[2] - places[1])
    straight = tops[1] - fall * (places[1] - places[0])
    assert 0.25 * PX_PER_CM < straight - tops[0] < PX_PER_CM


def test_a_raised_hand_is_no_part_of_a_body_that_is_carried_on_but_a_collar_is() -> None:
    hair = (np.abs(ASIDE_CM) < 9) & (DOWN_CM < 2) & ~NECK
    for bare, kept in ((True, False), (False, True)):
        stands = (ASIDE_CM > 11) & (ASIDE_CM < 15) & (DOWN_CM > -2) & (DOWN_CM < 9)
        person = Somebody(
            NECK & (DOWN_CM < 3) | (stands if bare else NOTHING),
            SHOULDERS | (NOTHING if bare else stands),
            hair,
        )
        alpha = person.body().alpha
        assert (float(alpha[_at(13, 2)]) > 0.5) is kept
        assert alpha[_at(13, 11)] > 0.9


def test_a_head_over_nothing_tells_no_lies_of_what_is_seen_to_be_skin() -> None:
    arm = (ASIDE_CM > 12) & (ASIDE_CM < 17) & (DOWN_CM > 2)
    sleeve = (ASIDE_CM < -12) & (DOWN_CM > 2)
    person = Somebody(arm, sleeve, NOTHING)
    cue = body_cue(person.rgb, person.mattes, person.head, FACE, PX_PER_CM)
    assert np.isfinite(cue.skin_cm).all()
    to_crop = px_from_grid(FACE, PX_PER_CM)
    row, column = _at(14.5, 8)
    at = (np.array([column, row]) - to_crop[:, 2]) / (GRID_CM * PX_PER_CM)
    assert cue.skin_cm[round(at[1]), round(at[0])] > 1


@pytest.mark.parametrize("first_cm", [-4.0, -1.0, 1.0])
def test_a_neck_of_which_hair_leaves_a_strip_to_be_seen_stands_as_upright_as_it_can(
    first_cm: float,
) -> None:
    strip = NECK & (np.abs(ASIDE_CM - first_cm - 1.5) < 1.5) & (DOWN_CM > 0)
    rim = neck_rim(fit_pose(FACE[None]))
    neck = neck_area(FACE, rim, strip.shape, strip, NOTHING, NOTHING, PX_PER_CM)
    columns = np.flatnonzero(neck[_at(0, 4)[0]])
    assert abs((columns[0] + columns[-1]) / 2 - X) < 0.3 * PX_PER_CM
    assert 8 < (columns[-1] - columns[0]) / PX_PER_CM < 13


@pytest.mark.parametrize(("yaw_deg", "roll_deg"), [(0, 0), (40, 0), (-40, 0), (30, 20), (-30, 20)])
def test_a_neck_goes_up_behind_the_lobes_of_a_turned_head_and_down_to_where_it_is_seen(
    yaw_deg: float, roll_deg: float
) -> None:
    face = face_at(X, Y, rotation=turned(yaw_deg, roll_deg=roll_deg))
    pose, strip = fit_pose(face[None]), NECK & (DOWN_CM > 1) & (np.abs(ASIDE_CM) < 4)
    neck = neck_area(face, neck_rim(pose), strip.shape, strip, NOTHING, NOTHING, PX_PER_CM)
    behind_lobes = pose.to_frame(np.array([[-4.0, 4.0, 6.0], [4.0, 4.0, 6.0], [0.0, 4.0, 10.5]]))
    columns, rows = behind_lobes[0, :, :2].T.round().astype(int)
    assert neck[rows, columns].all()
    assert neck[_at(0, 3)]
    widths = neck[rows.min() : _at(0, 4)[0]].sum(axis=1) / PX_PER_CM
    assert widths.min() > 9 and widths.max() < 14


def test_where_a_neck_ends_against_the_background_it_goes_on_without_a_step() -> None:
    seen = (np.abs(ASIDE_CM) < 4) & (DOWN_CM > 1)
    air = (np.abs(ASIDE_CM) > 4.3) & (DOWN_CM > 1) & (DOWN_CM < 5)
    neck = neck_area(FACE, neck_rim(fit_pose(FACE[None])), seen.shape, seen, air, air, PX_PER_CM)
    rows = neck[_at(0, -4)[0] : _at(0, 4)[0]]
    right = rows.shape[1] - rows[:, ::-1].argmax(axis=1)
    assert np.abs(np.diff(right)).max() <= 2
    assert abs(right[-1] - X - 4 * PX_PER_CM) < 2


def test_a_hidden_shoulder_meets_its_seen_end_however_the_other_one_looks() -> None:
    hood = 7 * np.exp(-(((-ASIDE_CM - 13.0) / 1.0) ** 2))
    dressed = DOWN_CM - 0.3 * np.abs(ASIDE_CM) + hood > 5
    hair = (ASIDE_CM > 1) & (ASIDE_CM < 14) & (DOWN_CM < 12)
    person = Somebody(NECK & (DOWN_CM < 3), dressed, hair)
    cue = body_cue(person.rgb, person.mattes, person.head, FACE, PX_PER_CM)
    to_crop = px_from_grid(FACE, PX_PER_CM)
    at = (X + np.array([11.0, 15.0]) * PX_PER_CM - to_crop[0, 2]) / (GRID_CM * PX_PER_CM)
    near_end = cue.top_cm[round(at[0]) : round(at[1]) + 1]
    assert near_end.min() > -ABOVE_CM and np.abs(np.diff(near_end)).max() < 0.8


def test_what_is_seen_of_an_outline_leads_what_is_drawn_of_it_only_near_by() -> None:
    hair = (np.abs(ASIDE_CM) < 14) & (DOWN_CM < 12)
    person = Somebody(NOTHING, SHOULDERS, hair)
    given = person.rgb, person.mattes, person.head, FACE, PX_PER_CM
    body = complete_body(*given, flat_cue(top_cm=14.0, skin_cm=-1.0))
    far, near, seen = (
        (float(np.argmax(body.alpha[:, _at(aside, 0)[1]] > 0.5)) - CHIN) / PX_PER_CM
        for aside in (8.0, 13.7, 15.0)
    )
    told = (neck_of(FACE)[1] - CHIN) / PX_PER_CM + 14
    assert seen == pytest.approx(7.5, abs=0.3) and near == pytest.approx(seen, abs=0.6)
    assert far == pytest.approx(told, abs=0.6) and told > seen + 1.5


def test_the_light_on_an_old_jaw_does_not_grow_into_the_neck() -> None:
    hair = (ASIDE_CM > 1) & (ASIDE_CM < 6) & (DOWN_CM < 1.2) & (DOWN_CM > -8)
    bare = (np.abs(ASIDE_CM) < 5) & (DOWN_CM > -3)
    somebody = Somebody(bare, np.zeros_like(bare), hair)
    neck = (113, 88, 74)
    somebody.rgb[bare & (DOWN_CM > 0.9) & ~hair] = neck
    made_up = somebody.body().rgb[_at(1.3, 0.5)]
    assert np.abs(made_up - neck).max() < 0.4 * np.abs(np.subtract(SKIN_RGB, neck)).max()


def test_the_ends_of_strands_do_not_darken_the_clothes_beside_them() -> None:
    bare = (np.abs(ASIDE_CM) < 5) & (DOWN_CM > -3) & ~SHOULDERS
    hair = (ASIDE_CM > 4) & (ASIDE_CM < 9) & (DOWN_CM > -10) & (DOWN_CM < 9)
    somebody = Somebody(bare, SHOULDERS, hair)
    ends = (ASIDE_CM > 4) & (ASIDE_CM < 9) & (DOWN_CM > 9) & (DOWN_CM < 9.8)
    somebody.rgb[ends] = 0.5 * np.array(CLOTHES_RGB) + 0.5 * np.array(HAIR_RGB)
    assert _near(somebody.body().rgb[_at(6.5, 8.5)], CLOTHES_RGB)
