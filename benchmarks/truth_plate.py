"""How near an emptied frame comes to the truth: generated scenes with the head taken off.

python -m benchmarks.truth_plate [NAME ...]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from benchmarks.table import Row
from headswap.arrays import F32, U8, Bool
from headswap.media import VideoReader
from headswap.sample import Identity, SampleFrame, SampleSpec, build_scene, portrait, write_clip
from headswap.swapping.engines.mesh import MeshEngine
from headswap.swapping.engines.protocol import Box, HeadLayer, HeadState
from headswap.swapping.head_model import HeadModel
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import final_plan, first_plan
from headswap.swapping.reference import ReferenceReader
from headswap.swapping.render import Renderer
from headswap.swapping.survey import survey
from headswap.vision.analyze import analyze
from headswap.vision.store import ModelStore

MIN_SEEN_DB, MIN_ELSEWHERE_DB = 32.0, 22.0
_SIZE_WH, _SECONDS = (480, 360), 3.2
_STEP = 3
_OPAQUE = 0.98
SCENES: dict[str, SampleSpec] = {
    "still camera, head stays": SampleSpec(_SIZE_WH, _SECONDS),
    "still camera, head walks": SampleSpec(_SIZE_WH, _SECONDS, walk=14),
    "hand-held camera, head stays": SampleSpec(_SIZE_WH, _SECONDS, camera_motion=4),
    "hand-held camera, head walks": SampleSpec(_SIZE_WH, _SECONDS, camera_motion=4, walk=14),
    "camera pans, head stays": SampleSpec(_SIZE_WH, _SECONDS, pan=25),
    "camera pans, head walks": SampleSpec(_SIZE_WH, _SECONDS, pan=25, walk=14),
    "camera zooms, head stays": SampleSpec(_SIZE_WH, _SECONDS, zoom=25),
    "camera zooms, head walks": SampleSpec(_SIZE_WH, _SECONDS, zoom=25, walk=14),
}


class NoHead:
    """An engine whose heads cannot be seen: its frames are emptied frames.

    covered: (h, w) what the head that an ordinary engine draws would have covered in the last one.
    """

    name, device = "none", "nothing"

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._engine = MeshEngine()
        self.covered = np.zeros(size_wh[::-1], np.bool_)

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        drawn = self._engine.draw(head, state, box_xyxy, frame_rgb)
        x0, y0, x1, y1 = drawn.box_xyxy
        self.covered[:] = False
        self.covered[y0:y1, x0:x1] = drawn.alpha > _OPAQUE
        return replace(drawn, alpha=np.zeros_like(drawn.alpha), mouth=None)


@dataclass(slots=True)
class Error:
    """Squared errors added up."""

    squares: float = 0.0
    count: int = 0

    def add(self, gap: F32, where: Bool) -> None:
        self.squares += float((gap[where] ** 2).sum())
        self.count += 3 * int(where.sum())

    @property
    def psnr_db(self) -> float:
        """NaN where nothing was added."""
        if self.count == 0:
            return float("nan")
        return float(10 * np.log10(255**2 / max(self.squares / self.count, 1e-9)))


@dataclass(frozen=True, slots=True, eq=False)
class PlateTruth:
    """One scene: errors inside the old head's area, where a new head does not cover them.

    seen: background that another frame shows. hidden: background that none shows. body: neck and
    clothes under the head. whole: all of it, with what is behind the new head. flicker: mean change
    of the error from one frame to the next, 0..255.
    """

    seen: Error
    hidden: Error
    body: Error
    whole: Error
    flicker: float


def measure(spec: SampleSpec, folder: Path, store: ModelStore) -> PlateTruth:
    """What the emptied frames of that scene are off."""
    scene = build_scene(spec)
    truth = [scene.frame(i) for i in range(scene.frame_count)]
    clip = folder / "clip.mp4"
    write_clip(scene, clip)
    plan = _plan(clip, folder, store)
    seen, hidden, body, whole = Error(), Error(), Error(), Error()
    before: F32 | None = None
    changes: list[float] = []
    engine = NoHead(spec.size_wh)
    for frame in Renderer(plan, engine).frames(0, scene.frame_count):
        shown = truth[frame.index]
        head = shown.heads[0].alpha > 0.02
        around = head & ~engine.covered
        gap = frame.rgb().astype(np.float32) - shown.plate
        if before is not None:
            changes.append(float(np.abs(gap - before)[around].mean()))
        before = gap
        if frame.index % _STEP:
            continue
        elsewhere = _shown_elsewhere(truth, frame.index)
        open_wall = around & (shown.plate == shown.room).all(axis=2)
        seen.add(gap, open_wall & elsewhere)
        hidden.add(gap, open_wall & ~elsewhere)
        body.add(gap, around & ~open_wall)
        whole.add(gap, head)
    return PlateTruth(seen, hidden, body, whole, float(np.mean(changes)))


def _plan(clip: Path, folder: Path, store: ModelStore) -> RenderPlan:
    found = analyze(clip, store=store)
    photo = folder / "photo.png"
    Image.fromarray(portrait(Identity.SECOND)).save(photo)
    reader = ReferenceReader(store)
    heads = {found.people[0].obj_id: reader.head(reader.find(photo), 6.0)}
    plan = replace(first_plan(found, found.video.size_wh, heads, folder), heads=heads)
    with VideoReader(clip) as video:
        count = video.info.frame_count or len(found.pts)
    return final_plan(plan, survey(plan, 0, max(count, len(found.pts)), store, lambda: None))


def _bare(shown: SampleFrame) -> Bool:
    """(h, w) where neither a head nor a body is."""
    return (shown.rgb == shown.room).all(axis=2)


def _shown_elsewhere(truth: Sequence[SampleFrame], index: int) -> Bool:
    """(h, w) of frame `index`: which pixels of the room any other frame shows."""
    here = np.vstack([truth[index].frame_from_room, [0, 0, 1]])
    height, width = truth[index].rgb.shape[:2]
    any_shows = np.zeros((height, width), np.bool_)
    for j in range(0, len(truth), _STEP):
        if j == index:
            continue
        there = np.vstack([truth[j].frame_from_room, [0, 0, 1]])
        free = np.asarray(cv2.erode(_bare(truth[j]).astype(np.uint8), np.ones((5, 5), np.uint8)))
        move = (here @ np.linalg.inv(there))[:2]
        any_shows |= cv2.warpAffine(free, move, (width, height), flags=cv2.INTER_NEAREST) > 0
    return any_shows


def rows(folder: Path) -> list[Row]:
    """The rows of all scenes; their clips are left in the folder."""
    store = ModelStore.default()
    found: list[Row] = []
    for name, spec in SCENES.items():
        place = folder / name.replace(" ", "-").replace(",", "")
        place.mkdir(parents=True)
        truth = measure(spec, place, store)
        note = f"all of the old head {truth.whole.psnr_db:.1f} dB, flicker {truth.flicker:.2f}"
        found += [
            _row(f"plate, {name}: shown elsewhere", truth.seen, MIN_SEEN_DB, note),
            _row(f"plate, {name}: shown nowhere", truth.hidden, MIN_ELSEWHERE_DB),
            _row(f"plate, {name}: body", truth.body, MIN_ELSEWHERE_DB),
        ]
    return found


def _row(name: str, error: Error, limit_db: float, note: str = "") -> Row:
    if error.count == 0:
        return Row(name, "none", f">= {limit_db:.0f} dB", None, note)
    holds = error.psnr_db >= limit_db
    return Row(name, f"{error.psnr_db:.1f} dB", f">= {limit_db:.0f} dB", holds, note)


def main(names: Sequence[str]) -> int:
    """Prints the table; 1 when a limit is missed."""
    store = ModelStore.default()
    print(f"{'scene':30} {'seen':>6} {'share':>6} {'unseen':>7} {'body':>6} {'all':>6} dB  flicker")
    missed = False
    for name, spec in SCENES.items():
        if names and not any(part in name for part in names):
            continue
        with TemporaryDirectory() as folder:
            found = measure(spec, Path(folder), store)
        wall = found.seen.count + found.hidden.count
        share = 100 * found.seen.count / max(1, wall)
        print(
            f"{name:30} {found.seen.psnr_db:6.1f} {share:5.0f}% {found.hidden.psnr_db:7.1f} "
            f"{found.body.psnr_db:6.1f} {found.whole.psnr_db:6.1f} {found.flicker:11.2f}",
            flush=True,
        )
        missed |= found.seen.psnr_db < MIN_SEEN_DB
        missed |= min(found.hidden.psnr_db, found.body.psnr_db) < MIN_ELSEWHERE_DB
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
