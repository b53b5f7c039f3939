"""Whether the server lives, whether it can work, and its metrics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from alembic.script import ScriptDirectory
from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import String, column, select, table
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

import headswap.store
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done, envelope
from headswap.api.metrics import Metrics
from headswap.api.services import Services
from headswap.errors import HeadswapError
from headswap.jobs.refusals import Code

_log = logging.getLogger(__name__)
_MAX_S = 5.0
# Always the same one, so that a probe that is cut off leaves nothing behind.
_PROBE_KEY = "probe/ready"
_VERSION = select(column("version_num", String)).select_from(table("alembic_version"))


class _NotMigrated(HeadswapError):
    """The tables are not this version's."""


async def alive(_: Request) -> Answer:
    """Say that the process answers."""
    return done({"status": "alive"})


async def ready(request: Request) -> Answer:
    """Say whether the database, its tables and the blobs can be worked with."""
    services = calls_of(request).services
    checks = {"database": services.db.ping, "migrations": lambda: _check_tables(services)}
    checks["blobs"] = lambda: services.blobs.put(_PROBE_KEY, b"ready")
    states = {name: await _state(name, check) for name, check in checks.items()}
    if all(state == "ready" for state in states.values()):
        return done(states)
    content = {**envelope(states, "Not ready."), "code": int(Code.OUR_FAULT)}
    return Answer(content, HTTPStatus.SERVICE_UNAVAILABLE)


async def metrics(request: Request) -> Response:
    """The figures for Prometheus."""
    calls = calls_of(request)
    figures: Metrics = request.app.state.metrics

    def collect() -> bytes:
        with calls.services.db.read() as s:
            figures.count_work(s, calls.services.clock())
        return figures.text()

    return Response(await calls.elsewhere(collect), media_type=CONTENT_TYPE_LATEST)


async def _state(name: str, check: Callable[[], object]) -> str:
    try:
        async with asyncio.timeout(_MAX_S):
            # Threads of its own: a server whose threads all wait is just what is asked about.
            await to_thread.run_sync(check, abandon_on_cancel=True)
    except (HeadswapError, SQLAlchemyError, OSError, TimeoutError) as error:
        _log.warning("%s is not ready: %s", name, error)
        return "not ready"
    return "ready"


def _check_tables(services: Services) -> None:
    folder = Path(headswap.store.__file__).with_name("migrations")
    newest = ScriptDirectory(str(folder)).get_current_head()
    row = services.db.row(_VERSION)
    if row is None or row[0] != newest:
        raise _NotMigrated(f"the tables are of version {row and row[0]}, not {newest}")
