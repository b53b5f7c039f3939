"""Hands through time: what glimpses saw of them, joined to motions for every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, U8
from headswap.swapping.glimpses import GLIMPSE_STEP, Glimpse

# A track needs two looks, one of them sure; the others may be less sure.
_SURE, _LEAST = 0.8, 0.4
_LEAST_LOOKS = 2
# Hands of neighbouring glimpses are one if their points moved less than this over the hand's size.
_STEP = 1.1
# Glimpses that may miss a hand on its way.
_MISSES = 2
# A hand is there a little longer than it was seen, moving on.
_LONGER = GLIMPSE_STEP - 1
_ROOTS = (5, 9, 13, 17)
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
# Radius of a finger at its joints over the hand's size, from root to tip.
_FINGER = (0.115, 0.105, 0.095, 0.085)
_THUMB = (0.14, 0.13, 0.115, 0.10)


@dataclass(frozen=True, slots=True, eq=False)
class HandTrack:
    """One hand.

    frames: (k,) int64 at which it was seen. points: (k, 21, 2) float32 px. presence: (k,) 0..1.
    """

    frames: I64
    points: F32
    presence: F64

    def at(self, frame: int) -> F32 | None:
        """(21, 2) its points in a frame, between the looks on a straight way; None if not there."""
        first, last = int(self.frames[0]) - _LONGER, int(self.frames[-1]) + _LONGER
        if not first <= frame <= last:
            return None
        if len(self.frames) == 1:
            return self.points[0]
        i = int(np.clip(np.searchsorted(self.frames, frame, "right") - 1, 0, len(self.frames) - 2))
        part = (frame - self.frames[i]) / (self.frames[i + 1] - self.frames[i])
        way = self.points[i + 1] - self.points[i]
        return np.asarray(self.points[i] + np.float32(part) * way, np.float32)


def hand_size(points: F32) -> float:
    """Length of a hand's palm in px, also where it points at the camera."""
    palm = float(np.linalg.norm(points[9] - points[0]))
    return max(palm, 1.4 * float(np.linalg.norm(points[17] - points[5])))


def hand_tracks(glimpses: Sequence[Glimpse]) -> list[HandTrack]:
    """The hands of one appearance's glimpses, which are in order of time."""
    running: list[list[tuple[int, F32, float]]] = []
    done: list[list[tuple[int, F32, float]]] = []
    for look in glimpses:
        reach = (_MISSES + 1) * GLIMPSE_STEP
        done += [track for track in running if look.frame - track[-1][0] > reach]
        running = [track for track in running if look.frame - track[-1][0] <= reach]
        free = list(running)
        for points, presence in zip(look.hands, look.presence, strict=True):
            if presence < _LEAST or _doubled(points, look.frame, running):
                continue
            near = [(_apart(track[-1][1], points), n) for n, track in enumerate(free)]
            least, n = min(near, default=(np.inf, 0))
            if least < _STEP:
                free.pop(n).append((look.frame, points, float(presence)))
            else:
                running.append([(look.frame, points, float(presence))])
    tracks = [
        track
        for track in done + running
        if len(track) >= _LEAST_LOOKS and max(p for _, _, p in track) >= _SURE
    ]
    return [
        HandTrack(
            np.array([frame for frame, _, _ in t], np.int64),
            np.array([points for _, points, _ in t], np.float32),
            np.array([presence for _, _, presence in t], np.float64),
        )
        for t in tracks
    ]


def _doubled(points: F32, frame: int, tracks: list[list[tuple[int, F32, float]]]) -> bool:
    """Whether these points are a second look at a hand that already has one in this frame."""
    here = [track[-1][1] for track in tracks if track[-1][0] == frame]
    return any(_apart(other, points) < 0.35 for other in here)


def _apart(a: F32, b: F32) -> float:
    size = max(hand_size(a), hand_size(b), 1.0)
    return float(np.linalg.norm(a - b, axis=1).mean()) / size


def drawn_hand(
    points: F32, shape: tuple[int, int], factor: float, least_px: float, value: int = 1
) -> U8:
    """(h, w) uint8: `value` on a hand whose fingers are `factor` times as thick as usual.

    points: (21, 2) px of the picture. least_px: radius below which no finger is.
    """
    mask = np.zeros(shape, np.uint8)
    size = hand_size(points)
    for finger, radii in zip(_FINGERS, (_THUMB, *[_FINGER] * 4), strict=True):
        for a, b, share in zip(finger[:-1], finger[1:], radii[1:], strict=True):
            _bone(mask, points[a], points[b], factor * max(share * size, least_px), value)
    palm = [0, 1, 2, *_ROOTS]
    hull = cv2.convexHull(points[palm]).round().astype(np.int32)
    cv2.fillConvexPoly(mask, hull, value)
    grown = max(0.13 * size, least_px) * factor
    for a, b in zip(palm, [*palm[1:], 0], strict=True):
        _bone(mask, points[a], points[b], grown, value)
    return mask


def drawn_arm(points: F32, shape: tuple[int, int], length: float, factor: float) -> U8:
    """(h, w) uint8: 1 where the forearm of a hand may be, a beam from its wrist, in hand sizes."""
    mask = np.zeros(shape, np.uint8)
    size = hand_size(points)
    away = points[0] - points[list(_ROOTS)].mean(axis=0)
    end = points[0] + away / max(float(np.linalg.norm(away)), 1e-3) * np.float32(length * size)
    _bone(mask, points[0], end.astype(np.float32), factor * 0.36 * size, 1)
    return mask


def _bone(mask: U8, a: F32, b: F32, radius_px: float, value: int) -> None:
    ends = [tuple(int(v) for v in np.clip(np.round(p), -16000, 16000)) for p in (a, b)]
    cv2.line(mask, ends[0], ends[1], (value,), max(1, round(2 * radius_px)))
