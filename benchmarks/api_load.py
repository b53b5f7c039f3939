"""Task detail under load, against a bare route of the same framework.

`python -m benchmarks.api_load`. A server in one process, on SQLite in a temporary folder; the load
in this one; both on loopback. The two routes take turns, so that whatever else the machine does
weighs on both.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from headswap.api.app import create_app
from headswap.api.logs import set_up_logs
from headswap.api.services import Services, open_services
from headswap.ids import new_id
from headswap.jobs import accounts
from headswap.jobs.states import COMPLETED, PROCESSING
from headswap.settings import Settings
from headswap.store.tables import Analysis, SwapTask

_LONGEST_S = 60
_HOST = "127.0.0.1"
_DETAIL = "/api/open/v4/headswap/task/detail"
_BARE = "/bare"
_BARE_ROUTE = "bare route"
_TASKS = ("a task that runs", "a completed task")


@dataclass(frozen=True, slots=True)
class Round:
    """What one route did for a while. took_s: of every request, sorted."""

    requests: int
    seconds: float
    took_s: tuple[float, ...]

    @property
    def per_s(self) -> float:
        return self.requests / self.seconds

    def percentile_ms(self, percent: float) -> float:
        at = min(len(self.took_s) - 1, int(len(self.took_s) * percent / 100))
        return self.took_s[at] * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round and route")
    parser.add_argument("--serve", nargs=2, metavar=("FOLDER", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        _serve(Path(given.serve[0]), int(given.serve[1]))
        return 0
    if given.rounds * given.seconds * 3 > _LONGEST_S - 15:
        parser.error("it is to end within a minute: fewer rounds, or shorter ones")
    _measure(given.connections, given.rounds, given.seconds)
    return 0


def _measure(connections: int, rounds: int, seconds: float) -> None:
    # Whatever hangs, this ends.
    signal.alarm(_LONGEST_S)
    with (
        tempfile.TemporaryDirectory(prefix="headswap-load-") as folder,
        _server(Path(folder)) as port,
    ):
        key, *task_ids = (Path(folder) / "made").read_text().split()
        requests = {_BARE_ROUTE: _request(port, _BARE, "")}
        for name, task_id in zip(_TASKS, task_ids, strict=True):
            path = f"{_DETAIL}?_id={task_id}"
            requests[name] = _request(port, path, f"x-api-key: {key}\r\n")
        for request in requests.values():
            asyncio.run(_load(port, request, connections, 0.5))
        found: dict[str, list[Round]] = {name: [] for name in requests}
        for _ in range(rounds):
            for name, request in requests.items():
                found[name].append(asyncio.run(_load(port, request, connections, seconds)))
    _tell(found, connections)


def _tell(found: dict[str, list[Round]], connections: int) -> None:
    print(f"{connections} connections, one server process, SQLite, {os.cpu_count()} cores; medians")
    print(f"{'':18}{'requests/s':>10}{'p50 ms':>8}{'p99 ms':>8}{'of bare':>9}   each round")
    bare = found[_BARE_ROUTE]
    for name, rounds in found.items():
        ratios = [one.per_s / beside.per_s for one, beside in zip(rounds, bare, strict=True)]
        print(
            f"{name:18}"
            f"{statistics.median(one.per_s for one in rounds):10.0f}"
            f"{statistics.median(one.percentile_ms(50) for one in rounds):8.1f}"
            f"{statistics.median(one.percentile_ms(99) for one in rounds):8.1f}"
            f"{statistics.median(ratios):9.0%}   {' '.join(f'{ratio:.0%}' for ratio in ratios)}"
        )


def _request(port: int, path: str, headers: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: {_HOST}:{port}\r\n{headers}\r\n".encode()


class _Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, took_s: list[float], wrong: list[bytes]) -> None:
        self._request = request
        self._wrong = wrong
        self._took_s = took_s
        self._came = bytearray()
        self._transport: asyncio.Transport | None = None
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._came += data
        head = self._came.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._came.find(b"content-length: ", 0, head)
        length = int(self._came[at + 16 : self._came.index(b"\r\n", at)])
        if len(self._came) < head + 4 + length:
            return
        if not self._came.startswith(b"HTTP/1.1 200"):
            self._wrong.append(bytes(self._came))
            return
        self._took_s.append(time.perf_counter() - self._asked)
        self._came.clear()
        self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def _load(port: int, request: bytes, connections: int, seconds: float) -> Round:
    took_s: list[float] = []
    wrong: list[bytes] = []
    loop = asyncio.get_running_loop()
    callers = [_Caller(request, took_s, wrong) for _ in range(connections)]
    begun = time.perf_counter()
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, _HOST, port)
    await asyncio.sleep(seconds)
    lasted = time.perf_counter() - begun
    for caller in callers:
        caller.stop()
    if wrong or not took_s:
        raise RuntimeError(f"not answered as it should be: {wrong[:1]}")
    return Round(len(took_s), lasted, tuple(sorted(took_s)))


@contextmanager
def _server(folder: Path) -> Generator[int]:
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        port: int = listener.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.api_load", "--serve", str(folder), str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            _wait_until_it_answers(port, process)
            yield port
        finally:
            process.terminate()


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            httpx.get(f"http://{_HOST}:{port}/readyz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server ended before it answered")


def _serve(folder: Path, port: int) -> None:
    """The service with its logs and metrics, and beside it an application with one bare route."""
    given: dict[str, Any] = {"data_dir": folder / "data", "host": _HOST, "port": port}
    settings = Settings(**given, rate_per_minute=0)
    services = open_services(settings)
    (folder / "made").write_text(" ".join(_make_tasks(services)))
    bare = FastAPI()

    @bare.get(_BARE)
    async def answer() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    set_up_logs("info")
    app = _Both(bare, create_app(services))
    uvicorn.run(app, host=_HOST, port=port, log_config=None, access_log=False)


class _Both:
    """Sends the bare route's requests to its own application, past all of ours."""

    def __init__(self, bare: ASGIApp, service: ASGIApp) -> None:
        self._bare = bare
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_bare = scope["type"] == "http" and scope["path"] == _BARE
        await (self._bare if is_bare else self._service)(scope, receive, send)


def _make_tasks(services: Services) -> list[str]:
    """A team's key and the ids of two tasks, as `_TASKS` says."""
    now = services.clock()
    with services.db.write() as s:
        team, user = accounts.create_team(s, "load", now)
        key = accounts.create_key(s, services.keyring, team.id, now)
        analysis = Analysis(
            id=new_id(now),
            team_id=team.id,
            uid=user.uid,
            task_id=new_id(now),
            create_time=now,
            video_url="https://videos.example/v.mp4",
            type="head",
            status=COMPLETED,
            progress=100,
            duration_ms=10_000,
        )
        s.add(analysis)
        s.flush()
        tasks = [_task(analysis, key.client_id, now) for _ in _TASKS]
        _complete(tasks[1], now)
        s.add_all(tasks)
        return [key.secret, *(task.id for task in tasks)]


def _task(analysis: Analysis, client_id: str, now: int) -> SwapTask:
    return SwapTask(
        id=new_id(now),
        team_id=analysis.team_id,
        uid=analysis.uid,
        task_id=new_id(now),
        analysis_id=analysis.id,
        client_id=client_id,
        create_time=now,
        video_url=analysis.video_url,
        mappings=[{"obj_id": 0, "img_url": "https://photos.example/p.png"}],
        model_name="akool-premium",
        resolution="720p",
        keep_original_sound=True,
        file_name=f"Headswap_{now}.mp4",
        video_duration=10,
        priority=9,
        held=15_000,
        status=PROCESSING,
        progress=40,
        eta_s=12,
    )


def _complete(task: SwapTask, now: int) -> None:
    turned = [{"first": at, "last": at + 3, "reason": "turned away"} for at in (20, 90, 140)]
    person = {"obj_id": 0, "frames_swapped": 288, "not_swapped": turned, "strained": turned}
    task.status, task.progress, task.used = COMPLETED, 100, task.held
    task.output_key = f"tasks/{task.id}/output.mp4"
    task.expire_time = now + 86_400_000
    task.report = {"frame_count": 300, "engine": "mesh", "device": "cpu", "people": [person]}


if __name__ == "__main__":
    sys.exit(main())
