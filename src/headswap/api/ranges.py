"""Which bytes of a file a request asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `start` to before `end`."""

    start: int
    end: int


class NoSuchPart(Exception):
    """The range lies behind the file's end."""


def part_of(header: str | None, size: int) -> Part | None:
    """The part that a Range header names, or None for all of the file.

    A header that is no range of bytes, and one of several ranges, is as if it were not there: a
    server may answer with the whole.

    Raises:
        NoSuchPart: no byte of the range is in the file.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
        if last.strip("0") == "":
            raise NoSuchPart
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise NoSuchPart
    return Part(start, end)
