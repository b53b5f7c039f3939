"""Hand guess: where a hand and its forearm may be in a picture, by its joints and its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.hand_tracks import (
    HandNow,
    arm_ends,
    arm_width,
    drawn_arm,
    drawn_hand,
    hand_size,
)

FINGER_CM = 0.75
# Thickness of a hand, over what its joints tell, that may be, is usually, and is surely hand.
_POSSIBLE, _USUAL, _SURE = 1.7, 1.12, 0.6
# How many fingers' radii its outline is off.
_ROUGHLY = 0.35
_ARM_SIZES = 3.0
# A forearm's width over its usual one, and how likely it is there.
_ARM_LIKELY = ((1.3, 0.35), (0.9, 0.7))
# Ways it may go from a wrist; each radian of bend has to be made good by colours.
_TURNS_DEG = np.array([0, -15, 15, -30, 30, -45, 45, -60, 60, -75, 75, -90, 90], np.float32)
_TURNS_RAD = np.radians(_TURNS_DEG)
_TRIED_SIZES, _TRIED_WIDTH, _TURN_COST, _UNTOLD = 1.5, 0.9, 0.05, 0.08
# What is as unlike the hand as this, and larger than a nail, is something else.
_UNLIKE, _NAIL_CM, _OTHER_LIKELY = 0.06, 0.6, 0.5
# A hand of which so much can be told, and less than that has its colours, is elsewhere.
_LEAST_TOLD, _LEAST_SEEN = 0.5, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Where an occluder may be, (h, w) each: surely, possibly (bool), and how likely (float32)."""

    sure: Bool
    possible: Bool
    likely: F32

    def part(self, window: tuple[slice, slice]) -> Guess:
        """Some rows and columns of it."""
        return Guess(self.sure[window], self.possible[window], self.likely[window])


def hands_guess(image: U8, hands: Sequence[HandNow], unit: float, told: Bool) -> Guess:
    """Where hands are in a picture (h, w, 3), `unit` px a cm.

    told: (h, w) where colours tell a hand from what may be behind.
    """
    shape = told.shape
    sure, possible = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    likely = np.zeros(shape, np.float32)
    finger = FINGER_CM * unit
    for hand in hands:
        alike = np.where(told, hand.alike(image), np.float32(_UNTOLD))
        own = np.zeros(shape, np.uint8)
        for value, factor in enumerate((_POSSIBLE, _USUAL, _SURE), 1):
            drawn_hand(hand.points, own, factor, finger, value)
        if _is_elsewhere(own == 3, alike, told):
            continue
        other = _other_than_hand(alike, unit)
        sure |= (own == 3) & ~other
        possible |= own > 0
        middle = (own > 1).astype(np.float32)
        middle[other] *= np.float32(_OTHER_LIKELY)
        np.maximum(likely, cv2.GaussianBlur(middle, (0, 0), _ROUGHLY * finger), out=likely)
        end = _arm_end(hand.points, alike)
        for width, share in _ARM_LIKELY:
            arm = drawn_arm(hand.points, end, shape, width)
            possible |= arm > 0
            np.maximum(likely, np.float32(share) * arm, out=likely)
    return Guess(sure, possible, likely)


def hand_reach(hand: F32, scale_px_cm: float) -> tuple[F32, float]:
    """(n, 2) px: where a hand and its forearm may go to, and how far they may reach beyond that."""
    size = hand_size(hand)
    ends = arm_ends(hand, _ARM_SIZES, _TURNS_RAD)
    return np.vstack([hand, ends]), _POSSIBLE * max(0.14 * size, FINGER_CM * scale_px_cm) + (
        0.2 * size
    )


def _is_elsewhere(core: Bool, alike: F32, told: Bool) -> bool:
    clear = core & told
    if clear.sum() <= _LEAST_TOLD * core.sum():
        return False
    return float((alike[clear] > _UNLIKE).mean()) < _LEAST_SEEN


def _other_than_hand(alike: F32, unit: float) -> Bool:
    """(h, w) where something else than a hand is seen, larger than a nail."""
    unlike = (alike < _UNLIKE).astype(np.uint8)
    side = 2 * max(1, round(_NAIL_CM * unit)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.morphologyEx(unlike, cv2.MORPH_OPEN, disc) > 0


def _arm_end(hand: F32, alike: F32) -> F32:
    """(2,) px: where the forearm goes to, the way that has most of the hand's colours."""
    ends = arm_ends(hand, _TRIED_SIZES, _TURNS_RAD)
    # Only a small part of the picture is looked at.
    tips, room = np.vstack([hand[:1], ends]), _TRIED_WIDTH * arm_width(hand) + 2
    low = np.maximum(np.floor(tips.min(axis=0) - room), 0).astype(int)
    high = np.maximum(np.ceil(tips.max(axis=0) + room), 0).astype(int) + 1
    near = alike[low[1] : high[1], low[0] : high[0]]
    if near.size == 0:
        return arm_ends(hand, _ARM_SIZES, _TURNS_RAD[:1])[0]
    corner = low.astype(np.float32)
    shape = (near.shape[0], near.shape[1])
    beams = (drawn_arm(hand - corner, end, shape, _TRIED_WIDTH) for end in ends - corner)
    shares = np.array([cv2.mean(near, beam)[0] for beam in beams])
    best = int(np.argmax(shares - _TURN_COST * np.abs(_TURNS_RAD)))
    return arm_ends(hand, _ARM_SIZES, _TURNS_RAD[best : best + 1])[0]
