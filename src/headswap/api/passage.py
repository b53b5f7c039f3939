"""What every request passes first: its id, its line in the log, its count, and our own faults."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headswap.api.envelope import CODE_IN_SCOPE, Answer, refusal
from headswap.api.logs import PLAIN, request_id
from headswap.api.metrics import Metrics
from headswap.jobs.refusals import Code

Handler = Callable[[Request], Awaitable[Response]]
_log = logging.getLogger("headswap.api")
_FIELDS_IN_SCOPE = "headswap.fields"
# An id from outside is taken only if it can spoil no log.
_GOOD_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_GONE = 499


def note(scope: MutableMapping[str, Any], **fields: object) -> None:
    """Adds `fields`, a record's id for example, to the line this request leaves in the log."""
    scope.setdefault(_FIELDS_IN_SCOPE, {}).update(fields)


class Passage:
    """ASGI middleware, the outermost; no error of the application gets past it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Mapping[Handler, str]) -> None:
        """`paths`: the routes' patterns by their handlers, as metrics name them."""
        self._app = app
        self._paths = paths
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = _given_id(scope) or secrets.token_hex(16)
        token = request_id.set(identity)
        begun, status = time.perf_counter(), 0
        header = (b"x-request-id", identity.encode("ascii"))

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append(header)
            await send(message)

        try:
            await self._app(scope, receive, marked)
        except ClientDisconnect:
            status = status or _GONE
        except Exception:  # noqa: BLE001 the edge: whatever it is, the client learns nothing of it
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if not status:
                await _fault()(scope, receive, marked)
        finally:
            self._leave_line(scope, status or _GONE, time.perf_counter() - begun)
            request_id.reset(token)

    def _leave_line(self, scope: Scope, status: int, took_s: float) -> None:
        code = scope.get(CODE_IN_SCOPE, 0)
        route = self._paths.get(scope["endpoint"], "") if "endpoint" in scope else ""
        self._metrics.count_request(scope["method"], route, status, code, took_s)
        if _log.isEnabledFor(logging.INFO):
            fields: dict[str, object] = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "code": code,
                "took_ms": round(took_s * 1000, 1),
                **scope.get(_FIELDS_IN_SCOPE, {}),
            }
            # Not `info`: that looks up which line called it, every time.
            record = logging.LogRecord(_log.name, logging.INFO, "", 0, "request", (), None)
            setattr(record, PLAIN, fields)
            _log.handle(record)


def _fault() -> Answer:
    return refusal(Code.OUR_FAULT, "Something went wrong on our side; the log has it.")


def _given_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GOOD_ID.fullmatch(value):
            return value.decode("ascii")
    return ""
