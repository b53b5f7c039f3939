"""A process of its own for one job: untrusted files are decoded here, and nothing else is held.

It is given no keys, no database, and no URL of a client; the network it uses only to pull models
that are missing, and to reach a cluster if there is one. The assignment is the first line on stdin,
answers are JSON lines on stdout: {"progress", "eta_s"} while it works, then {"done": {...}} or
{"failed": {"code", "reason", "retryable", "rule"}}. When stdin ends, whoever wanted the job is
gone, and so is this.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from headswap.errors import HeadswapError
from headswap.jobs.assignment import (
    Analysing,
    Assignment,
    Describing,
    Judging,
    Looking,
    Verifying,
    decoded,
)
from headswap.jobs.failures import Failure, failure_of
from headswap.vision.progress import Progress

Say = Callable[[dict[str, object]], None]

# Where each stage begins and ends, in hundredths of the job: about its share of the time.
_STAGES = {
    "analyse": (2, 90),
    "recognise": (90, 94),
    "unseen": (94, 96),
    "expressions": (96, 98),
    "look": (2, 98),
    "survey": (1, 22),
    "plan": (22, 25),
    "render": (25, 98),
}


class Meter:
    """Turns a job's steps into hundredths that only rise, and the seconds that are left."""

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._begin = clock()
        self._lock = threading.Lock()
        self._first: int | None = None
        self._said = 0

    def __call__(self, step: Progress) -> None:
        """Takes a step; from any thread."""
        low, high = _STAGES.get(step.stage, (0, 0))
        done = low + (high - low) * min(1.0, step.done / max(1, step.total))
        with self._lock:
            if self._first is None:
                # What an earlier try has finished took no time now.
                self._first, self._begin = int(done), self._clock()
            if int(done) <= self._said:
                return
            self._said = int(done)
            gone, spent = self._said - self._first, self._clock() - self._begin
            eta_s = round(spent / gone * (100 - self._said)) if gone > 0 else None
            self._say({"progress": self._said, "eta_s": eta_s})


def main() -> None:
    """Does the one assignment."""
    # Libraries print; only answers may reach the worker.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    assignment = decoded(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    limit = assignment.memory_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # No crash of a decoder should leave its memory on the disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def say(line: dict[str, object]) -> None:
        answers.write(json.dumps(line) + "\n")

    try:
        say({"done": _do(assignment, Meter(say))})
    except Failure as failure:
        say(_failed(failure))
    except HeadswapError as error:
        say(_failed(failure_of(error)))
    except MemoryError:
        code = 2001
        reason = f"the job needs more than {assignment.memory_mb} MB of memory"
        say(_failed(Failure(code, f"{reason}; an operator can raise HEADSWAP_JOB_MEMORY_MB")))
    answers.flush()
    # Everything is written; libraries would take a good part of a second to tidy up.
    os._exit(0)


def _do(assignment: Assignment, meter: Meter) -> dict[str, object]:
    if isinstance(assignment, Analysing):
        from headswap.jobs.analyse_file import analyse_file

        return analyse_file(assignment, meter)
    if isinstance(assignment, Looking):
        from headswap.jobs.look_files import look_files

        return look_files(assignment, meter)
    if isinstance(assignment, Verifying):
        from headswap.jobs.verification import plain_verdict
        from headswap.trust.verify import verify

        return plain_verdict(verify(assignment.file))
    if isinstance(assignment, Judging):
        from headswap.jobs.judge_photo import judge_photo

        return judge_photo(assignment)
    if isinstance(assignment, Describing):
        from headswap.jobs.judge_photo import describe_photo

        return describe_photo(assignment)
    from headswap.jobs.swap_file import swap_file

    return swap_file(assignment, meter)


def _failed(failure: Failure) -> dict[str, object]:
    told = {"code": failure.code, "reason": failure.reason, "retryable": failure.retryable}
    return {"failed": told | {"rule": failure.rule}}


def _end_with(stream: TextIO) -> None:
    stream.read()
    os._exit(3)


if __name__ == "__main__":
    main()
