"""Retention: removes what is due, and what a crash has left without a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from headswap.jobs import audit, idempotency, uploads
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
    removed = remove_due(database, blobs, now_ms)
    with database.write() as s:
        answers = idempotency.forget(s, now_ms, settings.idempotency_hours)
    return replace(removed, answers=answers)


def is_due(s: Session, now_ms: int) -> bool:
    """Whether there may be something for `remove_due`."""
    dues = (exists().where(one.expire_time <= now_ms) for one in (SwapTask, Analysis, Upload))
    return bool(s.scalar(select(or_(*dues))))


def remove_due(database: Database, blobs: Blobs, now_ms: int) -> Removed:
    """Remove files that are due, and say so in the audit trail."""
    outputs = _in_turns(database, blobs, now_ms, _outputs)
    analyses = _in_turns(database, blobs, now_ms, _analyses)
    given = _in_turns(database, blobs, now_ms, _uploads)
    return Removed(outputs, analyses, given)


_Due = list[tuple[str, str, str]]
"""Of each record its folder, its id and its team's id."""


def _in_turns(
    database: Database, blobs: Blobs, now_ms: int, expire: Callable[[Session, int], _Due]
) -> int:
    """Call `expire` until nothing is due any more, and remove its files; how many there were."""
    count = 0
    while True:
        with database.write() as s:
            due = expire(s, now_ms)
            for folder, id_, team_id in due:
                audit.note(
                    s,
                    "data.expired",
                    now_ms,
                    team_id=team_id,
                    actor=audit.SERVICE,
                    ref=id_,
                    about={"what": folder},
                )
        if not due:
            return count
        for folder, id_, _ in due:
            blobs.delete_prefix(f"{folder}/{id_}/")
        count += len(due)


def _outputs(s: Session, now_ms: int) -> _Due:
    due = select(SwapTask).where(SwapTask.expire_time <= now_ms, SwapTask.status.not_in(UNFINISHED))
    tasks = due.order_by(SwapTask.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
    expired = list(s.scalars(tasks))
    for task in expired:
        task.output_key = task.frame_key = task.expire_time = None
        task.expired = True
    return [("tasks", task.id, task.team_id) for task in expired]


def _analyses(s: Session, now_ms: int) -> _Due:
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
    return [("analyses", analysis.id, analysis.team_id) for analysis in found.values()]


def _without_previews(result: dict[str, Any] | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {**result, "media": [{**person, "key": None} for person in result["media"]]}


def _uploads(s: Session, now_ms: int) -> _Due:
    due = select(Upload.id, Upload.team_id).where(Upload.expire_time <= now_ms)
    if s.execute(due.limit(1)).first() is None:
        return []
    free = due.where(Upload.id.not_in(_needed_uploads(s))).order_by(Upload.id).limit(_AT_ONCE)
    held = s.execute(free.with_for_update(skip_locked=True)).all()
    s.execute(delete(Upload).where(Upload.id.in_([row.id for row in held])))
    return [("uploads", row.id, row.team_id) for row in held]


def _needed_uploads(s: Session) -> set[str]:
    """Uploads that queued or running work names as its video or its photos."""
    videos = select(Analysis.video_url).join(QueueEntry, QueueEntry.ref_id == Analysis.id)
    mappings = select(SwapTask.mappings).join(QueueEntry, QueueEntry.ref_id == SwapTask.id)
    urls = list(s.scalars(videos))
    urls += [one["img_url"] for mapped in s.scalars(mappings) for one in mapped]
    return {id_ for id_ in map(uploads.id_in, urls) if id_ is not None}
