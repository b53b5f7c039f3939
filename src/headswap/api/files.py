"""Files under signed addresses, whole or in part, so that a browser can seek."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, refusal
from headswap.api.ranges import NoSuchPart, Part, part_of
from headswap.jobs import downloads
from headswap.jobs.refusals import Code
from headswap.store.blob_keys import is_key
from headswap.store.blobs import BlobMissing, Blobs

# What a browser may show by itself. An upload's name is its owner's choice: under a type of a page
# it would run as one of ours.
_SHOWN = {
    **{".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"},
    **{".mkv": "video/x-matroska", ".png": "image/png", ".jpg": "image/jpeg"},
    **{".jpeg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif"},
    **{".json": "application/json"},
}
_OTHER = "application/octet-stream"
_RESULT = re.compile(r"tasks/[0-9a-f]{24}/output\.mp4")


async def file(request: Request) -> Response:
    """The file of a signed address; HEAD, Range, If-Range and If-None-Match are understood."""
    calls = calls_of(request)
    key: str = request.path_params["key"]
    name = request.query_params.get("name", "")
    blobs, now = calls.services.blobs, calls.services.clock()
    expires = _valid_until(request.query_params, blobs, key, name, now)
    if expires is None:
        return _refusal(HTTPStatus.FORBIDDEN, "This address is wrong or has expired.")
    try:
        size = await calls.elsewhere(lambda: blobs.size(key))
    except BlobMissing:
        return _refusal(HTTPStatus.NOT_FOUND, "The file has been removed.")
    # A key's bytes are written once.
    etag = f'"{hashlib.sha256(f"{key} {size}".encode()).hexdigest()[:32]}"'
    headers = _headers(key, name or key.rpartition("/")[2], etag, (expires - now) // 1000)
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range")
    if request.headers.get("if-range", etag) != etag:
        wanted = None
    try:
        part = part_of(wanted, size)
    except NoSuchPart:
        behind = {"content-range": f"bytes */{size}"}
        return refusal(Code.PARAMETER, f"Range lies behind the {size} bytes.", 416, behind)
    return await _part(request, key, part, size, headers)


async def _part(
    request: Request, key: str, part: Part | None, size: int, headers: dict[str, str]
) -> Response:
    calls = calls_of(request)
    status, sent = 200, Part(0, size)
    if part is not None:
        status, sent = 206, part
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    headers["content-length"] = str(sent.end - sent.start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if _RESULT.fullmatch(key) and sent.start == 0:
        await calls.write(lambda s: downloads.note(s, key, calls.services.clock()))
    blobs = calls.services.blobs
    try:
        pieces = await calls.elsewhere(lambda: blobs.stream(key, sent.start, sent.end))
    except BlobMissing:
        return _refusal(HTTPStatus.NOT_FOUND, "The file has been removed.")
    return StreamingResponse(iterate_in_threadpool(pieces), status, headers)


def _valid_until(
    query: Mapping[str, str], blobs: Blobs, key: str, name: str, now: int
) -> int | None:
    """When the address expires; None if it has, or was not made by us."""
    expires, signature = query.get("expires", ""), query.get("signature", "")
    if not (is_key(key) and expires.isascii() and expires.isdigit() and len(expires) <= 15):
        return None
    return int(expires) if blobs.verify(key, int(expires), signature, now, name) else None


def _refusal(status: HTTPStatus, msg: str) -> Answer:
    # Whoever downloads looks at the status, not into what was meant to be a video.
    return refusal(Code.NOT_FOUND, msg, status)


def _headers(key: str, name: str, etag: str, valid_s: int) -> dict[str, str]:
    media_type = _SHOWN.get(f".{key.rpartition('.')[2].lower()}", _OTHER)
    way = "attachment" if media_type == _OTHER else "inline"
    return {
        "content-type": media_type,
        "content-disposition": f"{way}; filename*=utf-8''{quote(name, safe='')}",
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": f"private, max-age={valid_s}",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }


def _matches(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag in tags or tags == {"*"}
