"""Requests with their retries: what is sent again, after how long, and what an answer means."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Literal, cast
from urllib.parse import urlencode

from headswap.client.effects import Answer, Came, Flow, Moved, Request, Save, Wait
from headswap.client.errors import (
    ClientError,
    NotTheApi,
    ResultGone,
    TooOften,
    Unavailable,
    Unreachable,
    refusal_of,
)

_SUCCESS = 1000
_OK, _TOO_MANY, _SERVER = 200, 429, 500
_FIRST_WAIT_S, _LONGEST_STEP_S = 0.5, 16.0
# A server that asks for more than this has something else in mind than a moment's patience.
_LONGEST_WAIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Core:
    """Whom the client asks, and how patiently.

    url: the server's root. tries: how often at most a request is sent. clock: seconds, only ever
    compared. chance: 0 to 1, so that clients that failed together do not come back together.
    """

    url: str
    key: str = field(repr=False)
    tries: int
    clock: Callable[[], float]
    chance: Callable[[], float]

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"{self.url!r} is no http or https address of a server")
        if self.tries < 1:
            raise ValueError(f"tries is {self.tries}; it must be 1 or more")


def get(core: Core, path: str, query: Mapping[str, object] | None = None) -> Flow[object]:
    """The data of the answer to a question, which may be asked again and again."""
    text = urlencode({name: str(value) for name, value in (query or {}).items()})
    return _data(core, _request(core, "GET", f"{path}?{text}" if text else path), again=True)


def post(core: Core, path: str, body: Mapping[str, object], once: bool = False) -> Flow[object]:
    """The data of the answer to an order.

    once: it goes under an Idempotency-Key, so that it is carried out once however often it is
    sent. Without, it is not sent again once it may have arrived.
    """
    headers = {"content-type": "application/json"}
    if once:
        headers["idempotency-key"] = token_hex(16)
    content = json.dumps(body).encode()
    return _data(core, _request(core, "POST", path, headers, content), again=once)


def send_file(core: Core, path: str, file: Path, moved: Moved) -> Flow[object]:
    """The data of the answer to an upload; sent twice, it is only stored twice."""
    return _data(core, _request(core, "POST", path, file=file, moved=moved), again=True)


def save(core: Core, url: str, to: Path, moved: Moved) -> Flow[None]:
    """The file at an address that an answer gave.

    Raises:
        ResultGone: it is not there. Unreachable, Unavailable: tried again in vain.
    """
    for attempt in count(1):
        came = yield Save(url, to, moved)
        error = _save_error(url, came)
        if error is None:
            return
        yield from _patience(core, attempt, error, again=True)


def _request(
    core: Core,
    method: Literal["GET", "POST"],
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    file: Path | None = None,
    moved: Moved | None = None,
) -> Request:
    given = {"x-api-key": core.key, **(headers or {})}
    return Request(method, core.url.rstrip("/") + path, given, body, file, moved)


def _data(core: Core, request: Request, again: bool) -> Flow[object]:
    for attempt in count(1):
        came = yield request
        read = _read(request.url.partition("?")[0], came)
        if not isinstance(read, ClientError):
            return read.get("data")
        yield from _patience(core, attempt, read, again)
    raise AssertionError("unreachable: patience ends")


def _patience(core: Core, attempt: int, error: ClientError, again: bool) -> Flow[None]:
    """Waits before another try, or raises the error.

    again: the request may be sent anew even if it was carried out.
    """
    not_done = isinstance(error, TooOften) or (isinstance(error, Unreachable) and not error.sent)
    if attempt >= core.tries or not error.retryable or not (again or not_done):
        raise error
    asked = error.wait_s if isinstance(error, TooOften | Unavailable) else None
    if asked is not None and asked > _LONGEST_WAIT_S:
        raise error
    step = min(_FIRST_WAIT_S * 2 ** (attempt - 1), _LONGEST_STEP_S)
    yield Wait(max(asked or 0.0, step * (0.5 + 0.5 * core.chance())))


def _read(url: str, came: Came) -> dict[str, object] | ClientError:
    """The envelope of a request that was carried out, or why there is none."""
    if not isinstance(came, Answer):
        return _lost(url, came)
    envelope = _envelope(came.body)
    if envelope is None:
        if came.status == _TOO_MANY or came.status >= _SERVER:
            return Unavailable(url, came.status, _asked_wait_s(came))
        return NotTheApi(
            f"{url} answered HTTP {came.status} and not as the Head Swap Open API does; "
            "check the server's address"
        )
    code, msg = cast("int", envelope["code"]), str(envelope.get("msg", ""))
    if code == _SUCCESS:
        return envelope
    error = refusal_of(code, msg)
    if isinstance(error, TooOften):
        error.wait_s = _asked_wait_s(came)
    return error


def _envelope(body: bytes) -> dict[str, object] | None:
    try:
        value: object = json.loads(body)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    envelope = cast("dict[str, object]", value)
    return envelope if isinstance(envelope.get("code"), int) else None


def _save_error(url: str, came: Came) -> ClientError | None:
    place = url.partition("?")[0]
    if not isinstance(came, Answer):
        return _lost(place, came)
    if came.status == _OK:
        return None
    if came.status == _TOO_MANY or came.status >= _SERVER:
        return Unavailable(place, came.status, _asked_wait_s(came))
    return ResultGone(
        f"{place} cannot be downloaded: HTTP {came.status}; its address has expired or the file "
        "was removed, ask for the record again"
    )


def _lost(url: str, came: Came) -> Unreachable:
    if came is None or isinstance(came, Answer):
        raise TypeError(f"{url}: a request was answered with {came!r}")
    return Unreachable(url, came.reason, came.sent)


def _asked_wait_s(answer: Answer) -> float | None:
    """What Retry-After says: seconds, or a date to be held against that of the answer."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        until, now = (parsedate_to_datetime(t) for t in (asked, answer.headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):  # No date, or one with a zone and one without.
        return None
