"""A folder of blobs: each appears whole and is on disk when the call returns."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from headswap.disk import disk_errors

_PARTS = ".parts"
_DAY_S = 86_400
_TRIES = 100


class Folder:
    """Files by key below `root`; keys are checked before they come here."""

    def __init__(self, root: Path) -> None:
        """Makes the folder, for its owner only, and clears what killed processes left half done.

        Raises NoSpaceLeft, OutputNotWritable and OutputError, as all methods that write.
        """
        self.root = root.absolute()
        self._parts = self.root / _PARTS
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._parts.mkdir(exist_ok=True)
            for part in self._parts.iterdir():
                with suppress(FileNotFoundError):
                    if part.stat().st_mtime < time.time() - _DAY_S:
                        part.unlink()

    def put(self, key: str, fill: Callable[[Path], object]) -> None:
        """Makes the file of `key` from what `fill` writes into the path it is given."""
        part = self._parts / f"{key.replace('/', '_')}.{secrets.token_hex(4)}"
        with disk_errors(part):
            try:
                fill(part)
                _sync(part)
                self._move(part, self.root / key)
            finally:
                part.unlink(missing_ok=True)

    def _move(self, part: Path, to: Path) -> None:
        for tries_left in reversed(range(_TRIES)):
            # Another process may just take away a folder that its deletion left empty: it is then
            # missing here, or was there a moment ago.
            try:
                to.parent.mkdir(parents=True, exist_ok=True)
                part.replace(to)
                break
            except (FileNotFoundError, FileExistsError):
                if not tries_left:
                    raise
        for folder in self._folders_above(to):
            with suppress(FileNotFoundError):
                _sync(folder)

    def delete(self, key: str) -> None:
        """Removes the file if it is there, and the folders that become empty."""
        path = self.root / key
        with disk_errors(path):
            with suppress(FileNotFoundError, NotADirectoryError):
                if not path.is_dir():
                    path.unlink()
            self._remove_empty(path)

    def delete_prefix(self, prefix: str) -> None:
        """Removes the folder with all that is in it, and those above that become empty."""
        path = self.root / prefix
        with disk_errors(path):
            for _ in range(_TRIES):
                try:
                    shutil.rmtree(path)
                except (FileNotFoundError, NotADirectoryError):
                    break
                except OSError as error:
                    # Somebody has put a file into it meanwhile.
                    if error.errno != errno.ENOTEMPTY:
                        raise
            self._remove_empty(path)

    def _remove_empty(self, path: Path) -> None:
        for folder in self._folders_above(path)[:-1]:
            try:
                folder.rmdir()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                return

    def _folders_above(self, path: Path) -> list[Path]:
        """From the file's own folder up to the root."""
        return [self.root.joinpath(*parts) for parts in _shortening(path.relative_to(self.root))]


def _shortening(path: Path) -> list[tuple[str, ...]]:
    return [path.parts[:count] for count in range(len(path.parts) - 1, -1, -1)]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
