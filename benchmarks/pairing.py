"""Which clips are swapped with which photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.video import MeasureError

CLIP_ENDINGS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m4v", ".ts"}
PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif"}


@dataclass(frozen=True, slots=True)
class Job:
    """One clip and the photos for its people 0, 1, …"""

    clip: Path
    photos: tuple[Path, ...]

    @property
    def name(self) -> str:
        return "__".join([self.clip.stem, *(photo.stem for photo in self.photos)])


def listed(folder: Path, endings: set[str]) -> list[Path]:
    """The folder's files with one of the endings, by name.

    Raises:
        MeasureError: there is no such folder, or nothing fitting in it.
    """
    if not folder.is_dir():
        raise MeasureError(f"{folder}: no such folder")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
    if not found:
        raise MeasureError(f"{folder}: no file in it ends in {', '.join(sorted(endings))}")
    return found


def every_clip(clips: list[Path], photos: list[Path]) -> list[Job]:
    """Each clip once, photos in turn."""
    return [Job(clip, (photos[k % len(photos)],)) for k, clip in enumerate(clips)]


def named_pairs(text: str, clips: list[Path], photos: list[Path]) -> list[Job]:
    """Jobs from "clip:photo,clip:photo+photo", each named by its file name or the start of it.

    Raises:
        MeasureError: a name fits no file, or several.
    """
    jobs: list[Job] = []
    for pair in text.split(","):
        clip, colon, chosen = pair.strip().partition(":")
        if not colon or not chosen:
            raise MeasureError(f"{pair!r}: a pair is written clip:photo or clip:photo+photo")
        found = tuple(_by_name(name, photos) for name in chosen.split("+"))
        jobs.append(Job(_by_name(clip, clips), found))
    return jobs


def _by_name(name: str, files: list[Path]) -> Path:
    exact = [path for path in files if name in (path.name, path.stem)]
    found = exact or [path for path in files if path.name.startswith(name)]
    if len(found) != 1:
        what = "fits several files" if found else "fits no file"
        raise MeasureError(f"{name!r} {what} of {', '.join(path.name for path in files)}")
    return found[0]
