"""How many bytes a video file's own headers promise beyond its end."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_MP4_TYPES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof"}
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


def missing_bytes(path: Path) -> int:
    """Bytes missing at the end: 0 for a whole file and for formats that declare no size.

    Reads only the outermost headers of MP4 (ISO/IEC 14496-12 boxes), Matroska (RFC 8794
    elements) and RIFF. Raises OSError where the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[4:8] in _MP4_TYPES:
            return max(0, max(stop for _, stop in _boxes(file, size)) - size)
        if head[:4] == _EBML:
            return max(0, _segment_stop(file) - size)
        if head[:4] == b"RIFF":
            return max(0, 8 + int.from_bytes(head[4:8], "little") - size)
    return 0


def lacks_index(path: Path) -> bool:
    """True for an MP4 that has pictures but not the table (moov) that says where they are."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(8)[4:8] not in _MP4_TYPES:
            return False
        file.seek(0)
        extents = dict(_boxes(file, size))
    return b"mdat" in extents and extents.get(b"moov", size + 1) > size


def _boxes(file: BinaryIO, size: int) -> list[tuple[bytes, int]]:
    boxes: list[tuple[bytes, int]] = []
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        kind, length = head[4:8], int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - position
        if length < 8 or not kind.isalnum():
            break  # Some writers leave junk after the last box.
        boxes.append((kind, position + length))
        position += length
    return boxes or [(b"", 0)]


def _segment_stop(file: BinaryIO) -> int:
    file.seek(4)
    header = _vint(file)
    if header is None:
        return 0
    file.seek(file.tell() + header)
    if file.read(4) != _SEGMENT:
        return 0
    length = _vint(file)
    return 0 if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> extra)]) + file.read(extra), "big")
    unknown = (1 << (7 * (extra + 1))) - 1
    return None if value == unknown else value
