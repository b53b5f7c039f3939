"""Idempotency-Key: a request that is sent again gets the first answer again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from headswap.jobs.refusals import Code, Refused
from headswap.store.tables import Idempotency

MAX_KEY_LENGTH = 255
_KEY = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")
_HOUR_MS = 3_600_000
# Stands in the row while its transaction makes the answer; nobody else ever sees it.
_PENDING: dict[str, Any] = {}

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """One request under the Idempotency-Key `key`. body: the JSON object as parsed."""

    team_id: str
    key: str
    route: str
    body: Mapping[str, Any]


def answer_once(
    s: Session, request: KeyedRequest, now_ms: int, keep_hours: float, make: Callable[[], Answer]
) -> Answer:
    """The answer first given to this key and body, or that of `make`, which is then remembered.

    make: works in the same transaction `s`; its answer is not empty. What it raises takes the key
    back with the rest of the transaction, so only a success is remembered and a refused request
    may be mended and sent again.

    Of two at the same time the second waits until the first has ended and gets its answer: a
    create takes milliseconds, and a client needs no code for a retry that way.

    Raises:
        Refused: 1003, the key is malformed, or was used for another route or body.
    """
    if not _KEY.fullmatch(request.key):
        raise Refused(
            Code.PARAMETER,
            f"Idempotency-Key must be 1 to {MAX_KEY_LENGTH} visible ASCII characters",
        )
    s.execute(delete(Idempotency).where(*_of(request), _older(now_ms, keep_hours)))
    body_hash = _hash(request.body)
    found = _claim(s, request, body_hash, now_ms)
    if (found.route, found.body_hash) != (request.route, body_hash):
        raise Refused(
            Code.PARAMETER, "this Idempotency-Key was used for another request; choose a new one"
        )
    if found.answer != _PENDING:
        return found.answer
    answer = make()
    s.execute(update(Idempotency).where(*_of(request)).values(answer=answer))
    return answer


def forget(s: Session, now_ms: int, keep_hours: float) -> int:
    """How many answers were removed because they are older than `keep_hours`."""
    old = delete(Idempotency).where(_older(now_ms, keep_hours)).returning(Idempotency.key)
    return len(s.execute(old).all())


@dataclass(frozen=True, slots=True)
class _Claimed:
    route: str
    body_hash: str
    answer: Answer


def _claim(s: Session, request: KeyedRequest, body_hash: str, now_ms: int) -> _Claimed:
    """The row of the key: made now and pending, or the one that was there.

    A single statement. PostgreSQL waits in it for a transaction that is making the same row, and
    makes the row itself if that one is rolled back.
    """
    insert = (postgresql if s.get_bind().dialect.name == "postgresql" else sqlite).insert
    statement = insert(Idempotency).values(
        team_id=request.team_id,
        key=request.key,
        route=request.route,
        body_hash=body_hash,
        answer=_PENDING,
        create_time=now_ms,
    )
    # Changes nothing; a plain "do nothing" would not return the row that is there.
    statement = statement.on_conflict_do_update(
        index_elements=["team_id", "key"], set_={"key": request.key}
    ).returning(Idempotency.route, Idempotency.body_hash, Idempotency.answer)
    row = s.execute(statement).one()
    return _Claimed(row.route, row.body_hash, row.answer)


def _of(request: KeyedRequest) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Idempotency.team_id == request.team_id, Idempotency.key == request.key


def _older(now_ms: int, keep_hours: float) -> ColumnElement[bool]:
    return Idempotency.create_time <= now_ms - round(keep_hours * _HOUR_MS)


def _hash(body: Mapping[str, Any]) -> str:
    """Equal for bodies that say the same, however their fields are ordered or spaced."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
