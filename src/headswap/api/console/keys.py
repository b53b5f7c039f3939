"""A team's keys over HTTP: listed without their secrets, made, revoked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.console.terms import ClientId
from headswap.api.envelope import Answer, done
from headswap.api.terms import Time
from headswap.jobs import accounts, team_choices
from headswap.jobs.accounts import Caller
from headswap.store.tables import ApiKey


class ListedKey(TypedDict):
    """A key without its secret."""

    client_id: ClientId
    create_time: Time
    revoke_time: Annotated[
        int | None, Field(description="When it ended; null while it works.", examples=[None])
    ]
    in_use: Annotated[
        bool, Field(description="Whether it is the one of this request.", examples=[True])
    ]


class ListedKeys(TypedDict):
    """A team's keys."""

    result: Annotated[
        list[ListedKey],
        Field(description="Every key, oldest first, revoked ones too.", examples=[[]]),
    ]


class MadeKey(TypedDict):
    """A key at the only moment its secret is shown."""

    client_id: ClientId
    key: Annotated[
        str,
        Field(
            description="To be sent as x-api-key.", examples=["sec-0123456789abcdefghijABCDEFGH"]
        ),
    ]


async def list_keys(request: Request) -> Answer:
    """Show the team's keys."""

    def find(s: Session, caller: Caller) -> ListedKeys:
        rows = accounts.list_keys(s, caller.team_id)
        return {"result": [_shown(row, caller) for row in rows]}

    return done(await calls_of(request).read(request, find))


async def make_key(request: Request) -> Answer:
    """Make another key."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    new = await calls.write(
        lambda s: team_choices.make_key(s, services.keyring, caller, services.clock())
    )
    data: MadeKey = {"client_id": new.client_id, "key": new.secret}
    return done(data)


async def revoke_key(request: Request) -> Answer:
    """End a key and its tokens."""
    calls = calls_of(request)
    caller = await calls.caller(request)
    body, clock = await json_object(request), calls.services.clock

    def end(s: Session) -> ListedKey:
        return _shown(team_choices.revoke_key(s, caller, body, clock()), caller)

    return done(await calls.write(end))


def _shown(key: ApiKey, caller: Caller) -> ListedKey:
    return {
        "client_id": key.client_id,
        "create_time": key.create_time,
        "revoke_time": key.revoke_time,
        "in_use": key.client_id == caller.client_id,
    }
