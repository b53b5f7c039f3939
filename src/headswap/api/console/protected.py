"""A team's protected people over HTTP: whose photos its tasks may not use."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from anyio import to_thread
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, refusal
from headswap.api.terms import Time
from headswap.api.v4.uploads import incoming_folder, received_photo
from headswap.jobs import protected
from headswap.jobs.accounts import Caller, find_team
from headswap.jobs.fields import record_id
from headswap.jobs.photo_check import describe_apart
from headswap.jobs.refusals import Code
from headswap.store.tables import ProtectedPersonRow


class ListedPerson(TypedDict):
    """Somebody whose photos are refused."""

    _id: Annotated[str, Field(description="The entry.", examples=["6a066dc58570ecbf64f761a8"])]
    name: Annotated[str, Field(description="How the list calls them.", examples=["E. B."])]
    create_time: Time


class ListedPeople(TypedDict):
    """A team's list."""

    result: Annotated[
        list[ListedPerson], Field(description="The entries, oldest first.", examples=[[]])
    ]


class RemovedPerson(TypedDict):
    """Somebody whose photos may be used again."""

    _id: Annotated[str, Field(description="The entry.", examples=["6a066dc58570ecbf64f761a8"])]


async def list_people(request: Request) -> Answer:
    """Show who is protected."""

    def find(s: Session, caller: Caller) -> ListedPeople:
        return {"result": [_shown(row) for row in protected.list_(s, caller.team_id)]}

    return done(await calls_of(request).read(request, find))


async def add_person(request: Request) -> Answer:
    """Refuse every photo of this person from now on; the photo is not kept."""
    calls = calls_of(request)
    services = calls.services
    settings = services.settings
    caller = await calls.caller(request)
    name = protected.checked_name(request.query_params.get("name", "").strip())
    with TemporaryDirectory(dir=incoming_folder(settings)) as folder:
        received = await received_photo(request, settings, Path(folder))
        face = await to_thread.run_sync(
            lambda: describe_apart(received.path, settings, calls.stopping.is_set),
            limiter=calls.verifiers,
        )
    if face is None:
        return refusal(Code.OUR_FAULT, "The server stops; ask again.", 503)

    def add(s: Session) -> ListedPerson:
        team, now_ms = find_team(s, caller.team_id), services.clock()
        row = protected.add(s, services.keyring, team, name, face, now_ms, caller.actor)
        return _shown(row)

    return done(await calls.write(add))


async def remove_person(request: Request) -> Answer:
    """Take an entry off the list; its face is forgotten."""
    calls = calls_of(request)
    caller = await calls.caller(request)
    body, clock = await json_object(request), calls.services.clock

    def remove(s: Session) -> RemovedPerson:
        id_ = record_id(body.get("_id"))
        protected.remove(s, find_team(s, caller.team_id), id_, clock(), caller.actor)
        return {"_id": id_}

    return done(await calls.write(remove))


def _shown(row: ProtectedPersonRow) -> ListedPerson:
    return {"_id": row.id, "name": row.name, "create_time": row.create_time}
