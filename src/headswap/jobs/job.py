"""A running job process, as the worker holds it: started, watched, ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any

import psutil

from headswap.jobs import states
from headswap.jobs.assignment import Assignment, encoded
from headswap.jobs.failures import Failure

# How often the process is looked at: a cancelled task must end within a second.
_LOOK_S = 0.2
_WEIGH_S = 1.0
_SECRET = {
    *("HEADSWAP_MASTER_KEY", "HEADSWAP_DATABASE_URL", "HEADSWAP_BLOB_URL"),
    *("HEADSWAP_CERTIFICATE", "HEADSWAP_CERTIFICATE_KEY"),
}
# Credentials of S3, GCS and Azure, and of PostgreSQL.
_SECRET_PREFIXES = ("AWS_", "GOOGLE_", "AZURE_", "PG")

Told = Callable[[int, int | None], None]


class JobProcess:
    """Runs one assignment in a process whose death, memory and time concern that job alone."""

    def __init__(self, assignment: Assignment, time_limit_s: float) -> None:
        self._assignment = assignment
        self._time_limit_s = time_limit_s

    def run(self, told: Told, stopped: Callable[[], bool]) -> dict[str, Any] | None:
        """What the process answers, or None when `stopped` said so and the process was ended.

        told: called with hundredths and the seconds left.

        Raises:
            Failure: the job failed, took too much, or died.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "headswap.jobs.job_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_without_secrets(os.environ),
            # Signals of a terminal are for the worker, which then ends its jobs.
            start_new_session=True,
        ) as process:
            try:
                return self._watched(process, told, stopped)
            finally:
                _end(process)

    def _watched(
        self, process: subprocess.Popen[str], told: Told, stopped: Callable[[], bool]
    ) -> dict[str, Any] | None:
        if process.stdin is None or process.stdout is None:
            raise Failure(states.OUR_FAULT, "a job process has no pipes", retryable=True)
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
        try:
            process.stdin.write(encoded(self._assignment) + "\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            raise _died(process) from error
        begun = weighed = time.monotonic()
        while not stopped():
            now = time.monotonic()
            if now - begun > self._time_limit_s:
                raise Failure(
                    states.RENDERING_FAILED,
                    f"the job took longer than {self._time_limit_s:g} s; an operator can raise "
                    "HEADSWAP_JOB_TIME_S",
                )
            if now - weighed > _WEIGH_S:
                weighed = now
                self._weigh(process)
            try:
                line = lines.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if line is None:
                raise _died(process)
            answer = json.loads(line)
            if "done" in answer:
                return answer["done"]
            if "failed" in answer:
                raise Failure(**answer["failed"])
            told(answer["progress"], answer["eta_s"])
        return None

    def _weigh(self, process: subprocess.Popen[str]) -> None:
        limit = self._assignment.memory_mb * 1_000_000
        if _memory_bytes(process.pid) > limit:
            raise Failure(
                states.OUR_FAULT,
                f"the job needs more than {self._assignment.memory_mb} MB of memory; an operator "
                "can raise HEADSWAP_JOB_MEMORY_MB",
            )


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What a job process may know: not the keys and addresses that the worker was given."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _SECRET and not name.startswith(_SECRET_PREFIXES)
    }


def _read(stream: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    # A job that is stopped has its stream closed, maybe while this still reads.
    with suppress(ValueError):
        for line in stream:
            lines.put(line)
    lines.put(None)


def _memory_bytes(pid: int) -> int:
    """Of a process and all it started; shared pages count for each."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for one in family:
        try:
            total += int(one.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return total


def _died(process: subprocess.Popen[str]) -> Failure:
    code = process.wait()
    how = signal.Signals(-code).name if code < 0 else f"code {code}"
    return Failure(
        states.RENDERING_FAILED,
        f"the process of the job ended with {how} and no answer; the file may be damaged, or the "
        "machine short of memory",
        retryable=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """Kills the process and what it started; nothing of it is needed any more."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.kill()
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
    if process.stdin is not None:
        # What a dead process never read cannot be flushed any more.
        with suppress(BrokenPipeError):
            process.stdin.close()
