"""Several processes on one database: starting together, writing together, killed while writing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import select

from headswap.store.database import Database
from headswap.store.tables import Team

pytest_plugins = ["tests.service_databases"]

TEAM = "6805fb69e92d9edc7ca0b409"
OPEN = """
import sys
from headswap.store.database import Database
from headswap.store.tables import Team
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
"""
COUNT = """
for _ in range(40):
    with database.write() as session:
        session.get_one(Team, "6805fb69e92d9edc7ca0b409", with_for_update=True).priority += 1
database.close()
"""
MIGRATE = """
database.migrate()
database.ping()
database.close()
"""
HANG_IN_WRITE = """
with database.write() as session:
    session.add(Team(id="a" * 24, name="whole", create_time=1))
with database.write() as session:
    session.add(Team(id="b" * 24, name="half", create_time=1))
    session.flush()
    print("written", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def process(code: str, url: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", OPEN + code, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def go(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


def run_together(code: str, url: str, number: int) -> list[int]:
    with ExitStack() as stack:
        started = [stack.enter_context(process(code, url)) for _ in range(number)]
        assert [line(one) for one in started] == ["ready"] * number
        for one in started:
            go(one)
        return [one.wait(60) for one in started]


@pytest.fixture
def counted(database: Database) -> Database:
    with database.write() as session:
        session.add(Team(id=TEAM, name="first", create_time=1, priority=0))
    return database


def test_processes_that_start_together_all_find_the_tables(empty_database_url: str) -> None:
    assert run_together(MIGRATE, empty_database_url, 4) == [0] * 4


def test_processes_that_write_together_lose_nothing(counted: Database, database_url: str) -> None:
    assert run_together(COUNT, database_url, 3) == [0] * 3
    assert counted.row(select(Team.priority)) == (3 * 40,)


def test_a_killed_writer_leaves_what_it_ended_and_blocks_nobody(
    counted: Database, database_url: str
) -> None:
    with process(HANG_IN_WRITE, database_url) as writer:
        assert line(writer) == "ready"
        go(writer)
        assert line(writer) == "written"
        writer.kill()
        writer.wait()
    with counted.write() as session:
        session.get_one(Team, TEAM, with_for_update=True).priority = 7
        left = set(session.scalars(select(Team.name)))
    assert left == {"first", "whole"}
