"""Every compute does jobs alike: a crew of this machine's processes, and a Ray cluster."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.errors import EngineUnknown
from headswap.media import VideoReader
from headswap.sample import Identity, SampleSpec, build_scene
from headswap.swapping.compute import Compute, Job
from headswap.swapping.crew import Crew
from headswap.vision.store import ModelStore
from tests.planned_swap import filmed, heads_of, planned, surveyed

ray = pytest.importorskip("ray")
FRAMES = 36


@dataclass(frozen=True, slots=True)
class Work:
    """A saved plan of a small clip."""

    plan: Path
    video: Path

    def jobs(self, folder: Path, parts: int, engine: str = "mesh") -> list[Job]:
        """Rendering in so many parts, the pieces into a folder."""
        edges = np.linspace(0, FRAMES, parts + 1).round().astype(int)
        return [
            Job(
                do="render",
                plan=str(self.plan),
                video=str(self.video),
                start=int(a),
                stop=int(b),
                out=str(folder / f"{a}.mp4"),
                engine=engine,
                crf=30,
                label="",
                frame="",
            )
            for a, b in pairwise(edges)
        ]


@pytest.fixture(scope="module")
def work(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("computes")
    made = build_scene(SampleSpec(size_wh=(240, 180), seconds=FRAMES / 25))
    film = filmed(made, folder, core_pack)
    heads = heads_of({0: Identity.SECOND}, folder, core_pack)
    plan = planned(film, heads, folder, core_pack)
    done = surveyed(plan, [0, FRAMES], folder / "plan", core_pack).plan
    done.save(folder / "plan" / "final.plan")
    assert len(done.pts) == FRAMES
    return Work(folder / "plan" / "final.plan", film.clip)


@dataclass(slots=True)
class Nodes:
    """A Ray cluster of two nodes on this machine. second: the one that may die."""

    address: str
    cluster: object
    second: object


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    from ray.cluster_utils import Cluster

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    yield Nodes(str(cluster.address), cluster, second)
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(params=["crew", "ray"])
def compute(request: pytest.FixtureRequest, work: Work) -> Iterator[Compute]:
    with ExitStack() as stack:
        if request.param == "crew":
            yield stack.enter_context(Crew(2))
            return
        from headswap.jobs.compute.cluster import RayCluster

        there: Nodes = request.getfixturevalue("nodes")
        yield stack.enter_context(RayCluster(there.address, work.video))


def _luma(folder: Path) -> list[U8]:
    pieces = sorted(folder.glob("*.mp4"), key=lambda path: int(path.stem))
    frames: list[U8] = []
    for piece in pieces:
        with VideoReader(piece) as reader:
            frames += [frame.y.copy() for frame in reader]
    return frames


@pytest.fixture(scope="module")
def wanted(work: Work, tmp_path_factory: pytest.TempPathFactory) -> list[U8]:
    """The frames as one process makes them."""
    folder = tmp_path_factory.mktemp("wanted")
    with Crew(1) as crew:
        crew.do(work.jobs(folder, 3))
    return _luma(folder)


def test_no_jobs_are_done_at_once(compute: Compute) -> None:
    compute.do([])
    assert compute.size >= 1


def test_jobs_give_the_same_pieces_anywhere_and_every_frame_is_counted(
    compute: Compute, work: Work, wanted: list[U8], tmp_path: Path
) -> None:
    counted: list[int] = []
    compute.do(work.jobs(tmp_path, 3), counted.append)
    assert sum(counted) == FRAMES
    made = _luma(tmp_path)
    assert len(made) == FRAMES == len(wanted)
    assert all(np.array_equal(a, b) for a, b in zip(made, wanted, strict=True))


def test_an_error_comes_back_as_itself_and_later_jobs_are_done(
    compute: Compute, work: Work, tmp_path: Path
) -> None:
    with pytest.raises(EngineUnknown, match="no engine is called 'nothing'"):
        compute.do(work.jobs(tmp_path, 1, engine="nothing"))
    assert not list(tmp_path.glob("*.mp4"))
    compute.do(work.jobs(tmp_path, 1))
    assert len(_luma(tmp_path)) == FRAMES


def test_a_node_that_dies_half_way_changes_nothing(
    nodes: Nodes, work: Work, tmp_path: Path
) -> None:
    from headswap.jobs.compute.cluster import RayCluster

    counted: list[int] = []

    def kill_when_begun() -> None:
        while not counted:
            time.sleep(0.02)
        nodes.cluster.remove_node(nodes.second, allow_graceful=False)  # type: ignore[attr-defined]

    killer = threading.Thread(target=kill_when_begun)
    with RayCluster(nodes.address, work.video) as cluster:
        assert cluster.size == 2
        killer.start()
        cluster.do(work.jobs(tmp_path, 9), counted.append)
        killer.join()
    assert sum(counted) == FRAMES
    made = _luma(tmp_path)
    # In nine parts the encoder begins anew nine times; before encoding the frames are the same.
    assert len(made) == FRAMES
    with Crew(1) as crew:
        again = tmp_path / "again"
        again.mkdir()
        crew.do(work.jobs(again, 9))
    assert all(np.array_equal(a, b) for a, b in zip(made, _luma(again), strict=True))
