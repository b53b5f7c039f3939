"""A swap taken apart: scene, plan and finished frames of a sample clip, before any encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from headswap.arrays import Bool
from headswap.media import Frame, VideoReader
from headswap.sample import Identity, SampleFrame, SampleScene, portrait, write_clip
from headswap.swapping.compose.mosaic import Plate
from headswap.swapping.engines import engine_named
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.head_model import HeadModel
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import calibrated_plan, final_plan, first_plan
from headswap.swapping.reference import ReferenceReader
from headswap.swapping.render import Renderer
from headswap.swapping.survey import KeyLook, survey
from headswap.vision.analyze import analyze
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """A sample clip with its truth, its frames as decoded, and what analysis found in it."""

    clip: Path
    truth: list[SampleFrame]
    source: list[Frame]
    scene: Scene

    @property
    def size_wh(self) -> tuple[int, int]:
        return self.scene.video.size_wh


def filmed(made: SampleScene, folder: Path, store: ModelStore) -> Filmed:
    """The clip of that scene, written into the folder and analysed."""
    clip = folder / "clip.mp4"
    write_clip(made, clip)
    with VideoReader(clip) as reader:
        source = list(reader)
    truth = [made.frame(i) for i in range(made.frame_count)]
    return Filmed(clip, truth, source, analyze(clip, store=store))


def photo_of(identity: Identity, folder: Path) -> Path:
    """The path of that person's photo, written into the folder."""
    path = folder / f"{identity.value}.png"
    Image.fromarray(portrait(identity)).save(path)
    return path


def heads_of(
    photos: Mapping[int, Identity], folder: Path, store: ModelStore
) -> dict[int, HeadModel]:
    """Head models by obj_id."""
    reader = ReferenceReader(store)
    found = {i: reader.find(photo_of(who, folder)) for i, who in photos.items()}
    return {i: reader.head(face, 10.0) for i, face in found.items()}


def planned(
    film: Filmed, heads: dict[int, HeadModel], folder: Path, store: ModelStore
) -> RenderPlan:
    """The plan before the survey."""
    plan = first_plan(film.scene, film.size_wh, heads, folder)
    networks = FaceLandmarks(store), Blendshapes(store)
    return calibrated_plan(plan, heads, engine_named("mesh"), *networks)


@dataclass(frozen=True, slots=True, eq=False)
class Surveyed:
    """The final plan, what its survey saw, and (h, w) where the background was clear."""

    plan: RenderPlan
    looks: list[KeyLook | Glimpse]
    clear: Bool


def surveyed(plan: RenderPlan, cuts: Sequence[int], folder: Path, store: ModelStore) -> Surveyed:
    """The plan surveyed in stretches, in a folder of its own."""
    folder.mkdir()
    own = replace(plan, folder=folder)
    looks = [look for a, b in pairwise(cuts) for look in survey(own, a, b, store, lambda: None)]
    width, height = plan.size_wh
    final = final_plan(own, looks)
    clear = np.zeros((height, width), np.bool_)
    for path in folder.glob("plate-*.npz"):
        plate = Plate.load(path)
        x, y = plate.corner_xy
        high, wide = plate.seen.shape
        left, top = max(0, -x), max(0, -y)
        part = plate.seen[top : height - y, left : width - x] > 0
        clear[y + top : y + high, x + left : x + wide] |= part
    return Surveyed(final, looks, clear)


def rendered(plan: RenderPlan, cuts: Sequence[int]) -> list[Frame]:
    """The plan's frames, each stretch by a renderer of its own."""
    return [
        frame
        for start, stop in pairwise(cuts)
        for frame in Renderer(plan, engine_named("mesh")).frames(start, stop)
    ]


def in_boxes(plan: RenderPlan, frame: int) -> Bool:
    """(h, w) bool: where any appearance may change the frame."""
    width, height = plan.size_wh
    inside = np.zeros((height, width), np.bool_)
    for appearance in plan.present(frame):
        box = appearance.box(frame, plan.size_wh)
        if box is not None:
            x0, y0, x1, y1 = box
            inside[y0:y1, x0:x1] = True
    return inside
