"""The first start on empty data: a team, a key and credits, so that there is something to try."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text

from headswap.jobs import accounts, credits
from headswap.jobs.keyring import Keyring
from headswap.settings import Settings
from headswap.store.database import Database
from headswap.store.tables import Team

_TEAM_NAME = "first team"
FILE_NAME = "first-key.json"
# Any number that nothing else locks by.
_LOCK = 4_870_271


@dataclass(frozen=True, slots=True)
class FirstKey:
    """What was made. path: the file that keeps it, which only its owner can read."""

    team_id: str
    uid: int
    client_id: str
    key: str
    credits: float
    path: Path


def make_first_key(
    db: Database, keyring: Keyring, settings: Settings, now_ms: int
) -> FirstKey | None:
    """The first team's key, made now; None where there is a team already.

    The file is written before the database takes the key in: a key that works is never lost.
    """
    with db.write() as s:
        if not db.is_sqlite:
            s.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if s.scalar(select(func.count()).select_from(Team)):
            return None
        team, user = accounts.create_team(s, _TEAM_NAME, now_ms)
        new = accounts.create_key(s, keyring, team.id, now_ms)
        amount = settings.starting_credits
        if amount > 0:
            credits.grant(s, team.id, credits.to_milli(amount), now_ms, "at the first start")
        path = settings.data_dir / FILE_NAME
        first = FirstKey(team.id, user.uid, new.client_id, new.secret, amount, path)
        _write(first)
    return first


def _write(first: FirstKey) -> None:
    content = {
        "team_id": first.team_id,
        "uid": first.uid,
        "client_id": first.client_id,
        "key": first.key,
    }
    part = first.path.with_name(f".{first.path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(first.path)
