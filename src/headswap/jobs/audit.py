"""The audit trail in the database: entries are noted by services and written before the commit."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from headswap.jobs.keyring import Keyring
from headswap.store.database import Database
from headswap.store.tables import ApiKey, AuditEntry, AuditHead, SwapTask
from headswap.trust.audit import BROKEN, START, Entry, Head, canonical, faults
from headswap.trust.consent import system_user

SERVICE = "service"
KEY_CREATED = "key.created"
TASK_CREATED = "task.created"
_PENDING = "headswap audit"
_HEAD_ID = 1
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Noted:
    """An entry that is still to be given its place."""

    time: int
    kind: str
    team_id: str
    actor: str
    ref: str
    detail: dict[str, Any] = field(default_factory=dict)


def audit_key(keyring: Keyring) -> bytes:
    """What a service with this keyring seals its trail with."""
    return keyring.derive("audit")


def keep_trail(database: Database, key: Callable[[], bytes]) -> None:
    """From now on what is noted in the database's sessions is written, chained and sealed.

    key: what the head is sealed with, asked for when there is something to write.
    """

    def write(s: Session) -> None:
        noted: list[_Noted] = s.info.pop(_PENDING, [])
        if noted:
            _append(s, noted, key())

    database.before_commit(write)


def note(
    s: Session,
    kind: str,
    now_ms: int,
    *,
    team_id: str = "",
    actor: str | None = None,
    ref: str = "",
    about: Mapping[str, object] | None = None,
) -> None:
    """An entry of the trail, if the session's transaction is committed.

    actor: who did it, by default whoever runs this program. ref: the id of what it was done to.
    about: what else is to be told, as JSON takes it.

    It is written last of all, so that the trail's head, which all writers share, is held for a
    moment only and never while something else is waited for.
    """
    who = actor or f"operator {system_user()}"
    s.info.setdefault(_PENDING, []).append(
        _Noted(now_ms, kind, team_id, who, ref, dict(about or {}))
    )


def entries(
    s: Session, limit: int, team_id: str | None = None, ref: str | None = None, offset: int = 0
) -> list[AuditEntry]:
    """The newest entries, newest first, but for the first `offset`. team_id, ref: only those of
    it.
    """
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit).offset(offset)
    return list(s.scalars(newest.where(*_about(team_id, ref))))


def count(s: Session, team_id: str | None = None, ref: str | None = None) -> int:
    """How many entries there are. team_id, ref: only those of it."""
    every = select(func.count()).select_from(AuditEntry)
    return s.scalar(every.where(*_about(team_id, ref))) or 0


def _about(team_id: str | None, ref: str | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if team_id is not None:
        wanted.append(AuditEntry.team_id == team_id)
    if ref is not None:
        wanted.append(AuditEntry.ref == ref)
    return wanted


def check_trail(s: Session, key: bytes) -> tuple[Head, list[str]]:
    """Where the trail ends, and a sentence for each thing that is wrong with it.

    key: what its head is sealed with.
    """
    row = s.get(AuditHead, _HEAD_ID, populate_existing=True)
    if row is None:
        return Head(0, START), _unbegun(s)
    head = Head(row.count, row.hash)
    return head, [*faults(_stored(s), head, row.seal, key), *_untold(s)]


def check_passes(s: Session, count: int, digest: str) -> list[str]:
    """A sentence if entry `count` is not the one of that hash, with which the trail once ended."""
    there = s.scalar(select(AuditEntry.hash).where(AuditEntry.seq == count))
    if count == 0 or there == digest:
        return []
    return [f"entry {count} is not the one with which the trail once ended"]


def _untold(s: Session) -> Iterator[str]:
    """Keys and tasks that the trail must know and does not: a trail that was put back to an
    earlier state, seal and all, is found by them.
    """
    begun = s.scalar(select(func.min(AuditEntry.time)))
    for what, kind, id_, made in (
        ("key", KEY_CREATED, ApiKey.client_id, ApiKey.create_time),
        ("task", TASK_CREATED, SwapTask.id, SwapTask.create_time),
    ):
        told = exists().where(AuditEntry.ref == id_, AuditEntry.kind == kind)
        for one in s.scalars(select(id_).where(made >= (begun or 0), ~told).order_by(made)):
            yield f"the {what} {one} was made, but the trail does not say so"


def _unbegun(s: Session) -> list[str]:
    wrong: list[str] = []
    if left := s.scalar(select(func.count()).select_from(AuditEntry)):
        wrong.append(f"the head of the trail is missing, and {left} entries are there")
    elif keys := s.scalar(select(func.count()).select_from(ApiKey)):
        wrong.append(
            f"the trail is empty, but there are {keys} keys: it was removed, or nothing has been "
            "done since a version without a trail made them"
        )
    return wrong


def _stored(s: Session) -> Iterator[tuple[Entry, str]]:
    after = 0
    while True:
        page = select(AuditEntry).where(AuditEntry.seq > after).order_by(AuditEntry.seq)
        rows = s.scalars(page.limit(_AT_ONCE).execution_options(populate_existing=True)).all()
        for row in rows:
            yield _entry(row), row.hash
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].seq


def _entry(row: AuditEntry) -> Entry:
    return Entry(**{one.name: getattr(row, one.name) for one in fields(Entry)})


def _append(s: Session, noted: list[_Noted], key: bytes) -> None:
    row, whole = _locked_head(s, key)
    if not whole:
        found = {"count": row.count, "hash": row.hash}
        noted = [_Noted(noted[0].time, BROKEN, "", SERVICE, "", found), *noted]
        # Not over what may still be there.
        row.count = max(row.count, s.scalar(select(func.max(AuditEntry.seq))) or 0)
    head = Head(row.count, row.hash)
    for one in noted:
        entry = Entry(
            seq=head.count + 1,
            time=one.time,
            kind=one.kind,
            team_id=one.team_id,
            actor=one.actor,
            ref=one.ref,
            detail=canonical(one.detail),
            previous=head.hash,
        )
        head = Head(entry.seq, entry.hash)
        s.add(AuditEntry(**asdict(entry), hash=head.hash))
    row.count, row.hash, row.seal = head.count, head.hash, head.seal(key)
    s.flush()


def _locked_head(s: Session, key: bytes) -> tuple[AuditHead, bool]:
    """The head, held until the transaction ends, and whether it is as its last writer left it."""
    insert = (postgresql if s.get_bind().dialect.name == "postgresql" else sqlite).insert
    first = insert(AuditHead).values(id=_HEAD_ID, count=0, hash=START, seal="")
    s.execute(first.on_conflict_do_nothing())
    held = select(AuditHead).where(AuditHead.id == _HEAD_ID).with_for_update()
    row = s.scalars(held.execution_options(populate_existing=True)).one()
    if (row.count, row.seal) == (0, ""):
        return row, s.scalar(select(func.max(AuditEntry.seq))) is None
    return row, hmac.compare_digest(Head(row.count, row.hash).seal(key), row.seal)
