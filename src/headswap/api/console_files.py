"""The console's files, which lie in headswap/web: plain ones, asking nothing of other hosts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headswap.api.calls import calls_of
from headswap.api.services import Services

_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # Asked about at every load, and answered without the file where it is the same.
    "cache-control": "no-cache",
}
_POLICY = (
    "default-src 'self'; img-src {media} blob:; media-src {media} blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ANY_KEY = "probe/ready"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    etag: str


async def page(request: Request) -> Response:
    """The page; everything else of the console is asked for by it."""
    return _answer(request, "index.html")


async def asset(request: Request) -> Response:
    """A file of the console."""
    return _answer(request, request.path_params["name"])


def _answer(request: Request, name: str) -> Response:
    file = _files().get(name)
    if file is None:
        raise HTTPException(404)
    headers = {**_HEADERS, "etag": file.etag}
    if file.media_type == "text/html":
        headers["content-security-policy"] = _policy(calls_of(request).services)
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


def _policy(services: Services) -> str:
    """What the page may load: its own, and pictures and videos of the bucket if there is one."""
    some = services.blobs.url(_ANY_KEY, "ready", services.clock() + 60_000, services.public_url)
    if some.startswith(services.public_url):
        return _POLICY.format(media="'self'")
    bucket = urlsplit(some)
    return _POLICY.format(media=f"'self' {bucket.scheme}://{bucket.netloc}")


@cache
def _files() -> dict[str, _File]:
    """Every file by its path below the folder."""
    return dict(_below(files("headswap").joinpath("web"), ""))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, _File]]:
    found: list[tuple[str, _File]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found += _below(entry, f"{name}/")
        elif (media_type := _TYPES.get(f".{name.rpartition('.')[2]}")) is not None:
            content = entry.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found.append((name, _File(content, media_type, etag)))
    return found
