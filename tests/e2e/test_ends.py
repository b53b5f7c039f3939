"""A swap that is stopped: by Ctrl-C, by SIGTERM, or killed; what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from headswap.cli.main import main
from headswap.sample import build_scene, write_clip
from headswap.vision.store import ModelStore
from tests.sample_inputs import SAMPLE, Sample

DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """A `headswap swap` in a group of its own; `out` held an old file before."""

    process: subprocess.Popen[str]
    workers: list[psutil.Process]
    out: Path
    scratch: Path


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def long_clip(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough that a swap cannot end before it is stopped, however busy the machine is.

    Analysed once, or each swap would begin with that.
    """
    clip = tmp_path_factory.mktemp("long") / "clip.mp4"
    write_clip(build_scene(replace(SAMPLE, seconds=4)), clip)
    assert main(["analyze", str(clip)]) == 0
    return clip


@pytest.fixture
def running(
    sample: Sample, long_clip: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Running]:
    """One that has come as far as the stage of that name."""
    out, scratch = tmp_path / "results" / "out.mp4", tmp_path / "scratch"
    out.parent.mkdir()
    scratch.mkdir()
    out.write_bytes(b"old")
    command = [str(Path(sys.executable).parent / "headswap"), "swap", str(long_clip)]
    command += ["--map", f"0={sample.photo}", "--out", str(out)]
    plan = {"survey": "first.plan", "render": "final.plan"}[request.param]
    with subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(scratch)},
        start_new_session=True,
        # Tests that run in the background of a shell inherit deafness to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _wait_until(
                lambda: process.poll() is not None or any(scratch.glob(f"headswap-*/{plan}"))
            )
            assert process.poll() is None, process.communicate()
            yield Running(process, psutil.Process(process.pid).children(), out, scratch)
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("running", "stop", "code"),
    [
        ("survey", lambda pid: os.killpg(pid, signal.SIGINT), 130),
        ("render", lambda pid: os.kill(pid, signal.SIGTERM), 143),
    ],
    ids=["ctrl_c", "sigterm"],
    indirect=["running"],
)
def test_a_stopped_swap_leaves_nothing_behind(
    running: Running, stop: Callable[[int], None], code: int
) -> None:
    stop(running.process.pid)
    said, errors = running.process.communicate(timeout=DEADLINE_S)
    assert running.process.returncode == code, errors
    assert (said, errors) == ("", "")
    assert not any(map(_alive, running.workers))
    assert [path.read_bytes() for path in running.out.parent.iterdir()] == [b"old"]
    assert list(running.scratch.glob("headswap-*")) == []


@pytest.mark.parametrize("running", ["render"], indirect=True)
def test_a_killed_swap_leaves_the_old_file_and_no_process(running: Running) -> None:
    running.process.kill()
    running.process.communicate(timeout=DEADLINE_S)
    assert [path.read_bytes() for path in running.out.parent.iterdir()] == [b"old"]
    _wait_until(lambda: not any(map(_alive, running.workers)))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
