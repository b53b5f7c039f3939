"""The team over HTTP: its credits, choices and consent, and what the server takes and costs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import calls_of
from headswap.api.console.terms import ClientId
from headswap.api.console.views import StatedConsent, stated
from headswap.api.envelope import Answer, done
from headswap.api.terms import TeamId, Uid
from headswap.api.v5.models import model_of
from headswap.api.v5.shapes import Model
from headswap.jobs import credits, team_settings
from headswap.jobs.accounts import Caller, find_team
from headswap.jobs.credits import in_credits
from headswap.jobs.offers import OFFERS
from headswap.jobs.orders import RESOLUTIONS
from headswap.settings import Settings


class KeptDays(TypedDict):
    """How many days files are kept."""

    results: Annotated[float, Field(description="Results.", examples=[7])]
    sources: Annotated[
        float,
        Field(description="Videos, uploads and what was found in them, at most.", examples=[7]),
    ]


class TakenIn(TypedDict):
    """What the server takes."""

    min_s: Annotated[float, Field(description="A video's least length, s.", examples=[3])]
    max_s: Annotated[float, Field(description="A video's greatest length, s.", examples=[20])]
    max_mb: Annotated[int, Field(description="A video's size, MB.", examples=[300])]
    max_fps: Annotated[float, Field(description="Frames in a second.", examples=[60])]
    max_side_px: Annotated[int, Field(description="The longer side, pixels.", examples=[4096])]
    mappings: Annotated[int, Field(description="People in one task.", examples=[5])]
    photo_mb: Annotated[int, Field(description="A photo's size, MB.", examples=[20])]


class TeamData(TypedDict):
    """A team as its console shows it."""

    team_id: TeamId
    name: Annotated[str, Field(description="What it is called.", examples=["Studio two"])]
    uid: Uid
    client_id: ClientId
    credit: Annotated[float, Field(description="Credits left.", examples=[985])]
    held: Annotated[
        float, Field(description="Credits held for tasks that have not ended.", examples=[15])
    ]
    consent: Annotated[
        StatedConsent | None,
        Field(description="Stated for every task; null if each states its own.", examples=[None]),
    ]
    sources: Annotated[
        Literal["retention", "task-end"],
        Field(
            description="When videos and photos are removed: after their days, or with the task.",
            examples=["retention"],
        ),
    ]
    label: Annotated[str, Field(description="Drawn on results; empty for none.", examples=[""])]
    retention: Annotated[
        KeptDays,
        Field(description="How long files are kept.", examples=[{"results": 7, "sources": 7}]),
    ]
    limits: Annotated[
        TakenIn,
        Field(
            description="What is taken.",
            examples=[
                {
                    "min_s": 3,
                    "max_s": 20,
                    "max_mb": 300,
                    "max_fps": 60,
                    "max_side_px": 4096,
                    "mappings": 5,
                    "photo_mb": 20,
                }
            ],
        ),
    ]
    prices: Annotated[
        dict[str, float],
        Field(
            description="Credits for each second begun, by resolution.",
            examples=[{"480p": 1, "720p": 1.5}],
        ),
    ]
    models: Annotated[list[Model], Field(description="What can draw heads.", examples=[[]])]


async def team(request: Request) -> Answer:
    """Show the team of the key."""
    calls = calls_of(request)
    settings = calls.services.settings
    return done(await calls.read(request, lambda s, caller: team_data(s, settings, caller)))


def team_data(s: Session, settings: Settings, caller: Caller) -> TeamData:
    """The caller's team as it is now."""
    consent = team_settings.consent_of(s, caller.team_id)
    return {
        "team_id": caller.team_id,
        "name": find_team(s, caller.team_id).name,
        "uid": caller.uid,
        "client_id": caller.client_id,
        "credit": in_credits(credits.balance(s, caller.team_id)),
        "held": in_credits(credits.held(s, caller.team_id)),
        "consent": stated(None if consent is None else asdict(consent)),
        "sources": team_settings.sources_of(s, caller.team_id),
        "label": team_settings.label_of(s, caller.team_id),
        "retention": {"results": settings.output_days, "sources": settings.source_days},
        "limits": {
            "min_s": settings.min_duration_s,
            "max_s": settings.max_duration_s,
            "max_mb": settings.max_video_mb,
            "max_fps": settings.max_fps,
            "max_side_px": settings.max_side_px,
            "mappings": settings.max_mappings,
            "photo_mb": settings.max_image_mb,
        },
        "prices": {name: in_credits(credits.price(settings, name, 1)) for name in RESOLUTIONS},
        "models": [model_of(offer, settings) for offer in OFFERS],
    }
