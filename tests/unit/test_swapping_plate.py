"""What a frame shows when the head is gone: what is background, the body, and the light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.plate import (
    body_layer,
    claimed_by_hair_alone,
    clear_background,
    cue_at_work_size,
    over,
    settle,
)
from headswap.vision.mattes import Mattes
from tests.made_heads import (
    BEHIND_RGB,
    MIDDLE_XY,
    PX_PER_CM,
    SIZE_WH,
    SKIN_RGB,
    ellipse,
    face_at,
    noise_picture,
)

WIDTH, HEIGHT = SIZE_WH
X, Y = MIDDLE_XY
CLOTHES_RGB = (60, 70, 170)


def test_close_to_a_person_is_less_certain_and_they_themselves_are_no_background() -> None:
    rgb, mattes, head = _person()
    clear = clear_background(rgb, mattes, head, face_at(X, Y), PX_PER_CM)
    anything = np.maximum(mattes.person, head)
    assert clear.dtype == np.uint8
    assert clear[anything > 0.15].max() == 0
    away = cv2.distanceTransform((anything < 0.02).astype(np.uint8), cv2.DIST_L2, 5)
    assert clear[away > 4].min() == 2


def test_stray_hair_beyond_the_matte_is_no_background_and_the_wall_between_is() -> None:
    rgb, mattes, head = _person()
    area = cv2.dilate(head, np.ones((41, 41), np.uint8)).astype(np.float32)
    row = round(Y - 8 * PX_PER_CM)
    right = int(np.flatnonzero(head[row] > 0)[-1])
    strand = np.s_[row - 4 : row + 5, right + 8 : right + 11]
    rgb[strand] = (250, 0, 0)
    clear = clear_background(rgb, mattes, area, face_at(X, Y), PX_PER_CM)
    assert clear[strand].max() == 0
    assert clear[row - 12, right + 9] == 1


def _person() -> tuple[U8, Mattes, F32]:
    """A red head on skin-coloured neck and blue shoulders before green, mattes, the head's area."""
    head = ellipse((X, Y - 2 * PX_PER_CM), (9 * PX_PER_CM, 12 * PX_PER_CM))
    chin = Y + 9.4 * PX_PER_CM
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    neck = (np.abs(columns - X) < 5 * PX_PER_CM) & (rows > Y + 3.5 * PX_PER_CM)
    slope = chin + 4 * PX_PER_CM + 0.3 * np.abs(columns - X)
    clothes = ((rows > slope) & ~(neck & (rows < chin + 7 * PX_PER_CM))).astype(np.float32)
    neck = (neck & (clothes == 0)).astype(np.float32)
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = BEHIND_RGB
    rgb[neck > 0], rgb[clothes > 0] = SKIN_RGB, CLOTHES_RGB
    rgb[head > 0] = (250, 0, 0)
    face = ellipse((X, Y), (6 * PX_PER_CM, 8 * PX_PER_CM))
    rgb[face > 0] = SKIN_RGB
    person = np.maximum.reduce([head, neck, clothes])
    skin = np.maximum(neck, face)
    return rgb, Mattes(person, head * (1 - skin), skin, clothes * (1 - head)), head


def _emptied() -> tuple[U8, U8, F32]:
    rgb, mattes, head = _person()
    area = cv2.dilate(head, np.ones((5, 5), np.uint8)).astype(np.float32)
    face = face_at(X, Y)
    cue = cue_at_work_size(rgb, mattes, area, face, PX_PER_CM)
    layer = body_layer(rgb, mattes, area, face, PX_PER_CM, cue)
    plate = np.full((HEIGHT, WIDTH, 3), BEHIND_RGB, np.uint8)
    return over(layer, plate), rgb, area


def test_without_its_head_a_crop_shows_background_above_and_neck_below() -> None:
    emptied, rgb, area = _emptied()
    far = cv2.distanceTransform((area == 0).astype(np.uint8), cv2.DIST_L2, 5) > 3
    assert np.abs(emptied.astype(int) - rgb)[far].mean() < 4
    skull = emptied[round(Y - 13 * PX_PER_CM) : round(Y - 2 * PX_PER_CM)]
    assert np.abs(skull.astype(int) - BEHIND_RGB).max() <= 4
    neck = emptied[
        round(Y + 6 * PX_PER_CM) : round(Y + 9 * PX_PER_CM), round(X) - 12 : round(X) + 12
    ]
    assert np.abs(neck.astype(int) - SKIN_RGB).mean() < 12


def test_no_colour_of_the_head_remains_anywhere() -> None:
    emptied, _, _ = _emptied()
    redness = emptied[..., 0].astype(int) - emptied[..., 1]
    assert redness.max() < 80


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_a_layer_covers_a_background_by_its_alpha(alpha: int) -> None:
    layer = np.zeros((4, 6, 4), np.uint8)
    layer[..., :3], layer[..., 3] = round(200 * alpha / 255), alpha
    shown = over(layer, np.full((4, 6, 3), 100, np.uint8))
    assert np.abs(shown.astype(int) - (100 + 100 * alpha / 255)).max() <= 1


def _disc_head() -> F32:
    return ellipse((X, Y), (50, 60), soft=2)


@pytest.mark.parametrize("offset", [-18, -6, 0, 9, 20])
def test_settling_takes_out_a_constant_difference_of_light(offset: int) -> None:
    truth = np.clip(noise_picture(SIZE_WH, blur_px=12), 50, 200)
    rgb = truth.copy()
    head = _disc_head()
    rgb[head > 0.5] = (255, 0, 255)
    plate = (truth.astype(int) + offset).astype(np.uint8)
    settled = settle(plate, rgb, head)
    assert np.abs(settled.astype(int) - truth)[head > 0].max() <= 2


def test_settling_follows_light_that_changes_across_the_picture() -> None:
    truth = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    slope = np.linspace(-15, 15, WIDTH)[None, :, None]
    plate = np.clip(truth + slope, 0, 255).astype(np.uint8)
    head = _disc_head()
    before = np.abs(plate.astype(int) - truth)[head > 0].mean()
    after = np.abs(settle(plate, truth, head).astype(int) - truth)[head > 0].mean()
    assert after < 0.5 * before


def test_settling_takes_something_that_moved_for_no_light() -> None:
    plate = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    rgb = np.full((HEIGHT, WIDTH, 3), 220, np.uint8)
    changed = settle(plate, rgb, _disc_head()).astype(int) - plate
    assert np.abs(changed).max() <= 25


def test_settling_does_not_look_at_the_head() -> None:
    truth = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    head = _disc_head()
    other = truth.copy()
    other[head > 0.5] = 255
    assert np.array_equal(settle(truth, truth, head), settle(truth, other, head))


def test_a_guess_follows_what_the_frame_shows_beside_it_however_far_it_is_off() -> None:
    rgb = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    rgb[:, round(X) :] = 40
    plate = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    head = _disc_head()
    none = np.zeros((HEIGHT, WIDTH), np.uint8)
    guessed = np.full((HEIGHT // 4, WIDTH // 4), 255, np.uint8)
    left = np.s_[round(Y) - 10 : round(Y) + 10, round(X) - 48 : round(X) - 40]
    assert settle(plate, rgb, head, guessed, none)[left].min() > 150
    assert settle(plate, rgb, head, guessed * 0, none)[left].max() < 70
    # A body beside the head says nothing of what is behind it.
    body = none.copy()
    body[:, : round(X)] = 255
    assert settle(plate, rgb, head, guessed, body)[left].max() < 70


def test_an_arm_beside_a_head_sheds_nothing_on_the_guess() -> None:
    rgb = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    arm = np.s_[round(Y) - 12 : round(Y) + 12, : round(X)]
    rgb[arm] = 200
    plate = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    none = np.zeros((HEIGHT, WIDTH), np.uint8)
    guessed = np.full((HEIGHT // 4, WIDTH // 4), 255, np.uint8)
    head = _disc_head()
    assert settle(plate, rgb, head, guessed, none)[head > 0.5].max() < 70


def test_hair_is_doubted_only_where_it_is_not_sure_and_nobody_is_near() -> None:
    person, hair = np.zeros((2, 40, 60), np.float32)
    person[:, 20:] = 1
    hair[:, :10], hair[:, 10:30] = 0.5, 0.5
    hair[:20, :10] = 1.0
    doubtful = claimed_by_hair_alone(Mattes(person, hair, person, person * 0))
    assert doubtful[25:, :18].min() == 1
    assert doubtful[:20, :10].max() == 0 and doubtful[:, 19:].max() == 0
