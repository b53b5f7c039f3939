"""check_ledger: adds a team's ledger up and says what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs.states import UNFINISHED
from headswap.store.tables import LedgerEntry, SwapTask

_Entries = Sequence[LedgerEntry]


def check_ledger(s: Session, team_id: str) -> list[str]:
    """A sentence for each thing that is wrong; empty when every credit is accounted for.

    The entries must follow each other and add up, each hold must be settled at most once and
    completely, and the team's tasks must be held for and settled exactly as their status says.
    """
    entries = s.scalars(
        select(LedgerEntry).where(LedgerEntry.team_id == team_id).order_by(LedgerEntry.seq),
        # What the session still remembers must not hide what the database says.
        execution_options={"populate_existing": True},
    ).all()
    tasks = s.scalars(
        select(SwapTask).where(SwapTask.team_id == team_id),
        execution_options={"populate_existing": True},
    ).all()
    by_task: dict[str, dict[str, LedgerEntry]] = defaultdict(dict)
    for entry in entries:
        if entry.task_id is not None:
            by_task[entry.task_id][entry.kind] = entry
    return [
        *_sums(entries),
        *(wrong for task_id, moved in by_task.items() for wrong in _settlement(task_id, moved)),
        *(wrong for task in tasks for wrong in _agreement(task, by_task.get(task.id, {}))),
        *_orphans(by_task, {task.id for task in tasks}),
    ]


def _sums(entries: _Entries) -> Iterator[str]:
    total = 0
    for number, entry in enumerate(entries, 1):
        total += entry.amount
        if entry.seq != number:
            yield f"entry {entry.seq} stands at place {number}"
        if entry.balance != total:
            yield f"entry {entry.seq} says {entry.balance} are left, the amounts add up to {total}"
        if total < 0:
            yield f"at entry {entry.seq} {total} are left"
        if not _well_formed(entry):
            yield (
                f"entry {entry.seq} is no {entry.kind}: amount {entry.amount}, used {entry.used}, "
                f"task {entry.task_id}"
            )


def _well_formed(entry: LedgerEntry) -> bool:
    of_task = entry.task_id is not None
    match entry.kind:
        case "grant":
            return entry.amount >= 0 and entry.used == 0 and not of_task
        case "hold":
            return entry.amount <= 0 and entry.used == 0 and of_task
        case "take":
            return entry.amount == 0 and entry.used >= 0 and of_task
        case "give_back":
            return entry.amount > 0 and entry.used == 0 and of_task
        case _:
            return False


def _settlement(task_id: str, moved: dict[str, LedgerEntry]) -> Iterator[str]:
    hold, take, back = (moved.get(kind) for kind in ("hold", "take", "give_back"))
    if hold is None:
        yield f"task {task_id}: settled without a hold"
        return
    if take is None:
        if back is not None:
            yield f"task {task_id}: given back without a take"
        return
    returned = back.amount if back is not None else 0
    if take.used + returned != -hold.amount:
        yield f"task {task_id}: {-hold.amount} held, {take.used} taken, {returned} given back"
    if take.seq < hold.seq:
        yield f"task {task_id}: taken before it was held"


def _agreement(task: SwapTask, moved: dict[str, LedgerEntry]) -> Iterator[str]:
    hold, take = moved.get("hold"), moved.get("take")
    if hold is None:
        yield f"task {task.id}: nothing is held for it"
    elif -hold.amount != task.held:
        yield f"task {task.id}: says {task.held} are held, the ledger {-hold.amount}"
    if task.status not in UNFINISHED:
        if take is None:
            yield f"task {task.id}: has ended, its hold is not settled"
        elif take.used != (task.used or 0):
            yield f"task {task.id}: says {task.used} were used, the ledger {take.used}"
    elif take is not None:
        yield f"task {task.id}: is settled and has not ended"


def _orphans(by_task: dict[str, dict[str, LedgerEntry]], known: set[str]) -> Iterator[str]:
    for task_id, moved in by_task.items():
        if task_id not in known and "hold" in moved and "take" not in moved:
            yield f"task {task_id}: is gone, its hold stands"
