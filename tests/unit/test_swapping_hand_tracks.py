"""Hands are followed from look to look, surely and the same in any stretches."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.media import Frame
from headswap.swapping.face_sheet import SHEET_WH
from headswap.swapping.glimpses import Glimpse, GlimpseReader, glimpse_step
from headswap.swapping.hand_tracks import hand_tracks
from headswap.vision.networks.hands import Hand, HandFinder, hand_size
from tests.made_hands import SKIN_COLOURS, made_hand
from tests.made_heads import appearance_of, face_at, motion_of

SIZE = (260, 240)
UNIT = 9.0


def _glimpse(frame: int, hands: list[F32], presence: float = 0.97) -> Glimpse:
    sheet = np.zeros((*SHEET_WH[::-1], 3), np.uint8)
    points = np.array(hands, np.float32).reshape(-1, 21, 2)
    colours = np.repeat(SKIN_COLOURS[None], len(hands), 0)
    return Glimpse(0, frame, sheet, points, np.full(len(hands), presence, np.float32), colours)


def test_a_hand_is_followed_between_looks_and_over_a_missed_one() -> None:
    looks = [
        _glimpse(f, [] if f == 6 else [made_hand(100 + 4 * f, 100, 60)]) for f in range(0, 13, 3)
    ]
    (track,) = hand_tracks(looks)
    for frame in (0, 4, 7, 12):
        found = track.at(frame)
        assert found is not None and found == pytest.approx(made_hand(100 + 4 * frame, 100, 60))
    assert track.at(20) is None
    assert hand_size(made_hand(0, 0, 60)) == pytest.approx(60, rel=0.1)


def test_what_one_look_only_sees_of_a_hand_s_shape_does_not_count() -> None:
    hands = [made_hand(100 + 4 * k, 100, 60) for k in range(5)]
    hands[2][4] += np.float32(30)
    (track,) = hand_tracks([_glimpse(3 * k, [hand]) for k, hand in enumerate(hands)])
    assert track.points[2] == pytest.approx(made_hand(108, 100, 60), abs=2)


def test_a_wrist_that_every_other_look_sees_elsewhere_stays_in_between() -> None:
    hands = [made_hand(100 + 4 * k, 100, 60) for k in range(9)]
    for hand in hands[::2]:
        hand[0] += np.array([20, -10], np.float32)
    (track,) = hand_tracks([_glimpse(3 * k, [hand]) for k, hand in enumerate(hands)])
    wrists = track.points[2:-2, 0] - track.points[2:-2, 5]
    assert np.ptp(wrists, axis=0).max() < 1


@pytest.mark.parametrize(
    "looks",
    [
        [],
        [_glimpse(0, [made_hand(100, 100, 60)])],
        [_glimpse(f, [made_hand(100, 100, 60)], 0.6) for f in (0, 3, 6)],
        [_glimpse(0, [made_hand(100, 100, 60)]), _glimpse(3, [made_hand(300, 100, 60)])],
    ],
    ids=["nothing", "one look", "never sure", "two places"],
)
def test_a_hand_that_is_not_surely_one_is_none(looks: list[Glimpse]) -> None:
    assert hand_tracks(looks) == []


class _Finder(HandFinder):
    """Sees a hand of the size of 60 px wherever a picture's brightest pixel is."""

    def __init__(self) -> None:
        self.palms = 0

    def find(self, image: U8) -> list[Hand]:
        self.palms += 1
        return [self.again(image, np.zeros((21, 2), np.float32))]

    def again(self, image: U8, points: F32) -> Hand:
        y, x = np.unravel_index(int(image.max(axis=2).argmax()), image.shape[:2])
        return Hand(made_hand(float(x), float(y), 60), 0.9)


def _frame(index: int) -> Frame:
    width, height = SIZE
    rgb = np.full((height, width, 3), 20, np.uint8)
    rgb[100 + 2 * (index // 4) :, 60 + 4 * index :] = 200
    return Frame.from_rgb(index, index, rgb)


def test_hands_are_the_same_in_any_stretches_and_palms_sought_at_every_other_look() -> None:
    count = 40
    landmarks = np.repeat(face_at(130, 115, UNIT)[None], count, 0)
    appearance = appearance_of(motion_of(landmarks, np.eye(3)))
    assert [glimpse_step(rate) for rate in (15, 25, 60)] == [2, 3, 6]

    def glimpses(span: tuple[int, int]) -> tuple[list[Glimpse], int]:
        finder = _Finder()
        reader = GlimpseReader(appearance, span, 25.0, SIZE, finder)
        return [look for i in reader.frames() for look in reader.take(_frame(i))], finder.palms

    whole, palms = glimpses((0, count))
    assert sorted(look.frame for look in whole) == [*range(0, count, 3)] and palms == 8
    parts = [look for span in ((0, 4), (4, 16), (16, count)) for look in glimpses(span)[0]]
    of_parts = {look.frame: look for look in parts}
    assert len(parts) == len(whole) and not glimpses((16, 16))[0]
    for look in whole:
        other = of_parts[look.frame]
        assert np.array_equal(look.sheet, other.sheet) and np.array_equal(look.hands, other.hands)
        assert np.array_equal(look.colours, other.colours)
    # Between two palms each place is looked at that either tells of.
    assert all(len(look.hands) >= 1 for look in whole)
