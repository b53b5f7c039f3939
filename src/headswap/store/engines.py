"""Connections to either database, set so that nothing accepted is lost and readers never wait."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from headswap.errors import DatabaseUnusable

_WAIT_S = 30
_BEGIN = "headswap_begin"


@dataclass(frozen=True, slots=True)
class Engines:
    """Where sessions that read, single statements and sessions that write get connections."""

    reads: Engine
    rows: Engine
    writes: Engine

    def dispose(self) -> None:
        for engine in (self.reads, self.rows, self.writes):
            engine.dispose()


def parse_url(url: str | URL) -> URL:
    """The address with its driver; raises DatabaseUnusable where it is none of ours."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # The text may hold a password, so it is not repeated.
        raise DatabaseUnusable(
            "the database's address is not a URL; write sqlite:///path or postgresql://host/name"
        ) from error
    kind = parsed.get_backend_name()
    if kind in {"postgresql", "postgres"}:
        if find_spec("psycopg") is None:
            raise DatabaseUnusable(
                "PostgreSQL needs a driver that is not installed: pip install 'headswap[postgres]'"
            )
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise DatabaseUnusable(f"{kind}: not a database we know; use sqlite or postgresql")
    if parsed.database in {None, "", ":memory:"} or "uri" in parsed.query:
        raise DatabaseUnusable("an SQLite database must be a file: sqlite:///path")
    return parsed.set(drivername="sqlite+pysqlite")


@contextmanager
def reaching(url: URL) -> Generator[None]:
    """Turns the refusals met while connecting into DatabaseUnusable."""
    try:
        yield
    except OperationalError as error:
        raise DatabaseUnusable(
            f"{url.render_as_string()}: the database cannot be reached ({error.orig}); "
            "start it, or correct HEADSWAP_DATABASE_URL"
        ) from error


def open_engines(url: URL) -> Engines:
    """The engines of a parsed address; connects to nothing yet."""
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)


def migration_engine(url: URL) -> Engine:
    """An engine that keeps no connection, for changes to the tables.

    SQLite's foreign keys are off in it: a table is changed by making it anew under its name.
    """
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, poolclass=NullPool, connect_args=_SQLITE_ARGUMENTS, **_SILENT)
        event.listen(engine, "connect", _sync_every_commit)
        event.listen(engine, "begin", _begin)
        return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
    return create_engine(url, poolclass=NullPool, connect_args=_POSTGRESQL_ARGUMENTS, **_SILENT)


# Values of a failed statement, such as secrets, do not belong into messages.
_SILENT = {"hide_parameters": True}
# Without isolation_level None the driver begins transactions where it sees fit.
_SQLITE_ARGUMENTS = {"timeout": _WAIT_S, "isolation_level": None}


def _sqlite(url: URL) -> Engines:
    reader = create_engine(
        url,
        connect_args=_SQLITE_ARGUMENTS,
        pool_size=8,
        max_overflow=56,
        pool_use_lifo=True,
        **_SILENT,
    )
    # SQLite lets one write at a time. Threads of one process queue up for one connection, which
    # wakes them in turn; SQLite's own waiting is by sleeping ever longer.
    writer = create_engine(
        url,
        connect_args=_SQLITE_ARGUMENTS,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_WAIT_S,
        **_SILENT,
    )
    for engine in (reader, writer):
        event.listen(engine, "connect", _sync_every_commit)
        event.listen(engine, "connect", _enforce_foreign_keys)
        event.listen(engine, "begin", _begin)
    event.listen(reader, "connect", _refuse_writing)
    return Engines(
        reads=reader.execution_options(**{_BEGIN: "BEGIN"}),
        rows=reader,
        # IMMEDIATE: a transaction that reads first and then writes could else fail half way.
        writes=writer.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}),
    )


def _sync_every_commit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # With WAL and NORMAL a power cut keeps the database whole but takes the last commits back:
    # a task that was answered with its id, a charge, a webhook marked as sent. FULL syncs the log
    # at each commit. fullfsync: macOS does not write through to the disk otherwise.
    _run(connection, "PRAGMA synchronous=FULL")
    _run(connection, "PRAGMA fullfsync=ON")


def _enforce_foreign_keys(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    _run(connection, "PRAGMA foreign_keys=ON")


def _refuse_writing(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    _run(connection, "PRAGMA query_only=ON")


def _run(connection: DBAPIConnection, statement: str) -> None:
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN)
    if statement is not None:
        connection.exec_driver_sql(statement)


_POSTGRESQL_ARGUMENTS = {"connect_timeout": 10, "application_name": "headswap"}


def _postgresql(url: URL) -> Engines:
    engine = create_engine(
        url,
        connect_args=_POSTGRESQL_ARGUMENTS,
        isolation_level="READ COMMITTED",
        **_SILENT,
        pool_size=8,
        max_overflow=8,
        # A connection that the server or a firewall has closed meanwhile is replaced.
        pool_pre_ping=True,
    )
    return Engines(
        reads=engine.execution_options(postgresql_readonly=True),
        rows=engine.execution_options(isolation_level="AUTOCOMMIT"),
        writes=engine,
    )


def make_file(url: URL) -> None:
    """Makes an SQLite database's folder and, readable by its owner only, its file."""
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
