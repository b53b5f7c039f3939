"""A team's ledger over HTTP: every movement of its credits."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done
from headswap.api.terms import Count, Page, Size, Time
from headswap.jobs import credits
from headswap.jobs.accounts import Caller
from headswap.jobs.credits import in_credits
from headswap.jobs.fields import ListQuery
from headswap.store.tables import LedgerEntry


class ShownEntry(TypedDict):
    """One movement of credits."""

    seq: Annotated[int, Field(description="Its number, from 1 without a gap.", examples=[7])]
    time: Time
    kind: Annotated[
        Literal["grant", "hold", "take", "give_back"],
        Field(description="take: what was held is used now, as `used` says.", examples=["hold"]),
    ]
    amount: Annotated[float, Field(description="By how much the balance changed.", examples=[-15])]
    used: Annotated[float, Field(description="Of a take: what was used up.", examples=[0])]
    balance: Annotated[float, Field(description="What is left after it.", examples=[985])]
    task_id: Annotated[
        str | None,
        Field(description="The task it is for.", examples=["6a066dc58570ecbf64f761a5"]),
    ]
    note: Annotated[str, Field(description="What was noted with a grant.", examples=[""])]


class LedgerPage(TypedDict):
    """A page of the ledger, newest first."""

    result: Annotated[list[ShownEntry], Field(description="The entries.", examples=[[]])]
    count: Count
    page: Page
    size: Size


async def ledger(request: Request) -> Answer:
    """Show a page of the ledger, newest first."""

    def find(s: Session, caller: Caller) -> LedgerPage:
        query = ListQuery.of(request.query_params)
        rows = credits.ledger(s, caller.team_id, query.size, query.offset)
        return {
            "result": [_shown(row) for row in rows],
            "count": credits.ledger_length(s, caller.team_id),
            "page": query.page,
            "size": query.size,
        }

    return done(await calls_of(request).read(request, find))


def _shown(entry: LedgerEntry) -> ShownEntry:
    return {
        "seq": entry.seq,
        "time": entry.create_time,
        "kind": cast("Literal['grant', 'hold', 'take', 'give_back']", entry.kind),
        "amount": in_credits(entry.amount),
        "used": in_credits(entry.used),
        "balance": in_credits(entry.balance),
        "task_id": entry.task_id,
        "note": entry.note,
    }
