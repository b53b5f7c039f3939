"""Glimpses: every few frames, what a face and the hands near it look like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8
from headswap.media import Frame
from headswap.swapping.face_sheet import SHEET_WH, frame_from_sheet, laid_flat
from headswap.swapping.plan import KEY_STEP, Appearance, box_around
from headswap.vision.networks.hands import POINTS, Hand, HandFinder, hands_apart

# A face is looked at this often, palms are sought at every other such look.
_LOOK_S = 0.12
# The part of a frame where a hand can matter, around the eyes.
_REACH_CM = (-20.0, -18.0, 20.0, 32.0)
# A hand is sought at no finer a scale than this.
_PX_PER_CM = 12.0
# Less sure than this is no hand; two looks at one are nearer than this to each other, hand sizes.
LEAST_PRESENCE, ONE_HAND = 0.4, 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """One face at one frame.

    sheet: (h, w, 3) uint8, the face laid flat (see `frame_from_sheet`). hands: (n, 21, 2) float32
    px of the frame. presence: (n,) float32 0..1. colours: (n, 2, 3) float32 levels, the middle one
    along a hand's bones and how far they are from it.
    """

    number: int
    frame: int
    sheet: U8
    hands: F32
    presence: F32
    colours: F32

    def __post_init__(self) -> None:
        if self.sheet.shape != (*SHEET_WH[::-1], 3) or self.sheet.dtype != np.uint8:
            raise ValueError(f"Glimpse.sheet is {self.sheet.dtype}{self.sheet.shape}")
        if self.hands.shape != (len(self.presence), POINTS, 2):
            raise ValueError(f"Glimpse.hands is {self.hands.shape} for {len(self.presence)}")
        if self.colours.shape != (len(self.presence), 2, 3):
            raise ValueError(f"Glimpse.colours is {self.colours.shape} for {len(self.presence)}")


def glimpse_step(rate: float) -> int:
    """Frames between two looks at a face, a divisor of KEY_STEP; rate: frames per second."""
    steps = [n for n in range(1, KEY_STEP + 1) if KEY_STEP % n == 0]
    return min(steps, key=lambda n: (abs(n / rate - _LOOK_S), n))


def glimpse_frames(appearance: Appearance, step: int) -> I64:
    """The frames of an appearance at which there is a glimpse: key frames and some between."""
    steps = np.arange(appearance.start, appearance.stop, step)
    return np.unique(np.append(steps, appearance.stop - 1))


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """A small picture (h, w, 3) uint8 around a face; a pixel p is at p * ratio + corner."""

    rgb: U8
    ratio: F32
    corner: F32

    def to_frame(self, points: F32) -> F32:
        return (points * self.ratio + self.corner).astype(np.float32)

    def from_frame(self, points: F32) -> F32:
        return ((points - self.corner) / self.ratio).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A glimpse whose hands are not known yet, and the picture in which they are to be found."""

    glimpse: Glimpse
    picture: _Picture


class GlimpseReader:
    """Takes the glimpses of one appearance, the same in whatever stretches they are asked for.

    Palms are sought at every other look. At those between, hands are looked for where they are
    before and afterwards, so that one is also seen while it comes and goes.
    """

    def __init__(
        self,
        appearance: Appearance,
        span: tuple[int, int],
        rate: float,
        size_wh: tuple[int, int],
        hands: HandFinder,
    ) -> None:
        """span: the frames, the last exclusive, whose glimpses are wanted."""
        self._appearance = appearance
        self._span = span
        self._size_wh = size_wh
        self._hands = hands
        step = glimpse_step(rate)
        self._every = [int(frame) for frame in glimpse_frames(appearance, step)]
        # Slow films have no time for a look between.
        apart = 2 * step if 2 * step / rate < 3 * _LOOK_S else step
        last = appearance.stop - 1
        self._palms = {f for f in self._every if (f - appearance.start) % apart == 0 or f == last}
        self._waiting: list[_Waiting] = []
        self._before: list[Hand] = []

    def frames(self) -> list[int]:
        """The frames to be given to `take`, in order."""
        wanted = [n for n, f in enumerate(self._every) if self._span[0] <= f < self._span[1]]
        if not wanted:
            return []
        first, last = wanted[0], wanted[-1]
        while self._every[first] not in self._palms:
            first -= 1
        while self._every[last] not in self._palms:
            last += 1
        return self._every[first : last + 1]

    def take(self, frame: Frame) -> list[Glimpse]:
        """The glimpses that are complete with this frame."""
        picture, own = self._look(frame)
        if frame.index not in self._palms:
            if picture is not None and own is not None:
                self._waiting.append(_Waiting(own, picture))
            return []
        found: list[Hand] = []
        if picture is not None:
            found = _in_frame(self._hands.find(picture.rgb), picture)
        done = [
            _with_hands(w.glimpse, self._between(w.picture, found), w.picture)
            for w in self._waiting
        ]
        self._waiting.clear()
        self._before = found
        return done if own is None else [*done, _with_hands(own, found, picture)]

    def _look(self, frame: Frame) -> tuple[_Picture | None, Glimpse | None]:
        """What is near a face, and its glimpse without hands if it is wanted."""
        appearance, size_wh = self._appearance, self._size_wh
        wanted = self._span[0] <= frame.index < self._span[1]
        landmarks, unit = appearance.landmarks(frame.index), appearance.scale(frame.index)
        box = box_around(landmarks, unit, _REACH_CM, size_wh)
        if box is None or not (wanted or frame.index in self._palms):
            return None, None
        rgb = frame.rgb(box)
        corner = np.array(box[:2], np.float32)
        shrink = max(1, round(unit / _PX_PER_CM))
        size = (max(1, rgb.shape[1] // shrink), max(1, rgb.shape[0] // shrink))
        whole = rgb[: size[1] * shrink, : size[0] * shrink]
        small = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)
        ratio = np.array([whole.shape[1] / size[0], whole.shape[0] / size[1]], np.float32)
        picture = _Picture(small, ratio, corner)
        if not wanted:
            return picture, None
        sheet = laid_flat(rgb, frame_from_sheet(landmarks)[0] - corner)
        none = np.zeros((0, POINTS, 2), np.float32)
        number, no_colours = appearance.number, np.zeros((0, 2, 3), np.float32)
        no_presence = np.zeros(0, np.float32)
        return picture, Glimpse(number, frame.index, sheet, none, no_presence, no_colours)

    def _between(self, picture: _Picture, after: list[Hand]) -> list[Hand]:
        """The hands of a picture, looked for where they were before and are afterwards."""
        seeds: list[F32] = []
        left = [hand.points for hand in after if hand.presence > LEAST_PRESENCE]
        for hand in self._before:
            if hand.presence <= LEAST_PRESENCE:
                continue
            gaps = [hands_apart(hand.points, other) for other in left]
            if gaps and min(gaps) < ONE_HAND:
                other = left.pop(gaps.index(min(gaps)))
                seeds.append(((hand.points + other) / 2).astype(np.float32))
            else:
                seeds.append(hand.points)
        seeds += left
        near = [self._hands.again(picture.rgb, picture.from_frame(points)) for points in seeds]
        return _in_frame(near, picture)


def _in_frame(hands: list[Hand], picture: _Picture) -> list[Hand]:
    return [Hand(picture.to_frame(hand.points), hand.presence) for hand in hands]


def _with_hands(glimpse: Glimpse, hands: list[Hand], picture: _Picture | None) -> Glimpse:
    if picture is None:
        return glimpse
    colours = [_colours(picture.rgb, picture.from_frame(hand.points)) for hand in hands]
    return replace(
        glimpse,
        hands=np.array([hand.points for hand in hands], np.float32).reshape(-1, POINTS, 2),
        presence=np.array([hand.presence for hand in hands], np.float32),
        colours=np.array(colours, np.float32).reshape(-1, 2, 3),
    )


def _colours(rgb: U8, points: F32) -> F32:
    """(2, 3) levels: the middle colour along a hand's bones, and the middle distance from it."""
    ends = np.arange(1, POINTS)
    # A finger's root hangs on the wrist.
    starts = np.where(ends % 4 == 1, 0, ends - 1)
    places = np.concatenate([points, (points[ends] + points[starts]) / 2]).round().astype(int)
    limit = np.array(rgb.shape[1::-1]) - 1
    inside = places[((places >= 0) & (places <= limit)).all(axis=1)]
    # Of a hand beyond the picture nothing is asked either.
    seen = inside if len(inside) else np.clip(places, 0, limit)
    levels = rgb[seen[:, 1], seen[:, 0]].astype(np.float32)
    middle = np.median(levels, axis=0)
    return np.stack([middle, np.median(np.abs(levels - middle), axis=0)])
