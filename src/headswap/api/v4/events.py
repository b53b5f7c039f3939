"""A task's progress as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import StreamingResponse

from headswap.api.calls import Calls, calls_of
from headswap.api.envelope import dumps
from headswap.api.passage import note
from headswap.jobs import tasks
from headswap.jobs.accounts import Caller
from headswap.jobs.states import UNFINISHED
from headswap.store.tables import SwapTask

_LOOK_EVERY_S = 0.5
_HEARTBEAT_S = 15.0
_HEARTBEAT = b": still here\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_STATE = select(SwapTask.status, SwapTask.progress, SwapTask.eta_s).where(
    SwapTask.id == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class _State:
    status: int
    progress: int
    eta_s: int | None


async def events(request: Request) -> StreamingResponse:
    """Follow a task until it has ended."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> str:
        return tasks.find(s, caller, request.query_params.get("_id")).id

    task_id = await calls.read(request, find)
    note(request.scope, task_id=task_id)
    return StreamingResponse(
        _follow(calls, task_id), headers=_HEADERS, media_type="text/event-stream"
    )


async def _follow(calls: Calls, task_id: str) -> AsyncIterator[bytes]:
    """Events whenever the state has changed; ends with the task, its deletion, or the server."""
    shown, silent_s = None, 0.0
    while (state := await _look(calls, task_id)) is not None:
        if state != shown:
            shown, silent_s = state, 0.0
            yield _event(task_id, state)
        elif silent_s >= _HEARTBEAT_S:
            silent_s = 0.0
            yield _HEARTBEAT
        if state.status not in UNFINISHED or await calls.stops_within(_LOOK_EVERY_S):
            return
        silent_s += _LOOK_EVERY_S


async def _look(calls: Calls, task_id: str) -> _State | None:
    row = await calls.look(lambda: calls.rows.first(_STATE, {"id": task_id}))
    return None if row is None else _State(*row)


def _event(task_id: str, state: _State) -> bytes:
    data = dumps(
        {
            "_id": task_id,
            "status": state.status,
            "progress": state.progress,
            "eta_s": state.eta_s,
        }
    )
    return b"data: " + data + b"\n\n"
