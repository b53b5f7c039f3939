"""One task, found for whoever asks, with what is told of it alone."""

from __future__ import annotations

import re

from sqlalchemy import Text, and_, bindparam, cast
from starlette.requests import Request

from headswap.api.calls import calls_of
from headswap.api.passage import note
from headswap.api.shapes import Told, Webhook
from headswap.api.views import ShownTask, report_of, webhook_of
from headswap.ids import is_id
from headswap.jobs import outbox
from headswap.jobs.accounts import CALLER
from headswap.jobs.fields import record_id
from headswap.jobs.refusals import not_found
from headswap.jobs.states import COMPLETED, UNFINISHED
from headswap.store.database import Database
from headswap.store.tables import ApiKey, SwapTask

# Programs ask for a task again and again: caller and task in one query, and no objects made.
TASK_BESIDE_CALLER = CALLER.add_columns(
    *(getattr(SwapTask, name) for name in ShownTask._fields),
    cast(SwapTask.report, Text),
    SwapTask.webhook_url,
).outerjoin(SwapTask, and_(SwapTask.id == bindparam("task_id"), SwapTask.team_id == ApiKey.team_id))
# Spares the usual query the way through the parser.
_ONLY_ID = re.compile(rb"_id=([0-9a-f]{24})")


async def found_task(request: Request) -> tuple[ShownTask, Told]:
    """The team's task that the query's `_id` names.

    Raises:
        Refused: as `Calls.read`; 1003 without an id, 1014 if the team has no such task.
    """
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
    task, told = ShownTask(*columns), Told()
    if task.status == COMPLETED and (shown := report_of(report)):
        told["report"] = shown
    if task.status not in UNFINISHED and webhook_url:
        told["webhook"] = await calls.look(lambda: _webhook(calls.services.db, task.id))
    return task, told


def _webhook(db: Database, task_id: str) -> list[Webhook]:
    with db.read() as s:
        return webhook_of(outbox.messages_of(s, task_id))
