"""Analyses over HTTP, version 5: submit and detail."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.passage import note
from headswap.api.v5.shapes import AnalysedVideo
from headswap.api.v5.views import MEDIA_TYPE, analysed_video, submitted
from headswap.jobs import analyses
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields

_NAMES = {"video_url": "url"}
_DEFAULTS = {"type": analyses.TYPE}


async def submit(request: Request) -> Answer:
    """Queue the search for the people of a video."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def make(s: Session) -> dict[str, object]:
        fields = Fields.of(body).spelt(_NAMES, _DEFAULTS)
        analysis = analyses.submit(s, services.settings, caller, fields, services.clock())
        fields.choice("media_type", (MEDIA_TYPE,))
        note(request.scope, analysis_id=analysis.id)
        return envelope(submitted(analysis))

    return Answer(await calls.write_once(request, caller, body, make))


async def detail(request: Request) -> Answer:
    """Show an analysis."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> AnalysedVideo:
        analysis = analyses.find(s, caller, request.query_params.get("_id"))
        note(request.scope, analysis_id=analysis.id)
        return analysed_video(analysis, calls.links)

    return done(await calls.read(request, find))
