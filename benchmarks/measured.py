"""One job from start to finish: swapped, timed, judged, and its contact sheets drawn."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.encode import LONG_S, SHORT_S, looped
from benchmarks.judge import Judgement, judge
from benchmarks.pairing import Job
from benchmarks.persons import Wanted
from benchmarks.sheet import spread, write_sheet
from benchmarks.swap_run import SwapRun, headswap, run_swap
from benchmarks.video import MeasureError, decoded
from headswap.arrays import F32


@dataclass(frozen=True, slots=True)
class Measured:
    """All that is known of one job; `problem` says why there is no judgement.

    short_side_px: of the result, or of the clip where there is none.
    """

    name: str
    clip: str
    photos: tuple[str, ...]
    short_side_px: int
    run: SwapRun
    judgement: Judgement | None
    problem: str


@dataclass(frozen=True, slots=True)
class MemoryRuns:
    """Peak memory of the same pictures for 5 and for 60 seconds."""

    short: SwapRun
    long: SwapRun

    @property
    def growth(self) -> float:
        """0.1 for ten per cent more; nan when a run failed."""
        if self.short.failed or self.long.failed:
            return float("nan")
        return self.long.ran.peak_bytes / self.short.ran.peak_bytes - 1


def measure(
    job: Job, out: Path, *, every: int, timeout_s: float, extra: list[str], sheets: bool = True
) -> Measured:
    """Swap, judge, draw. What fails is told in `problem`; nothing is raised for a bad result."""
    result = out / f"{job.name}.mp4"
    run = run_swap(job.clip, list(job.photos), result, timeout_s, extra)
    judgement, problem = None, ""
    if run.failed:
        problem = f"swap failed with code {run.ran.code}: {run.ran.last_words}"
    else:
        try:
            judgement = judge(job.clip, result, _wanted(job), every=every)
        except MeasureError as error:
            problem = f"cannot be judged: {error}"
        if sheets:
            problem = problem or _draw(job, result, out)
    return Measured(
        name=job.name,
        clip=str(job.clip),
        photos=tuple(str(photo) for photo in job.photos),
        short_side_px=_short_side(job.clip if run.failed else result),
        run=run,
        judgement=judgement,
        problem=problem,
    )


def _draw(job: Job, result: Path, out: Path) -> str:
    """Both sheets, whole pictures and heads; returns what went wrong, or ""."""
    frames = spread(sum(1 for _ in decoded(job.clip)), 8)
    try:
        write_sheet(job.clip, result, out / f"{job.name}.png", frames, crop=False)
        write_sheet(job.clip, result, out / f"{job.name}.head.png", frames, crop=True)
    except MeasureError as error:
        return f"contact sheet: {error}"
    return ""


def _short_side(path: Path) -> int:
    for item in decoded(path):
        return min(item.frame.width, item.frame.height)
    return 0


def _wanted(job: Job) -> list[Wanted]:
    """The photos with the places of their people, which only several people need."""
    if len(job.photos) == 1:
        return [Wanted(job.photos[0])]
    said = subprocess.run(
        [headswap(), "analyze", str(job.clip), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    try:
        people = {int(one["obj_id"]): one["box"] for one in json.loads(said.stdout)["people"]}
        return [Wanted(photo, _corners(people[k])) for k, photo in enumerate(job.photos)]
    except (ValueError, KeyError, TypeError) as error:
        raise MeasureError(
            f"{job.clip}: `headswap analyze --json` does not say where {len(job.photos)} people "
            f"are ({error!r}): {said.stderr.strip()}"
        ) from error


def _corners(box_xywh: list[float]) -> F32:
    x, y, width, height = box_xywh
    return np.array([x, y, x + width, y + height], dtype=np.float32)


def measure_memory(job: Job, timeout_s: float, extra: list[str]) -> MemoryRuns:
    """Swap 5 s and 60 s made of the same pictures at 720p."""
    with tempfile.TemporaryDirectory(prefix="headswap-bench-") as folder:
        runs: list[SwapRun] = []
        for length_s in (SHORT_S, LONG_S):
            clip = Path(folder) / f"{length_s}s.mp4"
            looped(job.clip, clip, length_s)
            out = Path(folder) / f"{length_s}s.result.mp4"
            runs.append(run_swap(clip, list(job.photos), out, timeout_s, extra))
        return MemoryRuns(*runs)
