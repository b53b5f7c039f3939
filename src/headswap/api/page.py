"""The API's interactive page, of files that lie in this package: nothing is asked of elsewhere."""

from __future__ import annotations

from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from headswap.api.envelope import dumps

_TYPES = {"index.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


async def page(_: Request) -> Response:
    """The page itself."""
    return _file("index.html")


async def document(request: Request) -> Response:
    """What the page shows: the API's document."""
    return Response(dumps(request.app.openapi()), media_type="application/json")


async def asset(request: Request) -> Response:
    """What the page consists of."""
    name = request.path_params["name"]
    if name not in _TYPES:
        raise HTTPException(404)
    return _file(name)


def _file(name: str) -> Response:
    content = files("headswap.api").joinpath("page", name).read_bytes()
    return Response(content, headers=_HEADERS, media_type=_TYPES[name])
