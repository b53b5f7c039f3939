"""Ids of records: 24 lower-case hex digits, the first 8 the creation time in seconds."""

from __future__ import annotations

import re
import secrets

_ID = re.compile(r"[0-9a-f]{24}")
_LAST_MS = (1 << 32) * 1000 - 1


def new_id(now_ms: int) -> str:
    """A new id for a record made at `now_ms`; 64 random bits tell those of one second apart.

    Raises ValueError for a time whose seconds do not fit into 8 hex digits.
    """
    if not 0 <= now_ms <= _LAST_MS:
        raise ValueError(f"{now_ms} ms: an id holds times from 1970 to 2106 only")
    return f"{now_ms // 1000:08x}{secrets.token_hex(8)}"


def is_id(text: str) -> bool:
    """Whether `text` has the form of an id; nothing says that there is such a record."""
    return _ID.fullmatch(text) is not None
