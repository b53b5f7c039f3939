"""The original head must never show: swaps of clips whose detector fails for a while.

    python -m benchmarks.truth_gaps [--clip CLIP ...] [--photo PHOTO] [--gaps 5,10,25] [--out DIR]

Detector and landmarks fail together for 5, 10 and 25 frames in the middle, at the start and at the
end of a shot, as they would for a face that blurs or turns away. In these frames the result is
compared with the source where the head is: by the known mask in generated scenes, else where a
detector that does not fail sees the face.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.consent import CONSENT
from benchmarks.faces import model_store
from benchmarks.printing import print_rows
from benchmarks.table import Row
from benchmarks.video import MeasureError, pairs
from headswap import analyze, swap
from headswap.arrays import F32, U8, Bool
from headswap.errors import HeadswapError
from headswap.media import Frame
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.vision.face import Face
from headswap.vision.networks.faces import Faces
from headswap.vision.scene import Scene
from headswap.vision.sight import NetworkSight, Sight

GAPS = (5, 10, 25)
PLACES = ("middle", "start", "end")
SPEC = SampleSpec(size_wh=(480, 360), seconds=3.0, rate=Fraction(25))
# A pixel of a new head that happens to look like the old one differs by no more than this.
SAME_LEVELS = 6
# A frame shows the original head if so much of it is as it was.
SHOWN_SHARE = 0.5


class FailingSight:
    """Sight that sees nothing in some frames."""

    def __init__(self, sight: Sight, blind: range) -> None:
        self._sight = sight
        self._blind = blind

    def detect(self, frame: Frame, closely: bool) -> Faces:
        if frame.index not in self._blind:
            return self._sight.detect(frame, closely)
        empty = np.zeros((0, 4), np.float32)
        return Faces(empty, np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))

    def start(self, frame: Frame, seen: Faces, at: int) -> Face:
        return self._sight.start(frame, seen, at)

    def follow(self, frame: Frame, known: Face) -> Face:
        if frame.index not in self._blind:
            return self._sight.follow(frame, known)
        return replace(known, presence=0.0)


@dataclass(frozen=True, slots=True)
class GapResult:
    """One swap. shown: frames in which the original head shows; unchanged: the largest share of a
    head's pixels that stayed; bridged: frames drawn without a face."""

    clip: str
    place: str
    frames: int
    shown: tuple[int, ...]
    unchanged: float
    bridged: int


HeadMask = Callable[[int, tuple[int, int]], Bool | None]


def blind_frames(place: str, gap: int, count: int) -> range:
    """The frames of a shot of `count` in which nothing is seen."""
    start = {"start": 0, "end": count - gap, "middle": (count - gap) // 2}[place]
    return range(start, start + gap)


def measure_gaps(
    clip: Path, photo: Path, head: HeadMask, out: Path, gaps: tuple[int, ...] = GAPS
) -> Iterator[GapResult]:
    """A swap for each length and place of failure, the result compared with the clip.

    head: the (h, w) mask of the head in a frame, None where there is none.
    """
    store = model_store()
    count = len(analyze(clip, store=store).pts)
    for place in PLACES:
        for gap in gaps:
            blind = blind_frames(place, gap, count)
            if blind.start < 0 or gap > count - 8:
                raise MeasureError(f"{clip}: {count} frames are too few to lose {gap} of them")
            scene = analyze(clip, store=store, sight=FailingSight(NetworkSight(store), blind))
            result = out / f"{clip.stem}.{place}.{gap}.mp4"
            try:
                report = swap(clip, {0: photo}, result, consent=CONSENT, scene=scene)
            except HeadswapError as error:
                raise MeasureError(f"{clip}: cannot be swapped: {error}") from error
            yield _compared(clip, result, head, place, blind, report.people[0].bridged_frames)


def _compared(
    clip: Path, result: Path, head: HeadMask, place: str, blind: range, bridged: int
) -> GapResult:
    shown: list[int] = []
    worst = 0.0
    for pair in pairs(clip, result):
        if pair.index not in blind:
            continue
        mask = head(pair.index, (pair.source.shape[1], pair.source.shape[0]))
        if mask is None or not mask.any():
            continue
        share = unchanged_share(pair.source, pair.result, mask)
        worst = max(worst, share)
        if share > SHOWN_SHARE:
            shown.append(pair.index)
    return GapResult(clip.stem, place, len(blind), tuple(shown), worst, bridged)


def unchanged_share(source: U8, result: U8, mask: Bool) -> float:
    """The share of the mask's pixels that look as before."""
    change = np.asarray(cv2.absdiff(source, result)).max(axis=2)
    return float((change[mask] <= SAME_LEVELS).mean())


def seen_heads(scene: Scene) -> HeadMask:
    """Masks of the first person's face, as analysed with nothing failing."""
    tracks = [scene.tracks[i] for i in scene.people[0].tracks]
    meshes = {
        int(frame): points
        for track in tracks
        for frame, points, sure in zip(track.frames, track.landmarks, track.presence, strict=True)
        if sure > 0
    }

    def mask(frame: int, size_wh: tuple[int, int]) -> Bool | None:
        points: F32 | None = meshes.get(frame)
        if points is None:
            return None
        plane = np.zeros(size_wh[::-1], np.uint8)
        cv2.fillConvexPoly(plane, cv2.convexHull(points[:468, :2].copy()).astype(np.int32), 1)
        return plane > 0

    return mask


def gap_rows(results: list[GapResult]) -> list[Row]:
    """One row for each clip and length."""
    made: list[Row] = []
    for clip, gap in dict.fromkeys((one.clip, one.frames) for one in results):
        mine = [one for one in results if (one.clip, one.frames) == (clip, gap)]
        shown = sum(len(one.shown) for one in mine)
        parts = [f"{one.place} {len(one.shown)} ({one.bridged} bridged)" for one in mine]
        most = max(one.unchanged for one in mine)
        made.append(
            Row(
                f"frames with the original head, {gap} failing",
                str(shown),
                "0",
                shown == 0,
                f"{clip}: {', '.join(parts)}; at most {100 * most:.0f} % of a head unchanged",
            )
        )
    return made


def rows(folder: Path) -> list[Row]:
    """The rows of the generated scene; its clips are left in the folder."""
    clip, photo, head = generated(folder)
    return gap_rows(list(measure_gaps(clip, photo, head, folder)))


def generated(folder: Path) -> tuple[Path, Path, HeadMask]:
    """A sample clip and photo written into the folder, and the truth about its head."""
    clip, photo = folder / "generated.mp4", folder / "generated.png"
    made = build_scene(SPEC)
    write_clip(made, clip)
    Image.fromarray(portrait(Identity.SECOND)).save(photo)
    return clip, photo, lambda frame, _: made.frame(frame).heads[0].alpha > 0.9


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.truth_gaps",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clip", type=Path, action="append", default=[], help="besides the sample")
    parser.add_argument("--photo", type=Path, help="for these clips; the sample's by default")
    parser.add_argument("--gaps", default=",".join(map(str, GAPS)))
    parser.add_argument("--out", type=Path, help="keep the results here")
    given = parser.parse_args(arguments)
    gaps = tuple(int(word) for word in given.gaps.split(","))
    results: list[GapResult] = []
    with tempfile.TemporaryDirectory(prefix="headswap-gaps-") as temporary:
        out = given.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        try:
            clip, photo, head = generated(out)
            results += measure_gaps(clip, photo, head, out, gaps)
            for one in given.clip:
                truth = seen_heads(analyze(one, store=model_store()))
                results += measure_gaps(one, given.photo or photo, truth, out, gaps)
        except MeasureError as error:
            print(error, file=sys.stderr)
            return 1
    print_rows(gap_rows(results), "A detector that fails")
    return 0


if __name__ == "__main__":
    sys.exit(main())
