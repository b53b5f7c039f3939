"""Files that appear whole or not at all, and the disk's refusals in our own words."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from headswap.errors import NoSpaceLeft, OutputError, OutputNotWritable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR}


def check_writable(path: Path) -> None:
    """Returns if a file can be made there, as far as can be told without making it.

    Raises:
        OutputNotWritable: it is a folder, or its own folder is missing or closed to us.
    """
    if path.is_dir():
        raise OutputNotWritable(f"{path} is a folder; name a file, such as {path / 'result.mp4'}")
    if not path.parent.is_dir():
        raise OutputNotWritable(f"there is no folder {path.parent}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise OutputNotWritable(f"{path.parent} cannot be written to; choose another folder")


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """A temporary path beside `path` that replaces it when the block ends without an error.

    The data is on disk before the name changes, so a crash at any moment leaves the former file
    or none. Raises NoSpaceLeft, OutputNotWritable and OutputError; then nothing is left behind.
    """
    if path.is_dir():
        raise OutputNotWritable(f"{path}: is a folder; give the path of a file to write")
    with disk_errors(path):
        temporary = _empty_beside(path)
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _empty_beside(path: Path) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return temporary


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_errors(path: Path) -> Generator[None]:
    """Turns the system's errors while writing `path` into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpaceLeft(
                f"{path}: no space left to write it (free in {path.parent}: "
                f"{_free_mb(path.parent)} MB); free some or write elsewhere"
            ) from error
        if error.errno in _REFUSED:
            raise OutputNotWritable(
                f"{path}: cannot be written ({os.strerror(error.errno)}); "
                "choose an existing folder you may write to"
            ) from error
        raise OutputError(f"{path}: writing failed ({error}); check the disk") from error


def _free_mb(folder: Path) -> int:
    stats = os.statvfs(folder)
    return stats.f_bavail * stats.f_frsize // 1_000_000
