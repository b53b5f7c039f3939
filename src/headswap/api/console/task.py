"""One task over HTTP: beside what programs are shown, what a page needs to show and repeat it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.calls import Calls, calls_of
from headswap.api.console.names import Name, Source, source_of, video_name
from headswap.api.console.views import (
    StatedConsent,
    Thumbnail,
    frame_of,
    head_of,
    picture_of,
    stated,
)
from headswap.api.envelope import Answer, done
from headswap.api.links import Links
from headswap.api.services import Services
from headswap.api.shapes import VideoInfo
from headswap.api.task_record import found_task
from headswap.api.v4.shapes import TaskDetail
from headswap.api.v4.views import task_data
from headswap.jobs import uploads
from headswap.jobs.analyses import is_usable
from headswap.jobs.credits import in_credits
from headswap.jobs.refusals import not_found
from headswap.jobs.states import UNFINISHED
from headswap.store.tables import Analysis, SwapTask


class ShownMapping(TypedDict):
    """One person of a task, and the photo whose head they get."""

    obj_id: Annotated[int, Field(description="The person's number.", examples=[0])]
    img_url: Annotated[
        str,
        Field(description="The photo, as it was given.", examples=["https://example.com/p.jpg"]),
    ]
    photo: Annotated[
        str | None,
        Field(
            description="The photo, if it is an upload that is still there; the URL expires.",
            examples=["https://example.com/files/uploads/6a066dc58570ecbf64f761a5/p.jpg"],
        ),
    ]
    preview: Annotated[
        Thumbnail, Field(description="The person's head in the video; the URL expires.")
    ]
    consent: Annotated[
        StatedConsent | None, Field(description="What is stated of the photo.", examples=[None])
    ]


class _More(TypedDict):
    name: Name
    analysis_id: Annotated[
        str, Field(description="The analysis it uses.", examples=["6a066d03625746c797390f55"])
    ]
    repeatable: Annotated[
        bool,
        Field(
            description="Whether another task can use that analysis; else analyse the video anew.",
            examples=[True],
        ),
    ]
    source: Source
    video: Annotated[
        VideoInfo | None,
        Field(
            description="The analysed video.",
            examples=[{"width": 1916, "height": 1082, "fps": 30, "frame_count": 450}],
        ),
    ]
    mappings: Annotated[
        list[ShownMapping], Field(description="Who gets whose head.", examples=[[]])
    ]
    keep_original_sound: Annotated[
        bool, Field(description="Whether the result has the sound.", examples=[True])
    ]
    held: Annotated[
        float, Field(description="Credits held until it has ended, then 0.", examples=[15])
    ]
    eta_s: Annotated[int | None, Field(description="Seconds left, if known.", examples=[12])]
    frame: Annotated[
        str | None,
        Field(
            description="A JPEG of the newest finished frame while it is rendered, 640 pixels at "
            "most; another URL whenever there is another one.",
            examples=["https://example.com/files/frame-1778806213962.jpg"],
        ),
    ]
    picture: Annotated[
        str | None,
        Field(
            description="A JPEG of one frame of the result, once it is completed.",
            examples=["https://example.com/files/frame-1778806213962.jpg"],
        ),
    ]


class ShownTaskDetail(TaskDetail, _More):
    """A task as the console shows it."""


async def task(request: Request) -> Answer:
    """Show a task."""
    calls = calls_of(request)
    found, told = await found_task(request)
    more = await calls.look(lambda: _more(calls, found.id))
    data: ShownTaskDetail = {**task_data(found, calls.links), **told, **more}
    return done(data)


def _more(calls: Calls, task_id: str) -> _More:
    with calls.services.db.read() as s:
        task = s.get(SwapTask, task_id)
        if task is None:
            raise not_found()
        analysis = s.get_one(Analysis, task.analysis_id)
        return _of_task(s, task, analysis, calls.services, calls.links)


def _of_task(
    s: Session, task: SwapTask, analysis: Analysis, services: Services, links: Links
) -> _More:
    return {
        "name": video_name(task.video_url),
        "analysis_id": task.analysis_id,
        "repeatable": is_usable(analysis),
        "source": source_of(analysis, links),
        "video": None if analysis.result is None else analysis.result["video_info"],
        "mappings": [_mapping(s, task, analysis, one, services, links) for one in task.mappings],
        "keep_original_sound": task.keep_original_sound,
        "held": in_credits(task.held if task.status in UNFINISHED else 0),
        "eta_s": task.eta_s,
        "frame": frame_of(task, links),
        "picture": picture_of(task, links),
    }


def _mapping(
    s: Session,
    task: SwapTask,
    analysis: Analysis,
    mapping: dict[str, Any],
    services: Services,
    links: Links,
) -> ShownMapping:
    url = str(mapping["img_url"])
    upload = uploads.named_by(s, services.public_url, task.team_id, url)
    photo = None if upload is None else links.to(upload.blob_key, upload.file_name)
    return {
        "obj_id": mapping["obj_id"],
        "img_url": url,
        "photo": photo,
        "preview": head_of(analysis, mapping["obj_id"], links),
        "consent": stated(mapping.get("consent")),
    }
