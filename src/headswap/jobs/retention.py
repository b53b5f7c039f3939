"""Retention: removes what is due, and what a crash has left without a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from headswap.jobs import idempotency, uploads
from headswap.jobs.states import UNFINISHED
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, QueueEntry, SwapTask, Upload

# So many records at a time: no transaction keeps others waiting long.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Removed:
    """How many records lost their files, or went."""

    outputs: int = 0
    analyses: int = 0
    uploads: int = 0
    answers: int = 0


def step(database: Database, blobs: Blobs, settings: Settings, now_ms: int) -> Removed:
    """Remove what is due: outputs, then what was made of a source, uploads, kept answers.

    Files go after the database says so; if that is interrupted, `leftovers.sweep` finds them.
    """
    outputs = _in_turns(database, blobs, lambda s: _outputs(s, now_ms))
    analyses = _in_turns(database, blobs, lambda s: _analyses(s, now_ms))
    given = _in_turns(database, blobs, lambda s: _uploads(s, now_ms))
    with database.write() as s:
        answers = idempotency.forget(s, now_ms, settings.idempotency_hours)
    return Removed(outputs, analyses, given, answers)


def _in_turns(database: Database, blobs: Blobs, expire: Callable[[Session], list[str]]) -> int:
    """Call `expire` until it returns no more prefixes, and remove those; how many there were."""
    count = 0
    while True:
        with database.write() as s:
            prefixes = expire(s)
        if not prefixes:
            return count
        for prefix in prefixes:
            blobs.delete_prefix(prefix)
        count += len(prefixes)


def _outputs(s: Session, now_ms: int) -> list[str]:
    due = select(SwapTask).where(SwapTask.expire_time <= now_ms, SwapTask.status.not_in(UNFINISHED))
    tasks = due.order_by(SwapTask.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
    expired = list(s.scalars(tasks))
    for task in expired:
        task.output_key, task.expired, task.expire_time = None, True, None
    return [f"tasks/{task.id}/" for task in expired]


def _analyses(s: Session, now_ms: int) -> list[str]:
    in_use = exists().where(SwapTask.analysis_id == Analysis.id, SwapTask.status.in_(UNFINISHED))
    due = select(Analysis).where(Analysis.expire_time <= now_ms, ~in_use)
    held = due.order_by(Analysis.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
    found = {analysis.id: analysis for analysis in s.scalars(held)}
    # Asked again when they are held: a task that was being created meanwhile is seen by now.
    using = select(SwapTask.analysis_id).where(
        SwapTask.analysis_id.in_(found), SwapTask.status.in_(UNFINISHED)
    )
    for id_ in set(s.scalars(using)):
        del found[id_]
    for analysis in found.values():
        analysis.source_key = analysis.scene_key = analysis.expire_time = None
        analysis.result = _without_previews(analysis.result)
    return [f"analyses/{id_}/" for id_ in found]


def _without_previews(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {**result, "media": [{**person, "key": None} for person in result["media"]]}


def _uploads(s: Session, now_ms: int) -> list[str]:
    due = select(Upload.id).where(Upload.expire_time <= now_ms)
    if s.scalars(due.limit(1)).first() is None:
        return []
    free = due.where(Upload.id.not_in(_needed_uploads(s))).order_by(Upload.id).limit(_AT_ONCE)
    ids = list(s.scalars(free.with_for_update(skip_locked=True)))
    s.execute(delete(Upload).where(Upload.id.in_(ids)))
    return [f"uploads/{id_}/" for id_ in ids]


def _needed_uploads(s: Session) -> set[str]:
    """Uploads that queued or running work names as its video or its photos."""
    videos = select(Analysis.video_url).join(QueueEntry, QueueEntry.ref_id == Analysis.id)
    mappings = select(SwapTask.mappings).join(QueueEntry, QueueEntry.ref_id == SwapTask.id)
    urls = list(s.scalars(videos))
    urls += [one["img_url"] for mapped in s.scalars(mappings) for one in mapped]
    return {id_ for id_ in map(uploads.id_in, urls) if id_ is not None}
