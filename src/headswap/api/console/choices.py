"""A team's choices over HTTP: consent, when sources go, a label; each answers with the team."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.console.team import TeamData, team_data
from headswap.api.envelope import Answer, done
from headswap.jobs import team_choices
from headswap.jobs.accounts import Caller

Choose = Callable[[Session, Caller, object, int], None]


async def state_consent(request: Request) -> Answer:
    """State once, for all tasks, that the people in the photos agree."""
    return await _chosen(request, team_choices.state_consent)


async def withdraw_consent(request: Request) -> Answer:
    """From now on each task states its own."""
    return await _chosen(request, lambda s, who, _, now: team_choices.withdraw_consent(s, who, now))


async def choose_sources(request: Request) -> Answer:
    """Choose when videos and photos are removed."""
    return await _chosen(request, team_choices.choose_sources)


async def choose_label(request: Request) -> Answer:
    """Choose what is drawn on results."""
    return await _chosen(request, team_choices.choose_label)


async def _chosen(request: Request, choose: Choose) -> Answer:
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def make(s: Session) -> TeamData:
        choose(s, caller, body, services.clock())
        return team_data(s, services.settings, caller)

    return done(await calls.write(make))
