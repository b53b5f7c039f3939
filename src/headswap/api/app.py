"""The application: routes, middleware and the interactive page, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.routing import Route as Plain

from headswap import __version__
from headswap.api import console_files, page
from headswap.api.calls import Calls
from headswap.api.console.routes import PHOTO, PROTECT
from headswap.api.faults import answer_faults
from headswap.api.limits import BodyLimit, RateLimit
from headswap.api.links import Links
from headswap.api.metrics import Metrics
from headswap.api.openapi import document
from headswap.api.passage import Handler, Passage
from headswap.api.routes import ROUTES, UPLOAD, VERIFY
from headswap.api.services import Services
from headswap.api.v4.uploads import max_body_bytes, remove_abandoned
from headswap.store.rows import Rows

# SQLite has one writer at a time, and the pool of PostgreSQL's connections is not larger.
_THREADS = 16
# Each decodes a video in a process of its own.
_VERIFIERS = 2
_PAGES: dict[str, Handler] = {
    "/": console_files.page,
    "/console/{version}/{name:path}": console_files.asset,
    "/docs": page.page,
    "/docs/{name}": page.asset,
    "/openapi.json": page.document,
}


def create_app(services: Services) -> FastAPI:
    """The API over `services`, which stay open when it ends."""
    settings = services.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        remove_abandoned(settings, services.clock())
        yield

    app = FastAPI(
        title="Headswap",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.calls = Calls(
        services,
        Rows(services.db),
        Links(services),
        RateLimit(settings.rate_per_minute, services.clock),
        CapacityLimiter(_THREADS),
        CapacityLimiter(_VERIFIERS),
        asyncio.Event(),
    )
    app.state.metrics = Metrics()
    for route in ROUTES:
        _add(app, route.path, route.handler, route.method, may_head=route.answers != "events")
    for path, handler in _PAGES.items():
        _add(app, path, handler, "GET", may_head=True)
    app.openapi = cache(lambda: document(ROUTES))
    answer_faults(app)
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_kb * 1024,
        limits=dict.fromkeys((UPLOAD, VERIFY, PHOTO, PROTECT), max_body_bytes(settings)),
    )
    paths = {route.handler: route.path for route in ROUTES}
    paths |= {handler: path for path, handler in _PAGES.items()}
    app.add_middleware(Passage, metrics=app.state.metrics, paths=paths)
    return app


def stop_streams(app: FastAPI) -> None:
    """Ends the streams of events, which would keep a server from stopping."""
    calls: Calls = app.state.calls
    calls.stopping.set()


def _add(app: FastAPI, path: str, handler: Handler, method: str, may_head: bool) -> None:
    """Adds a plain route: the handlers take the request as it is, nothing is to be injected."""
    route = Plain(path, handler, methods=[method])
    # Starlette lets HEAD in wherever GET is; to events it would be an answer without an end.
    route.methods = {method, "HEAD"} if method == "GET" and may_head else {method}
    app.router.routes.append(route)
