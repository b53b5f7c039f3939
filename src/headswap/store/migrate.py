"""Brings a database to the newest tables, one process at a time."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, text

from headswap.errors import DatabaseUnusable
from headswap.store.engines import make_file, migration_engine, reaching

_FOLDER = Path(__file__).with_name("migrations")
# Any number does that nobody else takes in the same database; these are the bytes of "headswap".
_LOCK = int.from_bytes(b"headswap")
# Alembic keeps the running migration in module-wide variables.
_ALONE = threading.Lock()
_WAIT_S = 30


def migrate(url: URL) -> None:
    """Makes the tables of an empty database, or changes those of an older one.

    All steps are one transaction. Raises DatabaseUnusable for a database that cannot be reached
    or that a newer version made.
    """
    if url.get_backend_name() == "sqlite":
        make_file(url)
    with _ALONE, _connected(url) as connection:
        if url.get_backend_name() == "sqlite":
            _use_wal(connection)
        with connection.begin():
            if url.get_backend_name() == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK})
            _upgrade(connection)


def _connected(url: URL) -> Connection:
    with reaching(url):
        return migration_engine(url).connect()


def _use_wal(connection: Connection) -> None:
    # The mode is kept in the file: readers then never wait for a writer, nor a writer for them.
    # Two processes that switch at once get "locked" without the usual waiting.
    driver = connection.connection.cursor()
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            driver.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise DatabaseUnusable(
                    f"{connection.engine.url.database}: cannot be opened for writing ({error})"
                ) from error
            time.sleep(0.02)
        else:
            break
    driver.close()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_heads()
    if set(present) == set(known.get_heads()):
        return
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(
            f"the database's tables are of version {', '.join(present)}, which this version of "
            "Headswap does not know; install the newer Headswap that made them"
        ) from error
