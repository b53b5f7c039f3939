"""Plates: what was seen behind a moving head, and what a frame shows when the head is gone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, F64, U8
from headswap.swapping.compose.body import complete_body
from headswap.swapping.compose.plate import BackgroundSum, clear_background, headless, settle
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
WHOLE = (0, 0, WIDTH, HEIGHT)
STILL: F64 = np.eye(2, 3)
NO_HEAD: U8 = np.zeros((HEIGHT, WIDTH), np.uint8)
CLOTHES_RGB = (60, 70, 170)


def _hole(x: int, y: int) -> U8:
    """1 but for a square of 80 px around (x, y)."""
    clear = np.ones((HEIGHT, WIDTH), np.uint8)
    clear[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40] = 0
    return clear


HOLES = [(60, 100), (90, 110), (120, 120), (150, 130), (180, 140), (210, 150)]


def _with_person(truth: U8, clear: U8, seed: int) -> U8:
    noise = np.random.default_rng(seed).integers(0, 256, truth.shape, np.uint8)
    return np.where(clear[..., None] > 0, truth, noise)


def _sum_of(places: Sequence[tuple[int, int]], truth: U8) -> BackgroundSum:
    total = BackgroundSum(SIZE_WH)
    for seed, (x, y) in enumerate(places):
        clear = _hole(x, y)
        total.add(_with_person(truth, clear, seed), clear, NO_HEAD, WHOLE, STILL)
    return total


def test_behind_a_moving_hole_the_plate_is_the_truth_to_the_bit() -> None:
    truth = noise_picture(SIZE_WH)
    plate = _sum_of(HOLES, truth).plate()
    views = sum(_hole(x, y).astype(int) for x, y in HOLES)
    assert np.array_equal(plate.seen, views >= 3)
    assert plate.seen.mean() > 0.95
    assert np.array_equal(plate.rgb[plate.seen > 0], truth[plate.seen > 0])


def test_what_was_clear_in_two_of_many_looks_is_not_known_and_in_a_short_clip_it_is() -> None:
    truth = noise_picture(SIZE_WH)
    total = _sum_of([(60, 100)] * 2, truth)
    assert total.plate().seen[0, 0] == 1
    for _ in range(16):
        total.add(truth, np.zeros_like(NO_HEAD), NO_HEAD, WHOLE, STILL)
    assert not total.plate().seen.any()
    total.add(truth, _hole(60, 100), NO_HEAD, WHOLE, STILL)
    assert total.plate().seen[0, 0] == 1


def test_sums_made_apart_and_merged_in_any_order_are_the_same_to_the_bit() -> None:
    noisy = [noise_picture(SIZE_WH, seed) for seed in range(6)]

    def part(numbers: tuple[int, ...]) -> BackgroundSum:
        total = BackgroundSum(SIZE_WH)
        for i in numbers:
            clear = _hole(*HOLES[i])
            total.add(noisy[i], clear, 1 - clear, WHOLE, STILL)
        return total

    whole = part((0, 1, 2, 3, 4, 5))
    for order in permutations([(0, 1), (2,), (3, 4, 5)]):
        merged = BackgroundSum(SIZE_WH)
        for numbers in order:
            merged.merge(part(numbers))
        assert np.array_equal(merged.total, whole.total)
        assert np.array_equal(merged.count, whole.count)
        assert np.array_equal(merged.hidden, whole.hidden)
        assert np.array_equal(merged.plate().rgb, whole.plate().rgb)


def test_kept_sums_come_back_to_the_bit(tmp_path: Path) -> None:
    total = _sum_of(HOLES, noise_picture(SIZE_WH))
    total.hidden[10:20, 30:40] = 7
    total.save(tmp_path / "sum.npz")
    again = BackgroundSum.load(tmp_path / "sum.npz")
    for name in ("total", "count", "hidden"):
        assert np.array_equal(getattr(again, name), getattr(total, name)), name


def test_what_a_head_always_hid_is_made_up_from_what_was_seen() -> None:
    truth = _stripes()
    total = BackgroundSum(SIZE_WH)
    clear = _hole(126, 160)
    for seed in range(3):
        total.add(_with_person(truth, clear, seed), clear, 1 - clear, WHOLE, STILL)
    plate = total.plate()
    assert plate.seen.min() == 1
    assert np.array_equal(plate.rgb[clear > 0], truth[clear > 0])
    off = np.abs(plate.rgb.astype(int) - truth)[clear == 0]
    # A smooth fill of these stripes is 45 levels off.
    assert off.mean() < 20


def _stripes() -> U8:
    """Vertical stripes, 14 px apart."""
    wave = 128 + 70 * np.sign(np.sin(2 * np.pi * np.arange(WIDTH) / 14))
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = wave[None, :, None]
    return picture


def test_crops_add_to_their_own_place_only() -> None:
    truth = noise_picture(SIZE_WH)
    box = (20, 30, 120, 200)
    crop = truth[30:200, 20:120]
    total = BackgroundSum(SIZE_WH)
    for _ in range(3):
        every = np.ones(crop.shape[:2], np.uint8)
        total.add(crop, every, 1 - every, box, STILL)
    plate = total.plate()
    assert plate.seen.sum() == 100 * 170
    assert np.array_equal(plate.rgb[30:200, 20:120], crop)
    assert np.array_equal(plate.crop(box, STILL)[0], crop)
    assert plate.crop(box, STILL)[1].min() == 1


def test_with_a_moving_camera_the_plate_is_the_truth_and_goes_back_where_it_came_from() -> None:
    truth = noise_picture((WIDTH + 60, HEIGHT + 60))
    total = BackgroundSum(SIZE_WH)
    for step in range(4):
        # The camera looks 6 px further right and 4 px further down each time.
        dx, dy = 6 * step, 4 * step
        frame_from_first = np.array([[1, 0, -dx], [0, 1, -dy]], np.float64)
        view = truth[dy : dy + HEIGHT, dx : dx + WIDTH]
        clear = _hole(100 + 30 * step, 120)
        total.add(_with_person(view, clear, step), clear, NO_HEAD, WHOLE, frame_from_first)
    plate = total.plate()
    assert plate.seen.mean() > 0.5
    assert np.array_equal(plate.rgb[plate.seen > 0], truth[:HEIGHT, :WIDTH][plate.seen > 0])
    box = (30, 40, 200, 260)
    rgb, seen = plate.crop(box, np.array([[1, 0, -12], [0, 1, -8]], np.float64))
    there = truth[48:268, 42:212]
    assert rgb.shape == there.shape and seen.shape == there.shape[:2]
    assert seen.mean() > 0.5
    assert np.abs(rgb - there)[seen > 0].max() <= 1


def test_nothing_near_a_person_their_hair_or_the_head_counts_as_background() -> None:
    person, hair, head = (ellipse((x, 160), (12, 60)) for x in (50, 126, 200))
    zero = np.zeros_like(person)
    clear = clear_background(Mattes(person, hair, zero, zero), head, PX_PER_CM)
    anything = np.maximum.reduce([person, hair, head])
    assert clear.dtype == np.uint8
    assert clear[anything > 0.15].max() == 0
    away = cv2.distanceTransform((anything < 0.02).astype(np.uint8), cv2.DIST_L2, 5)
    assert clear[away < 1].max() == 0
    assert clear[away > 4].min() == 1


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
    person = np.maximum.reduce([head, neck, clothes])
    skin = np.maximum(neck, ellipse((X, Y), (6 * PX_PER_CM, 8 * PX_PER_CM)))
    return rgb, Mattes(person, head * (1 - skin), skin, clothes * (1 - head)), head


def _emptied(known: bool) -> tuple[U8, U8, F32]:
    rgb, mattes, head = _person()
    area = cv2.dilate(head, np.ones((5, 5), np.uint8)).astype(np.float32)
    plate = np.full((HEIGHT, WIDTH, 3), BEHIND_RGB, np.uint8)
    seen = np.full((HEIGHT, WIDTH), known, np.uint8)
    face = face_at(X, Y)
    if not known:
        plate[:] = 0
    return headless(rgb, mattes, area, face, PX_PER_CM, (plate, seen)), rgb, area


@pytest.mark.parametrize("known", [True, False])
def test_without_its_head_a_crop_shows_background_above_and_neck_below(known: bool) -> None:
    emptied, rgb, area = _emptied(known)
    assert np.array_equal(emptied[area == 0], rgb[area == 0])
    skull = emptied[round(Y - 13 * PX_PER_CM) : round(Y - 2 * PX_PER_CM)]
    assert np.abs(skull.astype(int) - BEHIND_RGB).max() <= 4
    neck = emptied[
        round(Y + 6 * PX_PER_CM) : round(Y + 9 * PX_PER_CM), round(X) - 12 : round(X) + 12
    ]
    assert np.abs(neck.astype(int) - SKIN_RGB).mean() < 12


def test_no_colour_of_the_head_remains_anywhere() -> None:
    emptied, _, _ = _emptied(True)
    redness = emptied[..., 0].astype(int) - emptied[..., 1]
    assert redness.max() < 80


def test_the_body_is_what_is_seen_of_it_and_goes_on_under_the_head() -> None:
    rgb, mattes, head = _person()
    body = complete_body(rgb.astype(np.float32), mattes, head, face_at(X, Y), PX_PER_CM)
    shoulder = (HEIGHT - 20, 40)
    hidden_neck = (round(Y + 8 * PX_PER_CM), round(X))
    beside = (round(Y - 4 * PX_PER_CM), 10)
    crown = (round(Y - 10 * PX_PER_CM), round(X))
    assert body.alpha[shoulder] > 0.95 and body.alpha[hidden_neck] > 0.95
    assert body.alpha[beside] < 0.01 and body.alpha[crown] < 0.01
    assert np.abs(body.rgb[shoulder] - CLOTHES_RGB).max() < 6
    assert np.abs(body.rgb[hidden_neck] - SKIN_RGB).max() < 12


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
