"""Recognition: from fragments of tracks to people, each with whole tracks and a descriptor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32
from headswap.vision.face import Face
from headswap.vision.followed import SLIDE_FRAMES, Followed
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
# Two fragments that overlap by a few frames and look this alike are one face, which had slid.
SURELY_SAME = 0.4
# So is one that begins this near, in sides, to where the other's motion led.
GOES_ON_SIDES = 0.25


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
    for i in _slid(fragments, appearances):
        appearances[i] = _appearance(fragments[i], identity)
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


def _slid(fragments: Sequence[Followed], appearances: Sequence[Appearance]) -> list[int]:
    """Take back the frames in which a fragment had slid onto another's face while its own was
    found again beside it; return which fragments have lost frames."""
    changed: set[int] = set()
    for i, a in enumerate(fragments):
        for j, b in enumerate(fragments):
            if a.shot != b.shot or not a.frames[0] < b.frames[0] <= a.frames[-1] < b.frames[-1]:
                continue
            shared = [frame for frame in a.frames if frame >= b.frames[0]]
            if len(shared) > SLIDE_FRAMES or len(shared) >= len(a.frames):
                continue
            lost = len(shared) if _look_alike(appearances[i], appearances[j]) else 0
            for _ in range(lost or _strayed(a, b, len(shared))):
                a.drop_last()
                changed.add(i)
    return sorted(changed)


def _look_alike(a: Appearance, b: Appearance) -> bool:
    one, other = a.descriptor, b.descriptor
    if one is None or other is None:
        return False
    return float(np.linalg.norm(one - other)) < SURELY_SAME


def _strayed(a: Followed, b: Followed, shared: int) -> int:
    """How many of the last frames of `a` strayed from its way, if `b` goes on with it; else 0."""
    most = min(shared + SLIDE_FRAMES, len(a.faces) - 2)
    for lost in range(shared, most + 1):
        before, last = a.faces[-lost - 2].center_xy, a.faces[-lost - 1]
        led = last.center_xy + (last.center_xy - before) * (lost - shared + 1)
        off_a, off_b = (
            float(np.linalg.norm(face.center_xy - led)) / last.side_px
            for face in (a.faces[-shared], b.faces[0])
        )
        if off_b < GOES_ON_SIDES and off_b < 0.5 * off_a:
            return lost
    return 0


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
