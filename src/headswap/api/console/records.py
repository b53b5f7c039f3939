"""Lists of tasks and analyses over HTTP, searched, with small pictures; analyses are deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.console.names import Name, video_name
from headswap.api.console.views import Thumbnail, frame_of, head_of, picture_of
from headswap.api.envelope import Answer, done
from headswap.api.links import Links
from headswap.api.passage import note
from headswap.api.terms import (
    Count,
    ErrorCode,
    ErrorReason,
    Expired,
    FileName,
    Id,
    ModelName,
    Page,
    Progress,
    Resolution,
    Seconds,
    Size,
    Status,
    Time,
    VideoUrl,
)
from headswap.api.v4.tasks import deleted
from headswap.api.views import ShownTask, ending_of, failure_of
from headswap.jobs import analyses, deletion, tasks
from headswap.jobs.accounts import Caller
from headswap.jobs.credits import in_credits
from headswap.jobs.fields import ListQuery
from headswap.jobs.search import search_text
from headswap.store.tables import Analysis, SwapTask

_MOST_HEADS = 5


class ListedTask(TypedDict):
    """A task in a list."""

    _id: Id
    name: Name
    file_name: FileName
    create_time: Time
    status: Status
    progress: Progress
    eta_s: Annotated[int | None, Field(description="Seconds left, if known.", examples=[12])]
    resolution: Resolution
    model_name: ModelName
    video_duration: Seconds
    people: Annotated[int, Field(description="How many get another head.", examples=[1])]
    credits: Annotated[
        float, Field(description="Held until it has ended, then what was taken.", examples=[15])
    ]
    thumbnail: Thumbnail
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class ListedTasks(TypedDict):
    """A page of tasks, newest first."""

    result: Annotated[list[ListedTask], Field(description="The tasks.", examples=[[]])]
    count: Count
    page: Page
    size: Size


class ListedAnalysis(TypedDict):
    """An analysis in a list."""

    _id: Id
    name: Name
    video_url: VideoUrl
    create_time: Time
    status: Status
    progress: Progress
    people: Annotated[int, Field(description="How many were found.", examples=[2])]
    heads: Annotated[
        list[Thumbnail], Field(description="The first of them, five at most.", examples=[[]])
    ]
    duration: Annotated[
        float | None, Field(description="The video's length in seconds.", examples=[15])
    ]
    repeatable: Annotated[
        bool, Field(description="Whether a task can be made of it.", examples=[True])
    ]
    error_reason: NotRequired[ErrorReason]
    error_code: NotRequired[ErrorCode]
    expired: NotRequired[Expired]


class ListedAnalyses(TypedDict):
    """A page of analyses, newest first."""

    result: Annotated[list[ListedAnalysis], Field(description="The analyses.", examples=[[]])]
    count: Count
    page: Page
    size: Size


async def list_tasks(request: Request) -> Answer:
    """Show a page of tasks, newest first."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> ListedTasks:
        query, text = ListQuery.of(request.query_params), search_text(request.query_params)
        rows, count = tasks.list_(s, caller, query.page, query.size, query.status, text)
        used = analyses.by_id(s, [row.analysis_id for row in rows])
        shown = [_task(row, used, calls.links) for row in rows]
        return {"result": shown, "count": count, "page": query.page, "size": query.size}

    return done(await calls.read(request, find))


async def list_analyses(request: Request) -> Answer:
    """Show a page of analyses, newest first."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> ListedAnalyses:
        query, text = ListQuery.of(request.query_params), search_text(request.query_params)
        rows, count = analyses.list_(s, caller, query.page, query.size, query.status, text)
        shown = [_analysis(row, calls.links) for row in rows]
        return {"result": shown, "count": count, "page": query.page, "size": query.size}

    return done(await calls.read(request, find))


async def delete_analyses(request: Request) -> Answer:
    """Delete analyses that no task was made with."""
    calls = calls_of(request)
    caller = await calls.caller(request)
    body, clock = await json_object(request), calls.services.clock
    gone = await calls.write(lambda s: deletion.delete_analyses(s, caller, body, clock()))
    note(request.scope, analysis_ids=gone.success_ids)
    return await deleted(calls, gone)


def _task(task: SwapTask, used: Mapping[str, Analysis], links: Links) -> ListedTask:
    return {
        "_id": task.id,
        "name": video_name(task.video_url),
        "file_name": task.file_name,
        "create_time": task.create_time,
        "status": task.status,
        "progress": task.progress,
        "eta_s": task.eta_s,
        "resolution": task.resolution,
        "model_name": task.model_name,
        "video_duration": task.video_duration,
        "people": len(task.mappings),
        "credits": in_credits(task.held if task.used is None else task.used),
        "thumbnail": picture_of(task, links)
        or frame_of(task, links)
        or head_of(used.get(task.analysis_id), task.mappings[0]["obj_id"], links),
        **failure_of(ShownTask.of(task), links),
    }


def _analysis(analysis: Analysis, links: Links) -> ListedAnalysis:
    media: Sequence[Mapping[str, int]] = (analysis.result or {}).get("media", [])
    duration_ms = analysis.duration_ms
    return {
        "_id": analysis.id,
        "name": video_name(analysis.video_url),
        "video_url": analysis.video_url,
        "create_time": analysis.create_time,
        "status": analysis.status,
        "progress": analysis.progress,
        "people": len(media),
        "heads": [head_of(analysis, one["obj_id"], links) for one in media[:_MOST_HEADS]],
        "duration": None if duration_ms is None else duration_ms / 1000,
        "repeatable": analyses.is_usable(analysis),
        **ending_of(analysis),
    }
