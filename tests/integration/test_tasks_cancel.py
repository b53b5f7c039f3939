"""Cancelling: at once where nobody works, else by the worker; never twice, never for money."""

from __future__ import annotations

import pytest

from headswap.jobs import endings, queue, tasks
from headswap.jobs.queue import Claim
from headswap.jobs.refusals import Refused
from headswap.jobs.states import COMPLETED, FAILED, PROCESSING
from headswap.store.database import Database
from headswap.store.tables import OutboxMessage, QueueEntry, SwapTask
from tests.service_world import LEASE_MS, NOW, World, at_once

pytest_plugins = ["tests.service_databases"]


def cancel(world: World, task_id: str, now_ms: int = NOW) -> SwapTask:
    with world.database.write() as s:
        return tasks.cancel(s, world.caller, task_id, now_ms)


def is_ended_by_its_owner(world: World, task_id: str) -> None:
    task = world.task(task_id)
    assert (task.status, task.error_code) == (FAILED, 1015)
    assert task.error_reason == "The task was cancelled."
    assert (task.used, task.output_key, task.finish_time is not None) == (0, None, True)
    assert world.rows(QueueEntry) == []
    assert world.balance() == 1000
    assert world.ledger_faults() == []
    assert [one.status for one in world.rows(OutboxMessage)] == [FAILED]


def test_a_waiting_task_ends_at_once_and_gives_its_hold_back(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    assert world.balance() == 985
    answered = cancel(world, task.id)
    assert (answered.status, answered.used) == (FAILED, 0)
    is_ended_by_its_owner(world, task.id)


def test_a_running_task_is_ended_by_its_worker(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id)
    with database.read() as s:
        assert queue.watch(s, claim) == "ours"
    answered = cancel(world, task.id)
    assert (answered.status, answered.cancel) == (PROCESSING, True)
    assert world.balance() == 985
    with database.read() as s:
        assert queue.watch(s, claim) == "cancel"
    with database.write() as s:
        assert endings.cancel_task(s, claim, NOW)
    is_ended_by_its_owner(world, task.id)


def test_a_cancelled_task_that_its_worker_finishes_is_not_charged(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id)
    cancel(world, task.id)
    with database.write() as s:
        assert endings.finish_task(s, world.settings, claim, "tasks/x/output.mp4", {}, NOW)
    is_ended_by_its_owner(world, task.id)


@pytest.mark.parametrize("retryable", [True, False])
def test_a_cancelled_task_that_fails_is_not_tried_again(
    database: Database, retryable: bool
) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id)
    cancel(world, task.id)
    with database.write() as s:
        assert endings.fail_or_retry(s, claim, 2001, "x", NOW, retryable, 3) == "failed"
    stored = world.task(task.id)
    assert (stored.status, stored.used) == (FAILED, 0)
    assert world.rows(QueueEntry) == [] and len(world.rows(OutboxMessage)) == 1
    assert world.ledger_faults() == []


def test_a_task_whose_worker_is_lost_ends_at_once(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id)
    cancel(world, task.id, NOW + LEASE_MS)
    is_ended_by_its_owner(world, task.id)
    with database.write() as s:
        assert queue.watch(s, claim) == "lost"
        assert not endings.finish_task(s, world.settings, claim, "x", {}, NOW + LEASE_MS)
    is_ended_by_its_owner(world, task.id)


def test_a_task_that_waits_for_another_try_ends_at_once(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id)
    with database.write() as s:
        assert endings.fail_or_retry(s, claim, 2001, "x", NOW, True, 3) == "again"
    cancel(world, task.id)
    is_ended_by_its_owner(world, task.id)


def test_a_task_that_has_ended_says_so(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    completed, cancelled = world.created(), world.created()
    world.finished(completed.id)
    cancel(world, cancelled.id)
    for task, ended in ((completed, "completed"), (cancelled, "failed")):
        with pytest.raises(Refused) as refused:
            cancel(world, task.id)
        assert refused.value.code == 1003
        assert refused.value.msg == f"_id names a task that has already {ended}."
    assert world.balance() == 985 and world.ledger_faults() == []


@pytest.mark.parametrize(("id_", "code"), [(None, 1003), (7, 1003), ("x", 1014), ("a" * 24, 1014)])
def test_what_is_no_task_cannot_be_cancelled(database: Database, id_: object, code: int) -> None:
    world = World.of(database)
    with pytest.raises(Refused) as refused, database.write() as s:
        tasks.cancel(s, world.caller, id_, NOW)
    assert refused.value.code == code


def test_a_task_of_another_team_cannot_be_cancelled(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created()
    stranger = world.another_team()
    with pytest.raises(Refused, match="1014"), database.write() as s:
        tasks.cancel(s, stranger, task.id, NOW)
    assert not world.task(task.id).cancel


def test_a_cancel_and_a_finish_at_once_leave_one_of_them(database: Database) -> None:
    world = World.of(database)
    world.analysed()

    def race() -> None:
        task = world.created()
        claim = world.claimed(task.id)
        finished, said = at_once(lambda: finish(world, claim), lambda: try_cancel(world, task.id))
        assert finished
        stored = world.task(task.id)
        ended = (COMPLETED, 15_000) if said == "too late" else (FAILED, 0)
        assert (stored.status, stored.used) == ended

    for _ in range(8):
        race()
    assert world.rows(QueueEntry) == [] and world.ledger_faults() == []


def test_a_cancel_and_a_claim_at_once_leave_nothing_running(database: Database) -> None:
    world = World.of(database)
    world.analysed()

    def race() -> None:
        task = world.created()
        got, said = at_once(lambda: claim_any(world), lambda: try_cancel(world, task.id))
        assert said == "cancelled"
        if got is not None:
            with database.write() as s:
                assert queue.watch(s, got) == "cancel"
                assert endings.cancel_task(s, got, NOW)
        assert world.task(task.id).status == FAILED

    for _ in range(8):
        race()
    assert world.rows(QueueEntry) == []
    assert world.balance() == 1000 and world.ledger_faults() == []


def claim_any(world: World) -> Claim | None:
    with world.database.write() as s:
        return queue.claim(s, "worker", NOW, LEASE_MS)


def finish(world: World, claim: Claim) -> bool:
    with world.database.write() as s:
        return endings.finish_task(s, world.settings, claim, "key", {}, NOW)


def try_cancel(world: World, task_id: str) -> str:
    try:
        cancel(world, task_id)
    except Refused:
        return "too late"
    return "cancelled"
