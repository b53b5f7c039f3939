"""Rows: single rows for what programs ask again and again, as fast as the driver gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVarTuple, cast

from sqlalchemy import Engine, Select
from sqlalchemy.dialects import sqlite

from headswap.store.database import Database

_Columns = TypeVarTuple("_Columns")
# SQLite's driver takes parameters by name too, so that they need no sorting.
_DIALECT = sqlite.dialect(paramstyle="named")


class Rows:
    """Reads single rows by statements that were made once.

    On SQLite the statement's text goes straight to the driver: SQLAlchemy's own way takes five
    times as long, more than all else that a short request needs. Columns come as the driver has
    them, so a flag is 0 or 1.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._engine = _engine(db) if db.is_sqlite else None

    def first(
        self, statement: Select[*_Columns], values: Mapping[str, object]
    ) -> tuple[*_Columns] | None:
        """The first row, or None. statement: a constant with a `bindparam` for each of `values`."""
        if self._engine is None:
            found = self._db.row(statement, values)
            return None if found is None else cast("tuple[*_Columns]", tuple(found))
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(_text(statement), dict(values))
            row = cursor.fetchone()
            # Else the read would go on, and the write-ahead log could not be cleared.
            cursor.close()
            return row
        finally:
            connection.close()


def _engine(db: Database) -> Engine:
    with db.read() as s:
        engine = s.get_bind()
    if not isinstance(engine, Engine):
        raise TypeError(f"sessions are bound to {engine!r}, not to an engine")
    return engine


@lru_cache(maxsize=16)
def _text(statement: Select[*_Columns]) -> str:
    return str(statement.compile(dialect=_DIALECT))
