"""Hands through time: what glimpses saw of them, joined to motions for every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, U8
from headswap.swapping.glimpses import LEAST_PRESENCE, ONE_HAND, Glimpse
from headswap.vision.networks.hands import hand_size, hands_apart

# A track needs two looks, one of them sure; the others may be less sure.
_SURE = 0.95
_LEAST_LOOKS = 2
_DOUBLED = 0.35
# Glimpses that may miss a hand on its way.
_MISSES = 2
_ROOTS = (5, 9, 13, 17)
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
# Radius of a finger at its joints over the hand's size, from root to tip.
_FINGER = (0.115, 0.105, 0.095, 0.085)
_THUMB = (0.14, 0.13, 0.115, 0.10)
# Every bone of the fingers: its ends, and its radius.
_FINGER_BONES = tuple(
    (a, b, share)
    for finger, radii in zip(_FINGERS, (_THUMB, *[_FINGER] * 4), strict=True)
    for a, b, share in zip(finger[:-1], finger[1:], radii[1:], strict=True)
)
_PALM = (0, 1, 2, *_ROOTS)
# How far a hand's colours are from its usual one, in what half of them are, and at least in levels.
_SPREADS, _LEAST_SPREAD = np.float32(1.8), np.float32(14)
# Looks before and after that tell of its colours.
_NEIGHBOURS = 2
# By how many times what it goes in a while it may be off its way.
_ASTRAY = 2.0
# A look at a hand: frame, points, presence, colours.
_Look: TypeAlias = tuple[int, F32, float, F32]


@dataclass(frozen=True, slots=True, eq=False)
class HandNow:
    """A hand in one frame.

    points: (21, 2) float32 px. colours: (2, 3) float32 levels, its usual colour and how far its
    pixels are from that. astray: by how many of its sizes it may be elsewhere. seen: whether looks
    at it go on before and after.
    """

    points: F32
    colours: F32
    astray: float
    seen: bool

    def moved(self, by_xy: F32, times: float = 1.0) -> HandNow:
        """It in a picture moved by so many px, and then so many times as large."""
        points = np.asarray((self.points + by_xy) * np.float32(times), np.float32)
        return HandNow(points, self.colours, self.astray, self.seen)

    def alike(self, image: U8) -> F32:
        """(h, w) float32 0..1: how much the colours of a picture (h, w, 3) are the hand's."""
        spread = np.maximum(_SPREADS * self.colours[1], _LEAST_SPREAD)
        away = (np.arange(256, dtype=np.float32)[:, None] - self.colours[0]) / spread
        table = np.exp(-0.5 * away * away).astype(np.float32)
        planes = zip(cv2.split(image), table.T, strict=True)
        red, green, blue = (cv2.LUT(plane, levels) for plane, levels in planes)
        # The channel that is farthest off says it.
        return np.asarray(cv2.min(cv2.min(red, green), blue), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class HandTrack:
    """One hand.

    frames: (k,) int64 at which it was seen. points: (k, 21, 2) float32 px. presence: (k,) 0..1.
    colours: (k, 2, 3) float32, see `HandNow`. longer: frames for which it is there before and
    after, moving on.
    """

    frames: I64
    points: F32
    presence: F64
    colours: F32
    longer: int

    def at(self, frame: int) -> F32 | None:
        """(21, 2) its points in a frame, between the looks on a straight way; None if not there."""
        first, last = int(self.frames[0]), int(self.frames[-1])
        if not first - self.longer <= frame <= last + self.longer:
            return None
        if len(self.frames) == 1:
            return self.points[0]
        i = self._stretch(frame)
        part = np.float32((frame - self.frames[i]) / (self.frames[i + 1] - self.frames[i]))
        way = self.points[i + 1] - self.points[i]
        if first <= frame <= last:
            return np.asarray(self.points[i] + part * way, np.float32)
        # Before and after, it goes on as it is: what its fingers do is not known.
        way = way[list(_PALM)].mean(axis=0)
        if frame < first:
            return np.asarray(self.points[0] + part * way, np.float32)
        return np.asarray(self.points[-1] + (part - 1) * way, np.float32)

    def now(self, frame: int) -> HandNow | None:
        """What is known of it in a frame; None if it is not there."""
        points = self.at(frame)
        if points is None:
            return None
        seen = bool(self.frames[0] <= frame <= self.frames[-1])
        colours = self.colours[int(np.abs(self.frames - frame).argmin())]
        if len(self.frames) == 1:
            return HandNow(points, colours, 0.0, seen)
        i = self._stretch(frame)
        way = (self.points[i + 1] - self.points[i])[list(_PALM)].mean(axis=0)
        pace = float(np.linalg.norm(way)) / float(self.frames[i + 1] - self.frames[i])
        apart = int(np.abs(self.frames - frame).min())
        astray = _ASTRAY * pace * apart / max(hand_size(points), 1.0)
        return HandNow(points, colours, astray, seen)

    def _stretch(self, frame: int) -> int:
        """The look from which on a frame is told, with the one after it."""
        return int(
            np.clip(np.searchsorted(self.frames, frame, "right") - 1, 0, len(self.frames) - 2)
        )


def hands_at(tracks: Sequence[HandTrack], frame: int) -> list[HandNow]:
    """The hands of a frame, each once: one that was lost may have been found again by its side."""
    every = [(track, hand) for track in tracks if (hand := track.now(frame)) is not None]
    seen = [(track, hand) for track, hand in every if hand.seen]
    return [
        hand
        for track, hand in every
        if hand.seen or not any(_again(track, hand, *other) for other in seen)
    ]


def _again(lost: HandTrack, hand: HandNow, track: HandTrack, other: HandNow) -> bool:
    """Whether a hand beyond its looks is one that is seen, unless both were seen at once."""
    together = len(np.intersect1d(lost.frames, track.frames)) >= _LEAST_LOOKS
    return not together and hands_apart(hand.points, other.points) < ONE_HAND


def hand_tracks(glimpses: Sequence[Glimpse]) -> list[HandTrack]:
    """The hands of one appearance's glimpses, which are in order of time."""
    frames = [look.frame for look in glimpses]
    step = int(np.median(np.diff(frames))) if len(frames) > 1 else 1
    running: list[list[_Look]] = []
    done: list[list[_Look]] = []
    for look in glimpses:
        reach = (_MISSES + 1) * step
        done += [track for track in running if look.frame - track[-1][0] > reach]
        running = [track for track in running if look.frame - track[-1][0] <= reach]
        free = list(running)
        for points, presence, colours in zip(look.hands, look.presence, look.colours, strict=True):
            if presence < LEAST_PRESENCE or _doubled(points, look.frame, running):
                continue
            seen = (look.frame, points, float(presence), colours)
            near = [(hands_apart(track[-1][1], points), n) for n, track in enumerate(free)]
            least, n = min(near, default=(np.inf, 0))
            if least < ONE_HAND:
                free.pop(n).append(seen)
            else:
                running.append([seen])
    tracks = [
        track
        for track in done + running
        if len(track) >= _LEAST_LOOKS and max(look[2] for look in track) >= _SURE
    ]
    return [
        HandTrack(
            np.array([frame for frame, *_ in t], np.int64),
            _steady(np.array([points for _, points, *_ in t], np.float32)),
            np.array([look[2] for look in t], np.float64),
            _middle([look[3] for look in t]),
            step - 1,
        )
        for t in tracks
    ]


def _steady(looks: F32) -> F32:
    """(k, 21, 2) a hand's points without what only one look sees of its shape.

    Each point is the middle one of three looks running, as seen from the knuckles, so that the hand
    itself goes where it was seen; then evened out, as every other look begins with its palm and
    takes a fist's wrist for elsewhere than the looks between.
    """
    if len(looks) < 3:
        return looks
    knuckles = looks[:, list(_ROOTS)].mean(axis=1, keepdims=True)
    shapes = looks - knuckles
    middle = np.median(np.stack([shapes[:-2], shapes[1:-1], shapes[2:]]), axis=0)
    shapes[1:-1] = middle
    shapes[1:-1] = (shapes[:-2] + 2 * shapes[1:-1] + shapes[2:]) / 4
    return np.asarray(knuckles + shapes, np.float32)


def _middle(colours: list[F32]) -> F32:
    """(k, 2, 3) the middle of each look's colours and those of its neighbours."""
    every = np.array(colours, np.float32)
    around = np.pad(every, ((_NEIGHBOURS, _NEIGHBOURS), (0, 0), (0, 0)), mode="edge")
    near = [around[k : k + len(every)] for k in range(2 * _NEIGHBOURS + 1)]
    return np.median(near, axis=0).astype(np.float32)


def _doubled(points: F32, frame: int, tracks: list[list[_Look]]) -> bool:
    """Whether these points are a second look at a hand that already has one in this frame."""
    here = [track[-1][1] for track in tracks if track[-1][0] == frame]
    return any(hands_apart(other, points) < _DOUBLED for other in here)


def drawn_hand(points: F32, mask: U8, factor: float, least_px: float, value: int = 1) -> U8:
    """Draws `value` into a mask (h, w) where a hand is, fingers `factor` times as thick as usual.

    points: (21, 2) px of the picture. least_px: radius below which no finger is. Gives the mask.
    """
    size = hand_size(points)
    ends = _whole(points)
    for a, b, share in _FINGER_BONES:
        _bone(mask, ends[a], ends[b], factor * max(share * size, least_px), value)
    hull = cv2.convexHull(np.array([ends[i] for i in _PALM], np.int32))
    cv2.fillConvexPoly(mask, hull, (value,))
    grown = max(0.13 * size, least_px) * factor
    for a, b in zip(_PALM, [*_PALM[1:], 0], strict=True):
        _bone(mask, ends[a], ends[b], grown, value)
    return mask


def arm_ends(points: F32, length: float, turns_rad: F32) -> F32:
    """(n, 2) px: where the forearm of a hand goes to, so many hand sizes from its wrist.

    turns_rad: (n,), by how much the hand may be bent sideways at the wrist.
    """
    away = points[0] - points[list(_ROOTS)].mean(axis=0)
    sine, cosine = np.sin(turns_rad), np.cos(turns_rad)
    ways = np.stack([cosine * away[0] - sine * away[1], sine * away[0] + cosine * away[1]], axis=1)
    reach = length * hand_size(points) / max(float(np.linalg.norm(away)), 1e-3)
    return np.asarray(points[0] + np.float32(reach) * ways, np.float32)


def arm_width(points: F32) -> float:
    """Half of how wide the forearm of a hand usually is, px."""
    return 0.36 * hand_size(points)


def drawn_arm(points: F32, end: F32, shape: tuple[int, int], factor: float) -> U8:
    """(h, w) uint8: 1 where the forearm of a hand may be, a beam from its wrist to an end.

    factor: its width over the usual one.
    """
    mask = np.zeros(shape, np.uint8)
    wrist, last = _whole(np.stack([points[0], end]))
    _bone(mask, wrist, last, factor * arm_width(points), 1)
    return mask


def _whole(points: F32) -> list[list[int]]:
    """Points as whole pixels that OpenCV can draw."""
    return np.clip(points, -16000, 16000).round().astype(int).tolist()


def _bone(mask: U8, a: list[int], b: list[int], radius_px: float, value: int) -> None:
    cv2.line(mask, a, b, (value,), max(1, round(2 * radius_px)))
