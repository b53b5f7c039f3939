"""Which followed faces are one person, and which persons were meant by the photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.faces import overlap
from benchmarks.identity import Describer
from benchmarks.observe import Followed
from benchmarks.video import MeasureError
from headswap.arrays import F32, F64, Bool

# Rows about faces hold for these, as the product promises no more than that.
MAX_YAW_DEG = 60.0
MIN_HEIGHT_PX = 60.0
# A face that the detector is sure of in the source; the result's may score a little less.
SURE_SCORE = 0.6
SAME_PERSON = 0.52
CHIPS_PER_TRACK = 6
# A swapped face differs by more than encoding noise in the mean, in levels of luma.
CHANGED_LEVELS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """A photo and, where several people are in the clip, a box around the face it replaces."""

    photo: Path
    box_xyxy: F32 | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the source: indices of the tracks that show them."""

    tracks: tuple[int, ...]


def countable(track: Followed) -> Bool:
    """(k,) the frames in which the face is large, frontal and sure enough to be judged."""
    return (
        (np.abs(track.yaw_deg) < MAX_YAW_DEG)
        & (track.height_px >= MIN_HEIGHT_PX)
        & (track.scores >= SURE_SCORE)
    )


def find_persons(tracks: list[Followed], describer: Describer) -> list[Person]:
    """Tracks grouped by dlib's distance, longest first; one person is not twice in a frame.

    Tracks without a countable frame belong to nobody.
    """
    described: dict[int, F64] = {}
    for k, track in enumerate(tracks):
        good = set(track.frames[countable(track)].tolist())
        chips = [chip for frame, chip in track.chips.items() if frame in good]
        if chips:
            step = max(1, len(chips) // CHIPS_PER_TRACK)
            described[k] = describer.describe(chips[::step]).mean(axis=0)
    return group(described, {k: set(tracks[k].frames.tolist()) for k in described})


def group(described: dict[int, F64], frames: dict[int, set[int]]) -> list[Person]:
    """Persons from one descriptor and one set of frames for each track."""
    members: list[list[int]] = []
    for k in sorted(described, key=lambda k: -len(frames[k])):
        distances = [
            float(np.linalg.norm(np.mean([described[m] for m in person], axis=0) - described[k]))
            if all(frames[k].isdisjoint(frames[m]) for m in person)
            else np.inf
            for person in members
        ]
        if distances and min(distances) < SAME_PERSON:
            members[int(np.argmin(distances))].append(k)
        else:
            members.append([k])
    return [Person(tuple(sorted(person))) for person in members]


def choose(persons: list[Person], tracks: list[Followed], wanted: Wanted) -> Person:
    """The person a photo was meant for: at its box, else the one whose face changed most often.

    Where no face is large, frontal and clear enough to be judged: a person without tracks.

    Raises:
        MeasureError: nobody is at the box.
    """
    if not persons:
        return Person(())
    if wanted.box_xyxy is None:
        return max(persons, key=lambda person: _frames_changed(person, tracks))
    best = max(persons, key=lambda person: _best_overlap(person, tracks, wanted.box_xyxy))
    if _best_overlap(best, tracks, wanted.box_xyxy) < 0.1:
        raise MeasureError(f"nobody's face in the source lies at {wanted.box_xyxy.tolist()}")
    return best


def _frames_changed(person: Person, tracks: list[Followed]) -> tuple[int, int]:
    """Frames changed, then frames seen: an untouched clip still has a main person."""
    changed = sum(int((tracks[k].change > CHANGED_LEVELS).sum()) for k in person.tracks)
    return changed, sum(len(tracks[k].frames) for k in person.tracks)


def _best_overlap(person: Person, tracks: list[Followed], box_xyxy: F32 | None) -> float:
    assert box_xyxy is not None
    return max(
        overlap(np.concatenate([points.min(axis=0), points.max(axis=0)]), box_xyxy)
        for k in person.tracks
        for points in tracks[k].landmarks[:, :468, :2]
    )
