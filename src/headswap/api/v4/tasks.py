"""Tasks over HTTP: create, detail, list, cancel, delete."""

from __future__ import annotations

import logging
import re

from sqlalchemy import Text, and_, bindparam, cast
from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.passage import note
from headswap.api.v4.shapes import Deleted, TaskData, TaskDetail, TaskPage, Webhook
from headswap.api.v4.views import ShownTask, created_task, report_of, task_data, webhook_of
from headswap.errors import HeadswapError
from headswap.ids import is_id
from headswap.jobs import outbox, tasks
from headswap.jobs.accounts import CALLER, Caller
from headswap.jobs.fields import ListQuery, record_id
from headswap.jobs.refusals import not_found
from headswap.jobs.states import COMPLETED, UNFINISHED
from headswap.store.database import Database
from headswap.store.tables import ApiKey, SwapTask

_log = logging.getLogger(__name__)
# Programs ask for a task again and again: caller and task in one query, and no objects made.
TASK_BESIDE_CALLER = CALLER.add_columns(
    *(getattr(SwapTask, name) for name in ShownTask._fields),
    cast(SwapTask.report, Text),
    SwapTask.webhook_url,
).outerjoin(SwapTask, and_(SwapTask.id == bindparam("task_id"), SwapTask.team_id == ApiKey.team_id))
# Spares the usual query the way through the parser.
_ONLY_ID = re.compile(rb"_id=([0-9a-f]{24})")


async def create(request: Request) -> Answer:
    """Queue a swap and hold its credits."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def make(s: Session) -> dict[str, object]:
        task = tasks.create(s, services.settings, caller, body, services.clock())
        note(request.scope, task_id=task.id)
        return envelope(created_task(task))

    return Answer(await calls.write_once(request, caller, body, make))


async def detail(request: Request) -> Answer:
    """Show a task."""
    calls = calls_of(request)
    asked = _ONLY_ID.fullmatch(request.scope["query_string"])
    given = asked[1].decode() if asked else request.query_params.get("_id")
    values = {"task_id": given if given and is_id(given) else ""}
    found = await calls.beside_caller(request, TASK_BESIDE_CALLER, values)
    task_id = record_id(given)
    if found[0] is None:
        raise not_found()
    note(request.scope, task_id=task_id)
    *columns, report, webhook_url = found
    task = ShownTask(*columns)
    data: TaskDetail = {**task_data(task, calls.links)}
    if task.status == COMPLETED and (shown := report_of(report)):
        data["report"] = shown
    if task.status not in UNFINISHED and webhook_url:
        data["webhook"] = await calls.look(lambda: _webhook(calls.services.db, task.id))
    return done(data)


def _webhook(db: Database, task_id: str) -> list[Webhook]:
    with db.read() as s:
        return webhook_of(outbox.messages_of(s, task_id))


async def list_(request: Request) -> Answer:
    """Show a page of tasks, newest first."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> TaskPage:
        query = ListQuery.of(request.query_params)
        rows, count = tasks.list_(s, caller, query.page, query.size, query.status)
        return {
            "result": [task_data(ShownTask.of(row), calls.links) for row in rows],
            "count": count,
            "page": query.page,
            "size": query.size,
        }

    return done(await calls.read(request, find))


async def cancel(request: Request) -> Answer:
    """End a task that has not ended."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)

    def end(s: Session) -> TaskData:
        task = tasks.cancel(s, caller, body.get("_id"), services.clock())
        note(request.scope, task_id=task.id)
        return task_data(ShownTask.of(task), calls.links)

    return done(await calls.write(end))


async def delete(request: Request) -> Answer:
    """Delete tasks with all their files."""
    calls = calls_of(request)
    services = calls.services
    caller = await calls.caller(request)
    body = await json_object(request)
    gone = await calls.write(lambda s: tasks.delete(s, caller, body, services.clock()))
    try:
        await calls.elsewhere(lambda: gone.remove_blobs(services.blobs))
    except HeadswapError:
        # The records are gone for good; the worker's sweep removes what belongs to none.
        _log.exception("files of deleted tasks stay until they are swept")
    note(request.scope, task_ids=gone.success_ids)
    data: Deleted = {
        "successIds": gone.success_ids,
        "noPermissionItems": [{"_id": id_, "msg": msg} for id_, msg in gone.no_permission],
    }
    return done(data, "Delete successfully")
