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
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from headswap.errors import HeadswapError
from headswap.media import PieceWriter
from headswap.media.disk import disk_errors
from headswap.swapping.engines import engine_named
from headswap.swapping.plan import RenderPlan
from headswap.swapping.render import Renderer
from headswap.swapping.survey import survey
from headswap.vision.store import ModelStore

Say = Callable[[dict[str, object]], None]


class Job(TypedDict):
    """What the crew asks of a worker: frames `start` to `stop` of a plan, the result into `out`.

    do: "survey" or "render"; the latter uses `engine` and `crf`.
    """

    do: str
    plan: str
    start: int
    stop: int
    out: str
    engine: str
    crf: int


class Worker:
    """Does jobs; keeps the last plan, because jobs of one plan come in a row."""

    def __init__(self) -> None:
        self._path: str | None = None
        self._plan: RenderPlan | None = None
        self._store = ModelStore.default()

    def do(self, job: Job, say: Say) -> None:
        """Does one job and tells how far it is."""
        plan = self._load(job["plan"])
        if job["do"] == "survey":
            looks = survey(plan, job["start"], job["stop"], self._store, lambda: say({"frames": 1}))
            Path(job["out"]).write_bytes(pickle.dumps(looks))
            return
        self._render(plan, job, say)

    def _load(self, path: str) -> RenderPlan:
        if self._plan is None or self._path != path:
            self._plan, self._path = RenderPlan.load(Path(path)), path
        return self._plan

    def _render(self, plan: RenderPlan, job: Job, say: Say) -> None:
        renderer = Renderer(plan, engine_named(job["engine"]))
        with PieceWriter(Path(job["out"]), plan.info, plan.size_wh, crf=job["crf"]) as piece:
            for frame in renderer.frames(job["start"], job["stop"]):
                piece.write(frame)
                say({"frames": 1})


def main() -> None:
    """Serves jobs until stdin ends."""
    # Libraries print; only answers may reach the crew.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    import cv2

    # One worker per core is started, so a second thread here only steals from the next worker.
    cv2.setNumThreads(1)

    def say(line: dict[str, object]) -> None:
        answers.write(json.dumps(line) + "\n")

    worker = Worker()
    for line in sys.stdin:
        try:
            job: Job = json.loads(line)
            with disk_errors(Path(job["out"])):
                worker.do(job, say)
        except HeadswapError as error:
            say({"error": type(error).__name__, "message": str(error)})
        else:
            say({"done": True})


if __name__ == "__main__":
    main()
