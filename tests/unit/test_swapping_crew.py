"""The crew: real worker processes do jobs, say what went wrong, and are replaced when they die."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from headswap.errors import EngineUnknown, ModelMissing, WorkerDied
from headswap.media import VideoReader, probe
from headswap.swapping.compute import Job
from headswap.swapping.crew import Crew
from headswap.swapping.plan import RenderPlan
from headswap.vision.scene import Shot
from tests.made_heads import appearance_of, face_at, motion_of
from tests.media_clips import FRAMES, make_clip


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> RenderPlan:
    """Of a small clip in which nobody is to be swapped."""
    folder = tmp_path_factory.mktemp("crew")
    info = probe(make_clip(folder, "plain"))
    with VideoReader(info.path) as reader:
        pts = np.array([frame.pts for frame in reader], np.int64)
    return RenderPlan(
        info=info,
        size_wh=info.size_wh,
        pts=pts,
        camera_from_first=np.repeat(np.eye(2, 3, dtype=np.float32)[None], len(pts), 0),
        appearances=(),
        heads={},
        shots=(Shot(0, len(pts)),),
        folder=folder,
    )


def _job(plan: Path, do: str = "survey", start: int = 0, stop: int = 1, **other: object) -> Job:
    job = Job(
        do=do,
        plan=str(plan),
        video=str(plan.with_name("video.mp4")),
        start=start,
        stop=stop,
        out=str(plan.with_name(f"out-{do}-{start}")),
        engine="mesh",
        crf=30,
        label="",
        frame="",
    )
    job.update(other)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return job


def _workers() -> set[int]:
    """Started as such, or forked from a nursery."""
    found: set[int] = set()
    for child in psutil.Process().children():
        words = " ".join(child.cmdline())
        if "headswap.swapping.worker" in words:
            found.add(child.pid)
        elif "headswap.swapping.nursery" in words:
            found |= {worker.pid for worker in child.children()}
    return found


def _born(count: int, besides: set[int]) -> set[int]:
    """The new workers, as soon as there are so many."""
    deadline = time.monotonic() + 60
    while len(found := _workers() - besides) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_no_jobs_are_done_at_once() -> None:
    with Crew(1) as crew:
        crew.do([])


def test_jobs_are_shared_out_and_every_finished_frame_is_counted(
    plan: RenderPlan, tmp_path: Path
) -> None:
    path = tmp_path / "a.plan"
    plan.save(path)
    edges = [0, 7, 15, FRAMES]
    jobs = [
        _job(path, "render", a, b, out=str(tmp_path / f"{a}.mp4"), video=str(plan.info.path))
        for a, b in pairwise(edges)
    ]
    counted: list[int] = []
    before = _workers()
    with Crew(2) as crew:
        workers = _born(2, before)
        crew.do(jobs, counted.append)
        assert all(Path(job["out"]).stat().st_size > 0 for job in jobs)
        # The same processes do the next jobs as well.
        crew.do([_job(path, out=str(tmp_path / "looks"))])
        assert _workers() - before == workers
    assert sum(counted) == FRAMES
    assert pickle.loads((tmp_path / "looks").read_bytes()) == []
    assert _workers() == before


@pytest.mark.parametrize("size", [1, 2])
def test_a_worker_that_died_is_replaced(plan: RenderPlan, tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.plan"
    plan.save(path)
    before = _workers()
    with Crew(size) as crew:
        first = _born(size, before)
        for worker in first:
            os.kill(worker, signal.SIGKILL)
        jobs = [_job(path, start=start) for start in range(size)]
        crew.do(jobs)
        assert all(Path(job["out"]).exists() for job in jobs)
        assert not _born(size, before) & first


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_a_nursery_that_died_leaves_its_workers_and_is_replaced(
    plan: RenderPlan, tmp_path: Path
) -> None:
    path = tmp_path / "a.plan"
    plan.save(path)
    with Crew(2) as crew:
        first, second = sorted(_born(2, set()))
        orphan = psutil.Process(first)
        nursery = orphan.parents()[0]
        nursery.kill()
        os.kill(second, signal.SIGKILL)
        jobs = [_job(path, start=start) for start in range(2)]
        crew.do(jobs)
        assert all(Path(job["out"]).exists() for job in jobs)
        assert orphan.is_running()
        (new,) = _workers() - {first, second}
        assert psutil.Process(new).ppid() != nursery.pid
    assert not _workers()
    # Nobody waits for it, but it ends too.
    deadline = time.monotonic() + 20
    while orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_a_nursery_has_one_thread_and_its_workers_share_its_memory() -> None:
    with Crew(2):
        workers = [psutil.Process(pid) for pid in _born(2, set())]
        nursery = workers[0].parent()
        assert nursery is not None and nursery.num_threads() == 1
        assert workers[1].parent() == nursery
        assert all(
            worker.memory_full_info().uss < 0.5 * nursery.memory_info().rss for worker in workers
        )


class _Call:
    """Calls a function in whatever process unpickles it."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._what = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._what


def test_a_job_whose_worker_dies_is_given_to_another_once(plan: RenderPlan, tmp_path: Path) -> None:
    good, path = tmp_path / "good.plan", tmp_path / "a.plan"
    plan.save(good)
    deadly = [
        _Call(os.replace, f"{good}.arrays", f"{path}.arrays"),
        _Call(os.replace, str(good), str(path)),
        _Call(signal.raise_signal, signal.SIGKILL),
    ]
    path.write_bytes(pickle.dumps(deadly))
    with Crew(1) as crew:
        crew.do([_job(path)])
    assert pickle.loads(Path(_job(path)["out"]).read_bytes()) == []


@pytest.mark.parametrize("size", [1, 2])
def test_a_job_that_kills_two_workers_is_given_up_and_named(tmp_path: Path, size: int) -> None:
    path, tally = tmp_path / "a.plan", tmp_path / "tally"
    tally.mkdir()
    deadly = [
        _Call(os.mkdir, str(tally / "first")),
        _Call(signal.raise_signal, signal.SIGKILL),
    ]
    again = [_Call(os.mkdir, str(tally / "second")), _Call(signal.raise_signal, signal.SIGKILL)]
    (tmp_path / "again").write_bytes(pickle.dumps(again))
    deadly.insert(1, _Call(os.replace, str(tmp_path / "again"), str(path)))
    path.write_bytes(pickle.dumps(deadly))
    before = _workers()
    with pytest.raises(WorkerDied, match="frames 30 to 42") as told, Crew(size) as crew:
        crew.do([_job(path, start=30, stop=42)])
    assert told.value.retryable and "-9" in str(told.value)
    assert sorted(p.name for p in tally.iterdir()) == ["first", "second"]
    assert _workers() == before


def test_an_error_crosses_with_its_type_and_message_and_the_worker_lives_on(
    plan: RenderPlan, tmp_path: Path
) -> None:
    path = tmp_path / "a.plan"
    plan.save(path)
    before = _workers()
    with Crew(1) as crew:
        workers = _born(1, before)
        with pytest.raises(EngineUnknown, match="no engine is called 'nothing'"):
            crew.do([_job(path, "render", engine="nothing")])
        crew.do([_job(path)])
        assert _workers() - before == workers


def test_what_a_job_needs_and_misses_is_told_as_it_would_be_here(
    plan: RenderPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("HEADSWAP_OFFLINE", "1")
    monkeypatch.delenv("HEADSWAP_MODELS_DIR", raising=False)
    path = tmp_path / "a.plan"
    somebody = appearance_of(motion_of(np.stack([face_at(88, 72)]), np.eye(3)))
    replace(plan, appearances=(somebody,)).save(path)
    with pytest.raises(ModelMissing, match="headswap models pull"), Crew(1) as crew:
        crew.do([_job(path)])


def test_an_error_ends_the_rest_of_the_jobs(plan: RenderPlan, tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    plan.save(path)
    jobs = [_job(path, "render", engine="nothing"), _job(path, start=5)]
    with Crew(1) as crew:
        with pytest.raises(EngineUnknown):
            crew.do(jobs)
        assert not Path(jobs[1]["out"]).exists()


@pytest.mark.parametrize("size", [1, 2])
def test_leaving_by_an_error_ends_the_workers_at_once(size: int) -> None:
    before = _workers()
    with pytest.raises(KeyboardInterrupt), Crew(size):
        _born(size, before)
        raise KeyboardInterrupt
    assert _workers() == before
