"""How large a body may be, and how often a key may call."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headswap.api.envelope import refusal
from headswap.jobs.refusals import Code

# So much of a body that is too large is still taken and dropped, for so long: most clients read
# no answer before they have sent everything.
_DROPPED_BYTES = 16 << 20
_DROPPED_S = 5.0


class BodyTooLarge(HTTPException):
    """More than `limit` bytes came."""

    def __init__(self, limit: int) -> None:
        # Whatever else the client sends belongs to no request.
        close = {"connection": "close"}
        super().__init__(413, f"The body is larger than {limit} bytes.", close)


class BodyLimit:
    """ASGI middleware: a body larger than its route's limit is refused, while it streams."""

    def __init__(self, app: ASGIApp, limit: int, limits: Mapping[str, int]) -> None:
        """`limits`: by path, where another than `limit` holds."""
        self._app = app
        self._limit = limit
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"], self._limit)
        if _announced(scope) > limit:
            await _refuse(scope, receive, send, limit)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                if message.get("more_body", False):
                    await _drop(receive)
                raise BodyTooLarge(limit)
            return message

        await self._app(scope, counted, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    # A client that asks before it sends gets its answer before it sends.
    asks_first = any(name == b"expect" for name, _ in scope["headers"])
    if not asks_first and _announced(scope) <= _DROPPED_BYTES:
        await _drop(receive)
    error = BodyTooLarge(limit)
    answer = refusal(Code.PARAMETER, error.detail, 413, error.headers)
    await answer(scope, receive, send)


async def _drop(receive: Receive) -> None:
    dropped = 0
    try:
        async with asyncio.timeout(_DROPPED_S):
            more = True
            while more and dropped < _DROPPED_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return


class RateLimit:
    """A bucket of calls for each key, filled `per_minute`; every server process has its own."""

    def __init__(self, per_minute: int, clock: Callable[[], int]) -> None:
        """`per_minute`: 0 for no limit. `clock`: milliseconds."""
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> int:
        """0 if `key` may call now, and the call is counted; else whole seconds until it may."""
        if self._per_minute == 0:
            return 0
        now = self._clock()
        per_ms = self._per_minute / 60_000
        with self._lock:
            calls, since = self._buckets.get(key, (float(self._per_minute), now))
            calls = min(self._per_minute, calls + max(0, now - since) * per_ms)
            taken = 1 if calls >= 1 else 0
            self._buckets[key] = (calls - taken, now)
        return 0 if taken else math.ceil((1 - calls) / per_ms / 1000)
