"""Names of blobs: parts of letters, digits, dot, dash and underscore, with slashes between."""

from __future__ import annotations

import re

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_KEY = re.compile(rf"{_PART}(/{_PART})*")
_LONGEST = 200


def is_key(text: str) -> bool:
    """Whether `text` may name a blob.

    No part begins with a dot, so none is "..", and none is hidden; none is empty, so the whole
    is never absolute.
    """
    return len(text) <= _LONGEST and _KEY.fullmatch(text) is not None


def checked_key(key: str) -> str:
    """The key; raises ValueError if it may not name a blob."""
    if not is_key(key):
        raise ValueError(f"{key!r}: not a blob's key; write parts like tasks/1/output.mp4")
    return key


def checked_prefix(prefix: str) -> str:
    """The prefix without a slash at its end; raises ValueError if no key can begin with it."""
    return checked_key(prefix.removesuffix("/"))
