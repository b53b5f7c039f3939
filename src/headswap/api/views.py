"""Records as every version of the API shows them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from headswap.api.links import Links
from headswap.api.shapes import Ending, PersonReport, Preview, Report, Webhook
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
    held: int
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


def output_of(task: ShownTask, links: Links) -> str | None:
    """The address of a task's result; None before it is there and once it has expired."""
    if task.status != COMPLETED or task.output_key is None or _is_due(task, links):
        return None
    return links.to(task.output_key, task.file_name, task.expire_time)


def _is_due(task: ShownTask, links: Links) -> bool:
    # The file goes a little later, when the worker comes round.
    return task.expire_time is not None and task.expire_time <= links.now_ms


def ending_of(analysis: Analysis) -> Ending:
    """How an analysis ended, once it has."""
    if analysis.status == FAILED:
        return {"error_reason": analysis.error_reason, "error_code": analysis.error_code}
    if analysis.status != COMPLETED:
        return {}
    ending: Ending = {"error_reason": "success", "error_code": 0}
    if analysis.source_key is None:
        ending["expired"] = True
    return ending


def failure_of(task: ShownTask, links: Links) -> Ending:
    """Why a task failed, if it did, and whether its result's time is over."""
    ending: Ending = {}
    if task.status == FAILED:
        ending = {"error_reason": task.error_reason, "error_code": task.error_code}
    if task.expired or _is_due(task, links):
        ending["expired"] = True
    return ending


def preview_of(person: dict[str, Any], links: Links) -> Preview:
    """A person of a stored result, the picture's blob key turned into its address."""
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
