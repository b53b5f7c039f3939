"""A request's way to the services: who calls, how often, on which thread the database is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Row, Select
from sqlalchemy.orm import Session
from starlette.requests import Request

from headswap.api.limits import RateLimit
from headswap.api.links import Links
from headswap.api.passage import note
from headswap.api.services import Services
from headswap.jobs.accounts import CALLER, Caller, caller_of_row
from headswap.jobs.idempotency import KeyedRequest, answer_once
from headswap.jobs.refusals import Code, Refused
from headswap.jobs.tokens import hash_of_headers
from headswap.store.rows import Rows

T = TypeVar("T")
CallerRow: TypeAlias = "Row[str, int, str, int, bool]"
_CALLER_COLUMNS = len(CALLER.selected_columns)


class TooOften(Refused):
    """The key has made all the requests it may for now; `wait_s` says when it may again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(Code.TOO_OFTEN, f"Too many requests; wait {wait_s} s.")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Calls:
    """What handlers reach the database through."""

    services: Services
    rows: Rows
    links: Links
    rate: RateLimit
    threads: CapacityLimiter
    verifiers: CapacityLimiter
    stopping: asyncio.Event

    async def read(self, request: Request, work: Callable[[Session, Caller], T]) -> T:
        """What `work` finds for who makes `request`.

        Raises:
            Refused: the caller is unknown, blocked, or calls too often; and what `work` raises.
        """

        def run() -> T:
            caller = self._caller(request)
            with self.services.db.read() as s:
                return work(s, caller)

        return await self.look(run)

    async def caller(self, request: Request) -> Caller:
        """Who makes `request`. Raises Refused as `read` does."""
        return await self.look(lambda: self._caller(request))

    async def beside_caller(
        self, request: Request, statement: Select[Any], values: Mapping[str, object]
    ) -> tuple[Any, ...]:
        """What `statement`, which is `CALLER` with more columns, finds beside the caller.

        One query instead of two, for what is asked again and again. Raises Refused as `read` does.
        """
        secret_hash = self._secret_hash(request)

        def run() -> tuple[Any, ...]:
            row = self.rows.first(statement, {"secret_hash": secret_hash, **values})
            self._greet(request, _caller_of(row))
            return () if row is None else row[_CALLER_COLUMNS:]

        return await self.look(run)

    async def look(self, work: Callable[[], T]) -> T:
        """What `work` finds in the database, whoever asks.

        A short read of SQLite takes less time than the way to another thread and back, and never
        waits for a writer, so it is done at once; PostgreSQL is another machine and is waited for
        on a thread.
        """
        return work() if self.services.db.is_sqlite else await self.elsewhere(work)

    async def stops_within(self, seconds: float) -> bool:
        """Whether the server begins to stop while this waits so long."""
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return False
        return True

    async def write(self, work: Callable[[Session], T]) -> T:
        """What `work` returns, its changes committed; nothing is if it raises."""

        def run() -> T:
            with self.services.db.write() as s:
                return work(s)

        return await self.elsewhere(run)

    async def write_once(
        self,
        request: Request,
        caller: Caller,
        body: dict[str, object],
        make: Callable[[Session], dict[str, object]],
    ) -> dict[str, object]:
        """The envelope that `make` returns, or that it returned to the same Idempotency-Key."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return await self.write(make)
        keyed = KeyedRequest(caller.team_id, key, request.url.path, body)
        now_ms, hours = self.services.clock(), self.services.settings.idempotency_hours
        return await self.write(lambda s: answer_once(s, keyed, now_ms, hours, lambda: make(s)))

    async def elsewhere(self, work: Callable[[], T]) -> T:
        """What `work` returns, done on a thread, since it may wait."""
        return await to_thread.run_sync(work, limiter=self.threads)

    def count(self, client_id: str) -> None:
        """Count a request of the key's. Raises TooOften: it may not make another one now."""
        if wait_s := self.rate.wait_s(client_id):
            raise TooOften(wait_s)

    def _caller(self, request: Request) -> Caller:
        values = {"secret_hash": self._secret_hash(request)}
        return self._greet(request, _caller_of(self.rows.first(CALLER, values)))

    def _greet(self, request: Request, caller: Caller) -> Caller:
        note(request.scope, team_id=caller.team_id, uid=caller.uid)
        self.count(caller.client_id)
        return caller

    def _secret_hash(self, request: Request) -> str:
        headers, services = request.headers, self.services
        return hash_of_headers(
            services.keyring,
            headers.get("authorization"),
            headers.get("x-api-key"),
            services.clock(),
        )


def _caller_of(row: tuple[Any, ...] | None) -> Caller:
    caller = None if row is None else cast("CallerRow", row[:_CALLER_COLUMNS])
    return caller_of_row(caller)


def calls_of(request: Request) -> Calls:
    """The calls of the application that answers `request`."""
    return request.app.state.calls
