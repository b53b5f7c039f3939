"""Second pass over source and result: pixels away from the swapped heads, and sampled faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.identity import face_chip
from benchmarks.measures import (
    face_height_px,
    far_from,
    outside_box,
    psnr_db,
    squared_error,
)
from benchmarks.observe import Followed
from benchmarks.persons import Person
from benchmarks.video import Pair, pairs
from headswap.arrays import F32, U8, Bool

# "Away": beyond this many face heights from a head's middle, shoulders and long hair included.
FAR_FACES = 2.5
# A closer look for information: outside the landmarks' box enlarged this often.
BOX_GROWTH = 2.2
# A smaller share of the picture says nothing.
MIN_SHARE = 0.02
# A head that turned away is taken to be where it last was for this many frames.
CARRY_FRAMES = 12


@dataclass(frozen=True, slots=True)
class Away:
    """Peak signal to noise ratio of one region over all frames, RGB, errors pooled.

    db: infinite when nothing changed, nan when the region is under `MIN_SHARE` of the picture.
    share: of all pixels of the frames. worst_frame, worst_db: the frame that changed most.
    """

    db: float
    share: float
    worst_frame: int
    worst_db: float


@dataclass(slots=True, eq=False)
class _Pool:
    error: float = 0.0
    samples: int = 0
    total: int = 0
    worst: tuple[float, int] = (math.inf, -1)

    def add(self, pair: Pair, where: Bool) -> None:
        error, samples = squared_error(pair.source, pair.result, where)
        self.error += error
        self.samples += samples
        self.total += pair.source.size
        if samples >= MIN_SHARE * pair.source.size:
            self.worst = min(self.worst, (psnr_db(error, samples), pair.index))

    def finish(self) -> Away:
        share = self.samples / self.total if self.total else 0.0
        db = psnr_db(self.error, self.samples) if share >= MIN_SHARE else math.nan
        return Away(db, share, self.worst[1], self.worst[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """Where one head is in one frame."""

    landmarks: F32

    def far(self, size_wh: tuple[int, int]) -> Bool:
        reach = FAR_FACES * float(face_height_px(self.landmarks))
        return far_from(self.landmarks[:468, :2].mean(axis=0), reach, size_wh)

    def outside(self, size_wh: tuple[int, int]) -> Bool:
        points = self.landmarks[:468, :2]
        box = np.concatenate([points.min(axis=0), points.max(axis=0)])
        return outside_box(box, BOX_GROWTH, size_wh)


def _heads(tracks: list[Followed]) -> dict[int, list[_Head]]:
    """For each frame number the heads in it; a track's ends are carried a little further."""
    found: dict[int, list[_Head]] = {}
    for track in tracks:
        first, last = int(track.frames[0]), int(track.frames[-1])
        for frame in range(first - CARRY_FRAMES, last + CARRY_FRAMES + 1):
            nearest = int(np.argmin(np.abs(track.frames - frame)))
            found.setdefault(frame, []).append(_Head(track.landmarks[nearest]))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class SecondPass:
    """What the second pass brings home.

    chips: for each track, frame and the face's chip in source and result.
    """

    far: Away
    outside_box: Away
    chips: dict[int, dict[int, tuple[U8, U8]]] = field(
        default_factory=dict[int, dict[int, tuple[U8, U8]]]
    )


def second_pass(
    source: Path,
    result: Path,
    tracks: list[Followed],
    sampled: dict[int, set[int]],
    *,
    swapped: list[Person],
    persons: list[Person],
    every: int = 1,
) -> SecondPass:
    """Measure away from the swapped people's heads, and cut out the sampled faces.

    Faces that could be nobody's or the swapped person's (too small or too turned to tell) are
    left out like heads. sampled: for each track, the frames whose faces are wanted.
    """
    others = {k for person in persons if person not in swapped for k in person.tracks}
    heads = _heads([track for k, track in enumerate(tracks) if k not in others])
    rows = {k: {int(f): i for i, f in enumerate(tracks[k].frames)} for k in sampled}
    far, box = _Pool(), _Pool()
    chips: dict[int, dict[int, tuple[U8, U8]]] = {k: {} for k in sampled}
    for pair in pairs(source, result, every):
        size_wh = (pair.source.shape[1], pair.source.shape[0])
        here = heads.get(pair.index, [])
        if here:
            far.add(pair, np.logical_and.reduce([head.far(size_wh) for head in here]))
            box.add(pair, np.logical_and.reduce([head.outside(size_wh) for head in here]))
        for k, wanted in sampled.items():
            if pair.index in wanted:
                i = rows[k][pair.index]
                chips[k][pair.index] = (
                    face_chip(pair.source, tracks[k].landmarks[i]),
                    face_chip(pair.result, tracks[k].result_landmarks[i]),
                )
    return SecondPass(far.finish(), box.finish(), chips)
