"""A hand before a head stays whole, and nothing of the old head goes along with it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.media import Frame
from headswap.swapping.compose.front_layer import occluder_of, put_in_front
from headswap.swapping.compose.hand_guess import hands_guess
from headswap.swapping.compose.hand_search import found_in
from headswap.swapping.compose.walks import bonds_of, walked
from headswap.swapping.hand_tracks import HandTrack, drawn_hand, hands_at
from tests.made_hands import SKIN_COLOURS, hand_now, made_hand
from tests.made_heads import face_at

SKIN, HAIR, WALL, NEW = (120, 80, 60), (30, 28, 26), (150, 160, 165), (90, 200, 90)


def track_of(frames: range, points: list[F32]) -> HandTrack:
    count = len(points)
    colours = np.repeat(SKIN_COLOURS[None], count, 0)
    return HandTrack(np.array(frames), np.array(points), np.ones(count), colours, 2)


def in_front(full: U8, alpha: F32, factor: int) -> tuple[U8, U8]:
    """What is laid over a new picture, and where that counts as unchanged."""
    size = (full.shape[1] // factor, full.shape[0] // factor)
    image = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = occluder_of(full, image, alpha, 5.0, (0, 0))
    assert found is not None
    pixels = np.full_like(full, NEW)
    changed = np.ones(full.shape[:2], np.bool_)
    put_in_front(found, pixels, changed)
    return pixels, changed.astype(np.uint8)


def half(width: int, height: int, edge: int) -> F32:
    alpha = np.zeros((height, width), np.float32)
    alpha[:, edge:] = 1
    return alpha


def test_the_unsure_go_to_the_side_from_which_no_edge_parts_them() -> None:
    image = np.full((50, 30, 3), 120, np.uint8)
    image[:, 21:] = 150
    share = np.full((50, 30), 0.5, np.float32)
    share[:, :16], share[:, 23:] = 1, 0
    fixed = share != 0.5
    found = walked(bonds_of(image), share, fixed, np.zeros_like(share))[15:-15]
    assert (found[:, 16:21] > 0.8).all() and (found[:, 21:23] < 0.2).all()


def test_what_looks_a_little_like_the_other_side_stays_with_its_neighbours() -> None:
    image = np.full((20, 30, 3), 120, np.uint8)
    share = np.full((20, 30), 0.9, np.float32)
    share[8:11, 12:15] = 0.2
    none = np.zeros(share.shape, np.bool_)
    found = walked(bonds_of(image), share, none, np.full_like(share, 0.1))
    assert found[8:11, 12:15].min() > 0.6


def test_a_finger_s_light_rim_before_a_face_as_light_is_kept_whole() -> None:
    # The working size has an edge where the picture has one, whatever the grey on either side.
    full = np.full((120, 160, 3), (150, 130, 128), np.uint8)
    full[:, 80:] = SKIN
    full[:, 80:88] = (155, 134, 131)
    pixels, changed = in_front(full, half(40, 30, 20), 4)
    assert (pixels[8:-8, :76] == NEW).all()
    assert (pixels[8:-8, 84:] == full[8:-8, 84:]).all() and not changed[8:-8, 84:].any()


def test_the_colour_of_old_hair_is_taken_out_of_an_edge() -> None:
    full = np.full((40, 40, 3), HAIR, np.uint8)
    full[:, 20:] = SKIN
    full[:, 19] = (np.array(SKIN) + np.array(HAIR)) // 2
    pixels, _ = in_front(full, half(40, 40, 19), 1)
    row = pixels[20].astype(int)
    assert (row[:18] == NEW).all() and (row[21:] == SKIN).all()
    assert row[19] == pytest.approx((np.array(SKIN) + np.array(NEW)) / 2, abs=15)


def test_an_alpha_of_nothing_is_no_occluder_and_one_of_all_changes_nothing() -> None:
    full = np.full((40, 40, 3), SKIN, np.uint8)
    assert occluder_of(full, full, np.zeros((40, 40), np.float32), 5.0, (0, 0)) is None
    pixels, changed = in_front(full, np.ones((20, 20), np.float32), 2)
    assert (pixels == full).all() and not changed.any()


def before_hair(hand: F32, shape: tuple[int, int] = (240, 260)) -> U8:
    picture = np.full((*shape, 3), WALL, np.uint8)
    picture[:, 130:] = HAIR
    picture[drawn_hand(hand, np.zeros(shape, np.uint8), 1.0, 6) > 0] = SKIN
    return picture


def test_hair_where_a_hand_was_taken_to_be_is_not_surely_hand() -> None:
    hand = made_hand(130, 130, 60)
    picture = before_hair(hand)
    told = np.ones(picture.shape[:2], np.bool_)
    right = hands_guess(picture, [hand_now(hand)], 6.0, told)
    assert right.sure[drawn_hand(hand, np.zeros(told.shape, np.uint8), 0.5, 3) > 0].mean() > 0.95
    aside = hands_guess(picture, [hand_now(hand + np.float32(25))], 6.0, told)
    assert not (aside.sure & (picture == HAIR).all(axis=2)).any()
    nowhere = hands_guess(picture, [hand_now(hand + np.array([110, 0], np.float32))], 6.0, told)
    assert not nowhere.possible.any()


@pytest.mark.parametrize("off", [(0, 0), (22, -12), (-18, 20)])
def test_a_fast_hand_is_found_beside_its_way(off: tuple[int, int]) -> None:
    true = made_hand(130, 120, 60)
    frame = Frame.from_rgb(0, 0, before_hair(true))
    face = face_at(400, 400, 6.0)
    taken = true + np.array(off, np.float32)
    found = found_in(frame, hand_now(taken, astray=0.7), face)
    assert np.abs(found.points - true).max() < 6
    slow = found_in(frame, hand_now(taken, astray=0.02), face)
    assert np.array_equal(slow.points, taken)


def test_before_a_face_a_hand_is_where_its_joints_were_seen() -> None:
    true = made_hand(130, 120, 60)
    frame = Frame.from_rgb(0, 0, before_hair(true))
    taken = hand_now(true + np.float32(20), astray=0.7)
    assert found_in(frame, taken, face_at(130, 115, 14.0)) is taken


def test_beyond_its_looks_a_hand_goes_on_and_keeps_its_shape() -> None:
    first, second = made_hand(100, 100, 60), made_hand(112, 100, 60)
    # The thumb stretches out between the two looks.
    second[2:5] -= np.float32(9)
    track = track_of(range(0, 6, 3), [first, second])
    here = track.now(5)
    assert here is not None and not here.seen and here.astray > 0
    moved = here.points - second
    assert np.ptp(moved, axis=0).max() < 1e-3 and moved[0, 0] == pytest.approx(8, abs=2)


def test_a_hand_that_was_lost_and_found_again_is_one() -> None:
    lost = track_of(range(0, 7, 3), [made_hand(100, 100, 60)] * 3)
    again = track_of(range(7, 14, 3), [made_hand(110, 100, 60)] * 3)
    assert [hand.seen for hand in hands_at([lost, again], 7)] == [True]
    # Two that were seen at once are two.
    other = track_of(range(0, 14, 3), [made_hand(110, 100, 60)] * 5)
    assert [hand.seen for hand in hands_at([lost, other], 7)] == [False, True]
