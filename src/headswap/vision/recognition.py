"""Recognition: from fragments of tracks to people, each with whole tracks and a descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32
from headswap.vision.face import Face
from headswap.vision.followed import Followed
from headswap.vision.networks.identity import Identity
from headswap.vision.people import Appearance, adopt, group_people
from headswap.vision.progress import Progress, Report
from headswap.vision.samples import Sample
from headswap.vision.store import Pack
from headswap.vision.tracking import PATIENCE

# Somebody is there only if the detector was this sure this often; cartoons, animals and patterns
# that look like a face in passing stay below.
SURE_SCORE: dict[Pack, float] = {"full": 0.87, "core": 0.75}
SURE_TIMES = 2
# A face that could be described well needs to be seen in so many frames, another for so long.
LEAST_FRAMES = 8
CLEAR_QUALITY = 0.4
LEAST_S_UNCLEAR = 1.0
# Pictures of a face worse than this say nothing about whose it is.
LEAST_QUALITY = 0.03
DESCRIBED = 3


@dataclass(frozen=True, slots=True, eq=False)
class WholeTrack:
    """A person's frames in one shot, with no long gap: (k,) frame indices and faces."""

    shot: int
    frames: tuple[int, ...]
    faces: tuple[Face, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Somebody:
    """One person: tracks in time order, mean descriptor (128,) or None, and the best picture."""

    tracks: tuple[WholeTrack, ...]
    embedding: F32 | None
    best: Sample


def recognise(
    fragments: Sequence[Followed],
    identity: Identity,
    pack: Pack,
    rate: float,
    frame_count: int,
    report: Report,
) -> list[Somebody]:
    """Who is in the video, longest on screen first; what is surely nobody is left out.

    rate: frames per second. frame_count: of the whole video; of a very short one no more can be
    asked than it has.
    """
    appearances: list[Appearance] = []
    for done, fragment in enumerate(fragments, start=1):
        appearances.append(_appearance(fragment, identity))
        report(Progress("recognise", done, len(fragments)))
    groups = [
        group
        for group in group_people(appearances, rate)
        if _is_somebody([fragments[i] for i in group], SURE_SCORE[pack], rate, frame_count)
    ]
    somebody: list[Somebody] = []
    for group in adopt(appearances, groups, rate):
        parts = [fragments[i] for i in group]
        samples = [sample for part in parts for sample in part.samples.best()]
        best = max(samples, key=lambda sample: (sample.quality, -sample.frame))
        embedding = _mean_descriptor([appearances[i] for i in group])
        somebody.append(Somebody(_stitched(parts), embedding, best))
    return sorted(somebody, key=lambda one: -sum(len(track.frames) for track in one.tracks))


def _is_somebody(parts: Sequence[Followed], sure: float, rate: float, frame_count: int) -> bool:
    frames = sum(len(part.frames) for part in parts)
    hits = sum(score >= sure for part in parts for score in part.support)
    best = max((sample.quality for part in parts for sample in part.samples.best()), default=0.0)
    least = LEAST_FRAMES if best >= CLEAR_QUALITY else round(LEAST_S_UNCLEAR * rate)
    asked = min(max(LEAST_FRAMES, least), frame_count)
    return frames >= asked and hits >= min(SURE_TIMES, frame_count)


def _appearance(fragment: Followed, identity: Identity) -> Appearance:
    samples = [s for s in fragment.samples.best()[:DESCRIBED] if s.quality >= LEAST_QUALITY]
    descriptor = None
    if samples:
        rows = np.array([identity.descriptor(s.crop, s.landmarks) for s in samples])
        weights = np.array([sample.quality for sample in samples])
        descriptor = np.average(rows, axis=0, weights=weights).astype(np.float32)
    return Appearance(
        shot=fragment.shot,
        frames=np.array(fragment.frames, np.int32),
        first_xyxy=fragment.faces[0].box_xyxy,
        last_xyxy=fragment.faces[-1].box_xyxy,
        descriptor=descriptor,
        quality=samples[0].quality if samples else 0.0,
    )


def _mean_descriptor(appearances: Sequence[Appearance]) -> F32 | None:
    """(128,) the mean in which well-seen and long fragments count most."""
    known = [(a.descriptor, a.quality * len(a.frames)) for a in appearances]
    rows = [row for row, _ in known if row is not None]
    if not rows:
        return None
    weights = [weight for row, weight in known if row is not None]
    return np.average(np.array(rows), axis=0, weights=weights).astype(np.float32)


def _stitched(parts: Sequence[Followed]) -> tuple[WholeTrack, ...]:
    """Fragments of one person joined where they follow each other closely in a shot."""
    whole: list[WholeTrack] = []
    for part in sorted(parts, key=lambda part: part.frames[0]):
        before = whole[-1] if whole else None
        frames, faces = tuple(part.frames), tuple(part.faces)
        if (
            before is not None
            and before.shot == part.shot
            and 0 < frames[0] - before.frames[-1] <= PATIENCE + 1
        ):
            whole[-1] = WholeTrack(part.shot, before.frames + frames, before.faces + faces)
        else:
            whole.append(WholeTrack(part.shot, frames, faces))
    return tuple(whole)
