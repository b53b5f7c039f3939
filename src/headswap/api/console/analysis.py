"""One analysis over HTTP: the source to be played, and when each person is seen in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import calls_of
from headswap.api.console.names import Name, Source, source_of, video_name
from headswap.api.envelope import Answer, done
from headswap.api.links import Links
from headswap.api.passage import note
from headswap.api.v4.shapes import AnalysisData
from headswap.api.v4.views import analysis_data
from headswap.api.views import preview_of
from headswap.jobs import analyses
from headswap.jobs.accounts import Caller
from headswap.jobs.states import COMPLETED
from headswap.store.tables import Analysis


class FoundPerson(TypedDict):
    """One person of an analysed video."""

    obj_id: Annotated[int, Field(description="The person's number, from 0.", examples=[0])]
    preview: Annotated[
        str | None,
        Field(
            description="A PNG of the head; the URL expires. Null once it is removed.",
            examples=["https://example.com/files/subject_0.png"],
        ),
    ]
    frames: Annotated[
        int, Field(description="In how many frames the head can be swapped.", examples=[450])
    ]
    first_frame: Annotated[int, Field(description="The first of them, from 0.", examples=[0])]
    box: Annotated[
        list[float],
        Field(
            description="The head in the preview's frame: x, y, width, height in pixels.",
            examples=[[612, 88, 240, 310]],
        ),
    ]
    presence: Annotated[
        list[list[int]],
        Field(
            description="The stretches of these frames, each from its first to before its last.",
            examples=[[[0, 120], [180, 450]]],
        ),
    ]


class ShownAnalysis(AnalysisData):
    """An analysis as the console shows it."""

    name: Name
    source: Source
    duration: Annotated[
        float | None,
        Field(description="The video's length in seconds, once it is known.", examples=[15]),
    ]
    people: Annotated[
        list[FoundPerson],
        Field(description="The people; empty until the analysis is completed.", examples=[[]]),
    ]


async def analysis(request: Request) -> Answer:
    """Show an analysis."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> ShownAnalysis:
        found = analyses.find(s, caller, request.query_params.get("_id"))
        note(request.scope, analysis_id=found.id)
        return shown_analysis(found, calls.links)

    return done(await calls.read(request, find))


def shown_analysis(analysis: Analysis, links: Links) -> ShownAnalysis:
    """An analysis as it is now."""
    duration_ms = analysis.duration_ms
    return {
        **analysis_data(analysis, links),
        "name": video_name(analysis.video_url),
        "source": source_of(analysis, links),
        "duration": None if duration_ms is None else duration_ms / 1000,
        "people": _people(analysis, links),
    }


def _people(analysis: Analysis, links: Links) -> list[FoundPerson]:
    if analysis.status != COMPLETED or analysis.result is None:
        return []
    people: list[FoundPerson] = []
    for stored in analysis.result["media"]:
        shown = preview_of(stored, links)
        person: FoundPerson = {
            "obj_id": shown["obj_id"],
            "preview": shown["img_url"],
            "frames": shown["frames"],
            "first_frame": shown["first_frame"],
            "box": shown["box"],
            # What an older version stored has none.
            "presence": stored.get("presence", []),
        }
        people.append(person)
    return people
