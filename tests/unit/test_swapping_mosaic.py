"""Plates: the truth where a frame shows it, whoever stood in the way and whatever was told."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest

from headswap.arrays import F64, U8
from headswap.swapping.compose.mosaic import Plate, View, plate_of
from tests.made_heads import SIZE_WH, noise_picture

WIDTH, HEIGHT = SIZE_WH
ZONE = (0, 0, WIDTH, HEIGHT)
STILL: F64 = np.eye(2, 3)
HOLES = [(60, 100), (90, 110), (120, 120), (150, 130), (180, 140), (210, 150)]


def _clear(x: int, y: int) -> U8:
    """2 but for a square of 80 px around (x, y)."""
    clear = np.full((HEIGHT, WIDTH), 2, np.uint8)
    clear[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40] = 0
    return clear


def _view(frame: int, truth: U8, clear: U8) -> View:
    noise = np.random.default_rng(frame).integers(0, 256, truth.shape, np.uint8)
    rgb = np.where(clear[..., None] > 0, truth, noise)
    hidden = (clear == 0).astype(np.uint8)
    return View(frame, ZONE, rgb, clear, np.zeros_like(clear), hidden)


def _views(truth: U8) -> list[View]:
    return [_view(i, truth, _clear(*hole)) for i, hole in enumerate(HOLES)]


def _psnr_db(a: U8, b: U8) -> float:
    return float(10 * np.log10(255**2 / max(float(((a.astype(float) - b) ** 2).mean()), 1e-9)))


def test_behind_a_moving_hole_the_plate_is_the_truth_to_the_bit() -> None:
    truth = noise_picture(SIZE_WH)
    plate = plate_of(_views(truth), [STILL] * 6, ZONE, 3)
    assert plate.seen.min() == 1
    assert np.array_equal(plate.rgb, truth)
    assert np.array_equal(plate.corrections, np.repeat(STILL[None], 6, 0))


def test_views_in_any_order_give_the_same_plate() -> None:
    views = _views(noise_picture(SIZE_WH))[:4]
    whole = plate_of(views, [STILL] * 4, ZONE, 2)
    for order in list(permutations(range(4)))[::5]:
        again = plate_of([views[i] for i in order], [STILL] * 4, ZONE, 2)
        assert np.array_equal(again.rgb, whole.rgb) and np.array_equal(again.seen, whole.seen)


def test_what_passes_unnoticed_through_some_views_is_not_in_the_plate() -> None:
    truth = noise_picture(SIZE_WH)
    views = _views(truth)
    for i in (1, 4):
        views[i].rgb[20:60, 30 + 20 * i : 60 + 20 * i] = (255, 0, 255)
    assert _psnr_db(plate_of(views, [STILL] * 6, ZONE, 3).rgb, truth) >= 38


def test_what_is_only_likely_background_counts_where_nothing_is_certain() -> None:
    truth = noise_picture(SIZE_WH)
    likely = np.minimum(_clear(60, 100), 2)
    likely[60:140, 20:100] = 1
    none = np.zeros_like(likely)
    views = [View(0, ZONE, truth, likely, none, none)]
    plate = plate_of(views, [STILL], ZONE, 0)
    assert plate.seen.min() == 1 and np.array_equal(plate.rgb, truth)
    other = np.full_like(truth, 250)
    certain = np.full_like(likely, 2)
    views = [View(0, ZONE, other, likely, none, none), View(1, ZONE, truth, certain, none, none)]
    part = plate_of(views, [STILL] * 2, ZONE, 0).rgb[60:140, 20:100]
    assert np.array_equal(part, truth[60:140, 20:100])


def _camera(step: int) -> F64:
    """A pan with a little turn and zoom, from the room to frame `step`."""
    angle, zoom = np.radians(0.3 * step), 1 + 0.004 * step
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    return np.array([[cos, -sin, -20 - 5.3 * step], [sin, cos, -25 + 2.7 * step]])


def _inverse(motion: F64) -> F64:
    return np.linalg.inv(np.vstack([motion, [0, 0, 1]]))[:2]


def _joined(first: F64, second: F64) -> F64:
    return (np.vstack([second, [0, 0, 1]]) @ np.vstack([first, [0, 0, 1]]))[:2]


@pytest.mark.parametrize("off_px", [0.0, 0.8, 5.0])
def test_with_a_moving_camera_the_plate_is_the_truth_though_its_motion_is_told_wrong(
    off_px: float,
) -> None:
    room = noise_picture((WIDTH + 120, HEIGHT + 120), blur_px=3)
    seen: list[U8] = []
    motions: list[F64] = []
    views: list[View] = []
    for step, hole in enumerate(HOLES):
        camera = _camera(step)
        picture = cv2.warpAffine(room, camera, SIZE_WH, flags=cv2.INTER_CUBIC)
        seen.append(np.asarray(picture, np.uint8))
        told = _joined(_inverse(camera), _camera(2))
        told[:, 2] += [off_px * (step - 2) / 4, -off_px * (step % 2)] if step != 2 else 0
        motions.append(told)
        views.append(_view(step, seen[-1], _clear(*hole)))
    plate = plate_of(views, motions, ZONE, 2)
    hidden = np.s_[HOLES[2][1] - 30 : HOLES[2][1] + 30, HOLES[2][0] - 30 : HOLES[2][0] + 30]
    assert plate.seen[hidden].min() == 1
    assert _psnr_db(plate.rgb[hidden], seen[2][hidden]) > 32
    shift = np.abs(plate.correction(0)[:, 2] + [-off_px / 2, 0]).max()
    assert shift < 0.4


def _with_machine(room: U8, x: int) -> U8:
    """The room with a bright machine of much detail before it, near enough to go its own way."""
    picture = room.copy()
    detail = np.random.default_rng(3).integers(0, 2, (10, 6, 1)) * 150 + 100
    picture[70:130, x : x + 36] = np.kron(detail, np.ones((6, 6, 3)))
    return picture


def test_what_goes_another_way_than_the_background_is_not_in_the_plate() -> None:
    wide = noise_picture((WIDTH + 20, HEIGHT), blur_px=3) // 3
    views: list[View] = []
    motions: list[F64] = []
    for i in range(6):
        picture = _with_machine(wide[:, 4 * i : WIDTH + 4 * i], 20 + 18 * i)
        views.append(_view(i, picture, _clear(180 - 4 * i, 110)))
        motions.append(np.array([[1.0, 0.0, 4.0 * (i - 3)], [0.0, 1.0, 0.0]]))
    room = wide[:, 12 : WIDTH + 12]
    plate = plate_of(views, motions, ZONE, 3)
    # Where it has been there is no bright spot, nor is there one where it could be copied to.
    assert plate.rgb.max() < 110
    away = np.s_[200:, 20:-20]
    assert plate.seen[away].min() == 1 and _psnr_db(plate.rgb[away], room[away]) > 38


def test_an_edge_that_stays_while_the_head_moves_is_background_though_taken_for_hair() -> None:
    truth = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    truth[:, 60:70] = 10
    views: list[View] = []
    for i in range(6):
        hidden = np.zeros((HEIGHT, WIDTH), np.uint8)
        hidden[60:180, 72 + 6 * i : 150 + 6 * i] = 1
        doubtful = np.zeros_like(hidden)
        doubtful[60:180, 56:72] = 1
        clear = np.uint8(2) * (1 - np.maximum(hidden, doubtful))
        views.append(View(i, ZONE, truth, clear, doubtful, np.maximum(hidden, doubtful)))
    plate = plate_of(views, [STILL] * 6, ZONE, 3)
    assert np.array_equal(plate.rgb[60:180, 56:72], truth[60:180, 56:72])


def test_hair_that_goes_with_the_head_is_no_background_however_many_doubt_it() -> None:
    views: list[View] = []
    for i in range(6):
        rgb = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
        hidden = np.zeros((HEIGHT, WIDTH), np.uint8)
        hidden[60:180, 60 + 6 * i : 150 + 6 * i] = 1
        rgb[hidden > 0] = 10
        doubtful = np.zeros_like(hidden)
        doubtful[60:180, 60 + 6 * i : 72 + 6 * i] = 1
        views.append(View(i, ZONE, rgb, np.uint8(2) * (1 - hidden), doubtful, hidden))
    plate = plate_of(views, [STILL] * 6, ZONE, 3)
    assert plate.rgb.min() > 150


def test_a_correction_between_two_views_lies_between_theirs() -> None:
    nothing = np.zeros((4, 4), np.uint8)
    corrections = np.repeat(np.eye(2, 3)[None], 2, 0)
    corrections[1, 0, 2] = 4
    plate = Plate((0, 0), np.dstack([nothing] * 3), nothing, np.array([10, 20]), corrections)
    for frame, x in ((0, 0), (10, 0), (15, 2), (20, 4), (30, 4)):
        assert plate.correction(frame)[0, 2] == x


def _stripes() -> U8:
    """Vertical stripes, 14 px apart."""
    wave = 128 + 70 * np.sign(np.sin(2 * np.pi * np.arange(WIDTH) / 14))
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = wave[None, :, None]
    return picture


def test_what_a_head_always_hid_is_made_up_from_the_pattern_around() -> None:
    truth = _stripes()
    clear = _clear(126, 160)
    plate = plate_of([_view(i, truth, clear) for i in range(3)], [STILL] * 3, ZONE, 1)
    assert np.array_equal(plate.seen > 0, clear > 0)
    assert np.array_equal(plate.rgb[clear > 0], truth[clear > 0])
    # A smooth fill of these stripes is 45 levels off.
    assert np.abs(plate.rgb.astype(int) - truth)[clear == 0].mean() < 20


def test_before_a_plain_wall_the_made_up_part_is_plain() -> None:
    truth = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    truth[:] = np.linspace(80, 160, WIDTH)[None, :, None]
    clear = _clear(126, 160)
    plate = plate_of([_view(0, truth, clear)], [STILL], ZONE, 0)
    assert np.abs(plate.rgb.astype(int) - truth).max() < 8


def test_without_views_there_is_a_plate_of_nothing() -> None:
    plate = plate_of([], [], (10, 20, 50, 90), 5)
    assert plate.rgb.shape == (70, 40, 3) and not plate.seen.any()
    assert np.array_equal(plate.correction(7), STILL)


def test_views_and_plates_come_back_from_their_files(tmp_path: Path) -> None:
    truth = noise_picture(SIZE_WH)
    view = _view(7, truth, _clear(90, 110))
    view.save(tmp_path / "view.npz")
    again = View.load(tmp_path / "view.npz")
    assert (again.frame, again.box) == (7, ZONE)
    plate = plate_of([view], [STILL], ZONE, 7)
    plate.save(tmp_path / "plate.npz")
    kept = Plate.load(tmp_path / "plate.npz")
    pairs = [(view.rgb, again.rgb), (view.clear, again.clear), (view.hidden, again.hidden)]
    pairs += [
        (view.doubtful, again.doubtful),
        (plate.rgb, kept.rgb),
        (plate.seen, kept.seen),
        (plate.frames, kept.frames),
    ]
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert kept.corner_xy == (0, 0) and np.array_equal(kept.corrections, plate.corrections)


def test_a_view_whose_planes_disagree_is_refused() -> None:
    truth = noise_picture(SIZE_WH)
    with pytest.raises(ValueError, match=r"View\.clear"):
        View(0, ZONE, truth, np.zeros((3, 3), np.uint8), *[np.zeros((HEIGHT, WIDTH), np.uint8)] * 2)
