"""Fixtures: the API on a real server on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from headswap.store.database import Database
from tests.api_world import Api, serving
from tests.service_world import World


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A new SQLite database with the tables."""
    file = tmp_path / "api.db"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield database
    database.close()


@pytest.fixture
def api(sqlite_database: Database, tmp_path: Path) -> Iterator[Api]:
    """The API over SQLite."""
    with serving(World.of(sqlite_database), tmp_path / "data") as api:
        yield api


@pytest.fixture
def api_on_both(database: Database, tmp_path: Path) -> Iterator[Api]:
    """The API over SQLite, and over PostgreSQL."""
    with serving(World.of(database), tmp_path / "data") as api:
        yield api
