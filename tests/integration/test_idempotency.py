"""Idempotency-Key: the same request gets the first answer, also while that is being made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headswap.jobs import credits
from headswap.jobs.idempotency import KeyedRequest, answer_once, forget
from headswap.jobs.ledger_check import check_ledger
from headswap.jobs.refusals import Code, Refused
from headswap.store.database import Database
from headswap.store.tables import Idempotency
from tests.ledger_tasks import NOW_MS, finished_analysis, held_task, rich_team

pytest_plugins = ["tests.service_databases"]

HOUR_MS = 3_600_000
BODY = {"video_url": "https://example.com/ü.mp4", "mappings": [{"obj_id": 0, "img_url": "x"}]}


# What is looked at here is ours, whatever the database.
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def request_(database: Database) -> KeyedRequest:
    with database.write() as s:
        return KeyedRequest(rich_team(s, 100_000), "a-key", "/task/create", BODY)


def answered(number: int) -> Callable[[], dict[str, Any]]:
    """An answer that tells which one it is."""
    return lambda: {"_id": str(number), "create_time": NOW_MS, "video_url": None, "a": [1.5, "ü"]}


def unexpected() -> dict[str, Any]:
    raise AssertionError("made a second time")


def test_the_first_answer_is_given_again(database: Database, request_: KeyedRequest) -> None:
    with database.write() as s:
        first = answer_once(s, request_, NOW_MS, 24, answered(1))
    for body in (BODY, dict(reversed(BODY.items()))):
        with database.write() as s:
            again = answer_once(s, replace(request_, body=body), NOW_MS + 5, 24, unexpected)
        assert again == first == answered(1)()
        assert list(again) == ["_id", "create_time", "video_url", "a"]


@pytest.mark.parametrize(
    "change",
    [
        {"body": {}},
        {"body": {**BODY, "mappings": []}},
        {"body": {**BODY, "prompt": "x"}},
        {"body": {**BODY, "video_url": "\ud800"}},
        {"route": "/analyze"},
    ],
    ids=ascii,
)
def test_the_same_key_for_another_request_is_refused(
    database: Database, request_: KeyedRequest, change: dict[str, Any]
) -> None:
    with database.write() as s:
        answer_once(s, request_, NOW_MS, 24, answered(1))
    with pytest.raises(Refused, match="another request") as refused, database.write() as s:
        answer_once(s, replace(request_, **change), NOW_MS, 24, unexpected)
    assert refused.value.code == Code.PARAMETER
    with database.write() as s:
        assert answer_once(s, request_, NOW_MS, 24, unexpected) == answered(1)()


@on_sqlite
@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ü", "nul\0", "\ud800", "line\n"])
def test_a_key_that_is_none_is_refused(
    database: Database, request_: KeyedRequest, key: str
) -> None:
    with database.write() as s, pytest.raises(Refused, match="1 to 255") as refused:
        answer_once(s, replace(request_, key=key), NOW_MS, 24, unexpected)
    assert refused.value.code == Code.PARAMETER


def test_other_keys_and_other_teams_do_not_meet(database: Database, request_: KeyedRequest) -> None:
    with database.write() as s:
        other = rich_team(s, 0)
        requests = [
            request_,
            replace(request_, key="A-key"),
            replace(request_, key="x" * 255),
            replace(request_, team_id=other),
        ]
        for number, each in enumerate(requests):
            assert answer_once(s, each, NOW_MS, 24, answered(number)) == answered(number)()


def test_a_refused_request_leaves_its_key_free(database: Database, request_: KeyedRequest) -> None:
    def refuse() -> dict[str, Any]:
        raise Refused(Code.CREDITS, "not enough credits")

    with pytest.raises(Refused, match="not enough"), database.write() as s:
        answer_once(s, request_, NOW_MS, 24, refuse)
    with database.write() as s:
        mended = replace(request_, body={"mended": True})
        assert answer_once(s, mended, NOW_MS, 24, answered(2)) == answered(2)()


def test_an_answer_is_kept_for_its_hours(database: Database, request_: KeyedRequest) -> None:
    with database.write() as s:
        answer_once(s, request_, NOW_MS, 24, answered(1))
    with database.write() as s:
        last = NOW_MS + 24 * HOUR_MS - 1
        assert answer_once(s, request_, last, 24, unexpected) == answered(1)()
    with database.write() as s:
        late = replace(request_, body={"another": 1})
        assert answer_once(s, late, last + 1, 24, answered(2)) == answered(2)()
    with database.write() as s:
        assert answer_once(s, late, last + 2, 24, unexpected) == answered(2)()


def test_old_answers_are_forgotten(database: Database, request_: KeyedRequest) -> None:
    with database.write() as s:
        for age in range(5):
            each = replace(request_, key=str(age))
            answer_once(s, each, NOW_MS - age * HOUR_MS, 24, answered(age))
        assert forget(s, NOW_MS, 2.5) == 2
        assert sorted(s.scalars(select(Idempotency.key))) == ["0", "1", "2"]
        assert forget(s, NOW_MS, 2.5) == 0


def test_of_many_at_the_same_time_one_creates_and_all_get_its_answer(
    database: Database, request_: KeyedRequest
) -> None:
    with database.write() as s:
        analysis_id = finished_analysis(s, request_.team_id)
    start = Barrier(20)

    def create(_: int) -> str:
        start.wait()
        with database.write() as s:
            return answer_once(s, request_, NOW_MS, 24, lambda: task(s))["_id"]

    def task(s: Session) -> dict[str, Any]:
        return {"_id": held_task(s, request_.team_id, analysis_id, 15_000)}

    with ThreadPoolExecutor(20) as pool:
        found = set(pool.map(create, range(20)))
    assert len(found) == 1
    with database.read() as s:
        assert credits.balance(s, request_.team_id) == 85_000
        assert check_ledger(s, request_.team_id) == []


def test_many_keys_of_one_team_at_the_same_time_all_create(
    database: Database, request_: KeyedRequest
) -> None:
    """The key's row locks the team weakly, the hold strongly; nobody may wait in a circle."""
    with database.write() as s:
        analysis_id = finished_analysis(s, request_.team_id)
    start = Barrier(16)

    def create(number: int) -> str:
        mine = replace(request_, key=f"key-{number}")
        start.wait()
        with database.write() as s:
            return answer_once(s, mine, NOW_MS, 24, lambda: {"_id": held_task(s, *held)})["_id"]

    held = (request_.team_id, analysis_id, 1000)
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(create, range(16)))) == 16
    with database.read() as s:
        assert s.scalar(select(func.count()).select_from(Idempotency)) == 16
        assert credits.balance(s, request_.team_id) == 84_000
        assert check_ledger(s, request_.team_id) == []


@pytest.mark.parametrize("first_ends_well", [True, False])
def test_the_second_waits_for_the_end_of_the_first(
    database: Database, request_: KeyedRequest, first_ends_well: bool
) -> None:
    working, may_end = Event(), Event()

    def slow() -> dict[str, Any]:
        working.set()
        assert may_end.wait(20)
        if not first_ends_well:
            raise Refused(Code.CREDITS, "not enough credits")
        return answered(1)()

    def ask(make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            with database.write() as s:
                return answer_once(s, request_, NOW_MS, 24, make)
        except Refused:
            return None

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, slow)
        assert working.wait(20)
        second = pool.submit(ask, answered(2))
        with pytest.raises(TimeoutError):
            second.result(0.3)
        may_end.set()
        assert first.result(20) == (answered(1)() if first_ends_well else None)
        assert second.result(20) == answered(1 if first_ends_well else 2)()
