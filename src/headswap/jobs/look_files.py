"""Describes the faces in stored files, in the process that decodes strangers' media."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from headswap.arrays import F32
from headswap.errors import HeadswapError
from headswap.fetch import content_of
from headswap.jobs.assignment import Looking
from headswap.swapping.photo import read_photo
from headswap.trust.look import Looker
from headswap.trust.protected import encoded
from headswap.vision.progress import Progress, Report
from headswap.vision.scene_file import MAGIC, load_scene
from headswap.vision.store import ModelStore


def look_files(order: Looking, report: Report) -> dict[str, object]:
    """{"faces": by name of the file the embeddings of its faces, "unreadable": names}."""
    looker = Looker(ModelStore.default())
    faces: dict[str, list[str]] = {}
    unreadable: list[str] = []
    for done, (name, path) in enumerate(order.files.items(), start=1):
        try:
            faces[name] = [encoded(face) for face in _faces(looker, path)]
        except HeadswapError:
            unreadable.append(name)
        report(Progress("look", done, len(order.files)))
    return {"faces": faces, "unreadable": unreadable}


def _faces(looker: Looker, path: Path) -> Iterable[F32]:
    with path.open("rb") as stream:
        is_scene = stream.read(len(MAGIC)) == MAGIC
    if is_scene:
        people = load_scene(path).people
        return [person.embedding for person in people if person.embedding is not None]
    if content_of(path).kind == "image":
        return looker.in_picture(read_photo(path))
    return looker.in_video(path)
