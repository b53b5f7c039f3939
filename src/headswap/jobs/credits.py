"""Credits: a team's ledger of grants, holds, takes and give-backs, in thousandths of a credit."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from headswap.jobs.refusals import Code, Refused
from headswap.settings import Settings
from headswap.store.tables import LedgerEntry, Team

MILLI = 1000
# Up to here a double holds every whole number, so JSON readers lose nothing.
MAX_BALANCE = 2**53
MAX_NOTE_LENGTH = 200


def to_milli(amount: float) -> int:
    """Credits in thousandths, to the nearest."""
    return round(amount * MILLI)


def in_credits(milli: int) -> int | float:
    """Thousandths as credits, the way they are shown: 15000 is 15, 1500 is 1.5."""
    return milli // MILLI if milli % MILLI == 0 else milli / MILLI


def started_seconds(duration_ms: int) -> int:
    """How many seconds were begun, at least one."""
    return max(1, -(-duration_ms // 1000))


def price(settings: Settings, resolution: str, seconds: int) -> int:
    """What so many started seconds cost, in thousandths.

    Raises:
        Refused: 1003, the resolution is not 480p or 720p.
    """
    rates = {"480p": settings.credits_480p, "720p": settings.credits_720p}
    if resolution not in rates:
        raise Refused(Code.PARAMETER, "resolution must be 480p or 720p")
    return to_milli(rates[resolution]) * seconds


def balance(s: Session, team_id: str) -> int:
    """What the team may still use; 0 before the first grant."""
    return _last(s, team_id)[1]


def held(s: Session, team_id: str) -> int:
    """What is set aside for tasks that have not ended."""
    hold = aliased(LedgerEntry)
    settled = exists().where(LedgerEntry.task_id == hold.task_id, LedgerEntry.kind == "take")
    open_ = select(func.sum(hold.amount)).where(hold.team_id == team_id, hold.kind == "hold")
    # PostgreSQL sums whole numbers to decimals.
    return -int(s.scalar(open_.where(~settled)) or 0)


def ledger(s: Session, team_id: str, limit: int, offset: int = 0) -> list[LedgerEntry]:
    """The team's newest entries, newest first, but for the first `offset`."""
    newest = select(LedgerEntry).where(LedgerEntry.team_id == team_id)
    return list(s.scalars(newest.order_by(LedgerEntry.seq.desc()).limit(limit).offset(offset)))


def ledger_length(s: Session, team_id: str) -> int:
    """How many entries the team has."""
    return _last(s, team_id)[0]


def grant(s: Session, team_id: str, milli: int, now_ms: int, note: str = "") -> LedgerEntry:
    """The entry by which the team has `milli` more.

    Raises:
        Refused: 1003, the amount is negative or makes the balance too large to be shown exactly,
            or the note is too long or not printable; 1014, no such team.
    """
    if len(note) > MAX_NOTE_LENGTH or not note.isprintable():
        raise Refused(
            Code.PARAMETER, f"a note has at most {MAX_NOTE_LENGTH} characters, all printable"
        )
    _lock(s, team_id)
    if milli < 0 or balance(s, team_id) + milli > MAX_BALANCE:
        raise Refused(
            Code.PARAMETER,
            f"{in_credits(milli)} credits cannot be granted; a balance goes from 0 to "
            f"{in_credits(MAX_BALANCE)}",
        )
    return _append(s, LedgerEntry(team_id=team_id, kind="grant", amount=milli, note=note), now_ms)


def hold(s: Session, team_id: str, task_id: str, milli: int, now_ms: int) -> LedgerEntry:
    """The entry by which `milli` is set aside for a task; once for each task.

    Other holds of the team wait until this transaction has ended, so no two spend the same credits.

    Raises:
        Refused: 1104, the team has less; 1014, no such team.
        ValueError: the amount is negative.
    """
    if milli < 0:
        raise ValueError(f"a hold of {milli} thousandths")
    _lock(s, team_id)
    there = balance(s, team_id)
    if there < milli:
        raise Refused(
            Code.CREDITS,
            f"not enough credits: {in_credits(milli)} are needed, {in_credits(there)} are left",
        )
    entry = LedgerEntry(team_id=team_id, kind="hold", amount=-milli, task_id=task_id)
    return _append(s, entry, now_ms)


def settle(s: Session, task_id: str, used_milli: int, now_ms: int) -> bool:
    """Takes `used_milli` of the task's hold and gives back the rest; False if that was done before.

    The take is written when nothing is used too: it is what marks a hold as settled.

    Raises:
        LookupError: nothing is held for the task. ValueError: more is used than is held.
    """
    of_task = select(LedgerEntry.team_id, LedgerEntry.amount).where(
        LedgerEntry.task_id == task_id, LedgerEntry.kind == "hold"
    )
    row = s.execute(of_task).one_or_none()
    if row is None:
        raise LookupError(f"nothing is held for the task {task_id}")
    team_id, held = row.team_id, -row.amount
    if not 0 <= used_milli <= held:
        raise ValueError(f"{used_milli} thousandths used of {held} held for the task {task_id}")
    _lock(s, team_id)
    # Looked up under the lock: whoever settled just before has committed by now.
    taken = select(LedgerEntry.id).where(LedgerEntry.task_id == task_id, LedgerEntry.kind == "take")
    if s.execute(taken).first() is not None:
        return False
    take = LedgerEntry(team_id=team_id, kind="take", amount=0, used=used_milli, task_id=task_id)
    _append(s, take, now_ms)
    if rest := held - used_milli:
        back = LedgerEntry(team_id=team_id, kind="give_back", amount=rest, task_id=task_id)
        _append(s, back, now_ms)
    return True


def _lock(s: Session, team_id: str) -> None:
    """Until the transaction ends, no other one writes entries of this team.

    SQLite has one writer at a time anyway. PostgreSQL locks the team's row, but not as one that may
    be deleted: rows that refer to the team lock it weakly when they are inserted, and two
    transactions that each did so would otherwise wait for one another for ever.
    """
    row = select(Team.id).where(Team.id == team_id).with_for_update(key_share=True)
    if s.execute(row).first() is None:
        raise Refused(Code.NOT_FOUND, f"there is no team {team_id!r}")


def _last(s: Session, team_id: str) -> tuple[int, int]:
    """seq and balance of the team's newest entry; zeros if there is none."""
    row = s.execute(
        select(LedgerEntry.seq, LedgerEntry.balance)
        .where(LedgerEntry.team_id == team_id)
        .order_by(LedgerEntry.seq.desc())
        .limit(1)
    ).first()
    return (0, 0) if row is None else (row.seq, row.balance)


def _append(s: Session, entry: LedgerEntry, now_ms: int) -> LedgerEntry:
    """The entry, written after the team's last one; the team is locked."""
    seq, before = _last(s, entry.team_id)
    entry.seq, entry.balance, entry.create_time = seq + 1, before + entry.amount, now_ms
    s.add(entry)
    s.flush()
    return entry
