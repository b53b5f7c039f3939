"""The API on a real server on loopback: a team with a key and credits, a clock that a test sets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from headswap.api.app import create_app
from headswap.api.server import ApiServer
from headswap.api.services import Services
from headswap.store.blobs import Blobs
from headswap.store.tables import Analysis, SwapTask
from tests.service_world import NOW, VIDEO, World, order_body

V4 = "/api/open/v4/headswap"
V3 = "/api/open/v3"
_START_S = 20


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ms = NOW

    def __call__(self) -> int:
        return self.now_ms


@dataclass(frozen=True, slots=True)
class Api:
    """A running server, and a client that sends the team's key."""

    world: World
    services: Services
    clock: Hands
    app: FastAPI
    url: str
    client: httpx.Client = field(repr=False)

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """The envelope of an answer, which HTTP calls fine."""
        return _envelope(self.client.get(path, params={k: str(v) for k, v in query.items()}))

    def post(self, path: str, body: object, **headers: str) -> dict[str, Any]:
        """The envelope of an answer, which HTTP calls fine."""
        return _envelope(self.client.post(path, json=body, headers=headers))

    def analysed(self) -> Analysis:
        """A completed analysis, its previews and its source stored."""
        analysis = self.world.analysed()
        for obj_id in (0, 1):
            self.services.blobs.put(f"analyses/{analysis.id}/subject_{obj_id}.png", b"png")
        return analysis

    def finished(self, output: bytes = b"0123456789" * 100, **changes: Any) -> SwapTask:
        """A completed task, its output stored. changes: to the body."""
        self.analysed()
        task = self.world.finished(self.world.created(**changes).id)
        assert task.output_key is not None
        self.services.blobs.put(task.output_key, output)
        return task


def _envelope(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@contextmanager
def serving(world: World, folder: Path) -> Generator[Api]:
    """The server of a world whose settings have a free port; it stops with the block."""
    clock = Hands()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        settings = world.settings.model_copy(update={"data_dir": folder, "port": port})
        blobs = Blobs.in_folder(folder / "blobs", world.keyring.derive("sign files"))
        services = Services(settings, world.database, blobs, world.keyring, clock)
        app = create_app(services)
        server = ApiServer(app, "127.0.0.1", port)
        thread = threading.Thread(target=server.run, args=([listener],), name="api")
        thread.start()
        try:
            _wait_until_started(server, thread)
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, headers={"x-api-key": world.secret}) as client:
                yield Api(world, services, clock, app, url, client)
        finally:
            server.should_exit = True
            thread.join()


def _wait_until_started(server: ApiServer, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_S
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.005)


def create_body(**changes: object) -> dict[str, object]:
    """What creates a task of the analysed video, with changes; ... leaves a field out."""
    return order_body(**changes)


ANALYZE_BODY = {"video_url": VIDEO, "type": "head"}
