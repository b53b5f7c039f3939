"""Tasks over HTTP: create, detail, list, cancel, delete."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.body import json_object
from headswap.api.calls import Calls, calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.passage import note
from headswap.api.task_record import found_task
from headswap.api.v4.shapes import Deleted, TaskData, TaskDetail, TaskPage
from headswap.api.v4.views import created_task, task_data
from headswap.api.views import ShownTask
from headswap.errors import HeadswapError
from headswap.jobs import deletion, tasks
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import ListQuery

_log = logging.getLogger(__name__)


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
    task, told = await found_task(request)
    data: TaskDetail = {**task_data(task, calls_of(request).links), **told}
    return done(data)


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
    note(request.scope, task_ids=gone.success_ids)
    return await deleted(calls, gone)


async def deleted(calls: Calls, gone: deletion.Deleted) -> Answer:
    """What became of records whose deletion is committed; their files go now."""
    try:
        await calls.elsewhere(lambda: gone.remove_blobs(calls.services.blobs))
    except HeadswapError:
        # The records are gone for good; the worker's sweep removes what belongs to none.
        _log.exception("files of deleted records stay until they are swept")
    data: Deleted = {
        "successIds": gone.success_ids,
        "noPermissionItems": [{"_id": id_, "msg": msg} for id_, msg in gone.no_permission],
    }
    return done(data, "Delete successfully")
