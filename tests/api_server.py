"""Fixtures: the API on a real server on loopback; each test has a new team."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from headswap.store.database import Database
from tests.api_world import Api, Server, serving


@pytest.fixture(scope="module")
def sqlite_server(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server over SQLite for the tests of a module."""
    folder = tmp_path_factory.mktemp("api")
    file = folder / "api.db"
    shutil.copyfile(sqlite_template, file)
    with serving(Database(f"sqlite:///{file}"), folder) as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def either_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server over SQLite, and one over PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_server")
        return
    servers = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    with (
        servers.database(template) as url,
        serving(Database(url), tmp_path_factory.mktemp("api")) as server,
    ):
        yield server


@pytest.fixture
def api(sqlite_server: Server) -> Iterator[Api]:
    """The API over SQLite, as a new team sees it."""
    with sqlite_server.new_team() as api:
        yield api


@pytest.fixture
def api_on_both(either_server: Server) -> Iterator[Api]:
    """The API over SQLite, and over PostgreSQL."""
    with either_server.new_team() as api:
        yield api
