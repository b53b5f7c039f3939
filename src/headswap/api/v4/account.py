"""The account over HTTP: a token for a key, and the credits left."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done
from headswap.api.v4.shapes import Quota
from headswap.jobs import credits, tokens
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields
from headswap.jobs.refusals import Code

# Longer than any; what is longer is a wrong one and need not be looked up.
_MAX_LENGTH = 1000


async def get_token(request: Request) -> Answer:
    """Change a key into a token."""
    calls = calls_of(request)
    services = calls.services
    fields = Fields.of(await json_object(request))
    client_id = fields.text("clientId", _MAX_LENGTH)
    secret = fields.text("clientSecret", _MAX_LENGTH)

    def issue() -> str:
        with services.db.read() as s:
            return tokens.issue(s, services.keyring, client_id, secret, services.clock())

    token = await calls.look(issue)
    calls.count(client_id)
    return Answer({"code": int(Code.SUCCESS), "msg": "OK", "token": token})


async def quota(request: Request) -> Answer:
    """Show the credits left."""

    def find(s: Session, caller: Caller) -> Quota:
        return {"credit": credits.in_credits(credits.balance(s, caller.team_id))}

    return done(await calls_of(request).read(request, find))
