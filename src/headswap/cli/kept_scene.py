"""The scene kept beside a video: saved with the video's hash, found again only for that file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from headswap.disk import disk_errors, whole_file
from headswap.errors import HeadswapError
from headswap.vision.scene import Scene
from headswap.vision.scene_file import load_scene, save_scene, scene_path
from headswap.vision.store.hashes import sha256_of

# The readable file names the video and the binary file that belong to it under this key.
_KEY = "belongs_to"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file at one moment. mtime_ns only tells whether it was written since."""

    sha256: str
    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """The file as it is now. Raises OSError where it cannot be read."""
        stat = path.stat()
        return cls(sha256_of(path), stat.st_size, stat.st_mtime_ns)

    def still(self, path: Path) -> bool:
        """Whether the file was left alone since."""
        stat = path.stat()
        return (stat.st_size, stat.st_mtime_ns) == (self.size_bytes, self.mtime_ns)


def keep_scene(scene: Scene, video: Path, analysed: Fingerprint) -> Path:
    """Saves the scene beside the video; the path of its binary file.

    analysed: the video's fingerprint from before the analysis.

    Raises:
        HeadswapError: the video was written to while it was analysed.
        OutputError: the folder cannot be written.
    """
    path = scene_path(video)
    readable = path.with_name(f"{path.name}.json")
    if not analysed.still(video):
        raise HeadswapError(f"{video} changed while it was analysed; analyse it again")
    with disk_errors(path):
        save_scene(scene, path)
        content = json.loads(readable.read_text(encoding="utf-8"))
        content[_KEY] = {"video_sha256": analysed.sha256, "scene_sha256": sha256_of(path)}
    with whole_file(readable) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def kept_scene(video: Path, pack: str) -> Scene | None:
    """The scene kept beside `video`, or None where there is none.

    Raises:
        HeadswapError: what is there is damaged, of another file, or of another model pack.
    """
    path = scene_path(video)
    if not path.is_file():
        return None
    try:
        content = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        belongs = content.get(_KEY, {}) if isinstance(content, dict) else {}
        if belongs.get("scene_sha256") != sha256_of(path):
            raise HeadswapError(f"{path} and {path.name}.json do not belong together")
        if belongs.get("video_sha256") != sha256_of(video):
            raise HeadswapError(f"{path} belongs to another file than {video} is now")
        scene = load_scene(path)
    except (OSError, ValueError) as error:
        raise HeadswapError(f"{path} cannot be read ({error})") from error
    if scene.pack != pack:
        raise HeadswapError(f"{path} was made with the {scene.pack} pack, and {pack} runs now")
    # The video may have been moved, and its scene with it.
    return replace(scene, video=replace(scene.video, path=video))
