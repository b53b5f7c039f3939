"""Which stored files show a person; they are decoded in a process that holds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from headswap.arrays import F32
from headswap.errors import HeadswapError, ServiceFailed
from headswap.jobs.assignment import Looking
from headswap.jobs.failures import Failure
from headswap.jobs.job import JobProcess
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from headswap.trust.protected import ProtectedFace, same_person

_AT_ONCE = 50


def files_of_person(
    settings: Settings, blobs: Blobs, keys: Sequence[str], person: F32
) -> tuple[list[str], list[str]]:
    """Keys of the files that show the person, and of those that cannot be read.

    person: (128,) float32, what they are recognised by.

    Raises:
        ServiceFailed: the process that looks at them failed.
    """
    shown: list[str] = []
    unreadable: list[str] = []
    for first in range(0, len(keys), _AT_ONCE):
        with TemporaryDirectory(prefix="headswap-look-") as folder:
            files, missing = _fetched(blobs, keys[first : first + _AT_ONCE], Path(folder))
            unreadable += missing
            try:
                process = JobProcess(Looking(files, settings.job_memory_mb), settings.job_time_s)
                found = process.run(lambda _progress, _left_s: None, lambda: False)
            except Failure as failure:
                raise ServiceFailed(f"looking at the files failed: {failure.reason}") from failure
        assert found is not None  # Only None where it was stopped.
        unreadable += found["unreadable"]
        for key, faces in found["faces"].items():
            described = (ProtectedFace.decoded(key, face).embedding for face in faces)
            if any(same_person(person, face) for face in described):
                shown.append(key)
    return shown, unreadable


def _fetched(blobs: Blobs, keys: Sequence[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The files by key, and the keys of those that are not there."""
    files: dict[str, Path] = {}
    missing: list[str] = []
    for number, key in enumerate(keys):
        path = blobs.local_path(key) or folder / str(number)
        try:
            if not path.is_file():
                blobs.get_file(key, path)
            files[key] = path
        except HeadswapError:
            missing.append(key)
    return files, missing
