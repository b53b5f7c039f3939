"""Photos over HTTP: judged while somebody waits, and kept as an upload if they will do."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from anyio import to_thread
from pydantic import Field
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, refusal
from headswap.api.passage import note
from headswap.api.services import Services
from headswap.api.v4.uploads import (
    incoming_folder,
    received_photo,
    store_upload,
    upload_url,
)
from headswap.jobs import protected
from headswap.jobs.photo_check import SENTENCES, Judgement, PhotoCode, judge_apart
from headswap.jobs.refusals import Code
from headswap.store.tables import Upload


class PhotoReason(TypedDict):
    """What is wrong or weak with a photo."""

    code: Annotated[
        PhotoCode,
        Field(
            description="The first seven are bad, the others fair: small, half_turned and so on "
            "will show in the result.",
            examples=["half_turned"],
        ),
    ]
    sentence: Annotated[
        str,
        Field(
            description="The same for a person, with what to do.",
            examples=["The head is turned. A photo taken from the front gives a better result."],
        ),
    ]


class JudgedPhoto(TypedDict):
    """A photo, judged as a task would."""

    url: Annotated[
        str | None,
        Field(
            description="May stand as img_url; null of a bad photo, which is not kept.",
            examples=["https://example.com/files/uploads/6a066dc58570ecbf64f761a5/photo.jpg"],
        ),
    ]
    good: Annotated[
        Literal["good", "fair", "bad"],
        Field(description="bad: a task with it would fail with 1108.", examples=["good"]),
    ]
    reasons: Annotated[list[PhotoReason], Field(description="Why it is not good.", examples=[[]])]
    face: Annotated[
        list[float] | None,
        Field(
            description="The face: x, y, width, height in pixels of the upright photo; null where "
            "no usable one was found.",
            examples=[[212, 180, 190, 240]],
        ),
    ]
    width: Annotated[
        int | None, Field(description="Of the upright photo; null without a face.", examples=[640])
    ]
    height: Annotated[
        int | None, Field(description="Of the upright photo; null without a face.", examples=[720])
    ]


async def photo(request: Request) -> Answer:
    """Judge a photo, and take it in if it will do."""
    calls = calls_of(request)
    services = calls.services
    settings = services.settings
    caller = await calls.caller(request)
    left_out = await calls.look(lambda: _protected(services, caller.team_id))
    with TemporaryDirectory(dir=incoming_folder(settings)) as folder:
        received = await received_photo(request, settings, Path(folder))
        judgement = await to_thread.run_sync(
            lambda: judge_apart(received.path, settings, left_out, calls.stopping.is_set),
            limiter=calls.verifiers,
        )
        if judgement is None:
            return refusal(Code.OUR_FAULT, "The server stops; ask again.", 503)
        made: Upload | None = None
        if judgement.good != "bad":
            made = await calls.elsewhere(lambda: store_upload(services, caller, received))
    if made is not None:
        await calls.write(lambda s: s.add(made))
        note(request.scope, upload_id=made.id)
    return done(_shown(judgement, None if made is None else upload_url(services, made)))


def _protected(services: Services, team_id: str) -> dict[str, str]:
    with services.db.read() as s:
        return protected.embeddings(s, services.keyring, team_id)


def _shown(judgement: Judgement, url: str | None) -> JudgedPhoto:
    width, height = judgement.size_wh or (None, None)
    return {
        "url": url,
        "good": judgement.good,
        "reasons": [{"code": code, "sentence": SENTENCES[code]} for code in judgement.reasons],
        "face": None if judgement.face_xywh is None else list(judgement.face_xywh),
        "width": width,
        "height": height,
    }
