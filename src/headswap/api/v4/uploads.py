"""Uploads over HTTP: a video or a photo, given instead of its URL."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from starlette.requests import Request

from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done
from headswap.api.multipart import FormFile, receive_file
from headswap.api.passage import note
from headswap.api.services import Services
from headswap.api.v4.shapes import Uploaded
from headswap.fetch import Content, content_of
from headswap.jobs import uploads
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import wrong
from headswap.settings import Settings
from headswap.store.tables import Upload
from headswap.vision.store.hashes import sha256_of

_MB = 1_000_000
_DAY_S = 86_400
# Boundary lines, part headers and small fields beside the file.
_FORM_BYTES = 1 << 20
_TAKEN = ", ".join(sorted(content.suffix[1:] for content in Content if content.suffix))


async def upload(request: Request) -> Answer:
    """Take in a video or a photo."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    with TemporaryDirectory(dir=incoming_folder(services.settings)) as folder:
        received = await received_file(request, services.settings, Path(folder))
        check_content(received, services.settings)
        made = await calls.elsewhere(lambda: store_upload(services, caller, received))
    await calls.write(lambda s: s.add(made))
    note(request.scope, upload_id=made.id)
    data: Uploaded = {"url": upload_url(services, made)}
    return done(data)


async def received_file(request: Request, settings: Settings, folder: Path) -> FormFile:
    """The file that a request brings, now in the folder."""
    return await receive_file(
        request.headers.get("content-type", ""),
        request.stream(),
        folder / "file",
        max_file_bytes(settings),
    )


async def received_photo(request: Request, settings: Settings, folder: Path) -> FormFile:
    """The photo that a request brings, now in the folder.

    Raises Refused: 1003, it is no image of a kind and size that is taken.
    """
    received = await received_file(request, settings, folder)
    if check_content(received, settings).kind != "image":
        raise wrong("file", "is a video; a photo is needed here")
    return received


def max_file_bytes(settings: Settings) -> int:
    """How large an uploaded file may be."""
    return max(settings.max_video_mb, settings.max_image_mb) * _MB


def max_body_bytes(settings: Settings) -> int:
    """How large an upload's whole body may be."""
    return max_file_bytes(settings) + _FORM_BYTES


def incoming_folder(settings: Settings) -> Path:
    """Where uploads lie while they come in; made if it is not there."""
    folder = settings.data_dir / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def remove_abandoned(settings: Settings, now_ms: int) -> None:
    """Removes what uploads that were cut off have left, once it is a day old."""
    for folder in incoming_folder(settings).iterdir():
        # Another server may be clearing up as well.
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < now_ms / 1000 - _DAY_S:
                rmtree(folder, ignore_errors=True)


def check_kind(path: Path) -> Content:
    """What the file is; nothing else goes to a decoder, which would open what a playlist names.

    Raises Refused: 1003, it is no video or image of a kind that is taken.
    """
    content = content_of(path)
    if content is Content.OTHER:
        raise wrong("file", f"is no video or image of a kind that is taken ({_TAKEN})")
    return content


def check_content(received: FormFile, settings: Settings) -> Content:
    """What the file is. Raises Refused: 1003, as `check_kind`, or too large for its kind."""
    content = check_kind(received.path)
    limits_mb = {"video": settings.max_video_mb, "image": settings.max_image_mb}
    limit_mb = limits_mb[content.kind]
    if received.size > limit_mb * _MB:
        raise wrong("file", f"has more than {limit_mb} MB, the most for {content.kind}s")
    return content


def store_upload(services: Services, caller: Caller, received: FormFile) -> Upload:
    """The upload, its file stored; it is still to be written to the database."""
    made = uploads.make(
        services.settings,
        caller,
        received.name,
        received.size,
        services.clock(),
        sha256_of(received.path),
    )
    services.blobs.put_file(made.blob_key, received.path)
    return made


def upload_url(services: Services, upload: Upload) -> str:
    """The upload's address below this server, by which the worker knows it and asks the blobs.

    A bucket's own address would be fetched from outside, and is valid for a week at most.
    """
    base, key = services.public_url, upload.blob_key
    signed = services.blobs.url(key, upload.file_name, upload.expire_time, base)
    return signed if signed.startswith(f"{base}/") else f"{base}/files/{key}"
