"""Protected people: a team's list of those whose photos it may not use, encrypted."""

from __future__ import annotations

import base64

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.ids import is_id, new_id
from headswap.jobs import audit
from headswap.jobs.accounts import MAX_NAME_LENGTH
from headswap.jobs.keyring import Keyring
from headswap.jobs.refusals import Code, Refused
from headswap.store.tables import ProtectedPersonRow, Team


def add(
    s: Session,
    keyring: Keyring,
    team: Team,
    name: str,
    embedding: str,
    now_ms: int,
    actor: str | None = None,
) -> ProtectedPersonRow:
    """The new entry. embedding: as `headswap.trust.protected.encoded` writes it. actor: who adds
    it, for the audit trail.

    Raises:
        Refused: 1003, the name is empty, too long, or holds control characters.
    """
    row = ProtectedPersonRow(
        id=new_id(now_ms),
        team_id=team.id,
        name=checked_name(name),
        embedding=keyring.encrypt(base64.b64decode(embedding)),
        create_time=now_ms,
    )
    s.add(row)
    s.flush()
    about = {"name": name}
    audit.note(s, "protected.added", now_ms, team_id=team.id, actor=actor, ref=row.id, about=about)
    return row


def checked_name(name: str) -> str:
    """The name, if an entry may bear it.

    Raises:
        Refused: 1003, it is empty, too long, or holds control characters.
    """
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise Refused(
            Code.PARAMETER,
            f"the name must be 1 to {MAX_NAME_LENGTH} printable characters, not {name[:60]!r}",
        )
    return name


def list_(s: Session, team_id: str) -> list[ProtectedPersonRow]:
    """The team's entries, oldest first."""
    rows = select(ProtectedPersonRow).where(ProtectedPersonRow.team_id == team_id)
    return list(s.scalars(rows.order_by(ProtectedPersonRow.create_time, ProtectedPersonRow.id)))


def remove(s: Session, team: Team, id_: str, now_ms: int, actor: str | None = None) -> None:
    """The entry is gone; its embedding with it. actor: who removes it, for the audit trail.

    Raises:
        Refused: 1014, the team's list has no such entry.
    """
    row = s.get(ProtectedPersonRow, id_) if is_id(id_) else None
    if row is None or row.team_id != team.id:
        raise Refused(
            Code.NOT_FOUND,
            f"the list of team {team.id} has no entry {id_!r}; `headswap team protect list` shows "
            "all",
        )
    s.delete(row)
    s.flush()
    about = {"name": row.name}
    audit.note(s, "protected.removed", now_ms, team_id=team.id, actor=actor, ref=id_, about=about)


def embeddings(s: Session, keyring: Keyring, team_id: str) -> dict[str, str]:
    """The team's embeddings by entry, as `headswap.trust.protected.encoded` writes them.

    Raises:
        HeadswapError: they were encrypted with another master key.
    """
    return {
        row.id: base64.b64encode(keyring.decrypt(row.embedding)).decode("ascii")
        for row in list_(s, team_id)
    }
