"""Credits under many threads and processes: never spent twice, never lost, settled once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from headswap.jobs import credits
from headswap.jobs.ledger_check import check_ledger
from headswap.jobs.refusals import Code, Refused
from headswap.store.database import Database
from headswap.store.tables import SwapTask
from tests.ledger_tasks import NOW_MS, ended, finished_analysis, held_task, rich_team

pytest_plugins = ["tests.service_databases"]


@pytest.fixture
def team(database: Database) -> tuple[str, str]:
    """The ids of a team with 10 credits and of its analysis."""
    with database.write() as s:
        team_id = rich_team(s, 10_000)
        return team_id, finished_analysis(s, team_id)


def all_at_once(count: int, act: Callable[[int], bool]) -> int:
    """In how many of `count` threads that begin together `act` said yes."""
    start = Barrier(count)

    def begin(number: int) -> bool:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(begin, range(count)))


def assert_ten_tasks_used_it_all(database: Database, team_id: str) -> None:
    with database.read() as s:
        assert credits.balance(s, team_id) == 0
        assert s.scalar(select(func.count()).select_from(SwapTask)) == 10
        assert [entry.kind for entry in credits.ledger(s, team_id, 100)] == ["hold"] * 10 + [
            "grant"
        ]
        assert check_ledger(s, team_id) == []


def test_of_50_threads_exactly_10_spend_10_credits(
    database: Database, team: tuple[str, str]
) -> None:
    def create(_: int) -> bool:
        try:
            with database.write() as s:
                held_task(s, *team, 1000)
        except Refused as refused:
            assert refused.code == Code.CREDITS
            return False
        return True

    assert all_at_once(50, create) == 10
    assert_ten_tasks_used_it_all(database, team[0])


CREATE_15 = """
import sys
from headswap.jobs.refusals import Refused
from headswap.store.database import Database
from tests.ledger_tasks import held_task
database = Database(sys.argv[1])
database.ping()
print("ready", flush=True)
sys.stdin.readline()
created = 0
for _ in range(15):
    try:
        with database.write() as s:
            held_task(s, sys.argv[2], sys.argv[3], 1000)
        created += 1
    except Refused as refused:
        assert refused.code == 1104
print(created)
"""


def test_of_60_creates_in_4_processes_exactly_10_spend_10_credits(
    database: Database, database_url: str, team: tuple[str, str]
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE_15, database_url, *team],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 10
    assert_ten_tasks_used_it_all(database, team[0])


def test_of_20_threads_one_settles_a_task(database: Database, team: tuple[str, str]) -> None:
    with database.write() as s:
        task_id = held_task(s, *team, 8000)

    def settle(number: int) -> bool:
        with database.write() as s:
            return ended(s, task_id, number * 100)

    assert all_at_once(20, settle) == 1
    with database.read() as s:
        taken = s.get_one(SwapTask, task_id).used
        assert taken is not None and credits.balance(s, team[0]) == 10_000 - taken
        assert check_ledger(s, team[0]) == []


def test_grants_holds_and_settlements_at_once_add_up(
    database: Database, team: tuple[str, str]
) -> None:
    """Two teams at once, too, so that one team's lock is seen not to stand for another's."""
    with database.write() as s:
        other = rich_team(s, 10_000)
        teams = [team, (other, finished_analysis(s, other))]

    def work(number: int) -> bool:
        team_id, analysis_id = teams[number % 2]
        for used in (0, 700):
            with database.write() as s:
                credits.grant(s, team_id, 1000, NOW_MS)
            with database.write() as s:
                task_id = held_task(s, team_id, analysis_id, 1000)
            with database.write() as s:
                assert ended(s, task_id, used)
        return True

    assert all_at_once(16, work) == 16
    with database.read() as s:
        for team_id, _ in teams:
            assert credits.balance(s, team_id) == 10_000 + 8 * (2000 - 700)
            assert check_ledger(s, team_id) == []
