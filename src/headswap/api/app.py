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
from headswap.api import page
from headswap.api.calls import Calls
from headswap.api.faults import answer_faults
from headswap.api.limits import BodyLimit, RateLimit
from headswap.api.links import Links
from headswap.api.metrics import Metrics
from headswap.api.openapi import document
from headswap.api.passage import Passage
from headswap.api.routes import ROUTES, UPLOAD, Route
from headswap.api.rows import Rows
from headswap.api.services import Services
from headswap.api.v4.uploads import max_body_bytes, remove_abandoned

# SQLite has one writer at a time, and the pool of PostgreSQL's connections is not larger.
_THREADS = 16


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
        asyncio.Event(),
    )
    app.state.metrics = Metrics()
    for route in ROUTES:
        _add(app, route)
    app.add_route("/docs", page.page, include_in_schema=False)
    app.add_route("/docs/{name}", page.asset, include_in_schema=False)
    app.openapi = cache(lambda: document(ROUTES))
    answer_faults(app)
    app.add_middleware(
        BodyLimit,
        limit=settings.max_body_kb * 1024,
        limits={UPLOAD: max_body_bytes(settings)},
    )
    paths = {route.handler: route.path for route in ROUTES}
    app.add_middleware(Passage, metrics=app.state.metrics, paths=paths)
    return app


def stop_streams(app: FastAPI) -> None:
    """Ends the streams of events, which would keep a server from stopping."""
    calls: Calls = app.state.calls
    calls.stopping.set()


def _add(app: FastAPI, route: Route) -> None:
    """Adds a plain route: the handlers take the request as it is, nothing is to be injected."""
    # A player asks for a file's size first.
    methods = ["GET", "HEAD"] if route.answers == "file" else [route.method]
    app.router.routes.append(Plain(route.path, route.handler, methods=methods))
