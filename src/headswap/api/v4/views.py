"""Records as the API shows them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypedDict

from headswap.api.links import Links
from headswap.api.v4.shapes import (
    AnalysisData,
    AnalysisResult,
    CreatedTask,
    PersonReport,
    Preview,
    Report,
    TaskData,
    Webhook,
)
from headswap.jobs.credits import in_credits
from headswap.jobs.states import COMPLETED, FAILED
from headswap.store.tables import Analysis, OutboxMessage, SwapTask, WebhookTry


class ShownTask(NamedTuple):
    """What of a task is shown; its fields are columns of the table."""

    id: str
    uid: int
    team_id: str
    video_url: str
    create_time: int
    status: int
    video_duration: int
    resolution: str
    used: int | None
    output_key: str | None
    expire_time: int | None
    expired: bool
    progress: int
    priority: int
    task_id: str
    file_name: str
    model_name: str
    error_code: int
    error_reason: str

    @classmethod
    def of(cls, task: SwapTask) -> ShownTask:
        """What is shown of `task`."""
        return cls(*(getattr(task, name) for name in cls._fields))


class _Found(TypedDict, total=False):
    analysis_result: AnalysisResult


def analysis_data(analysis: Analysis, links: Links) -> AnalysisData:
    """An analysis with what was found, or why not, once either is known."""
    found: _Found = {}
    if analysis.status == COMPLETED and analysis.result is not None:
        found["analysis_result"] = _found(analysis.result, links)
    data: AnalysisData = {
        "_id": analysis.id,
        "create_time": analysis.create_time,
        "uid": analysis.uid,
        "team_id": analysis.team_id,
        "video_url": analysis.video_url,
        "type": analysis.type,
        "status": analysis.status,
        "task_id": analysis.task_id,
        **found,
        "progress": analysis.progress,
    }
    if analysis.status == COMPLETED:
        data["error_reason"], data["error_code"] = "success", 0
        if analysis.source_key is None:
            data["expired"] = True
    elif analysis.status == FAILED:
        data["error_reason"], data["error_code"] = analysis.error_reason, analysis.error_code
    return data


def created_task(task: SwapTask) -> CreatedTask:
    """A task as it was just created."""
    return {
        "_id": task.id,
        "create_time": task.create_time,
        "uid": task.uid,
        "team_id": task.team_id,
        "video_duration": task.video_duration,
        "task_id": task.task_id,
        "resolution": task.resolution,
        "status": task.status,
        "deduction_lock_duration": in_credits(task.held),
        "model_name": task.model_name,
        "file_name": task.file_name,
        "video_url": None,
    }


def task_data(task: ShownTask, links: Links) -> TaskData:
    """A task as it is now."""
    data: TaskData = {
        "_id": task.id,
        "uid": task.uid,
        "team_id": task.team_id,
        "source_video_url": task.video_url,
        "create_time": task.create_time,
        "status": task.status,
        "video_duration": task.video_duration,
        "resolution": task.resolution,
        "deduction_duration": in_credits(task.used or 0),
        "video_url": _output(task, links),
        "progress": task.progress,
        "priority": task.priority,
        "task_id": task.task_id,
        "file_name": task.file_name,
        "model_name": task.model_name,
    }
    if task.status == FAILED:
        data["error_reason"] = task.error_reason
        data["error_code"] = task.error_code
    if task.expired or _is_due(task, links):
        data["expired"] = True
    return data


def _output(task: ShownTask, links: Links) -> str | None:
    if task.status != COMPLETED or task.output_key is None or _is_due(task, links):
        return None
    return links.to(task.output_key, task.file_name, task.expire_time)


def _is_due(task: ShownTask, links: Links) -> bool:
    # The file goes a little later, when the worker comes round.
    return task.expire_time is not None and task.expire_time <= links.now_ms


def _found(result: dict[str, Any], links: Links) -> AnalysisResult:
    """The stored result, its previews' blob keys turned into URLs."""
    return {
        "detected_objects": result["detected_objects"],
        "media": [_preview(person, links) for person in result["media"]],
        "video_info": result["video_info"],
    }


def _preview(person: dict[str, Any], links: Links) -> Preview:
    obj_id, key = person["obj_id"], person["key"]
    return {
        "media_type": "images",
        "obj_id": obj_id,
        "img_url": links.to(key, f"subject_{obj_id}.png") if key else None,
        "frames": person["frames"],
        "first_frame": person["first_frame"],
        "box": person["box"],
    }


def report_of(text: str | None) -> Report | None:
    """A task's stored report, JSON, as it is shown; None before there is one."""
    stored: dict[str, Any] | None = None if text is None else json.loads(text)
    if not stored:
        return None
    return {
        "frame_count": stored["frame_count"],
        "engine": stored["engine"],
        "device": stored["device"],
        "people": [_person(person) for person in stored["people"]],
    }


def _person(person: dict[str, Any]) -> PersonReport:
    return {
        "obj_id": person["obj_id"],
        "frames_swapped": person["frames_swapped"],
        "not_swapped": person["not_swapped"],
        "strained": person["strained"],
    }


def webhook_of(messages: list[tuple[OutboxMessage, list[WebhookTry]]]) -> list[Webhook]:
    """A task's messages and how often each was tried."""
    return [
        {
            "status": message.status,
            "state": message.state,
            "tries": [
                {
                    "time": one.time,
                    "took_ms": one.took_ms,
                    "http_status": one.http_status,
                    "answer": one.answer,
                }
                for one in tries
            ],
        }
        for message, tries in messages
    ]
