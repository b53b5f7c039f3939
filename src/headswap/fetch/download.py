"""Brings what a URL names into a file, within limits of size and time."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx

from headswap.errors import (
    FetchFailed,
    FetchMissing,
    FetchRefused,
    FetchTooLarge,
    NoSpaceLeft,
    OutputNotWritable,
)
from headswap.fetch.content import Content, content_of
from headswap.fetch.deadline import Deadline, Timeouts
from headswap.fetch.guard import Guard
from headswap.fetch.network import DEADLINE, LOCATION, guarded_client
from headswap.fetch.url import Origin

MAX_REDIRECTS = 3

_REDIRECTS = {301, 302, 303, 307, 308}
# Too slow, too early, too often.
_PASSING = {408, 425, 429}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REMEDY = (
    "give a faster link, or an operator raises HEADSWAP_FETCH_TIMEOUT_S and HEADSWAP_FETCH_IDLE_S"
)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that arrived: its bytes, the URL it came from in the end, what its bytes say it is.

    final_url may carry a signature: it belongs into no message and no log.
    """

    size: int
    final_url: str
    content_type: Content


def download(
    url: str, to: Path, guard: Guard, max_bytes: int, timeout_s: float, idle_s: float
) -> Downloaded:
    """The file at `url`, written to `to`; after an error nothing is left there.

    It grows in place, so `to` is a path that nobody takes for whole before this returns.

    Follows up to MAX_REDIRECTS redirects, each checked like the first. timeout_s is for all of it,
    idle_s for each single wait.

    Raises:
        FetchRefused: a URL that may not be fetched, too many redirects, an encoding not asked for.
        FetchTooLarge: more than max_bytes came, or were announced.
        FetchFailed: no whole answer with status 200 in time; FetchMissing: a status of 4xx.
        NoSpaceLeft, OutputNotWritable: `to` cannot be written.
    """
    timeouts = Timeouts(timeout_s, idle_s, _REMEDY)
    deadline = Deadline.start(timeouts)
    with guarded_client(guard, timeouts) as client:
        response, final_url = _followed(client, guard, url, deadline)
        with closing(response):
            origin = guard.examine(final_url)
            _accept(response, origin, max_bytes)
            size = _write(response, to, origin, max_bytes)
    return Downloaded(size, final_url, content_of(to))


def _followed(
    client: httpx.Client, guard: Guard, url: str, deadline: Deadline
) -> tuple[httpx.Response, str]:
    """The first answer that is no redirect, and its URL."""
    origin = guard.examine(url)
    for hop in range(MAX_REDIRECTS + 1):
        try:
            origin = guard.examine(url)
            response = _asked(client, url, origin, deadline)
        except FetchRefused as refusal:
            if hop:
                raise FetchRefused(f"a redirect was not followed: {refusal}") from refusal
            raise
        if response.status_code not in _REDIRECTS:
            return response, url
        response.close()
        url = _next_url(url, origin, response)
    raise FetchRefused(
        f"{origin} redirects again after {MAX_REDIRECTS} redirects; give the file's own URL"
    )


def _asked(client: httpx.Client, url: str, origin: Origin, deadline: Deadline) -> httpx.Response:
    try:
        request = client.build_request("GET", url, extensions={DEADLINE: deadline})
    except httpx.InvalidURL as error:
        raise FetchRefused(f"the URL at {origin} is malformed") from error
    return client.send(request, stream=True)


def _next_url(url: str, origin: Origin, response: httpx.Response) -> str:
    location = response.extensions[LOCATION]
    if not isinstance(location, str):
        raise FetchFailed(f"{origin} answered {response.status_code} without saying where to")
    if location.startswith("//"):
        return f"{origin.scheme}:{location}"
    # With a scheme, or with what joining would drop, it is the guard's to read as it is.
    if ":" in location.split("/")[0] or not location.isprintable():
        return location
    return urljoin(url, location)


def _accept(response: httpx.Response, origin: Origin, max_bytes: int) -> None:
    """Raises for an answer that is not the file itself, or announces too much."""
    status = response.status_code
    if status != 200:
        # What a server says of the request stays so; what it says of itself may pass.
        kind = FetchMissing if 400 <= status < 500 and status not in _PASSING else FetchFailed
        raise kind(
            f"{origin} answered {status}, not 200; check that the URL opens without signing in and "
            "has not expired"
        )
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise FetchRefused(
            f"{origin} sends the file compressed, though it was asked not to; store the file "
            "without a Content-Encoding"
        )
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(origin, max_bytes)


def _write(response: httpx.Response, to: Path, origin: Origin, max_bytes: int) -> int:
    size = 0
    with _disk_errors(to), to.open("wb") as stream:
        try:
            for part in response.iter_raw():
                size += len(part)
                if size > max_bytes:
                    raise _too_large(origin, max_bytes)
                stream.write(part)
            stream.flush()
        except BaseException:
            to.unlink(missing_ok=True)
            raise
    return size


def _too_large(origin: Origin, max_bytes: int) -> FetchTooLarge:
    return FetchTooLarge(
        f"{origin}: the file has more than {max_bytes / 1e6:g} MB; make it smaller, or an operator "
        "raises HEADSWAP_MAX_VIDEO_MB or HEADSWAP_MAX_IMAGE_MB"
    )


@contextmanager
def _disk_errors(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpaceLeft(f"{path}: no space left for the download; free some") from error
        raise OutputNotWritable(
            f"{path}: the download cannot be written ({error.strerror}); check the folder"
        ) from error
