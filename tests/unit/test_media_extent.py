"""What a file's headers promise, and what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap.media.extent import lacks_index, missing_bytes


def _box(kind: bytes, payload: int, present: int | None = None) -> bytes:
    return (8 + payload).to_bytes(4, "big") + kind + bytes(payload if present is None else present)


FTYP, MOOV = _box(b"ftyp", 16), _box(b"moov", 40)
LARGE = b"\x00\x00\x00\x01mdat" + (16 + 100).to_bytes(8, "big")
EBML = b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67"


@pytest.mark.parametrize(
    ("data", "missing", "no_index"),
    [
        (b"", 0, False),
        (b"plain text, nothing else", 0, False),
        (FTYP + MOOV + _box(b"mdat", 100), 0, False),
        (FTYP + MOOV + _box(b"mdat", 100, 30), 70, False),
        (FTYP + _box(b"mdat", 100) + MOOV, 0, False),
        (FTYP + _box(b"mdat", 100, 99), 1, True),
        (FTYP + _box(b"mdat", 100), 0, True),
        (FTYP + _box(b"mdat", 100) + _box(b"moov", 40, 39), 1, True),
        (FTYP + MOOV + LARGE + bytes(100), 0, False),
        (FTYP + MOOV + LARGE + bytes(60), 40, False),
        (FTYP + MOOV + b"\x00\x00\x00\x00mdat" + bytes(9), 0, False),
        (FTYP + MOOV + _box(b"mdat", 10) + b"\x00\x00\x00", 0, False),
        (FTYP + MOOV + _box(b"mdat", 10) + b"\x7f\x00\x00\x00\x00\x01\x02\x03 junk", 0, False),
        (EBML + b"\x8a" + bytes(10), 0, False),
        (EBML + b"\x8a" + bytes(7), 3, False),
        (EBML + b"\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(7), 0, False),
        (EBML + b"\x01\x00\x00\x00\x00\x00\x00\x64" + bytes(99), 1, False),
        (b"RIFF\x0c\x00\x00\x00AVI " + bytes(8), 0, False),
        (b"RIFF\x0c\x00\x00\x00AVI " + bytes(3), 5, False),
    ],
)
def test_missing_bytes_are_counted_from_the_outermost_headers(
    tmp_path: Path, data: bytes, missing: int, no_index: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert missing_bytes(path) == missing
    assert lacks_index(path) == no_index
