"""VerifiedHashes: sha256 of files, computed once for each (size, mtime) and remembered."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal, read now."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class VerifiedHashes:
    """Remembers hashes in a JSON file, so that start-up does not read every model again."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, list[Any]] | None = None

    def sha256(self, path: Path) -> str:
        """The file's sha256; read from the memory when size and mtime are as they were."""
        stat = path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        key = str(path.resolve())
        known = self._load().get(key)
        if known is not None and known[:2] == stamp:
            return str(known[2])
        return self._remember(key, stamp, sha256_of(path))

    def recomputed(self, path: Path) -> str:
        """The file's sha256, read now whatever is remembered."""
        self._load().pop(str(path.resolve()), None)
        return self.sha256(path)

    def _load(self) -> dict[str, list[Any]]:
        if self._known is None:
            self._known = {}
            try:
                entries = json.loads(self._memory.read_text(encoding="utf-8"))
            except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
                # Nothing is lost by a missing or torn memory but one reading of the files.
                entries = {}
            if isinstance(entries, dict):
                self._known = {
                    str(key): entry
                    for key, entry in entries.items()
                    if isinstance(entry, list) and len(entry) == 3
                }
        return self._known

    def _remember(self, key: str, stamp: list[int], digest: str) -> str:
        known = self._load()
        known[key] = [*stamp, digest]
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._memory.parent, prefix=".verified-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(known, stream, indent=1)
            Path(temporary).replace(self._memory)
        except OSError:
            # A read-only cache costs time at the next start, nothing else.
            return digest
        return digest
