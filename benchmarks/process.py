"""Running a command while watching its time and the memory of all its processes."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field

import psutil

# Asking the kernel for the shares of every page takes milliseconds a process: ten times a second
# it slowed what was measured by a tenth on two cores.
SAMPLE_S = 0.4


@dataclass(frozen=True, slots=True)
class Ran:
    """One finished command.

    peak_bytes: the largest sum over the process and all its descendants, sampled every SAMPLE_S
    seconds. memory_kind: what was summed; "PSS" shares common pages out, so nothing counts twice,
    "RSS" counts common pages once for every process.
    """

    command: tuple[str, ...]
    code: int
    wall_s: float
    peak_bytes: int
    memory_kind: str
    processes: int
    last_words: str


@dataclass(slots=True)
class _Watch:
    process: psutil.Process
    done: threading.Event = field(default_factory=threading.Event)
    peak_bytes: int = 0
    processes: int = 0

    def run(self) -> None:
        while not self.done.wait(SAMPLE_S):
            self.sample()

    def sample(self) -> None:
        try:
            family = [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        self.peak_bytes = max(self.peak_bytes, sum(memory_bytes(one) for one in family))
        self.processes = max(self.processes, len(family))


def memory_bytes(process: psutil.Process) -> int:
    """Memory of one process in bytes; 0 for one that has just ended."""
    try:
        if MEMORY_KIND == "PSS":
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


MEMORY_KIND = "PSS" if psutil.LINUX else "RSS"


def run_measured(command: list[str], timeout_s: float, environment: dict[str, str]) -> Ran:
    """Run to the end, or kill the command and its children at the time limit (code -9)."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as child:
        watch = _Watch(psutil.Process(child.pid))
        thread = threading.Thread(target=watch.run, daemon=True)
        thread.start()
        try:
            _, said = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(watch.process)
            _, said = child.communicate()
            said += f"\nstopped after {timeout_s:.0f} s"
        wall_s = time.perf_counter() - start
        watch.done.set()
        thread.join()
    return Ran(
        command=tuple(command),
        code=child.returncode,
        wall_s=wall_s,
        peak_bytes=watch.peak_bytes,
        memory_kind=MEMORY_KIND,
        processes=watch.processes,
        last_words=last_lines(said),
    )


def last_lines(text: str, count: int = 3) -> str:
    """The last lines that say something, joined."""
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    return " / ".join(lines[-count:])


def _end(process: psutil.Process) -> None:
    # Itself first: whose children end may come to its own end before it is killed.
    family = [process, *process.children(recursive=True)]
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
