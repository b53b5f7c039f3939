"""Where the old head is: all of it, and not the rest of the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.removal import (
    face_and_ears,
    follow_head,
    head_area,
    own_hair,
    skin_and_eyes,
    work_size,
)
from headswap.vision.mattes import Mattes
from tests.made_heads import MIDDLE_XY, PX_PER_CM, SIZE_WH, ellipse, face_at, turned

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY


def _nothing() -> F32:
    return np.zeros((HEIGHT, WIDTH), np.float32)


def _long_hair() -> F32:
    return ellipse((X, Y + 4 * PX_PER_CM), (11 * PX_PER_CM, 17 * PX_PER_CM))


def _cm_from(mask: F32 | U8) -> F32:
    """(h, w) how far each pixel is from a mask, in cm."""
    away = cv2.distanceTransform((mask < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(away, np.float32) / PX_PER_CM


@pytest.mark.parametrize("yaw_deg", [-50, 0, 30])
def test_the_area_holds_the_whole_face_however_it_is_turned(yaw_deg: float) -> None:
    face = face_at(X, Y, rotation=turned(yaw_deg))
    x, y = face[:468, :2].round().astype(int).T
    seen = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(seen, cv2.convexHull(np.column_stack([x, y])), 1)
    area = head_area(_nothing(), seen.astype(np.float32), _nothing(), face, PX_PER_CM, SIZE_WH)
    assert area.shape == (HEIGHT, WIDTH) and area.dtype == np.float32
    assert area[y, x].min() > 0.8


def test_a_collar_beside_a_jaw_is_no_part_of_the_head() -> None:
    face = face_at(X, Y)
    person = np.ones((HEIGHT, WIDTH), np.float32)
    rows, columns = np.arange(HEIGHT)[:, None], np.arange(WIDTH)[None]
    jaw = float(face[[132, 361], 1].mean())
    collar = ((columns > face[:, 0].max()) & (rows > jaw)).astype(np.float32)
    place = (round(jaw + 2 * PX_PER_CM), round(face[:, 0].max() + 1.2 * PX_PER_CM))
    spared = head_area(_nothing(), person, collar, face, PX_PER_CM, SIZE_WH)
    emptied = head_area(_nothing(), person, _nothing(), face, PX_PER_CM, SIZE_WH)
    assert spared[place] < 0.1 and emptied[place] > 0.9
    x, y = face[:468, :2].round().astype(int).T
    assert spared[y, x].min() > 0.8


def test_the_area_of_a_bald_head_reaches_over_skull_and_ears_and_no_further() -> None:
    face = face_at(X, Y)
    area = head_area(_nothing(), _nothing(), _nothing(), face, PX_PER_CM, SIZE_WH)
    crown = (round(X), round(Y - 10.5 * PX_PER_CM))
    ear = (round(X + 8.5 * PX_PER_CM), round(Y))
    assert area[crown[::-1]] > 0.9 and area[ear[::-1]] > 0.9
    assert area[_cm_from(face_and_ears(face, (HEIGHT, WIDTH))) > 3].max() == 0


def test_the_area_covers_all_hair_and_nothing_far_from_it() -> None:
    hair, face = _long_hair(), face_at(X, Y)
    area = head_area(hair, hair, np.zeros_like(hair), face, PX_PER_CM, SIZE_WH)
    assert area[hair > 0.5].min() > 0.9
    head = np.maximum(hair, face_and_ears(face, (HEIGHT, WIDTH)))
    assert area[_cm_from(head) > 4].max() == 0


def test_the_area_spares_collar_and_neck_beside_the_hair_below_the_chin() -> None:
    curtain = _nothing()
    curtain[round(Y) : round(Y + 18 * PX_PER_CM), 100:110] = 1
    person = np.ones((HEIGHT, WIDTH), np.float32)
    face = face_at(X, Y)
    below = (round(Y + 16 * PX_PER_CM), 110 + round(0.9 * PX_PER_CM))
    on_body = head_area(curtain, person, np.zeros_like(curtain), face, PX_PER_CM, SIZE_WH)[below]
    on_background = head_area(
        curtain, _nothing(), np.zeros_like(curtain), face, PX_PER_CM, SIZE_WH
    )[below]
    assert on_background > 0.5 and on_body < 0.5


def test_a_hat_over_the_skull_belongs_to_the_head() -> None:
    hat = ellipse((X, Y - 12.5 * PX_PER_CM), (6 * PX_PER_CM, 3 * PX_PER_CM))
    face = face_at(X, Y)
    bare = head_area(_nothing(), _nothing(), _nothing(), face, PX_PER_CM, SIZE_WH)
    worn = head_area(_nothing(), hat, _nothing(), face, PX_PER_CM, SIZE_WH)
    above = (round(Y - 12.8 * PX_PER_CM), round(X))
    assert worn[above] > 0.9 and bare[above] < 0.1


def test_the_area_has_no_holes_and_no_slits_above_the_chin() -> None:
    hat = ellipse((X, Y - 14 * PX_PER_CM), (9 * PX_PER_CM, 7 * PX_PER_CM))
    hole = ellipse((X, Y - 16 * PX_PER_CM), (3 * PX_PER_CM, 3 * PX_PER_CM))
    hair, face = np.maximum(_long_hair(), hat * (1 - hole)), face_at(X, Y)
    chin, column = round(face[152, 1]), round(X + 9 * PX_PER_CM)
    slit = np.s_[chin - 20 : chin - 6, column - 3 : column + 3]
    neck = np.s_[chin + 20 : chin + 30, round(X) - 8 : round(X) + 8]
    hair[slit] = 0
    hair[chin + 12 : chin + 40, round(X) - 20 : round(X) + 20] = 0
    area = head_area(hair, np.ones_like(hair), np.zeros_like(hair), face, PX_PER_CM, SIZE_WH)
    assert area[hole > 0.5].min() > 0.9 and area[slit].min() > 0.9
    # The neck between long hair is none.
    assert area[neck].max() < 0.5


def test_hair_given_at_half_size_gives_nearly_the_same_area() -> None:
    hair, face = _long_hair(), face_at(X, Y)
    half_wh = (WIDTH // 2, HEIGHT // 2)
    half = cv2.resize(hair, half_wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    whole = head_area(hair, hair, np.zeros_like(hair), face, PX_PER_CM, SIZE_WH)
    small = head_area(half, half, np.zeros_like(half), face, PX_PER_CM, SIZE_WH)
    assert small.shape == whole.shape
    assert np.abs(small - whole).mean() < 0.02


def test_the_area_is_the_same_in_a_picture_three_times_as_large() -> None:
    hair = _long_hair()
    large_wh = (3 * WIDTH, 3 * HEIGHT)
    large_hair = cv2.resize(hair, large_wh, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    once = head_area(hair, hair, np.zeros_like(hair), face_at(X, Y), PX_PER_CM, SIZE_WH)
    face = face_at(3 * X, 3 * Y, 3 * PX_PER_CM)
    thrice = head_area(
        large_hair, large_hair, np.zeros_like(large_hair), face, 3 * PX_PER_CM, large_wh
    )
    shrunk = cv2.resize(thrice, SIZE_WH, interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - once).mean() < 0.01


@pytest.mark.parametrize(
    ("scale", "expected"), [(2.0, (400, 300)), (6.0, (400, 300)), (12.0, (200, 150))]
)
def test_areas_are_worked_out_no_finer_than_needed(scale: float, expected: tuple[int, int]) -> None:
    assert work_size((400, 300), scale) == expected
    assert work_size((1, 1), 100 * scale) == (1, 1)


def test_following_a_head_finds_its_similarity() -> None:
    before = face_at(X, Y)
    angle, scale, shift = np.radians(17), 1.3, np.array([40.0, -25.0])
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    truth = np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])
    after = before.copy()
    after[:, :2] = before[:, :2] @ truth[:, :2].T + truth[:, 2]
    assert np.allclose(follow_head(before, after), truth, atol=1e-3)
    assert np.allclose(follow_head(before, before), np.eye(2, 3), atol=1e-6)


def test_following_a_head_does_not_mind_a_talking_mouth() -> None:
    before, after = face_at(X, Y), face_at(X + 5, Y)
    mouth = [61, 291, 0, 17, 13, 14]
    after[mouth, 1] += 2 * PX_PER_CM
    assert np.allclose(follow_head(before, after)[:, 2], [5, 0], atol=1e-3)


def test_hair_that_hangs_together_with_the_face_is_its_own_and_other_hair_is_not() -> None:
    mine = ellipse((X, Y - 6 * PX_PER_CM), (9 * PX_PER_CM, 8 * PX_PER_CM))
    other = ellipse((30, 290), (20, 20))
    mattes = Mattes(np.maximum(mine, other), np.maximum(mine, other), _nothing(), _nothing())
    hair = own_hair(mattes, face_at(X, Y), PX_PER_CM)
    assert hair.dtype == np.float32
    assert np.array_equal(hair[mine > 0.12], mine[mine > 0.12])
    assert hair[other > 0].max() == 0


def test_what_is_surely_clothes_or_bare_skin_is_no_hair() -> None:
    doubtful = 0.4 * ellipse((X, Y), (12 * PX_PER_CM, 14 * PX_PER_CM))
    for name in ("clothes", "skin"):
        planes = {"skin": _nothing(), "clothes": _nothing(), name: np.ones_like(doubtful)}
        mattes = Mattes(doubtful, doubtful, planes["skin"], planes["clothes"])
        assert own_hair(mattes, face_at(X, Y), PX_PER_CM).max() == 0


@pytest.mark.parametrize(
    ("sure", "clothed", "yaw_deg", "half_cm", "taken"),
    [
        (0.6, 0.3, -30, 2, True),
        (0.35, 0.8, -30, 2, False),
        # Seen from the front there is none, nor on the side that the face looks to.
        (0.6, 0.3, 0, 2, False),
        (0.6, 0.3, 30, 2, False),
        # Wider than a tail.
        (0.6, 0.3, -30, 6, False),
    ],
)
def test_a_ponytail_below_the_ear_is_hair_and_a_collar_is_not(
    sure: float, clothed: float, yaw_deg: float, half_cm: float, taken: bool
) -> None:
    crown = ellipse((X, Y - 6 * PX_PER_CM), (9 * PX_PER_CM, 8 * PX_PER_CM))
    place = (X + 8 * PX_PER_CM, Y + 9 * PX_PER_CM)
    tail = ellipse(place, (half_cm * PX_PER_CM, 5 * PX_PER_CM))
    person = np.maximum(crown, tail)
    mattes = Mattes(person, np.maximum(crown, sure * tail), _nothing(), clothed * tail)
    hair = own_hair(mattes, face_at(X, Y, rotation=turned(yaw_deg)), PX_PER_CM)
    assert (hair[round(place[1]), round(place[0])] > 0.2) == taken


def test_the_oval_is_skin_and_the_skull_is_more() -> None:
    face = face_at(X, Y)
    oval, skull = skin_and_eyes(face, (HEIGHT, WIDTH)), face_and_ears(face, (HEIGHT, WIDTH))
    x, y = face[1, :2].round().astype(int)
    assert oval[y, x] == 1
    assert (skull >= oval).all() and skull.sum() > 1.2 * oval.sum()
    chin = int(np.ceil(face[152, 1]))
    assert skull[chin + 2 :].max() == 0
