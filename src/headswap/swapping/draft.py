"""The way from a scene and portraits to a written plan, and what it works with."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from headswap.media import output_size
from headswap.memory import hand_back
from headswap.swapping.compute import Compute
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.head_model import HeadModel
from headswap.swapping.options import SwapOptions
from headswap.swapping.parts import survey_parts
from headswap.swapping.plan import RenderPlan
from headswap.swapping.planning import calibrated_plan, final_plan, first_plan
from headswap.swapping.reference import Portrait, ReferenceReader
from headswap.swapping.survey import KeyLook
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.pose import fit_pose
from headswap.vision.progress import Progress, Report
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore

# The texture a little finer than the largest head drawn from it.
_TEXTURE_GAIN = 1.25


@dataclass(slots=True)
class Stages:
    """Seconds spent in each stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, name: str) -> Generator[None]:
        start = time.perf_counter()
        yield
        taken_s = self.seconds.get(name, 0.0) + time.perf_counter() - start
        self.seconds[name] = round(taken_s, 3)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the stages of one swap work with."""

    options: SwapOptions
    engine: Engine
    store: ModelStore
    crew: Compute
    beside: ThreadPoolExecutor
    report: Report
    stages: Stages


class Draft(NamedTuple):
    """The plan as far as heads and tracks tell it, and what the frames told beside that."""

    plan: RenderPlan
    looks: list[KeyLook | Glimpse]


def draft_plan(
    tools: Tools,
    scene: Scene,
    portraits: Mapping[int, Portrait],
    reader: ReferenceReader,
    folder: Path,
) -> Draft:
    """The draft of the plan for a scene and the portraits of the heads that come into it."""
    options, report = tools.options, tools.report
    # What the analysis worked with.
    hand_back()
    with tools.stages.timed("survey"):
        size_wh = output_size(scene.video, options.resolution)
        plan = first_plan(scene, size_wh, portraits, folder, options.skin)
        # The survey looks at the video alone, so heads are made while it goes on.
        looked = tools.beside.submit(survey_parts, plan, tools.crew, options, report)
        heads = _build_heads(scene, portraits, size_wh, reader)
        networks = FaceLandmarks(tools.store), Blendshapes(tools.store)
        plan = calibrated_plan(plan, heads, tools.engine, *networks)
        return Draft(plan, looked.result())


def save_plan(tools: Tools, draft: Draft, task_id: str, path: Path) -> None:
    """Finishes the draft and writes the plan for the task to `path`."""
    with tools.stages.timed("plan"):
        tools.report(Progress("plan", 0, 1))
        plan = final_plan(*draft)
        replace(plan, marked=tools.options.mark, task_id=task_id).save(path)
        # Large, and only planning needs them; a try that ends before surveys anew.
        for name in ("view-*.npy", "ballot-*.npz"):
            for done in path.parent.glob(name):
                done.unlink()
        tools.report(Progress("plan", 1, 1))


def _build_heads(
    scene: Scene,
    portraits: Mapping[int, Portrait],
    size_wh: tuple[int, int],
    reader: ReferenceReader,
) -> dict[int, HeadModel]:
    """Head models as fine as the largest heads that will be drawn from them."""
    resize = size_wh[1] / scene.video.height
    people = {person.obj_id: person for person in scene.people}
    heads: dict[int, HeadModel] = {}
    for obj_id, portrait in portraits.items():
        tracks = [scene.tracks[i] for i in people[obj_id].tracks]
        scales = np.concatenate([fit_pose(track.landmarks).scale for track in tracks])
        largest = float(np.percentile(scales, 95)) * resize
        heads[obj_id] = reader.head(portrait, _TEXTURE_GAIN * largest)
    return heads
