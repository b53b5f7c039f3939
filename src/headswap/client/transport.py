"""Where the client's core meets network, disk and clock: once blocking, once awaited."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx

from headswap import __version__
from headswap.client.effects import (
    Answer,
    Came,
    Check,
    Effect,
    Flow,
    Lost,
    Moved,
    Request,
    Save,
    Wait,
)
from headswap.client.errors import FileNotRead
from headswap.client.exchange import Core
from headswap.disk import check_writable, whole_file

T = TypeVar("T")
_TIMEOUT = httpx.Timeout(60, connect=10)
_HEADERS = {"user-agent": f"headswap/{__version__}"}
_TRIES = 7
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_OK = 200


class Blocking:
    """Runs flows and waits for what they ask."""

    def __init__(self, url: str, key: str, *, tries: int = _TRIES) -> None:
        """url: the server's root, as http://127.0.0.1:8000. tries: how often a request is sent at
        most where it may be sent again; the waits between them double.
        """
        self.core = _core(url, key, tries)
        self._http = httpx.Client(headers=_HEADERS, timeout=_TIMEOUT)

    def close(self) -> None:
        """Closes the connections; the client cannot be used any more."""
        self._http.close()

    def run(self, flow: Flow[T]) -> T:
        """What the flow returns in the end."""
        came: Came = None
        while True:
            try:
                effect = flow.send(came)
            except StopIteration as end:
                return end.value
            came = self._done(effect)

    def _done(self, effect: Effect) -> Came:
        if isinstance(effect, Wait):
            time.sleep(effect.seconds)
            return None
        if isinstance(effect, Check):
            return check_writable(effect.to)
        try:
            return self._save(effect) if isinstance(effect, Save) else self._send(effect)
        except httpx.RequestError as error:
            return _lost(error)

    def _send(self, request: Request) -> Answer:
        with _Outgoing(request) as given:
            answer = self._http.request(request.method, request.url, **given)
        return Answer(answer.status_code, answer.headers, answer.content)

    def _save(self, save: Save) -> Answer:
        with self._http.stream("GET", save.url, follow_redirects=True) as answer:
            if answer.status_code == _OK:
                with whole_file(save.to) as part, part.open("wb") as out:
                    for piece in answer.iter_bytes():
                        out.write(piece)
                        save.moved(out.tell(), _length(answer))
            return Answer(answer.status_code, answer.headers)


class Awaiting:
    """Runs flows and awaits what they ask, on asyncio or trio."""

    def __init__(self, url: str, key: str, *, tries: int = _TRIES) -> None:
        """url: the server's root, as http://127.0.0.1:8000. tries: how often a request is sent at
        most where it may be sent again; the waits between them double.
        """
        self.core = _core(url, key, tries)
        self._http = httpx.AsyncClient(headers=_HEADERS, timeout=_TIMEOUT)

    async def close(self) -> None:
        """Closes the connections; the client cannot be used any more."""
        await self._http.aclose()

    async def run(self, flow: Flow[T]) -> T:
        """What the flow returns in the end."""
        came: Came = None
        while True:
            try:
                effect = flow.send(came)
            except StopIteration as end:
                return end.value
            came = await self._done(effect)

    async def _done(self, effect: Effect) -> Came:
        if isinstance(effect, Wait):
            await anyio.sleep(effect.seconds)
            return None
        if isinstance(effect, Check):
            return check_writable(effect.to)
        try:
            if isinstance(effect, Save):
                return await self._save(effect)
            return await self._send(effect)
        except httpx.RequestError as error:
            return _lost(error)

    async def _send(self, request: Request) -> Answer:
        with _Outgoing(request) as given:
            answer = await self._http.request(request.method, request.url, **given)
        return Answer(answer.status_code, answer.headers, answer.content)

    async def _save(self, save: Save) -> Answer:
        async with self._http.stream("GET", save.url, follow_redirects=True) as answer:
            if answer.status_code == _OK:
                with whole_file(save.to) as part, part.open("wb") as out:
                    async for piece in answer.aiter_bytes():
                        await anyio.to_thread.run_sync(out.write, piece)
                        save.moved(out.tell(), _length(answer))
            return Answer(answer.status_code, answer.headers)


class _Outgoing:
    """What httpx is given of a request; its file is open as long as the block runs."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._file: _Counted | None = None

    def __enter__(self) -> Mapping[str, Any]:
        request = self._request
        given: dict[str, Any] = {"headers": request.headers, "content": request.body}
        if request.file is not None:
            self._file = _Counted(request.file, request.moved)
            given = {"headers": request.headers, "files": {"file": self._file.part()}}
        return given

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


class _Counted(BufferedReader):
    """A file that tells how much of it has been read."""

    def __init__(self, path: Path, moved: Moved | None) -> None:
        try:
            raw = FileIO(path)
        except OSError as error:
            raise FileNotRead(f"{path}: cannot be read ({error.strerror})") from error
        super().__init__(raw)
        self._path, self._moved = path, moved
        self._size = path.stat().st_size

    def part(self) -> tuple[str, BufferedReader]:
        return self._path.name, self

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if data and self._moved is not None:
            self._moved(self.tell(), self._size)
        return data


def _core(url: str, key: str, tries: int) -> Core:
    return Core(url, key, tries, time.monotonic, random.random)


def _lost(error: httpx.RequestError) -> Lost:
    reason = str(error) or type(error).__name__
    return Lost(reason, sent=not isinstance(error, _NOT_SENT))


def _length(answer: httpx.Response) -> int:
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0
