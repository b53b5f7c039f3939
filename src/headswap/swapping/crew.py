"""A crew of worker processes that survey and render parts of a plan."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType

import headswap.errors
from headswap.errors import HeadswapError, WorkerDied
from headswap.swapping.compute import Job

# A worker that dies takes one job with it; the job is given to another once.
_TRIES = 2


class Crew:
    """Worker processes, started at once and ended with the block.

    Their own processes, not forks: a fork of a program with threads may hang, and a script that
    uses the library needs no guard around its main part. They end by themselves when this process
    does, because their stdin does.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._closed = False
        self._processes = [_start() for _ in range(size)]

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed = True
        for process in self._processes:
            if kind is not None:
                process.kill()
            _end(process)

    def do(self, jobs: Sequence[Job], count: Callable[[int], None] = lambda _: None) -> None:
        """Does all jobs; `count` is called, from several threads, with frames just finished.

        Raises:
            HeadswapError: the first error a worker reported. WorkerDied: one ended twice over the
                same job.
        """
        waiting: queue.SimpleQueue[tuple[Job, int]] = queue.SimpleQueue()
        for job in jobs:
            waiting.put((job, 0))
        failures: list[BaseException] = []
        threads = [
            threading.Thread(target=self._serve, args=(i, waiting, count, failures), daemon=True)
            for i in range(min(len(self._processes), len(jobs)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _serve(
        self,
        i: int,
        waiting: queue.SimpleQueue[tuple[Job, int]],
        count: Callable[[int], None],
        failures: list[BaseException],
    ) -> None:
        while not failures:
            try:
                job, tries = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                _ask(self._processes[i], job, count)
            except WorkerDied as error:
                with self._lock:
                    if self._closed or tries + 1 >= _TRIES:
                        failures.append(error)
                        return
                    _end(self._processes[i])
                    self._processes[i] = _start()
                waiting.put((job, tries + 1))
            except HeadswapError as error:
                failures.append(error)


def _start() -> subprocess.Popen[str]:
    environment = dict(os.environ)
    # Numeric libraries would each start a thread per core in every worker.
    environment.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    return subprocess.Popen(
        [sys.executable, "-m", "headswap.swapping.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        # Ctrl-C in a terminal is for the program, which then ends its workers.
        process_group=0,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """Closes a worker's pipes, at which it stops, and waits for it."""
    if process.stdin is not None:
        # What a dead worker never read cannot be flushed any more.
        with suppress(BrokenPipeError):
            process.stdin.close()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ask(process: subprocess.Popen[str], job: Job, count: Callable[[int], None]) -> None:
    if process.stdin is None or process.stdout is None:
        raise WorkerDied("a worker has no pipes")
    try:
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
    except BrokenPipeError as error:
        raise _died(process, job) from error
    for line in process.stdout:
        answer = json.loads(line)
        if "frames" in answer:
            count(int(answer["frames"]))
        elif "error" in answer:
            raise error_of(answer["error"], answer["message"])
        else:
            return
    raise _died(process, job)


def _died(process: subprocess.Popen[str], job: Job) -> WorkerDied:
    return WorkerDied(
        f"the worker for frames {job.get('start')} to {job.get('stop')} ended with code "
        f"{process.wait()}; see its message above, and check that memory is free"
    )


def error_of(name: str, message: str) -> HeadswapError:
    """The error that a worker told by its name."""
    kind = getattr(headswap.errors, name, HeadswapError)
    return kind(message) if issubclass(kind, HeadswapError) else HeadswapError(message)
