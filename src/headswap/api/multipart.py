"""The file in a multipart form, written to disk as it comes in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from headswap.jobs.refusals import Code, Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Written in one go: a thread for each packet of the network would cost more than the writing.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FormFile:
    """A form's file on disk. name: as the client calls it."""

    path: Path
    name: str
    size: int


async def receive_file(
    content_type: str, chunks: AsyncIterator[bytes], path: Path, max_bytes: int
) -> FormFile:
    """The first file in a multipart body, at `path`; whatever else is in it is dropped.

    Raises:
        Refused: 1003, it is no multipart form, has no file or more than one, ends too early, or
            the file is larger than `max_bytes`.
    """
    media_type, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/form-data" or not boundary:
        raise _wrong("The body must be multipart/form-data with a part named file.")
    try:
        with path.open("wb") as stream:
            name, size = await _write(boundary, chunks, stream, max_bytes)
    except FormParserError as error:
        raise _wrong(f"The body is no multipart form: {error}") from error
    return FormFile(path, name, size)


async def _write(
    boundary: bytes, chunks: AsyncIterator[bytes], stream: BinaryIO, max_bytes: int
) -> tuple[str, int]:
    form = _Form()
    parser = MultipartParser(boundary, form.callbacks())
    size, waiting = 0, bytearray()
    async for chunk in chunks:
        parser.write(chunk)
        size += len(form.came)
        waiting += form.came
        form.came.clear()
        if size > max_bytes:
            # Read on and dropped; the body's own limit ends that.
            waiting.clear()
        if len(waiting) >= _PIECE_BYTES:
            await to_thread.run_sync(stream.write, bytes(waiting))
            waiting.clear()
    if size > max_bytes:
        raise _wrong(f"file is larger than {max_bytes} bytes.")
    if not form.ended:
        raise _wrong("The body ends before the form does.")
    if form.file_name is None:
        raise _wrong("file is required: a part with a file name.")
    await to_thread.run_sync(stream.write, bytes(waiting))
    return form.file_name, size


class _Form:
    """What the parser tells: which part is being read, and what came of the file."""

    def __init__(self) -> None:
        self.came = bytearray()
        self.file_name: str | None = None
        self.ended = False
        self._in_file = False
        self._field, self._value = b"", b""
        self._disposition = b""

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._disposition, self._in_file = b"", False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        self._in_file = name is not None
        if name is None:
            return
        if self.file_name is not None:
            raise _wrong("file is given twice; send one file in each request.")
        self.file_name = name.decode("utf-8", "replace")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.came += data[start:end]

    def _end(self) -> None:
        self.ended = True


def _wrong(msg: str) -> Refused:
    return Refused(Code.PARAMETER, msg)
