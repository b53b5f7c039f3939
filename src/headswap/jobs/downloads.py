"""Downloads of results, as the audit trail tells them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs import audit
from headswap.store.tables import SwapTask


def note(s: Session, key: str, now_ms: int) -> None:
    """Say that a result was sent from its first byte on. key: of its blob.

    Who has the signed address may be anybody, so nobody is named.
    """
    task_id = key.split("/")[1]
    team_id = s.scalar(select(SwapTask.team_id).where(SwapTask.id == task_id))
    audit.note(
        s,
        "result.downloaded",
        now_ms,
        team_id=team_id or "",
        actor="whoever has its address",
        ref=task_id,
    )
