"""A job's folder on this machine; where blobs are not files, kept there as well for others."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from headswap.store.blobs import Blobs

_PLAN = "plan"
# As the folder of a swap names it; written here, or the worker would load all of a swap.
FINAL_PLAN = "final.plan"


class WorkFolder:
    """Files of one job. What a swap has finished lies in its `plan` folder.

    Another machine that takes the job up finds the finished files in the blob store; on the same
    machine, whose workers share the data folder, they are simply there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / _PLAN).mkdir(parents=True, exist_ok=True)
        self._kept: set[str] = set()

    def path(self, name: str) -> Path:
        return self.root / name

    def restore(self, blobs: Blobs, task_id: str) -> None:
        """Brings what another machine has finished."""
        prefix = _prefix(task_id)
        if blobs.local_path(prefix) is not None:
            return
        for key in blobs.list(prefix):
            name = key.removeprefix(prefix)
            self._kept.add(name)
            path = self.root / _PLAN / name
            if not path.is_file():
                part = path.with_name(f".{name}.part")
                blobs.get_file(key, part)
                part.replace(path)

    def keep(self, blobs: Blobs, task_id: str) -> None:
        """Stores what was finished since the last call, once there is a final plan.

        Until then nothing could be gone on with, and files may still be in the writing.
        """
        prefix = _prefix(task_id)
        if blobs.local_path(prefix) is not None or not (self.root / _PLAN / FINAL_PLAN).is_file():
            return
        new = [p for p in (self.root / _PLAN).iterdir() if p.name not in self._kept]
        # The plan comes last: with it all that it needs must be there.
        for path in sorted(new, key=lambda p: (p.name == FINAL_PLAN, p.name)):
            if path.name.startswith("."):
                continue
            blobs.put_file(prefix + path.name, path)
            self._kept.add(path.name)

    def remove(self, blobs: Blobs, task_id: str) -> None:
        """Forgets the job's files, here and there."""
        shutil.rmtree(self.root, ignore_errors=True)
        if blobs.local_path(_prefix(task_id)) is None:
            blobs.delete_prefix(_prefix(task_id))


def _prefix(task_id: str) -> str:
    return f"tasks/{task_id}/work/"


def remove_abandoned(data_dir: Path, still_wanted: Callable[[str], bool]) -> int:
    """Removes work folders of records that have ended; how many there were."""
    removed = 0
    for folder in (data_dir / "work").glob("*"):
        if folder.is_dir() and not still_wanted(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
