"""The folder a swap works in: what an earlier try has finished there is not done again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from headswap.disk import whole_file
from headswap.swapping.plan import RenderPlan
from headswap.vision.store.hashes import sha256_of

_REQUEST = "request.json"
_PLAN = "final.plan"


class SwapFolder:
    """A folder with the plan and the pieces of one swap.

    A folder that holds another swap's work, or none, is emptied. What is there is whole: every file
    gets its name when it is finished.
    """

    def __init__(self, folder: Path, video: Path, photos: Mapping[int, Path], options: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        request = {
            "video_bytes": video.stat().st_size,
            "photos": {str(i): sha256_of(path) for i, path in sorted(photos.items())},
            "options": options,
        }
        path = folder / _REQUEST
        if path.is_file() and path.read_text(encoding="utf-8") == json.dumps(request):
            return
        for child in folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        with whole_file(path) as partial:
            partial.write_text(json.dumps(request), encoding="utf-8")

    @property
    def plan_path(self) -> Path:
        """Where the final plan lies once it is made."""
        return self.folder / _PLAN

    def plan(self) -> RenderPlan:
        """The final plan."""
        return RenderPlan.load(self.plan_path)

    def piece_path(self, start: int) -> Path:
        """Where the piece that begins with frame `start` lies once it is rendered."""
        return self.folder / f"piece-{start:07d}.mp4"
