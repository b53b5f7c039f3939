"""A real service in its own processes, a client of it, and a receiver of its webhooks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil

from headswap.jobs.ledger_check import check_ledger
from headswap.media import VideoReader
from headswap.sealing import open_
from headswap.store.database import Database


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Receiver:
    """Takes webhooks on loopback; answers 500 to the first `refusals` of each task."""

    def __init__(self, refusals: int = 0) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = 500 if len(receiver.answers) < refusals else 200
                receiver.bodies.append(body)
                receiver.answers.append(status)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def told(self, client_id: str, secret: str) -> list[dict[str, Any]]:
        """Every message, verified and decrypted."""
        return [open_(client_id, secret, body) for body in self.bodies]


PROGRAM = (sys.executable, "-m", "headswap")


class Service:
    """`headswap serve` on a data folder; it may be killed and started again."""

    def __init__(
        self, data: Path, *options: str, program: Sequence[str] = PROGRAM, **settings: str
    ) -> None:
        self.data = data
        self._program = program
        self._options = options
        self.port = free_port()
        self._environment = {**os.environ, **settings, "HEADSWAP_LOG_LEVEL": "info"}
        self._log = data.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(*self._program, "serve"),
                    *("--data", str(self.data), "--port", str(self.port)),
                    *self._options,
                ],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.client.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log()[-2000:]}")
            time.sleep(0.1)
        else:
            raise AssertionError(f"the server is not ready: {self.log()[-2000:]}")
        first = json.loads((self.data / "first-key.json").read_text(encoding="utf-8"))
        self.client_id, self.secret = str(first["client_id"]), str(first["key"])
        self.team_id = str(first["team_id"])
        self.client.headers["x-api-key"] = self.secret

    def extra_worker(self) -> subprocess.Popen[bytes]:
        """A worker of its own, as on another machine; whoever starts it ends it."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self._program, "worker", "--data", str(self.data)],
                env={**self._environment, "HEADSWAP_PORT": str(self.port)},
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def worker(self) -> psutil.Process | None:
        """The server's worker, if it has one just now."""
        if self.process is None:
            return None
        try:
            children = psutil.Process(self.process.pid).children()
            return next((c for c in children if "worker" in c.cmdline()), None)
        except psutil.NoSuchProcess:
            return None

    def kill(self) -> None:
        """Ends the server as a power cut would; its worker finds itself alone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ends the server as its operator would; its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(timeout=60)

    def ledger_faults(self) -> list[str]:
        """What does not add up in the team's ledger, in the SQLite of its data folder."""
        database = Database(f"sqlite:///{self.data / 'headswap.db'}")
        try:
            with database.read() as s:
                return check_ledger(s, self.team_id)
        finally:
            database.close()

    # What a client does.

    def ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """The answer's envelope; a server that is just being started is asked again."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.client.request(method, path, **given).json()
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def upload(self, path: Path) -> str:
        with path.open("rb") as stream:
            answer = self.ask("POST", "/api/open/v4/headswap/upload", files={"file": stream})
        assert answer["code"] == 1000, answer
        return str(answer["data"]["url"])

    def detail(self, kind: str, id_: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/api/open/v4/headswap/{kind}/detail", params={"_id": id_})
        assert answer["code"] == 1000, answer
        return answer["data"]

    def finished(self, kind: str, id_: str, timeout_s: float = 180) -> dict[str, Any]:
        """The record in its final state."""
        end = time.monotonic() + timeout_s
        record: dict[str, Any] = {}
        while time.monotonic() < end:
            record = self.detail(kind, id_)
            if record["status"] in (3, 4):
                return record
            time.sleep(0.2)
        raise AssertionError(f"{kind} {id_} does not end: {record}; {self.log()[-3000:]}")

    def analysed(self, video_url: str) -> dict[str, Any]:
        """A finished analysis of a video."""
        body = {"video_url": video_url, "type": "head"}
        answer = self.ask("POST", "/api/open/v4/headswap/analyze", json=body)
        assert answer["code"] == 1000, answer
        return self.finished("analyze", answer["data"]["_id"])

    def created(self, video_url: str, photo_url: str, **other: object) -> dict[str, Any]:
        """The answer to a new task for person 0."""
        body = {
            "video_url": video_url,
            "mappings": [{"obj_id": 0, "img_url": photo_url}],
            "model_name": "akool-premium",
            "resolution": "480p",
            **other,
        }
        return self.ask("POST", "/api/open/v4/headswap/task/create", json=body)


def frames_at(url: str, folder: Path) -> int:
    """How many frames the result at a URL has, all of them decoded."""
    path = folder / "result.mp4"
    path.write_bytes(httpx.get(url, timeout=60).raise_for_status().content)
    with VideoReader(path) as reader:
        return sum(1 for _ in reader)


@contextmanager
def running(
    data: Path, *options: str, program: Sequence[str] = PROGRAM, **settings: str
) -> Generator[Service]:
    """A service that is stopped at the end, whatever happened to it meanwhile."""
    service = Service(data, *options, program=program, **settings)
    service.start()
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.process.terminate()
            try:
                service.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                service.process.kill()
                service.process.wait()
        service.client.close()
