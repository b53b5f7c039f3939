"""Servers on loopback that answer what a test scripts, byte for byte, and count who came."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias


class Visit:
    """One connection to a server: what was asked, and the means to answer."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        self.connection = connection
        self.stopping = stopping
        self.head = ""
        self.body = b""

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines if line)
        return {name.lower(): value for name, value in pairs}

    def read_request(self) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            part = self.connection.recv(65536)
            if not part:
                raise ConnectionError("left before asking")
            received += part
        head, _, self.body = received.partition(b"\r\n\r\n")
        self.head = head.decode()
        while len(self.body) < int(self.headers.get("content-length", "0")):
            self.body += self.connection.recv(65536)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes, every_s: float) -> None:
        """Sends byte after byte, until the client has gone or the server stops."""
        for byte in data:
            if self.stopping.wait(every_s):
                return
            self.send(bytes([byte]))


Script: TypeAlias = Callable[[Visit], None]


class ScriptedServer:
    """Runs `script` for every connection; `visits` are all that came, asking or not.

    A server that greets does not wait for a request.
    """

    def __init__(
        self,
        script: Script,
        trust: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        greets: bool = False,
    ) -> None:
        self._script = script
        self._trust = trust
        self._greets = greets
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.visits: list[Visit] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.place = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self.url = f"http://{self.place}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        # Closing alone does not wake a thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)

    @property
    def paths(self) -> list[str]:
        return [visit.path for visit in self.visits if visit.head]

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            visit = Visit(connection, self._stopping)
            self.visits.append(visit)
            self._start(partial(self._serve, visit))

    def _serve(self, visit: Visit) -> None:
        # The client breaks off in many tests, and is meant to.
        with suppress(OSError), visit.connection:
            if self._trust is not None:
                visit.connection = self._trust.wrap_socket(visit.connection, server_side=True)
            with visit.connection:
                if not self._greets:
                    visit.read_request()
                self._script(visit)


def answer(
    body: bytes = b"",
    status: str = "200 OK",
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """A whole HTTP answer; `length` is what it claims to have, the body's own where None."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


def sends(data: bytes) -> Script:
    return lambda visit: visit.send(data)


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(status=status, headers={"Location": location})


def in_chunks(parts: Sequence[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
