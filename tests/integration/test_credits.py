"""The ledger of credits: what its entries say, what is refused, and that it adds up."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from headswap.jobs import credits
from headswap.jobs.ledger_check import check_ledger
from headswap.jobs.refusals import Code, Refused
from headswap.settings import Settings
from headswap.store.database import Database
from tests.ledger_tasks import NOW_MS, ended, finished_analysis, held_task, rich_team

pytest_plugins = ["tests.service_databases"]

# Whatever the environment of a test run says.
RATES: dict[str, Any] = {"credits_480p": 1.0, "credits_720p": 1.5}
SETTINGS = Settings(**RATES)

# What is looked at here is ours, whatever the database.
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.mark.parametrize(
    ("resolution", "seconds", "milli"),
    [
        ("480p", 0, 0),
        ("480p", 1, 1000),
        ("480p", 20, 20_000),
        ("720p", 1, 1500),
        ("720p", 10, 15_000),
    ],
)
def test_a_started_second_has_its_price(resolution: str, seconds: int, milli: int) -> None:
    assert credits.price(SETTINGS, resolution, seconds) == milli


@pytest.mark.parametrize(("rate", "milli"), [(0.0, 0), (0.001, 7), (0.1, 700), (1.005, 7035)])
def test_an_operator_changes_the_price(rate: float, milli: int) -> None:
    changed = SETTINGS.model_copy(update={"credits_480p": rate})
    assert credits.price(changed, "480p", 7) == milli
    assert credits.price(changed, "720p", 10) == 15_000


@pytest.mark.parametrize("resolution", ["", "source", "1080p", "720P"])
def test_another_resolution_has_no_price(resolution: str) -> None:
    with pytest.raises(Refused, match="480p or 720p") as refused:
        credits.price(SETTINGS, resolution, 1)
    assert refused.value.code == Code.PARAMETER


@pytest.mark.parametrize(
    ("duration_ms", "seconds"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (9999, 10), (10_000, 10)]
)
def test_a_second_counts_once_it_is_begun(duration_ms: int, seconds: int) -> None:
    assert credits.started_seconds(duration_ms) == seconds


@pytest.mark.parametrize(
    ("milli", "shown"),
    [
        (0, "0"),
        (15_000, "15"),
        (1500, "1.5"),
        (1, "0.001"),
        (-2250, "-2.25"),
        (2**53, "9007199254740.992"),
    ],
)
def test_credits_are_shown_without_needless_digits(milli: int, shown: str) -> None:
    assert str(credits.in_credits(milli)) == shown
    assert credits.to_milli(credits.in_credits(milli)) == milli


def test_a_team_without_entries_has_nothing(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 0)
        assert credits.balance(s, team_id) == 0
        assert credits.ledger(s, team_id, 10) == []
        assert check_ledger(s, team_id) == []


def test_each_movement_leaves_its_entry(database: Database) -> None:
    with database.write() as s:
        other = rich_team(s, 7000)
        team_id = rich_team(s, 100_000)
        credits.grant(s, team_id, 500, NOW_MS + 1, "a gift")
        analysis_id = finished_analysis(s, team_id)
        done, failed = (held_task(s, team_id, analysis_id, 15_000) for _ in range(2))
        assert ended(s, done, 9000)
        assert ended(s, failed, 0)
    with database.read() as s:
        entries = credits.ledger(s, team_id, 100)[::-1]
        assert [
            (e.seq, e.kind, e.amount, e.used, e.balance, e.task_id, e.note) for e in entries
        ] == [
            (1, "grant", 100_000, 0, 100_000, None, ""),
            (2, "grant", 500, 0, 100_500, None, "a gift"),
            (3, "hold", -15_000, 0, 85_500, done, ""),
            (4, "hold", -15_000, 0, 70_500, failed, ""),
            (5, "take", 0, 9000, 70_500, done, ""),
            (6, "give_back", 6000, 0, 76_500, done, ""),
            (7, "take", 0, 0, 76_500, failed, ""),
            (8, "give_back", 15_000, 0, 91_500, failed, ""),
        ]
        assert entries[1].create_time == NOW_MS + 1
        assert [entry.seq for entry in credits.ledger(s, team_id, 3)] == [8, 7, 6]
        assert credits.balance(s, team_id) == 91_500
        assert credits.balance(s, other) == 7000
        assert check_ledger(s, team_id) == check_ledger(s, other) == []


@pytest.mark.parametrize("used", [0, 1, 14_999, 15_000])
def test_a_hold_is_settled_once(database: Database, used: int) -> None:
    with database.write() as s:
        team_id = rich_team(s, 15_000)
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 15_000)
    with database.write() as s:
        assert ended(s, task_id, used)
    for again in (used, 0, 15_000):
        with database.write() as s:
            assert not credits.settle(s, task_id, again, NOW_MS)
    with database.read() as s:
        assert credits.balance(s, team_id) == 15_000 - used
        assert check_ledger(s, team_id) == []


def test_a_task_that_costs_nothing_is_settled_too(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 0)
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 0)
        assert check_ledger(s, team_id) == []
        assert ended(s, task_id, 0)
        assert not credits.settle(s, task_id, 0, NOW_MS)
        assert check_ledger(s, team_id) == []


@pytest.mark.parametrize("used", [-1, 15_001])
def test_no_more_is_taken_than_was_held(database: Database, used: int) -> None:
    with database.write() as s:
        team_id = rich_team(s, 50_000)
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 15_000)
        with pytest.raises(ValueError, match="15000 held"):
            credits.settle(s, task_id, used, NOW_MS)
        with pytest.raises(LookupError, match="nothing is held"):
            credits.settle(s, "0" * 24, 0, NOW_MS)
        assert check_ledger(s, team_id) == []


def test_a_hold_of_more_than_there_is_leaves_nothing(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 14_999)
    with pytest.raises(Refused) as refused, database.write() as s:
        held_task(s, team_id, finished_analysis(s, team_id), 15_000)
    assert refused.value.code == Code.CREDITS
    assert refused.value.msg == "not enough credits: 15 are needed, 14.999 are left"
    with database.read() as s:
        assert credits.balance(s, team_id) == 14_999
        assert len(credits.ledger(s, team_id, 10)) == 1
        assert check_ledger(s, team_id) == []


def test_nothing_is_held_twice_for_a_task(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 50_000)
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 15_000)
    with pytest.raises(IntegrityError), database.write() as s:
        credits.hold(s, team_id, task_id, 15_000, NOW_MS)
    with database.read() as s:
        assert check_ledger(s, team_id) == []


def test_no_hold_is_negative(database: Database) -> None:
    with database.write() as s, pytest.raises(ValueError, match="-1"):
        credits.hold(s, rich_team(s, 1000), "0" * 24, -1, NOW_MS)


@on_sqlite
@pytest.mark.parametrize(
    ("milli", "note", "says"),
    [
        (-1, "", "cannot be granted"),
        (2**53 + 1, "", "cannot be granted"),
        (2**70, "", "cannot be granted"),
        (1000, "x" * 201, "200 characters"),
        (1000, "two\nlines", "printable"),
        (1000, "nul\0", "printable"),
    ],
    ids=str,
)
def test_a_senseless_grant_is_refused(database: Database, milli: int, note: str, says: str) -> None:
    with database.write() as s:
        team_id = rich_team(s, 1000)
        with pytest.raises(Refused, match=says) as refused:
            credits.grant(s, team_id, milli, NOW_MS, note)
        assert refused.value.code == Code.PARAMETER
        assert check_ledger(s, team_id) == []


def test_a_balance_stays_small_enough_to_be_shown(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 2**53)
        with pytest.raises(Refused, match="cannot be granted"):
            credits.grant(s, team_id, 1, NOW_MS)
        assert credits.balance(s, team_id) == 2**53


def test_a_team_that_is_not_there_gets_nothing(database: Database) -> None:
    for act in (
        lambda s: credits.grant(s, "0" * 24, 1000, NOW_MS),
        lambda s: credits.hold(s, "0" * 24, "1" * 24, 0, NOW_MS),
    ):
        with database.write() as s, pytest.raises(Refused, match="no team") as refused:
            act(s)
        assert refused.value.code == Code.NOT_FOUND


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_adds_up_after_every_step_of_any_order(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    left, held = 0, dict[str, int]()
    with database.write() as s:
        team_id = rich_team(s, 0)
        analysis_id = finished_analysis(s, team_id)
    for _ in range(60):
        amount = chance.randrange(0, 30_000)
        step = chance.choice(("grant", "hold", "hold", "settle", "again", "undone"))
        try:
            with database.write() as s:
                if step == "grant":
                    credits.grant(s, team_id, amount, NOW_MS)
                    left += amount
                elif step in ("hold", "undone"):
                    task_id = held_task(s, team_id, analysis_id, amount)
                    assert amount <= left
                    if step == "undone":
                        raise InterruptedError
                    held[task_id], left = amount, left - amount
                elif held:
                    task_id = chance.choice(list(held))
                    used = chance.randint(0, held[task_id])
                    assert ended(s, task_id, used)
                    left += held.pop(task_id) - used
                    if step == "again":
                        assert not credits.settle(s, task_id, used, NOW_MS)
        except Refused as refused:
            assert refused.code == Code.CREDITS and amount > left
        except InterruptedError:
            pass
        with database.read() as s:
            assert check_ledger(s, team_id) == []
            assert credits.balance(s, team_id) == left


@on_sqlite
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE ledger SET amount = amount + 1 WHERE seq = 1", "the amounts add up to 100001"),
        ("UPDATE ledger SET balance = balance + 1 WHERE seq = 3", "entry 3 says 70001 are left"),
        ("UPDATE ledger SET amount = -100000 WHERE seq = 1", "at entry 1 -100000 are left"),
        ("DELETE FROM ledger WHERE seq = 1", "entry 2 stands at place 1"),
        ("UPDATE ledger SET kind = 'gift' WHERE seq = 1", "entry 1 is no gift"),
        ("UPDATE ledger SET task_id = :live WHERE seq = 1", "entry 1 is no grant"),
        ("UPDATE ledger SET used = 1 WHERE seq = 2", "entry 2 is no hold"),
        ("UPDATE ledger SET task_id = NULL WHERE seq = 3", "entry 3 is no hold"),
        ("UPDATE ledger SET amount = 1 WHERE seq = 4", "entry 4 is no take"),
        ("UPDATE ledger SET amount = 0 WHERE seq = 5", "entry 5 is no give_back"),
        ("UPDATE ledger SET used = 8999 WHERE seq = 4", "15000 held, 8999 taken, 6000 given back"),
        ("DELETE FROM ledger WHERE seq = 5", "15000 held, 9000 taken, 0 given back"),
        ("DELETE FROM ledger WHERE seq = 4", "given back without a take"),
        ("DELETE FROM ledger WHERE seq = 2", "settled without a hold"),
        ("UPDATE ledger SET seq = 9 WHERE seq = 2", "taken before it was held"),
        ("DELETE FROM ledger WHERE seq = 3", "nothing is held for it"),
        ("UPDATE task SET held = 1 WHERE id = :live", "says 1 are held, the ledger 15000"),
        ("UPDATE task SET used = 1 WHERE id = :done", "says 1 were used, the ledger 9000"),
        ("UPDATE task SET status = 3 WHERE id = :live", "has ended, its hold is not settled"),
        ("UPDATE task SET status = 2 WHERE id = :done", "is settled and has not ended"),
        ("DELETE FROM task WHERE id = :live", "is gone, its hold stands"),
    ],
)
def test_the_check_finds_what_is_wrong(database: Database, damage: str, says: str) -> None:
    with database.write() as s:
        team_id = rich_team(s, 100_000)
        analysis_id = finished_analysis(s, team_id)
        done, live = (held_task(s, team_id, analysis_id, 15_000) for _ in range(2))
        assert ended(s, done, 9000)
        assert check_ledger(s, team_id) == []
        named = {"done": done, "live": live}
        s.execute(text(damage), {name: named[name] for name in named if f":{name}" in damage})
        assert says in "; ".join(check_ledger(s, team_id))


def test_a_tasks_record_may_go_once_it_is_settled(database: Database) -> None:
    with database.write() as s:
        team_id = rich_team(s, 100_000)
        task_id = held_task(s, team_id, finished_analysis(s, team_id), 15_000)
        assert ended(s, task_id, 9000)
        s.execute(text("DELETE FROM task WHERE id = :id"), {"id": task_id})
        assert check_ledger(s, team_id) == []
