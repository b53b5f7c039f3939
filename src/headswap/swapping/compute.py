"""Compute: where the parts of a plan are surveyed and rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypedDict


class Job(TypedDict):
    """What is asked of a worker: frames `start` to `stop` of a plan, the result into `out`.

    do: "survey" or "render"; the latter uses `engine`, `crf` and `label`. video: where the source
    lies for the worker; plan: the saved plan, in the folder of everything that belongs to it.
    frame: where a picture of the newest frame is kept, empty for nowhere.
    """

    do: str
    plan: str
    video: str
    start: int
    stop: int
    out: str
    engine: str
    crf: int
    label: str
    frame: str


class Compute(Protocol):
    """Does jobs in any order, at any place, several at a time; `size` says how many.

    The same job always gives the same result, so a job whose worker died may simply be done again.
    """

    size: int

    def do(self, jobs: Sequence[Job], count: Callable[[int], None] = lambda _: None) -> None:
        """Does all jobs; `count` is called, from any thread, with frames just finished.

        Raises:
            HeadswapError: the first error a worker reported. WorkerDied: one ended without an
                answer, again and again.
        """
        ...
