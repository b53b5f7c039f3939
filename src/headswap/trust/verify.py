"""Verifies a file: reads its credentials and looks for the mark in its picture."""

from __future__ import annotations

from pathlib import Path

from headswap.errors import NotAVideo, NotVerifiable, VideoError
from headswap.trust.credentials import read_credentials
from headswap.trust.mark import find_mark
from headswap.trust.verdict import Verdict

_HEAD_BYTES = 12


def verify(path: Path) -> Verdict:
    """What the file's credentials and its picture say; uses no network.

    Raises:
        NotVerifiable: it cannot be read, or is neither a video nor a picture.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        credentials = read_credentials(path)
    except OSError as error:
        raise NotVerifiable(f"{path}: cannot be read ({error.strerror})") from error
    if _is_picture(head):
        return Verdict(credentials, None, credentials.task_id)
    try:
        found = find_mark(path)
    except VideoError as error:
        if isinstance(error, NotAVideo) and credentials.state == "missing":
            raise NotVerifiable(
                f"{path}: is neither a video nor a picture that can be read"
            ) from error
        return Verdict(credentials, None, credentials.task_id, str(error))
    if found is None:
        return Verdict(credentials, None, credentials.task_id)
    mark = f"{found:016x}"
    signed = credentials.task_id or ""
    return Verdict(credentials, mark, signed if signed.startswith(mark) else mark)


def _is_picture(head: bytes) -> bool:
    """By how the formats begin; in single pictures no mark is looked for."""
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        return True
    return head[8:] == b"WEBP" or head[4:] in {b"ftypavif", b"ftypheic", b"ftypmif1"}
