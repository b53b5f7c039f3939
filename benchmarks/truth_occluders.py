"""How much of what is before a head stays, and how much of the head stays with it.

python -m benchmarks.truth_occluders [--clip FILE ...] [--scene NAME ...]

Generated scenes have a hand, a microphone, both or nothing before a face, and say which pixels are
whose. A clip given is taken for one with nothing before any face.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from benchmarks.table import Row
from headswap.arrays import F32, Bool
from headswap.media import Frame, VideoReader
from headswap.sample import Identity, SampleScene, SampleSpec, build_scene, portrait, write_clip
from headswap.swapping.compose.removal import face_and_ears
from headswap.swapping.engines import engine_named
from headswap.swapping.occlusion import occlusion_path
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import calibrated_plan, final_plan, first_plan
from headswap.swapping.reference import ReferenceReader
from headswap.swapping.render import Renderer
from headswap.swapping.survey import survey
from headswap.vision.analyze import analyze
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.store import ModelStore

A, B = Identity.ASTRONAUT, Identity.SECOND
_SIZE, _SECONDS = (640, 480), 4.0
SCENES = {
    "hand, light skin": SampleSpec(_SIZE, _SECONDS, people=(A,), occluder=True),
    "hand, dark skin": SampleSpec(_SIZE, _SECONDS, people=(B,), occluder=True),
    "microphone, light skin": SampleSpec(_SIZE, _SECONDS, people=(A,), microphone=True),
    "microphone, dark skin": SampleSpec(_SIZE, _SECONDS, people=(B,), microphone=True),
    "both, other motion": SampleSpec(
        _SIZE, _SECONDS, people=(A,), occluder=True, microphone=True, seed=5
    ),
    "nothing, light skin": SampleSpec(_SIZE, _SECONDS, people=(A,), seed=3),
    "nothing, dark skin": SampleSpec(_SIZE, _SECONDS, people=(B,), seed=3),
}
MIN_KEPT, MAX_WRONG = 95.0, 2.0
# Where source and new head look alike nobody can see which of them is shown.
_TOLD_APART = 24.0


@dataclass(slots=True)
class Count:
    """Pixels of the occluder and of the head: all, and those that show the source."""

    occluder: int = 0
    occluder_kept: int = 0
    head: int = 0
    head_kept: int = 0
    worst_frame: float = 0.0

    def add(self, kept: Bool, clear: Bool, occluder: Bool, head: Bool) -> None:
        """Counts a frame; clear: where it can be told what is shown."""
        self.occluder += int((occluder & clear).sum())
        self.occluder_kept += int((occluder & clear & kept).sum())
        mine, wrong = int((head & clear).sum()), int((head & clear & kept).sum())
        self.head += mine
        self.head_kept += wrong
        self.worst_frame = max(self.worst_frame, wrong / max(mine, 1))

    def row(self, name: str) -> str:
        kept = f"{100 * self.occluder_kept / self.occluder:.1f}" if self.occluder else "-"
        wrong = 100 * self.head_kept / max(self.head, 1)
        return f"{name:32} {kept:>10} {wrong:>12.2f} {100 * self.worst_frame:>12.2f}"


def planned(clip: Path, folder: Path, photo: Path, store: ModelStore) -> RenderPlan:
    """The final plan that gives everybody in a clip the head of a photo."""
    scene = analyze(clip, store=store)
    reader = ReferenceReader(store)
    head = reader.head(reader.find(photo, largest_face=True), 10.0)
    heads = {person.obj_id: head for person in scene.people}
    first = first_plan(scene, scene.video.size_wh, heads, folder)
    plan = calibrated_plan(
        first, heads, engine_named("mesh"), FaceLandmarks(store), Blendshapes(store)
    )
    return final_plan(plan, survey(plan, 0, len(plan.pts), store, lambda: None))


def shown(plan: RenderPlan, folder: Path) -> Iterator[tuple[Frame, Bool, Bool]]:
    """Each source frame, (h, w) where its own pixels are kept before a head, and (h, w) where that
    can be told: the swap is compared with the same swap that knows of no occluders.
    """
    folder.mkdir()
    for path in plan.folder.glob("*.npz"):
        (folder / path.name).symlink_to(path)
    for appearance in plan.appearances:
        occlusion_path(folder, appearance.number).unlink(missing_ok=True)
    without = replace(plan, folder=folder)
    count, engine = len(plan.pts), engine_named("mesh")
    with VideoReader(plan.info.path, plan.size_wh) as video:
        frames = (Renderer(p, engine).frames(0, count) for p in (plan, without))
        for source, result, covered in zip(video.frames(0, count, plan.pts), *frames, strict=True):
            own, after, before = (f.rgb().astype(np.float32) for f in (source, result, covered))
            gap = own - before
            size = np.square(gap).sum(axis=2)
            share = ((after - before) * gap).sum(axis=2) / np.maximum(size, 1)
            yield source, share > 0.5, size > _TOLD_APART**2


def scene_count(scene: SampleScene, folder: Path, store: ModelStore) -> Count:
    """The counts of a generated scene."""
    clip, photo = folder / "clip.mp4", folder / "photo.png"
    write_clip(scene, clip)
    other = B if scene.spec.people[0] is A else A
    Image.fromarray(portrait(other)).save(photo)
    plan, count = planned(clip, folder, photo, store), Count()
    for source, kept, clear in shown(plan, folder / "without"):
        truth = scene.frame(source.index)
        front = np.zeros(kept.shape, np.float32) if truth.occluder is None else truth.occluder
        head = truth.heads[0].alpha
        count.add(kept, clear, (front > 0.9) & (head > 0.1), (head > 0.9) & (front < 0.1))
    return count


def clip_count(clip: Path, folder: Path, store: ModelStore) -> Count:
    """The counts of a clip in which nothing is before any face; the head is face and ears."""
    photo = folder / "photo.png"
    Image.fromarray(portrait(B)).save(photo)
    plan, count = planned(clip, folder, photo, store), Count()
    for source, kept, clear in shown(plan, folder / "without"):
        faces = [_face(a.landmarks(source.index), kept.shape) for a in plan.present(source.index)]
        head = np.logical_or.reduce(faces) if faces else np.zeros(kept.shape, np.bool_)
        count.add(kept, clear, np.zeros_like(head), head)
    return count


def _face(landmarks: F32, shape: tuple[int, ...]) -> Bool:
    return face_and_ears(landmarks, (shape[0], shape[1])) > 0


def rows(folder: Path) -> list[Row]:
    """The rows of all scenes; their clips are left in the folder."""
    store = ModelStore.default()
    found: list[Row] = []
    for name, spec in SCENES.items():
        place = folder / name.replace(" ", "-").replace(",", "")
        place.mkdir(parents=True)
        count = scene_count(build_scene(spec), place, store)
        wrong = 100 * count.head_kept / max(count.head, 1)
        note = f"worst frame {100 * count.worst_frame:.1f} %"
        if count.occluder:
            kept = 100 * count.occluder_kept / count.occluder
            title = f"in front, {name}: kept"
            found.append(Row(title, f"{kept:.1f} %", ">= 95 %", kept >= MIN_KEPT))
        title = f"in front, {name}: head wrongly kept"
        found.append(Row(title, f"{wrong:.2f} %", "<= 2 %", wrong <= MAX_WRONG, note))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Prints one row for each scene or clip."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth_occluders")
    parser.add_argument("--clip", type=Path, nargs="*", default=[])
    parser.add_argument("--scene", nargs="*", default=None, choices=[*SCENES])
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    store = ModelStore.default()
    print(f"{'percent':32} {'kept':>10} {'head kept':>12} {'worst frame':>12}")
    scenes = chosen.scene if chosen.scene is not None else ([] if chosen.clip else [*SCENES])
    for name in scenes:
        with TemporaryDirectory() as folder:
            print(scene_count(build_scene(SCENES[name]), Path(folder), store).row(name), flush=True)
    for clip in chosen.clip:
        with TemporaryDirectory() as folder:
            print(clip_count(clip, Path(folder), store).row(clip.name), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
