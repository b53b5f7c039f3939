"""The database: transactions that write, sessions that only read, single rows read fast."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TypeVarTuple

from sqlalchemy import URL, Row, literal, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.selectable import TypedReturnsRows

from headswap.errors import NoSpaceLeft
from headswap.settings import Settings
from headswap.store.engines import open_engines, parse_url, reaching
from headswap.store.migrate import migrate

_Columns = TypeVarTuple("_Columns")
_SQLITE_FULL = 13
_ONE = select(literal(1))


class Database:
    """SQLite in a file or PostgreSQL; threads may share one, forked processes may not.

    Objects of a session keep their values after it has ended.
    """

    def __init__(self, url: str | URL) -> None:
        """The database at sqlite:///path or postgresql://...; nothing is opened or made yet.

        Raises DatabaseUnusable for any other address and for a driver that is not installed.
        """
        self._url = parse_url(url)
        self._engines = open_engines(self._url)
        self._reading = sessionmaker(self._engines.reads, expire_on_commit=False)
        self._writing = sessionmaker(self._engines.writes, expire_on_commit=False)
        self._thread = threading.local()
        self._last_words: list[Callable[[Session], None]] = []

    def before_commit(self, act: Callable[[Session], None]) -> None:
        """From now on `act` is the last to use each writing session, right before its commit."""
        self._last_words.append(act)

    @classmethod
    def open(cls, settings: Settings) -> Database:
        """The database the settings name: headswap.db in the data folder if they name none."""
        file = settings.data_dir / "headswap.db"
        return cls(settings.database_url or URL.create("sqlite", database=str(file)))

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def migrate(self) -> None:
        """Brings the tables to this version's; several processes may do it at the same time.

        Raises DatabaseUnusable when the database cannot be reached, or is of a newer version.
        """
        migrate(self._url)

    def ping(self) -> None:
        """Returns if the database answers; raises DatabaseUnusable if not."""
        with reaching(self._url):
            self.row(_ONE)

    @contextmanager
    def read(self) -> Generator[Session]:
        """A session that takes no lock and cannot write.

        On SQLite all it reads is of one moment, that of its first query.
        """
        with self._reading() as session:
            yield session

    @contextmanager
    def write(self) -> Generator[Session]:
        """One transaction: committed and safe from a power cut at the end, undone by any error.

        On SQLite it is the only one from its first statement on, and others wait up to 30 s; on
        PostgreSQL it is READ COMMITTED: what is read and then written wants FOR UPDATE there.
        Raises NoSpaceLeft when SQLite's disk is full, RuntimeError inside another `write()` of the
        same thread, which would wait for itself.
        """
        if getattr(self._thread, "writes", False):
            raise RuntimeError("write() inside write(): hand the open session on instead")
        self._thread.writes = True
        try:
            with self._writing.begin() as session:
                yield session
                for act in self._last_words:
                    act(session)
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) == _SQLITE_FULL:
                raise NoSpaceLeft(
                    f"{self._url.database}: no space left on the database's disk; free some"
                ) from error
            raise
        finally:
            self._thread.writes = False

    def row(
        self,
        statement: TypedReturnsRows[*_Columns],
        values: Mapping[str, object] | None = None,
    ) -> Row[*_Columns] | None:
        """The first row of a select, or None; several times as fast as a session.

        No transaction is begun and no object made. Fastest with a statement made once, whose
        `bindparam`s `values` fills in.
        """
        with self._engines.rows.connect() as connection:
            return connection.execute(statement, values).first()

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self._engines.dispose()
