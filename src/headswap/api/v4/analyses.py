"""Analyses over HTTP: submit, detail, list."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.passage import note
from headswap.api.v4.shapes import AnalysisData, AnalysisPage
from headswap.api.v4.views import analysis_data
from headswap.jobs import analyses
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import ListQuery


async def submit(request: Request) -> Answer:
    """Queue the search for the people of a video."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def make(s: Session) -> dict[str, object]:
        analysis = analyses.submit(s, services.settings, caller, body, services.clock())
        note(request.scope, analysis_id=analysis.id)
        return envelope(analysis_data(analysis, calls.links), "Analyze success")

    return Answer(await calls.write_once(request, caller, body, make))


async def detail(request: Request) -> Answer:
    """Show an analysis."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> AnalysisData:
        analysis = analyses.find(s, caller, request.query_params.get("_id"))
        note(request.scope, analysis_id=analysis.id)
        return analysis_data(analysis, calls.links)

    return done(await calls.read(request, find))


async def list_(request: Request) -> Answer:
    """Show a page of analyses, newest first."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> AnalysisPage:
        query = ListQuery.of(request.query_params)
        rows, count = analyses.list_(s, caller, query.page, query.size, query.status)
        return {
            "result": [analysis_data(row, calls.links) for row in rows],
            "count": count,
            "page": query.page,
            "size": query.size,
        }

    return done(await calls.read(request, find))
