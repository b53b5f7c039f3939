"""Tasks over HTTP, version 5: create and detail."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.passage import note
from headswap.api.task_record import found_task
from headswap.api.v5.shapes import CreatedItems, SwapItemDetail
from headswap.api.v5.views import MEDIA_TYPE, swap_item, swap_item_detail
from headswap.api.views import ShownTask
from headswap.jobs import tasks
from headswap.jobs.fields import Fields
from headswap.jobs.offers import DEFAULT_MODEL, DEFAULT_RESOLUTION

_NAMES = {"video_url": "target_url"}
_DEFAULTS = {"model_name": DEFAULT_MODEL, "resolution": DEFAULT_RESOLUTION}


async def create(request: Request) -> Answer:
    """Queue a swap and hold its credits."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def make(s: Session) -> dict[str, object]:
        fields = Fields.of(body).spelt(_NAMES, _DEFAULTS)
        fields.choice("media_type", (MEDIA_TYPE,))
        now_ms = services.clock()
        task = tasks.create(s, services.settings, caller, fields, now_ms, "analyze_id")
        note(request.scope, task_id=task.id)
        data: CreatedItems = {"list": [swap_item(ShownTask.of(task))], "errors": []}
        return envelope(data)

    return Answer(await calls.write_once(request, caller, body, make))


async def detail(request: Request) -> Answer:
    """Show a task."""
    task, told = await found_task(request)
    data: SwapItemDetail = {**swap_item_detail(task, calls_of(request).links), **told}
    return done(data)
