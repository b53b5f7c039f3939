"""Forgetting a person: all that was stored of them, found by task, by photo or by identity."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete as remove
from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs import deletion, queue, uploads
from headswap.store.blobs import Blobs
from headswap.store.tables import Analysis, SwapTask, Upload


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of what shows a person, or was made of them."""

    tasks: set[str] = field(default_factory=set)
    analyses: set[str] = field(default_factory=set)
    uploads: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.tasks or self.analyses or self.uploads)


def of_tasks(s: Session, ids: Collection[str]) -> Found:
    """Those of the tasks that there are, and the uploads that nothing else uses."""
    return _with_uploads(s, Found({task.id for task in _tasks(s) if task.id in set(ids)}))


def of_photo(s: Session, sha256: str) -> Found:
    """The tasks that a photo with this hash went into, and the uploads that are that file."""
    given = set(s.scalars(select(Upload.id).where(Upload.sha256 == sha256)))
    tasks = {
        task.id
        for task in _tasks(s)
        if _photos(task) & given or any(one.get("sha256") == sha256 for one in task.mappings)
    }
    return _with_uploads(s, Found(tasks, uploads=given))


def of_files(s: Session, keys: Collection[str]) -> Found:
    """What files belong to that show a person: a result to its task; a scene to its analysis, its
    tasks and its video; an upload to all that was made of it. keys: of their blobs.
    """
    shown: dict[str, set[str]] = {"tasks": set(), "analyses": set(), "uploads": set()}
    for key in keys:
        folder, id_, _ = key.split("/", 2)
        shown[folder].add(id_)
    given = shown["uploads"]
    videos = s.execute(select(Analysis.id, Analysis.video_url))
    analyses = shown["analyses"] | {
        one.id for one in videos if uploads.id_in(one.video_url) in given
    }
    tasks = shown["tasks"] | {
        task.id for task in _tasks(s) if task.analysis_id in analyses or _photos(task) & given
    }
    return _with_uploads(s, Found(tasks, analyses, given))


def files_with_faces(s: Session) -> list[str]:
    """Keys of the blobs in which a person is to be looked for."""
    keys = [
        *s.scalars(select(SwapTask.output_key)),
        *s.scalars(select(Analysis.scene_key)),
        *s.scalars(select(Upload.blob_key)),
    ]
    return [key for key in keys if key]


def forget(s: Session, found: Found, now_ms: int, by: Mapping[str, object]) -> list[str]:
    """Prefixes of blobs to be removed once this is committed; the records are gone.

    by: for the audit trail: how it was found.
    """
    queue.lock_all(s, sorted(found.tasks | found.analyses))
    tasks = deletion.locked_tasks(s, sorted(found.tasks))
    prefixes = deletion.remove_tasks(s, tasks, now_ms, by=by)
    # The analyses that went with the tasks are gone by now.
    for analysis in s.scalars(select(Analysis).where(Analysis.id.in_(found.analyses))):
        queue.remove(s, analysis.id)
        deletion.note_deleted(s, analysis, now_ms, by=by)
        prefixes.append(f"analyses/{analysis.id}/")
    s.execute(remove(Analysis).where(Analysis.id.in_(found.analyses)))
    for upload in s.scalars(select(Upload).where(Upload.id.in_(found.uploads))):
        deletion.note_deleted(s, upload, now_ms, by=by)
        prefixes.append(f"uploads/{upload.id}/")
    s.execute(remove(Upload).where(Upload.id.in_(found.uploads)))
    return prefixes


def remove_files(blobs: Blobs, data_dir: Path, found: Found, prefixes: list[str]) -> None:
    """The files are gone, those of work that was going on included."""
    for prefix in prefixes:
        blobs.delete_prefix(prefix)
    for id_ in found.tasks | found.analyses:
        shutil.rmtree(data_dir / "work" / id_, ignore_errors=True)


def _tasks(s: Session) -> list[SwapTask]:
    return list(s.scalars(select(SwapTask)))


def _photos(task: SwapTask) -> set[str]:
    """The uploads that the task names as photos."""
    ids = (uploads.id_in(str(one["img_url"])) for one in task.mappings)
    return {id_ for id_ in ids if id_ is not None}


def _with_uploads(s: Session, found: Found) -> Found:
    """With the uploads that what is found names, and nothing that stays does."""
    named: set[str] = set()
    kept: set[str] = set()
    for task in _tasks(s):
        (named if task.id in found.tasks else kept).update(_photos(task))
    gone = found.analyses | _unused_analyses(s, found)
    for id_, video_url in s.execute(select(Analysis.id, Analysis.video_url)):
        if (video := uploads.id_in(video_url)) is not None:
            (named if id_ in gone else kept).add(video)
    there = set(s.scalars(select(Upload.id).where(Upload.id.in_(named - kept))))
    return Found(found.tasks, found.analyses, found.uploads | there)


def _unused_analyses(s: Session, found: Found) -> set[str]:
    """Analyses that go with the found tasks."""
    used = s.execute(select(SwapTask.id, SwapTask.analysis_id)).all()
    others = {row.analysis_id for row in used if row.id not in found.tasks}
    return {row.analysis_id for row in used if row.id in found.tasks} - others
