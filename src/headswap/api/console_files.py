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
}
# The page is asked about at every load; all else lies below an address that changes with it.
_ASKED_AGAIN = "no-cache"
_KEPT = "public, max-age=31536000, immutable"
_POLICY = (
    "default-src 'self'; img-src {media} blob:; media-src {media} blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ANY_KEY = "probe/ready"
_SOON_MS = 60_000


_PAGE = "index.html"
_FOLDER = b'"console/'


@dataclass(frozen=True, slots=True)
class _Console:
    """Every file by its path, and a name for all of them as they are."""

    files: dict[str, bytes]
    version: str


async def page(request: Request) -> Response:
    """The page; everything else of the console is asked for by it."""
    console = _console()
    headers = {
        **_HEADERS,
        "cache-control": _ASKED_AGAIN,
        "content-security-policy": _policy(calls_of(request).services),
        "etag": f'"{console.version}"',
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = console.files[_PAGE].replace(_FOLDER, _FOLDER + console.version.encode() + b"/")
    return Response(content, headers=headers, media_type="text/html")


async def asset(request: Request) -> Response:
    """A file of the console, of the version that the page belongs to."""
    console, name = _console(), request.path_params["name"]
    if (
        request.path_params["version"] != console.version
        or name not in console.files
        or name == _PAGE
    ):
        raise HTTPException(404)
    headers = {**_HEADERS, "cache-control": _KEPT}
    media_type = _TYPES[f".{name.rpartition('.')[2]}"]
    return Response(console.files[name], headers=headers, media_type=media_type)


def media_policy(some: str, public_url: str) -> str:
    """From where pictures and videos may come. some: the address of one of this server's files."""
    if some.startswith(f"{public_url}/"):
        return "'self'"
    bucket = urlsplit(some)
    return f"'self' {bucket.scheme}://{bucket.netloc}"


def _policy(services: Services) -> str:
    base = services.public_url
    some = services.blobs.url(_ANY_KEY, "ready", services.clock() + _SOON_MS, base)
    return _POLICY.format(media=media_policy(some, base))


@cache
def _console() -> _Console:
    found = dict(_below(files("headswap").joinpath("web"), ""))
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(f"{name} {len(found[name])} ".encode())
        digest.update(found[name])
    return _Console(found, digest.hexdigest()[:16])


def _below(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found += _below(entry, f"{name}/")
        elif f".{name.rpartition('.')[2]}" in _TYPES:
            found.append((name, entry.read_bytes()))
    return found
