"""Judging one result: source and result files and the photos in, a `Judgement` out.

    python -m benchmarks.judge SOURCE RESULT --photo PHOTO [--photo PHOTO@x0,y0,x1,y1]
                               [--every K] [--all] [--json FILE]

Nothing of the product's analysis is used: faces are looked for in both files anew.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.away import Away, second_pass
from benchmarks.faces import Opinion, landmarker
from benchmarks.identity import Describer, photo_descriptor
from benchmarks.measures import landmark_acceleration, ratio, turn_between_deg
from benchmarks.observe import Followed, observe
from benchmarks.persons import (
    CHANGED_LEVELS,
    Person,
    Wanted,
    choose,
    countable,
    find_persons,
)
from benchmarks.streams import StreamCheck, check_streams
from benchmarks.video import MeasureError
from headswap.arrays import F64, U8, Bool

# dlib takes 40 ms a face; evenly spread samples settle a mean.
MAX_SAMPLES = 40
# The mean of the target's own faces settles with fewer still.
SOURCE_STEP = 3


@dataclass(frozen=True, slots=True)
class PersonJudgement:
    """One swapped person; frame lists are numbers in display order, from 0.

    face_frames: frames in which the source shows a face that counts (see `countable`).
    missing: those of them without a face in the result. unchanged: those whose face is still the
    source's. sampled: frames compared by dlib; farther: those nearer the target than the photo.
    to_photo, to_target, source_to_photo: mean dlib distances of the result's face to the photo,
    to the mean of the source's face, and of that mean to the photo.
    pose_deg, blendshapes: mean differences. jitter, flicker: result over source.
    """

    photo: str
    face_frames: int
    missing: tuple[int, ...]
    unchanged: tuple[int, ...]
    sampled: int
    farther: tuple[int, ...]
    to_photo: float
    to_target: float
    source_to_photo: float
    pose_deg: float
    blendshapes: float
    jitter: float
    flicker: float

    @property
    def nearer_share(self) -> float:
        return 1 - len(self.farther) / self.sampled if self.sampled else float("nan")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything measured on one result; `landmarks_by` names the judge's network."""

    source: str
    result: str
    streams: StreamCheck
    people: tuple[PersonJudgement, ...]
    people_in_source: int
    away: Away
    outside_box: Away
    landmarks_by: str
    every: int
    judging_s: float


def judge(
    source: Path,
    result: Path,
    wanted: list[Wanted],
    *,
    every: int = 1,
    all_frames: bool = False,
    opinion: Opinion = "second",
) -> Judgement:
    """Measure a result against its source and the photos.

    every: above 3, only three frames in a row out of that many are looked at.
    all_frames: compare every face by dlib instead of at most 40 per person.

    Raises:
        MeasureError: a file cannot be read, a photo has no face, or nobody is at a photo's box.
    """
    start = time.perf_counter()
    network, name = landmarker(opinion)
    describer = Describer()
    photos = [photo_descriptor(one.photo, network, describer) for one in wanted]
    streams = check_streams(source, result)
    tracks = observe(source, result, network, every)
    persons = find_persons(tracks, describer)
    chosen = [choose(persons, tracks, one) for one in wanted]
    sampled = {
        k: frames
        for person in chosen
        for k, frames in _sample(person, tracks, None if all_frames else MAX_SAMPLES).items()
    }
    second = second_pass(
        source, result, tracks, sampled, swapped=chosen, persons=persons, every=every
    )
    people = [
        _judge_person(one.photo, person, tracks, _compare(photo, person, second.chips, describer))
        for one, photo, person in zip(wanted, photos, chosen, strict=True)
    ]
    return Judgement(
        source=str(source),
        result=str(result),
        streams=streams,
        people=tuple(people),
        people_in_source=len(persons),
        away=second.far,
        outside_box=second.outside_box,
        landmarks_by=name,
        every=every,
        judging_s=time.perf_counter() - start,
    )


def _sample(person: Person, tracks: list[Followed], limit: int | None) -> dict[int, set[int]]:
    """For each track of a person the frames to compare: evenly spread, in both videos a face."""
    found = [
        (int(frame), k)
        for k in person.tracks
        for frame in tracks[k].frames[countable(tracks[k]) & tracks[k].seen]
    ]
    found.sort()
    if limit is not None and len(found) > limit:
        found = [found[round(i)] for i in np.linspace(0, len(found) - 1, limit)]
    return {k: {frame for frame, owner in found if owner == k} for k in person.tracks}


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Sampled faces: frame numbers, and the result's distances to the photo and to the target."""

    frames: list[int]
    to_photo: F64
    to_target: F64
    source_to_photo: float


def _compare(
    photo: F64,
    person: Person,
    chips: dict[int, dict[int, tuple[U8, U8]]],
    describer: Describer,
) -> _Compared:
    """dlib's distances of one person's sampled faces; the target is the mean of the source's."""
    rows = sorted((frame, k) for k in person.tracks for frame in chips.get(k, {}))
    source = describer.describe([chips[k][frame][0] for frame, k in rows[::SOURCE_STEP]])
    result = describer.describe([chips[k][frame][1] for frame, k in rows])
    target = source.mean(axis=0) if rows else np.full(source.shape[1], np.nan)
    return _Compared(
        frames=[frame for frame, _ in rows],
        to_photo=np.linalg.norm(result - photo, axis=1),
        to_target=np.linalg.norm(result - target, axis=1),
        source_to_photo=float(np.linalg.norm(target - photo)),
    )


def _judge_person(
    photo: Path, person: Person, tracks: list[Followed], faces: _Compared
) -> PersonJudgement:
    mine = [tracks[k] for k in person.tracks]
    counts = [countable(track) for track in mine]
    both = [count & track.seen for count, track in zip(counts, mine, strict=True)]
    still = [c & (t.change <= CHANGED_LEVELS) for c, t in zip(counts, mine, strict=True)]
    turns = [
        turn_between_deg(t.rotations[use], t.result_rotations[use])
        for t, use in zip(mine, both, strict=True)
    ]
    shapes = [t.shape_change[use] for t, use in zip(mine, both, strict=True)]
    return PersonJudgement(
        photo=str(photo),
        face_frames=sum(int(count.sum()) for count in counts),
        missing=_frames(mine, [c & ~t.seen for c, t in zip(counts, mine, strict=True)]),
        unchanged=_frames(mine, still),
        sampled=len(faces.frames),
        farther=tuple(
            frame
            for frame, photo_d, target_d in zip(
                faces.frames, faces.to_photo, faces.to_target, strict=True
            )
            if photo_d >= target_d
        ),
        to_photo=_mean_of([faces.to_photo]),
        to_target=_mean_of([faces.to_target]),
        source_to_photo=faces.source_to_photo,
        pose_deg=_mean_of(turns),
        blendshapes=_mean_of(shapes),
        jitter=_jitter(mine, both),
        flicker=_flicker(mine, counts),
    )


def _frames(tracks: list[Followed], chosen: list[Bool]) -> tuple[int, ...]:
    return tuple(
        sorted(int(f) for t, use in zip(tracks, chosen, strict=True) for f in t.frames[use])
    )


def _jitter(tracks: list[Followed], chosen: list[Bool]) -> float:
    """Acceleration of the result's landmarks over the source's, tracks weighted by length."""
    source, result, weights = [], [], []
    for track, use in zip(tracks, chosen, strict=True):
        one = landmark_acceleration(track.landmarks[use], track.frames[use])
        if not np.isnan(one):
            source.append(one)
            result.append(landmark_acceleration(track.result_landmarks[use], track.frames[use]))
            weights.append(int(use.sum()))
    if not weights:
        return float("nan")
    return ratio(
        float(np.average(result, weights=weights)), float(np.average(source, weights=weights))
    )


def _flicker(tracks: list[Followed], chosen: list[Bool]) -> float:
    """Temporal change of the face-aligned head in the result over that in the source."""
    before = [t.flicker[u] for t, u in zip(tracks, chosen, strict=True)]
    after = [t.result_flicker[u] for t, u in zip(tracks, chosen, strict=True)]
    return ratio(_mean_of(after), _mean_of(before))


def _mean_of(parts: list[F64]) -> float:
    """Mean of the known values, nan where there is none."""
    values = np.concatenate([np.empty(0), *parts])
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def parse_wanted(text: str) -> Wanted:
    """PHOTO or PHOTO@x0,y0,x1,y1, the box in px of the source."""
    name, at, box = text.rpartition("@")
    if not at:
        return Wanted(Path(text))
    try:
        corners = np.array([float(word) for word in box.split(",")], dtype=np.float32)
    except ValueError:
        return Wanted(Path(text))
    if len(corners) != 4:
        raise MeasureError(f"{text}: after @ come the four numbers x0,y0,x1,y1 of a face's box")
    return Wanted(Path(name), corners)


def main(arguments: list[str] | None = None) -> int:
    from benchmarks.printing import print_rows, write_json
    from benchmarks.table import judgement_rows

    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--photo", action="append", required=True, metavar="PHOTO[@x0,y0,x1,y1]")
    parser.add_argument("--every", type=int, default=1, help="look at 3 frames of every K")
    parser.add_argument("--all", action="store_true", help="compare every face by dlib")
    parser.add_argument("--landmarks", choices=("second", "product"), default="second")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    try:
        wanted = [parse_wanted(text) for text in given.photo]
        judgement = judge(
            given.source,
            given.result,
            wanted,
            every=given.every,
            all_frames=given.all,
            opinion=given.landmarks,
        )
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    print_rows(judgement_rows(judgement), f"{given.source.name} -> {given.result.name}")
    if given.json is not None:
        write_json(judgement, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
