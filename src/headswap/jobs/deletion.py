"""Deleting tasks, with everything that was made of their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete as remove
from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.ids import is_id
from headswap.jobs import audit, endings, outbox, queue
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields
from headswap.jobs.refusals import not_found
from headswap.jobs.states import DELETED_REASON, UNFINISHED
from headswap.store.blobs import Blobs
from headswap.store.tables import Analysis, SwapTask, Upload

DELETED = "data.deleted"
IN_USE = "Swaps were made with it; delete them, and it goes with the last one."


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of the ids. no_permission: id and message, of those the team does not have.

    blob_prefixes: what is to be removed once the deletion is committed; `remove_blobs` does.
    """

    success_ids: list[str]
    no_permission: list[tuple[str, str]]
    blob_prefixes: list[str]

    def remove_blobs(self, blobs: Blobs) -> None:
        """Remove the files. Not before the commit: a record without its files is worse than
        files without a record, which the sweep finds.
        """
        for prefix in self.blob_prefixes:
            blobs.delete_prefix(prefix)


def delete(s: Session, caller: Caller, body: object, now_ms: int) -> Deleted:
    """What became of the tasks that the body's `_ids` names ("a,b").

    One that has not ended is cancelled first. The analysis of a task goes with it, previews and
    track data included, unless another task uses it.

    Raises:
        Refused: 1003, `_ids` is missing or wrong.
    """
    asked = Fields.of(body).ids("_ids")
    known = [id_ for id_ in asked if is_id(id_)]
    own = select(SwapTask.id).where(SwapTask.id.in_(known), SwapTask.team_id == caller.team_id)
    tasks = locked_tasks(s, list(s.scalars(own)))
    prefixes = remove_tasks(s, tasks, now_ms, caller.actor)
    message = not_found().msg
    return Deleted(
        success_ids=[id_ for id_ in asked if id_ in tasks],
        no_permission=[(id_, message) for id_ in asked if id_ not in tasks],
        blob_prefixes=prefixes,
    )


def delete_analyses(s: Session, caller: Caller, body: object, now_ms: int) -> Deleted:
    """What became of the analyses that the body's `_ids` names ("a,b"), with all that was found.

    One that has not ended is ended; one that tasks were made with stays, as they need it.

    Raises:
        Refused: 1003, `_ids` is missing or wrong.
    """
    asked = Fields.of(body).ids("_ids")
    known = [id_ for id_ in asked if is_id(id_)]
    own = select(Analysis.id).where(Analysis.id.in_(known), Analysis.team_id == caller.team_id)
    ids = list(s.scalars(own))
    queue.lock_all(s, ids)
    held = select(Analysis).where(Analysis.id.in_(ids)).order_by(Analysis.id).with_for_update()
    found = {one.id: one for one in s.scalars(held.execution_options(populate_existing=True))}
    # Asked when they are held: a task that was being created meanwhile is seen by now.
    used = set(s.scalars(select(SwapTask.analysis_id).where(SwapTask.analysis_id.in_(found))))
    gone = {id_: one for id_, one in found.items() if id_ not in used}
    for analysis in gone.values():
        queue.remove(s, analysis.id)
        note_deleted(s, analysis, now_ms, caller.actor)
    s.flush()
    s.execute(remove(Analysis).where(Analysis.id.in_(gone)))
    missing = not_found().msg
    return Deleted(
        success_ids=[id_ for id_ in asked if id_ in gone],
        no_permission=[
            (id_, IN_USE if id_ in used else missing) for id_ in asked if id_ not in gone
        ],
        blob_prefixes=[f"analyses/{id_}/" for id_ in gone],
    )


def locked_tasks(s: Session, ids: list[str]) -> dict[str, SwapTask]:
    """The tasks of these ids. Entries before tasks, each in the order of its ids, so that no
    worker and no other deletion waits for this one while it is waited for.
    """
    queue.lock_all(s, ids)
    held = select(SwapTask).where(SwapTask.id.in_(ids)).order_by(SwapTask.id).with_for_update()
    tasks = s.scalars(held.execution_options(populate_existing=True))
    return {task.id: task for task in tasks}


def remove_tasks(
    s: Session,
    tasks: dict[str, SwapTask],
    now_ms: int,
    actor: str | None = None,
    by: Mapping[str, object] | None = None,
) -> list[str]:
    """Prefixes of the blobs of tasks that are gone now, and of analyses that only they used.

    tasks: by id, locked. actor, by: for the audit trail: who did it, and how it was found.
    """
    unused = _locked_analyses(s, tasks)
    for task in tasks.values():
        if task.status in UNFINISHED:
            queue.remove(s, task.id)
            endings.end_cancelled(s, task, now_ms, DELETED_REASON)
        else:
            outbox.forget(s, task.id)
        note_deleted(s, task, now_ms, actor, by)
    s.flush()
    s.execute(remove(SwapTask).where(SwapTask.id.in_(tasks)))
    for analysis in s.scalars(select(Analysis).where(Analysis.id.in_(unused))):
        note_deleted(s, analysis, now_ms, actor, by)
    s.execute(remove(Analysis).where(Analysis.id.in_(unused)))
    return [f"tasks/{id_}/" for id_ in tasks] + [f"analyses/{id_}/" for id_ in unused]


def note_deleted(
    s: Session,
    record: SwapTask | Analysis | Upload,
    now_ms: int,
    actor: str | None = None,
    by: Mapping[str, object] | None = None,
) -> None:
    """Say in the audit trail that a record and its files are deleted; `remove_tasks` does so."""
    about = {"what": record.__tablename__, **(by or {})}
    audit.note(s, DELETED, now_ms, team_id=record.team_id, actor=actor, ref=record.id, about=about)


def _locked_analyses(s: Session, tasks: dict[str, SwapTask]) -> list[str]:
    """The analyses that no task but these uses."""
    used = {task.analysis_id for task in tasks.values()}
    held = select(Analysis.id).where(Analysis.id.in_(used)).order_by(Analysis.id)
    ids = list(s.scalars(held.with_for_update()))
    # Asked when they are held: a task that was being created meanwhile is seen by now.
    others = select(SwapTask.analysis_id).where(
        SwapTask.analysis_id.in_(ids), SwapTask.id.not_in(tasks)
    )
    still_used = set(s.scalars(others))
    return [id_ for id_ in ids if id_ not in still_used]
