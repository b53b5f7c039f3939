"""One worker process: takes jobs as JSON lines on stdin, answers on stdout, until stdin ends.

A job is {"do": "survey" | "render", "plan": path, "start": i, "stop": j, ...}. While it runs, lines
{"frames": n} count finished frames; it ends with {"done": true, "models": [...]} or {"error": name,
"message": text}. Results are files in the plan's folder. Started by `headswap.swapping.crew`.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np

from headswap.disk import disk_errors
from headswap.errors import HeadswapError
from headswap.media import PieceWriter
from headswap.swapping.compute import Job
from headswap.swapping.engines import engine_named
from headswap.swapping.face_sheet import frame_from_sheet
from headswap.swapping.live_frame import LiveFrame
from headswap.swapping.plan import RenderPlan
from headswap.swapping.render import Renderer
from headswap.swapping.survey import survey
from headswap.trust.label import Label
from headswap.vision.canonical_face import canonical_face
from headswap.vision.store import ModelStore

Say = Callable[[dict[str, object]], None]


class Worker:
    """Does jobs; keeps the last plan, because jobs of one plan come in a row."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._plan: RenderPlan | None = None
        self._renderer: tuple[str, Renderer] | None = None
        self._store = ModelStore.default()

    def do(self, job: Job, say: Say) -> None:
        """Does one job and tells how far it is."""
        plan = self._load(Path(job["plan"]), Path(job["video"]))
        if job["do"] == "survey":
            looks = survey(plan, job["start"], job["stop"], self._store, lambda: say({"frames": 1}))
            Path(job["out"]).write_bytes(pickle.dumps(looks))
            return
        self._render(plan, job, say)

    def _load(self, path: Path, video: Path) -> RenderPlan:
        if self._plan is None or self._path != path:
            plan = RenderPlan.load(path)
            # The plan may have been made at another place.
            info = replace(plan.info, path=video)
            self._plan, self._path = replace(plan, folder=path.parent, info=info), path
            self._renderer = None
        return self._plan

    def _render(self, plan: RenderPlan, job: Job, say: Say) -> None:
        renderer = self._renderer_of(plan, job)
        shown = LiveFrame(Path(job["frame"])) if job["frame"] else None
        with PieceWriter(Path(job["out"]), plan.info, plan.size_wh, crf=job["crf"]) as piece:
            for frame in renderer.frames(job["start"], job["stop"]):
                piece.write(frame)
                if shown is not None:
                    shown.offer(frame)
                say({"frames": 1})

    def _renderer_of(self, plan: RenderPlan, job: Job) -> Renderer:
        """The one of the job before, if it was of the same kind: it knows the heads' tones."""
        kind = json.dumps([job["engine"], job["label"]])
        if self._renderer is None or self._renderer[0] != kind:
            label = Label.of(job["label"], plan.size_wh) if job["label"] else None
            self._renderer = kind, Renderer(plan, engine_named(job["engine"]), label)
        return self._renderer[1]


def warm_up() -> None:
    """Does what takes long the first time, while the program still reads the video.

    Numba sets itself up at the first call of any function, OpenCV makes a table of colours.
    """
    # One worker per core is started, so a second thread here only steals from the next worker.
    cv2.setNumThreads(1)
    frame_from_sheet(canonical_face().vertices_cm)
    cv2.cvtColor(np.zeros((1, 1, 3), np.uint8), cv2.COLOR_RGB2LAB)


def serve(jobs: Iterable[str], answers: TextIO) -> None:
    """Does the jobs, a line each, until they end."""

    def say(line: dict[str, object]) -> None:
        answers.write(json.dumps(line) + "\n")

    worker = Worker()
    for line in jobs:
        try:
            job: Job = json.loads(line)
            with disk_errors(Path(job["out"])):
                worker.do(job, say)
        except HeadswapError as error:
            say({"error": type(error).__name__, "message": str(error)})
        else:
            say({"done": True})


def main() -> None:
    """Serves jobs until stdin ends."""
    # Libraries print; only answers may reach the crew.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warm_up()
    serve(sys.stdin, answers)
    # Everything is written; libraries would take a good part of a second to tidy up.
    os._exit(0)


if __name__ == "__main__":
    main()
