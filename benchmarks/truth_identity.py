"""Who is who: people of known identity who cross, are cut and return, and what analysis says.

    python -m benchmarks.truth_identity [--only NAME] [--keep DIR]

A switch is a frame from which a person is taken for somebody else than before. Missed are people
who got no number of their own. Unmapped people's heads are compared pixel by pixel where nobody
covers them.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.consent import CONSENT
from benchmarks.faces import model_store
from benchmarks.printing import print_rows
from benchmarks.table import Row
from benchmarks.video import MeasureError, pairs
from headswap import SwapOptions, analyze, swap
from headswap.arrays import U8
from headswap.errors import HeadswapError
from headswap.sample.crowd import CrowdFrame, CrowdScene, CrowdSpec, crowd_portrait, write_crowd
from headswap.vision.scene import Scene

CASES: dict[str, CrowdSpec] = {
    "two crossing": CrowdSpec((640, 360), seconds=4.0, people=2),
    "two crossing, three cuts": CrowdSpec((640, 360), seconds=6.0, people=2, cuts=3),
    "five crossing": CrowdSpec((960, 540), seconds=4.0, people=5),
    "five crossing, three cuts": CrowdSpec((960, 540), seconds=6.0, people=5, cuts=3, seed=1),
    "one leaves and returns": CrowdSpec((640, 360), seconds=5.0, people=2, leaves=True),
}
# The case in which heads are swapped too, and who of its cast.
SWAPPED_CASE, SWAPPED = "two crossing", (0,)
NOBODY = 255
# A face is somebody's if its eyes lie this near to theirs, in face heights.
NEAR_FACES = 0.35
# A head that is seen so far and turned so little should be found.
SEEN_SHARE, FOUND_YAW_DEG = 0.8, 45.0
# Lossless coding changes a colour by rounding only.
ROUNDING_LEVELS = 2


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """One case. switches: frames. missed: of the cast. extra: numbers that are nobody's own.
    found: the share of well-seen heads whose face was found."""

    name: str
    people: int
    switches: tuple[int, ...]
    missed: tuple[int, ...]
    extra: int
    found: float


@dataclass(frozen=True, slots=True)
class UnmappedResult:
    """frames looked at, pixels of unmapped heads looked at and changed, and the worst frame."""

    frames: int
    pixels: int
    changed: int
    worst_frame: int
    worst: int


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One frame: (h, w) uint8, who of the cast each pixel surely shows, and who should be found.

    eyes: by member, the middle between the eyes, and the face's height in px.
    """

    owner: U8
    clear: frozenset[int]
    eyes: dict[int, tuple[float, float, float]]

    @classmethod
    def of(cls, frame: CrowdFrame) -> Truth:
        owner = np.full(frame.rgb.shape[:2], NOBODY, np.uint8)
        for head in frame.heads:
            owner[head.alpha > 0.9] = head.who
        clear = (
            head.who
            for head in frame.heads
            if head.seen >= SEEN_SHARE and abs(head.yaw_deg) <= FOUND_YAW_DEG
        )
        eyes = {head.who: (*head.center_xy, head.face_px) for head in frame.heads}
        return cls(owner, frozenset(clear), eyes)

    def matched(self, faces: list[tuple[int, float, float]]) -> dict[int, int]:
        """Member -> obj_id: of the faces that lie where somebody is seen, the nearest is theirs."""
        best: dict[int, tuple[float, int]] = {}
        for obj_id, x, y in faces:
            who = self.at(x, y)
            if who == NOBODY:
                continue
            true_x, true_y, face_px = self.eyes[who]
            off = float(np.hypot(x - true_x, y - true_y)) / face_px
            if off < NEAR_FACES:
                best[who] = min(best.get(who, (off, obj_id)), (off, obj_id))
        return {who: obj_id for who, (_, obj_id) in best.items()}

    def at(self, x: float, y: float) -> int:
        """Who is seen at a place."""
        height, width = self.owner.shape
        inside = 0 <= round(x) < width and 0 <= round(y) < height
        return int(self.owner[round(y), round(x)]) if inside else NOBODY


def judged(name: str, people: int, truth: list[Truth], scene: Scene) -> IdentityResult:
    """What analysis said of a scene against who was there."""
    taken: dict[int, list[tuple[int, int]]] = {who: [] for who in range(people)}
    faces = _faces(scene)
    wanted = found = 0
    for index, frame in enumerate(truth):
        here = frame.matched(faces.get(index, []))
        wanted += len(frame.clear)
        found += len(frame.clear & here.keys())
        for who, obj_id in here.items():
            taken[who].append((index, obj_id))
    return IdentityResult(
        name=name,
        people=people,
        switches=_switches(taken),
        missed=_missed(taken),
        extra=len(scene.people) - len({_usual(seen) for seen in taken.values() if seen}),
        found=found / max(1, wanted),
    )


def _faces(scene: Scene) -> dict[int, list[tuple[int, float, float]]]:
    """Frame -> (obj_id, x, y between the eyes) of every face that was found."""
    faces: dict[int, list[tuple[int, float, float]]] = {}
    for person in scene.people:
        for track in (scene.tracks[i] for i in person.tracks):
            for k, frame in enumerate(track.frames):
                if track.presence[k] > 0:
                    x, y = track.landmarks[k, [33, 133, 362, 263], :2].mean(axis=0)
                    faces.setdefault(int(frame), []).append((person.obj_id, float(x), float(y)))
    return faces


def _usual(seen: list[tuple[int, int]]) -> int:
    return Counter(obj_id for _, obj_id in seen).most_common(1)[0][0]


def _switches(taken: dict[int, list[tuple[int, int]]]) -> tuple[int, ...]:
    frames: list[int] = []
    for seen in taken.values():
        for (_, before), (frame, after) in itertools.pairwise(seen):
            if before != after:
                frames.append(frame)
    return tuple(sorted(frames))


def _missed(taken: dict[int, list[tuple[int, int]]]) -> tuple[int, ...]:
    """Those never seen, and those whose number is another's who was seen for longer."""
    owner: dict[int, int] = {}
    for who, seen in sorted(taken.items(), key=lambda item: -len(item[1])):
        if seen:
            owner.setdefault(_usual(seen), who)
    return tuple(who for who in taken if who not in owner.values())


def unmapped_pixels(truth: list[Truth], clip: Path, scene: Scene, folder: Path) -> UnmappedResult:
    """Swap some of a crowd without loss and look at the heads of the others."""
    photos: dict[int, Path] = {}
    for who in SWAPPED:
        photo = folder / f"photo{who}.png"
        Image.fromarray(crowd_portrait((who + 3) % 5)).save(photo)
        photos[_owner(who, truth, scene)] = photo
    result = folder / "unmapped.mp4"
    try:
        # Coded without loss, only what was drawn differs from the clip as it is decoded.
        swap(
            clip,
            photos,
            result,
            consent=CONSENT,
            scene=scene,
            options=SwapOptions(crf=0, mark=False),
        )
    except HeadswapError as error:
        raise MeasureError(f"{clip}: cannot be swapped: {error}") from error
    looked = changed = frames = 0
    worst = (0, -1)
    for pair in pairs(clip, result):
        owner = truth[pair.index].owner
        mask = (owner != NOBODY) & ~np.isin(owner, SWAPPED)
        change = np.asarray(cv2.absdiff(pair.source, pair.result)).max(axis=2)
        here = int((change[mask] > ROUNDING_LEVELS).sum())
        looked, changed, frames = looked + int(mask.sum()), changed + here, frames + 1
        worst = max(worst, (here, pair.index))
    return UnmappedResult(frames, looked, changed, worst[1], worst[0])


def _owner(who: int, truth: list[Truth], scene: Scene) -> int:
    """The number that analysis gave a member of the cast most often."""
    faces = _faces(scene)
    seen = [
        (index, obj_id)
        for index, frame in enumerate(truth)
        for member, obj_id in frame.matched(faces.get(index, [])).items()
        if member == who
    ]
    if not seen:
        raise MeasureError(f"nobody was found where person {who} of the cast is")
    return _usual(seen)


def identity_rows(one: IdentityResult) -> list[Row]:
    note = f"{one.name}: {100 * one.found:.0f} % of well-seen heads found"
    if one.extra:
        note += f", {one.extra} numbers too many"
    where = f"; frames {', '.join(map(str, one.switches[:12]))}" if one.switches else ""
    return [
        Row("identity switches", str(len(one.switches)), "0", not one.switches, note + where),
        Row(
            "people missed",
            f"{len(one.missed)} of {one.people}",
            "0",
            not one.missed,
            one.name + (f"; {', '.join(map(str, one.missed))} of the cast" if one.missed else ""),
        ),
    ]


def unmapped_row(one: UnmappedResult) -> Row:
    note = f"{SWAPPED_CASE}, {one.frames} frames, {one.pixels} pixels of unmapped heads"
    if one.changed:
        note += f"; worst frame {one.worst_frame}: {one.worst}"
    return Row("unmapped people's pixels changed", str(one.changed), "0", one.changed == 0, note)


def rows(folder: Path, only: str | None = None) -> list[Row]:
    """All cases, or one of them; clips and results are left in the folder."""
    made: list[Row] = []
    for name, spec in CASES.items():
        if only is not None and only != name:
            continue
        clip = folder / f"{name.replace(' ', '-').replace(',', '')}.mp4"
        truth: list[Truth] = []
        write_crowd(CrowdScene(spec), clip, lambda frame, to=truth: to.append(Truth.of(frame)))
        scene = analyze(clip, store=model_store())
        made += identity_rows(judged(name, spec.people, truth, scene))
        if name == SWAPPED_CASE:
            made.append(unmapped_row(unmapped_pixels(truth, clip, scene, folder)))
    return made


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.truth_identity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--keep", type=Path, help="leave clips and results here")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="headswap-identity-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            print_rows(rows(folder, given.only), "Who is who")
        except MeasureError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
