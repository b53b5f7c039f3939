"""The audit trail over HTTP: a team's entries, and whether the whole trail is as it was written."""

from __future__ import annotations

import json
from typing import Annotated, Any

from anyio import to_thread
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import Calls, calls_of
from headswap.api.console.terms import Ref
from headswap.api.envelope import Answer, done
from headswap.api.terms import Count, Page, Size, Time
from headswap.jobs import audit
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import ListQuery
from headswap.store.tables import AuditEntry


class TrailEntry(TypedDict):
    """One line of the trail."""

    seq: Annotated[int, Field(description="Its number in the whole trail.", examples=[41])]
    time: Time
    kind: Annotated[str, Field(description="What was done.", examples=["task.created"])]
    actor: Annotated[
        str, Field(description="Who did it.", examples=["user 101400 with key q83vEjRWeJqw=="])
    ]
    ref: Ref
    detail: Annotated[
        dict[str, Any], Field(description="What else is told.", examples=[{"code": 1015}])
    ]


class TrailPage(TypedDict):
    """A page of a team's entries, newest first."""

    result: Annotated[list[TrailEntry], Field(description="The entries.", examples=[[]])]
    count: Count
    page: Page
    size: Size


class TrailCheck(TypedDict):
    """Whether the trail of this server is whole."""

    intact: Annotated[
        bool,
        Field(description="No entry was edited, added or removed, of any team.", examples=[True]),
    ]
    count: Count
    hash: Annotated[
        str, Field(description="That of the last entry; it seals all before.", examples=["3f0c9a"])
    ]


async def list_entries(request: Request) -> Answer:
    """Show a page of the team's entries, newest first."""

    def find(s: Session, caller: Caller) -> TrailPage:
        query, ref = ListQuery.of(request.query_params), request.query_params.get("ref") or None
        team_id = caller.team_id
        rows = audit.entries(s, query.size, team_id, ref, query.offset)
        return {
            "result": [_shown(row) for row in rows],
            "count": audit.count(s, team_id, ref),
            "page": query.page,
            "size": query.size,
        }

    return done(await calls_of(request).read(request, find))


async def check(request: Request) -> Answer:
    """Read the whole trail and tell whether it is as it was written."""
    calls = calls_of(request)
    await calls.caller(request)
    # It takes as long as the trail is, so few at a time.
    return done(await to_thread.run_sync(lambda: _checked(calls), limiter=calls.verifiers))


def _checked(calls: Calls) -> TrailCheck:
    services = calls.services
    with services.db.read() as s:
        head, faults = audit.check_trail(s, audit.audit_key(services.keyring))
    return {"intact": not faults, "count": head.count, "hash": head.hash}


def _shown(entry: AuditEntry) -> TrailEntry:
    return {
        "seq": entry.seq,
        "time": entry.time,
        "kind": entry.kind,
        "actor": entry.actor,
        "ref": entry.ref,
        "detail": json.loads(entry.detail),
    }
