"""Renders on a Ray cluster: every job is a Ray task that brings its inputs and sends its result.

The files of a job travel through Ray's own object store, so that a node needs nothing but this
program and its models; a task whose node dies is done again by another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from headswap.disk import whole_file
from headswap.errors import ComputeUnavailable, WorkerDied
from headswap.swapping.compute import Job

# A node that dies takes its task with it; Ray gives the task to another node this often.
_RETRIES = 3


class RayCluster:
    """A connection to a cluster; `size` is the number of its processors.

    address: as `ray.init` takes it, empty for a cluster on this machine. video: the source, which
    every job reads.
    """

    def __init__(self, address: str, video: Path) -> None:
        self._address = address
        self._video = video
        self._sent: dict[Path, Any] = {}
        self.size = 1

    def __enter__(self) -> RayCluster:
        try:
            import ray
        except ImportError as error:
            raise ComputeUnavailable(
                "HEADSWAP_COMPUTE=ray needs Ray; install headswap[ray]"
            ) from error
        try:
            ray.init(address=self._address or None, log_to_driver=False, ignore_reinit_error=True)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ComputeUnavailable(
                f"no Ray cluster answers at {self._address!r}: {error}; see HEADSWAP_RAY_ADDRESS"
            ) from error
        self._ray = ray
        self.size = max(1, int(ray.cluster_resources().get("CPU", 1)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sent.clear()
        self._ray.shutdown()

    def do(self, jobs: Sequence[Job], count: Callable[[int], None] = lambda _: None) -> None:
        """See `Compute.do`."""
        from headswap.jobs.compute.remote import render_remotely

        task = self._ray.remote(max_retries=_RETRIES, num_cpus=1)(render_remotely)
        waiting: dict[Any, Job] = {}
        for job in jobs:
            folder = Path(job["plan"]).parent
            inputs = {path.name: self._put(path) for path in _inputs(folder)}
            # Top-level references are what Ray brings to a node before the task begins.
            names = list(inputs)
            reference = task.remote(job, names, self._put(self._video), *inputs.values())
            waiting[reference] = job
        while waiting:
            (done,), _ = self._ray.wait(list(waiting), num_returns=1)
            job = waiting.pop(done)
            self._take(done, job, count)

    def _take(self, reference: Any, job: Job, count: Callable[[int], None]) -> None:
        from ray.exceptions import RayError

        try:
            results, frames, failure = self._ray.get(reference)
        except RayError as error:
            raise WorkerDied(
                f"the cluster lost frames {job['start']} to {job['stop']} again and again: "
                f"{type(error).__name__}; see its log"
            ) from error
        if failure is not None:
            from headswap.swapping.crew import error_of

            raise error_of(*failure)
        folder = Path(job["plan"]).parent
        for name, content in results.items():
            path = Path(job["out"]) if name == "out" else folder / name
            with whole_file(path) as partial:
                partial.write_bytes(content)
        count(frames)

    def _put(self, path: Path) -> Any:
        """A reference to a file's content; each is sent to the cluster once."""
        if path not in self._sent:
            self._sent[path] = self._ray.put(path.read_bytes())
        return self._sent[path]


def _inputs(folder: Path) -> list[Path]:
    """The files of a plan's folder that a job may read."""
    planes = ("key-*.npz", "front-*.npz", "plate-*.npz", "occlusion-*.npz")
    wanted = ("*.plan", "*.plan.arrays", *planes)
    return sorted(path for pattern in wanted for path in folder.glob(pattern))
