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
from headswap.swapping.forks import Forked, Nursery

_Process = subprocess.Popen[str] | Forked


class Crew:
    """Worker processes, started at once and ended with the block.

    Not forks of this process: a fork of a program with threads may hang, and a script that uses
    the library needs no guard around its main part. Where several are wanted, on Linux, they are
    forks of one that has no threads and has loaded for all of them what takes long. They end by
    themselves when this process does, because their stdin does.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._closed = False
        # Elsewhere system libraries may start threads of their own.
        several = size > 1 and sys.platform == "linux"
        self._nursery = Nursery(_environment()) if several else None
        self._processes = [self._start() for _ in range(size)]

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
        if kind is not None:
            self._kill()
        for process in self._processes:
            _end(process)
        if self._nursery is not None:
            self._nursery.close()

    def _start(self) -> _Process:
        return _started() if self._nursery is None else self._nursery.fork()

    def _kill(self) -> None:
        if self._nursery is not None:
            self._nursery.kill()
        for process in self._processes:
            if isinstance(process, subprocess.Popen):
                process.kill()

    def do(self, jobs: Sequence[Job], count: Callable[[int], None] = lambda _: None) -> None:
        """Does all jobs; `count` is called, from several threads, with frames just finished.

        Raises:
            HeadswapError: the first error a worker reported. WorkerDied: one ended twice over the
                same job.
        """
        waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
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
        waiting: queue.SimpleQueue[Job],
        count: Callable[[int], None],
        failures: list[BaseException],
    ) -> None:
        while not failures:
            try:
                self._do(i, waiting.get_nowait(), count)
            except queue.Empty:
                return
            except HeadswapError as error:
                failures.append(error)

    def _do(self, i: int, job: Job, count: Callable[[int], None]) -> None:
        """Has worker i do a job, or the one after it if it dies over it or was dead before."""
        try:
            _ask(self._processes[i], job, count)
        except WorkerDied:
            with self._lock:
                if self._closed:
                    raise
                _end(self._processes[i])
                self._processes[i] = self._start()
            _ask(self._processes[i], job, count)


def _environment() -> dict[str, str]:
    # Numeric libraries would each start a thread per core in every worker.
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "headswap.swapping.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
        # Ctrl-C in a terminal is for the program, which then ends its workers.
        process_group=0,
    )


def _end(process: _Process) -> None:
    """Closes a worker's pipes, at which it stops, and waits for it."""
    if process.stdin is not None:
        # What a dead worker never read cannot be flushed any more.
        with suppress(BrokenPipeError):
            process.stdin.close()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ask(process: _Process, job: Job, count: Callable[[int], None]) -> None:
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


def _died(process: _Process, job: Job) -> WorkerDied:
    code = process.wait()
    return WorkerDied(
        f"the worker for frames {job.get('start')} to {job.get('stop')} ended with code "
        f"{'unknown' if code is None else code}; see its message above, and check that memory is "
        "free"
    )


def error_of(name: str, message: str) -> HeadswapError:
    """The error that a worker told by its name."""
    kind = getattr(headswap.errors, name, HeadswapError)
    return kind(message) if issubclass(kind, HeadswapError) else HeadswapError(message)
