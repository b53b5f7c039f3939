"""The API on a real server on loopback: a team with a key and credits, a clock that a test sets."""

from __future__ import annotations

import json
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
from headswap.jobs.audit import audit_key, keep_trail
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, SwapTask
from tests.service_world import NOW, VIDEO, World, master_keyring, order_body

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
    """What a team has of a running server. client: sends the team's key."""

    world: World
    services: Services
    clock: Hands
    app: FastAPI
    client: httpx.Client = field(repr=False)

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """The envelope of an answer, which HTTP calls fine."""
        params = {name: str(value) for name, value in query.items()}
        return envelope(self.client.get(path, params=params or None))

    def post(self, path: str, body: object, **headers: str) -> dict[str, Any]:
        """The envelope of an answer, which HTTP calls fine."""
        # Not httpx' own way, which cannot write half a character.
        return envelope(self.client.post(path, content=json.dumps(body), headers=headers))

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


def envelope(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says whose HTTP status is 200."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    services: Services
    clock: Hands
    app: FastAPI

    @contextmanager
    def new_team(self, credits_: float = 1000) -> Generator[Api]:
        """The API as a new team sees it; the clock is set back."""
        self.clock.now_ms = NOW
        world = World.of(self.services.db, credits_)
        with httpx.Client(
            base_url=self.services.public_url, headers={"x-api-key": world.secret}
        ) as client:
            yield Api(world, self.services, self.clock, self.app, client)


@contextmanager
def serving(database: Database, folder: Path, **settings: Any) -> Generator[Server]:
    """A server on a free port; it stops with the block, and closes the database.

    settings: other than usual.
    """
    clock, keyring = Hands(), master_keyring()
    # The protocol is named, or asyncio does not see that Nagle's algorithm is to be turned off.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        given: dict[str, Any] = {"data_dir": folder / "data", "port": port, **settings}
        blobs = Blobs.in_folder(folder / "blobs", keyring.derive("sign files"))
        keep_trail(database, lambda: audit_key(keyring))
        services = Services(Settings(**given), database, blobs, keyring, clock)
        app = create_app(services)
        server = ApiServer(app, "127.0.0.1", port)
        thread = threading.Thread(target=server.run, args=([listener],), name="api")
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield Server(services, clock, app)
        finally:
            server.should_exit = True
            thread.join()
            database.close()


def _wait_until_started(server: ApiServer, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_S
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.005)


def create_body(**changes: object) -> dict[str, object]:
    """What creates a task of the analysed video, with changes; ... leaves a field out."""
    return order_body(**changes)


ANALYZE_BODY = {"video_url": VIDEO, "type": "head"}
