"""SwapReport: what a swap did, frame by frame, and with what."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from headswap.arrays import Bool
from headswap.swapping.plan import RenderPlan
from headswap.trust.consent import Consent
from headswap.trust.policy import Looked
from headswap.vision.scene import Scene

# Beyond this one photo shows too little of the head; such frames are drawn, and named.
HARD_YAW_DEG, HARD_PITCH_DEG = 60.0, 35.0


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last`, both included, and what is to be said of them."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class PersonReport:
    """One mapped person.

    consent: what was stated about the photo. not_swapped: every other frame of the video, with
    why. strained: swapped frames in which the head is turned further than one photo can show.
    bridged: swapped frames in which no face was found; bridged_frames: how many.
    """

    obj_id: int
    photo: str
    consent: Consent
    frames_swapped: int
    bridged_frames: int
    not_swapped: tuple[FrameRange, ...]
    strained: tuple[FrameRange, ...]
    bridged: tuple[FrameRange, ...] = ()


@dataclass(frozen=True, slots=True)
class SwapReport:
    """What a swap did.

    task_id: the id that the result bears. signed_by: the name in the certificate that its
    credentials are signed with, empty where they are not yet. policy: what the gate saw of source
    and photos. stages_s: seconds by stage. models: files that were loaded, by name.
    """

    task_id: str
    signed_by: str
    video: str
    out: str
    width: int
    height: int
    frame_count: int
    engine: str
    device: str
    pack: str
    models: tuple[str, ...]
    people: tuple[PersonReport, ...]
    policy: Looked
    stages_s: dict[str, float]

    def json(self) -> str:
        """The report as indented JSON."""
        return json.dumps(asdict(self), indent=2)


def person_reports(
    scene: Scene, plan: RenderPlan, photos: dict[int, Path], consents: dict[int, Consent]
) -> tuple[PersonReport, ...]:
    """A report for each mapped person."""
    return tuple(
        _person(scene, plan, obj_id, path, consents[obj_id])
        for obj_id, path in sorted(photos.items())
    )


def _person(
    scene: Scene, plan: RenderPlan, obj_id: int, photo: Path, consent: Consent
) -> PersonReport:
    count = len(scene.pts)
    swapped = np.zeros(count, np.bool_)
    outside = np.zeros(count, np.bool_)
    strained = np.zeros(count, np.bool_)
    bridged = np.zeros(count, np.bool_)
    known = np.zeros(count, np.bool_)
    for a in plan.appearances:
        if a.obj_id != obj_id:
            continue
        shot = scene.shots[a.shot]
        known[shot.start : shot.stop] = True
        visible = np.array([a.drawn(f, plan.size_wh) for f in range(a.start, a.stop)])
        swapped[a.start : a.stop] |= visible
        outside[a.start : a.stop] |= ~visible
        bridged[a.start : a.stop] |= visible & ~a.motion.seen
        yaw, pitch, _ = np.abs(a.motion.pose.yaw_pitch_roll_deg()).T
        strained[a.start : a.stop] |= ((yaw > HARD_YAW_DEG) | (pitch > HARD_PITCH_DEG)) & visible
    reasons = [
        (outside & ~swapped, "the head is outside the picture"),
        (
            known & ~outside & ~swapped,
            "no face seen: turned away, covered or out of the picture",
        ),
        (~known & ~swapped, "not in this shot"),
    ]
    missing = [part for mask, reason in reasons for part in _ranges(mask, reason)]
    return PersonReport(
        obj_id=obj_id,
        photo=str(photo),
        consent=consent,
        frames_swapped=int(swapped.sum()),
        bridged_frames=int(bridged.sum()),
        not_swapped=tuple(sorted(missing, key=lambda part: part.first)),
        strained=tuple(_ranges(strained, "turned further than one photo shows")),
        bridged=tuple(_ranges(bridged, "no face was found; the head was followed")),
    )


def _ranges(mask: Bool, reason: str) -> list[FrameRange]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [
        FrameRange(int(first), int(stop) - 1, reason)
        for first, stop in zip(edges[::2], edges[1::2], strict=True)
    ]
