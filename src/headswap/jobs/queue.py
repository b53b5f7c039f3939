"""The queue: rows that workers claim under a lease, give back, and remove when the work is done."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Select,
    Update,
    and_,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from headswap.jobs.states import PROCESSING, QUEUED
from headswap.store.tables import Analysis, QueueEntry, SwapTask

Kind = Literal["analysis", "task"]
Watch = Literal["ours", "cancel", "lost"]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one piece of work, as long as the lease is extended.

    owner: the worker's name and a mark of this claim alone, so that a worker that claims a piece
    a second time does not take its first claim for valid. tries: how often it was begun, this
    time included.
    """

    kind: Kind
    ref_id: str
    team_id: str
    owner: str
    tries: int
    lease_ms: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pieces of a kind wait, and how many are being done."""

    kind: Kind
    waiting: int
    running: int


def add(s: Session, kind: Kind, ref_id: str, team_id: str, priority: int, now_ms: int) -> None:
    """Put a piece of work into the queue."""
    entry = QueueEntry(
        ref_id=ref_id, kind=kind, team_id=team_id, priority=priority, create_time=now_ms
    )
    s.add(entry)


def claim(s: Session, owner: str, now_ms: int, lease_ms: int) -> Claim | None:
    """The next piece of work, or None; its record becomes "processing".

    The largest priority first, then the team with the fewest pieces being done, then the oldest.
    A piece whose lease has run out is there for anybody.
    """
    entry = s.scalars(_next_entry(now_ms)).first()
    if entry is None:
        return None
    holder = f"{owner}/{secrets.token_hex(8)}"
    entry.lease_owner = holder
    entry.lease_until = now_ms + lease_ms
    entry.tries += 1
    kind = cast("Kind", entry.kind)
    record = Analysis if kind == "analysis" else SwapTask
    started = update(record).where(record.id == entry.ref_id, record.status == QUEUED)
    s.execute(started.values(status=PROCESSING))
    return Claim(kind, entry.ref_id, entry.team_id, holder, entry.tries, lease_ms)


def extend(
    s: Session, claim: Claim, now_ms: int, progress: int | None = None, eta_s: int | None = None
) -> bool:
    """Extend the lease, and store how far the work is; False if the claim is lost.

    progress: 0..99; one that is behind what was shown before is not stored, so that work which
    is begun again does not run backwards. eta_s: seconds left, if known.
    """
    longer = update(QueueEntry).where(_held_by(claim))
    if not _changed(s, longer.values(lease_until=now_ms + claim.lease_ms)):
        return False
    if progress is not None:
        _store_progress(s, claim, progress, eta_s)
    return True


def show_frame(s: Session, claim: Claim, key: str) -> bool:
    """Store where the picture of a task's newest frame lies; False if the claim is lost."""
    held = select(QueueEntry.ref_id).where(_held_by(claim)).exists()
    shown = update(SwapTask).where(SwapTask.id == claim.ref_id, held)
    return _changed(s, shown.values(frame_key=key))


def watch(s: Session, claim: Claim) -> Watch:
    """If the claim is still ours, the work is to be cancelled, or another has it. Only reads."""
    question = (
        select(SwapTask.cancel, QueueEntry.ref_id)
        .select_from(QueueEntry)
        .outerjoin(SwapTask, SwapTask.id == QueueEntry.ref_id)
        .where(_held_by(claim))
    )
    row = s.execute(question).first()
    if row is None:
        return "lost"
    return "cancel" if row[0] else "ours"


def give_back(
    s: Session, claim: Claim, now_ms: int, delay_ms: int = 0, *, spent: bool = False
) -> bool:
    """Let go of the piece, to be claimed again after the delay; False if the claim is lost.

    spent: this try counts; a worker that only stops hands back what it has not failed at.
    """
    free = update(QueueEntry).where(_held_by(claim))
    tries = claim.tries if spent else claim.tries - 1
    values = free.values(lease_owner=None, lease_until=0, not_before=now_ms + delay_ms, tries=tries)
    return _changed(s, values)


def done(s: Session, claim: Claim) -> bool:
    """Remove the piece from the queue; False if the claim is lost: then write nothing."""
    return _changed(s, delete(QueueEntry).where(_held_by(claim)))


def locked(s: Session, ref_id: str) -> QueueEntry | None:
    """The entry of a record, held against workers until the transaction ends; None if the work
    has ended.
    """
    entry = select(QueueEntry).where(QueueEntry.ref_id == ref_id).with_for_update()
    return s.scalars(entry.execution_options(populate_existing=True)).first()


def lock_all(s: Session, ref_ids: Sequence[str]) -> None:
    """Hold the entries of these records, as `locked` does one."""
    entries = select(QueueEntry.ref_id).where(QueueEntry.ref_id.in_(ref_ids))
    s.execute(entries.order_by(QueueEntry.ref_id).with_for_update()).all()


def remove(s: Session, ref_id: str) -> None:
    """Take a record's entry out of the queue, whoever has a claim on it."""
    gone = delete(QueueEntry).where(QueueEntry.ref_id == ref_id)
    s.execute(gone.execution_options(synchronize_session="fetch"))


def counts(s: Session, now_ms: int) -> list[Counts]:
    """How much waits and runs, for each kind."""
    running = func.count().filter(QueueEntry.lease_until > now_ms)
    asked = select(QueueEntry.kind, func.count(), running).group_by(QueueEntry.kind)
    found = {kind: (total, busy) for kind, total, busy in s.execute(asked)}
    counted: list[Counts] = []
    kinds: tuple[Kind, ...] = ("analysis", "task")
    for kind in kinds:
        total, busy = found.get(kind, (0, 0))
        counted.append(Counts(kind, waiting=total - busy, running=busy))
    return counted


def _next_entry(now_ms: int) -> Select[QueueEntry]:
    busy = aliased(QueueEntry)
    running = (
        select(busy.team_id, func.count().label("pieces"))
        .where(busy.lease_until > now_ms)
        .group_by(busy.team_id)
        .subquery()
    )
    return (
        select(QueueEntry)
        .outerjoin(running, running.c.team_id == QueueEntry.team_id)
        .where(QueueEntry.not_before <= now_ms, QueueEntry.lease_until <= now_ms)
        .order_by(
            QueueEntry.priority.desc(),
            func.coalesce(running.c.pieces, 0),
            QueueEntry.create_time,
            QueueEntry.ref_id,
        )
        .limit(1)
        .with_for_update(of=QueueEntry, skip_locked=True)
    )


def _held_by(claim: Claim) -> ColumnElement[bool]:
    return and_(QueueEntry.ref_id == claim.ref_id, QueueEntry.lease_owner == claim.owner)


def _changed(s: Session, statement: Update | Delete) -> bool:
    done = s.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount == 1


def _store_progress(s: Session, claim: Claim, progress: int, eta_s: int | None) -> None:
    record = Analysis if claim.kind == "analysis" else SwapTask
    furthest = case((record.progress < progress, progress), else_=record.progress)
    values: dict[str, object] = {"progress": furthest}
    if claim.kind == "task":
        values["eta_s"] = eta_s
    stored = update(record).where(record.id == claim.ref_id).values(values)
    s.execute(stored.execution_options(synchronize_session=False))
