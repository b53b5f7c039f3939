"""Splits survey and rendering into jobs, has a crew do them, and gathers what they leave."""

from __future__ import annotations

import math
import pickle
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from headswap.swapping.compute import Compute, Job
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.options import SwapOptions
from headswap.swapping.plan import RenderPlan
from headswap.swapping.survey import KeyLook
from headswap.swapping.swap_folder import SwapFolder
from headswap.vision.progress import Progress, Report

# Long enough that the decoding before a piece's first frame does not weigh, short enough that a
# crash costs little.
_PIECE_FRAMES = 120


def survey_parts(
    plan: RenderPlan, crew: Compute, options: SwapOptions, report: Report
) -> list[KeyLook | Glimpse]:
    path = plan.folder / "first.plan"
    plan.save(path)
    count = len(plan.pts)
    stretches = _stretches(count, min(crew.size, max(1, count // 24)))
    outs = [plan.folder / f"looks-{start}" for start, _ in stretches]
    keys = sum(len(appearance.key_frames()) for appearance in plan.appearances)
    jobs = _jobs("survey", path, plan.info.path, stretches, outs, options)
    crew.do(jobs, _counter("survey", 0, keys, report))
    # Written a moment ago by this program's own workers.
    return [look for out in outs for look in pickle.loads(out.read_bytes())]  # noqa: S301


def render_parts(
    plan: RenderPlan,
    place: SwapFolder,
    crew: Compute,
    options: SwapOptions,
    report: Report,
    frame: Path | None = None,
) -> list[Path]:
    """The pieces, in order. frame: a picture of the newest frame, renewed meanwhile."""
    count = len(plan.pts)
    stretches = _stretches(count, _pieces(count))
    pieces = [place.piece_path(start) for start, _ in stretches]
    missing = [i for i, piece in enumerate(pieces) if not piece.is_file()]
    jobs = _jobs(
        "render",
        place.plan_path,
        plan.info.path,
        [stretches[i] for i in missing],
        [pieces[i] for i in missing],
        options,
        frame,
    )
    left = sum(stretches[i][1] - stretches[i][0] for i in missing)
    crew.do(jobs, _counter("render", count - left, count, report))
    return pieces


def _counter(stage: str, done: int, total: int, report: Report) -> Callable[[int], None]:
    """Adds up what several workers have finished, after `done`, and reports it."""
    lock = threading.Lock()

    def count(finished: int) -> None:
        nonlocal done
        with lock:
            done += finished
            report(Progress(stage, done, total))

    return count


def _jobs(
    do: str,
    plan: Path,
    video: Path,
    stretches: list[tuple[int, int]],
    outs: list[Path],
    options: SwapOptions,
    frame: Path | None = None,
) -> list[Job]:
    return [
        Job(
            do=do,
            plan=str(plan),
            video=str(video),
            start=start,
            stop=stop,
            out=str(out),
            engine=options.engine,
            crf=options.crf,
            label=options.label,
            frame="" if frame is None else str(frame),
        )
        for (start, stop), out in zip(stretches, outs, strict=True)
    ]


def _pieces(frames: int) -> int:
    """How many pieces: an even number, so that two workers end together, of a bounded length."""
    return 1 if frames < 24 else 2 * math.ceil(frames / (2 * _PIECE_FRAMES))


def _stretches(count: int, parts: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, count, parts + 1).round().astype(int)
    return [(int(a), int(b)) for a, b in pairwise(edges) if a < b]
