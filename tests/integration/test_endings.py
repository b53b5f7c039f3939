"""How work ends: state, credits, message and queue entry together, and for one owner only."""

from __future__ import annotations

import pytest

from headswap.jobs import endings, queue
from headswap.jobs.queue import Claim
from headswap.jobs.states import COMPLETED, FAILED, PROCESSING
from headswap.store.database import Database
from headswap.store.tables import LedgerEntry, OutboxMessage, QueueEntry, SwapTask
from tests.service_world import LEASE_MS, NOW, World, analysed, at_once

pytest_plugins = ["tests.service_databases"]

HOOK = "http://h.example/"
DAY_MS = 86_400_000


def finish(world: World, claim: Claim, output_key: str = "tasks/x/output.mp4") -> bool:
    with world.database.write() as s:
        return endings.finish_task(s, world.settings, claim, output_key, {"frames": 300}, NOW + 5)


def fail(world: World, claim: Claim, reason: str = "It failed.") -> bool:
    with world.database.write() as s:
        return endings.fail_task(s, claim, 1108, reason, NOW + 5)


def taken(world: World) -> tuple[SwapTask, Claim, Claim]:
    """A task whose claim was lost to another worker, and both claims."""
    task = world.created(webhookUrl=HOOK)
    lost = world.claimed(task.id, owner="first")
    return task, lost, world.claimed(task.id, NOW + LEASE_MS, "second")


def kinds(world: World) -> list[str]:
    return [entry.kind for entry in world.rows(LedgerEntry)]


def test_a_completed_analysis_shows_what_was_found(database: Database) -> None:
    world = World.of(database, source_days=3.0)
    made = world.submitted()
    claim = world.claimed(made.id)
    found = analysed(made.id, people=2, duration_ms=4_200)
    with database.write() as s:
        assert endings.finish_analysis(s, world.settings, claim, found, NOW + 5)
    stored = world.analysis(made.id)
    assert (stored.status, stored.progress, stored.finish_time) == (COMPLETED, 100, NOW + 5)
    assert (stored.result, stored.duration_ms) == (found.result, 4_200)
    assert (stored.source_key, stored.scene_key) == (found.source_key, found.scene_key)
    assert (stored.expire_time, stored.error_code) == (NOW + 5 + 3 * DAY_MS, 0)
    assert world.rows(QueueEntry) == []


def test_a_failed_analysis_shows_code_and_reason(database: Database) -> None:
    world = World.of(database)
    made = world.submitted()
    claim = world.claimed(made.id)
    with database.write() as s:
        assert endings.fail_analysis(s, claim, 1008, "Nobody is in it.", NOW + 5)
    stored = world.analysis(made.id)
    assert (stored.status, stored.finish_time, stored.result) == (FAILED, NOW + 5, None)
    assert (stored.error_code, stored.error_reason) == (1008, "Nobody is in it.")
    assert world.rows(QueueEntry) == []


def test_an_analysis_ends_for_the_owner_of_the_claim_only(database: Database) -> None:
    world = World.of(database)
    made = world.submitted()
    lost = world.claimed(made.id)
    held = world.claimed(made.id, NOW + LEASE_MS)
    found = analysed(made.id)
    with database.write() as s:
        assert not endings.finish_analysis(s, world.settings, lost, found, NOW)
        assert not endings.fail_analysis(s, lost, 2001, "x", NOW)
    assert world.analysis(made.id).status == PROCESSING
    with database.write() as s:
        assert endings.finish_analysis(s, world.settings, held, found, NOW)
        assert not endings.finish_analysis(s, world.settings, held, found, NOW)
    assert world.analysis(made.id).status == COMPLETED


def test_a_completed_task_is_charged_and_announced(database: Database) -> None:
    world = World.of(database, output_days=2.0)
    world.analysed()
    made = world.created(webhookUrl=HOOK)
    claim = world.claimed(made.id)
    assert finish(world, claim, f"tasks/{made.id}/output.mp4")
    stored = world.task(made.id)
    assert (stored.status, stored.progress, stored.eta_s) == (COMPLETED, 100, 0)
    assert (stored.used, stored.held, stored.finish_time) == (15_000, 15_000, NOW + 5)
    assert stored.output_key == f"tasks/{made.id}/output.mp4"
    assert (stored.report, stored.error_code) == ({"frames": 300}, 0)
    assert stored.expire_time == NOW + 5 + 2 * DAY_MS
    assert world.rows(QueueEntry) == []
    (message,) = world.rows(OutboxMessage)
    assert (message.task_id, message.status, message.state) == (made.id, COMPLETED, "waiting")
    assert (message.url, message.client_id) == (HOOK, world.caller.client_id)
    assert (message.tries, message.next_time) == (0, NOW + 5)
    assert kinds(world) == ["grant", "hold", "take"]
    assert world.balance() == 985 and world.ledger_faults() == []


def test_a_failed_task_is_not_charged_and_announced(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    made = world.created(webhookUrl=HOOK)
    assert fail(world, world.claimed(made.id))
    stored = world.task(made.id)
    assert (stored.status, stored.used, stored.finish_time) == (FAILED, 0, NOW + 5)
    assert (stored.error_code, stored.error_reason) == (1108, "It failed.")
    assert (stored.output_key, stored.expire_time) == (None, None)
    assert world.rows(QueueEntry) == []
    assert [one.status for one in world.rows(OutboxMessage)] == [FAILED]
    assert kinds(world) == ["grant", "hold", "take", "give_back"]
    assert world.balance() == 1000 and world.ledger_faults() == []


def test_a_task_without_a_webhook_is_announced_to_nobody(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    world.finished(world.created().id)
    assert world.rows(OutboxMessage) == []


@pytest.mark.parametrize(
    ("reason", "stored"),
    [("a\x00b", "a\ufffdb"), ("a\ud800", "a\ufffd"), ("long " * 1000, "long " * 400)],
)
def test_any_reason_can_be_stored(database: Database, reason: str, stored: str) -> None:
    world = World.of(database)
    world.analysed()
    made = world.created()
    assert fail(world, world.claimed(made.id), reason)
    assert world.task(made.id).error_reason == stored


def test_a_lost_owner_can_end_and_charge_nothing(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    made, lost, held = taken(world)
    assert not finish(world, lost)
    assert not fail(world, lost)
    with database.write() as s:
        assert not endings.cancel_task(s, lost, NOW)
        assert endings.fail_or_retry(s, lost, 2001, "x", NOW, True, 9) == "lost"
        assert endings.fail_or_retry(s, lost, 2001, "x", NOW, False, 9) == "lost"
        assert not endings.fail_worn_out(s, lost, NOW, 0)
    assert world.task(made.id).status == PROCESSING
    assert kinds(world) == ["grant", "hold"] and world.rows(OutboxMessage) == []
    assert finish(world, held)
    assert world.task(made.id).status == COMPLETED
    assert not finish(world, held) and not fail(world, held)
    assert kinds(world) == ["grant", "hold", "take"] and world.ledger_faults() == []


@pytest.mark.parametrize("second", [finish, fail])
def test_of_two_owners_at_once_only_the_one_with_the_claim_ends_a_task(
    database: Database, second: object
) -> None:
    assert callable(second)
    world = World.of(database)
    world.analysed()

    def race() -> None:
        made, lost, held = taken(world)
        ended = at_once(
            lambda: finish(world, lost, "lost"),
            lambda: second(world, held),
            lambda: fail(world, lost, "lost"),
        )
        assert ended == [False, True, False]
        stored = world.task(made.id)
        assert "lost" not in (stored.output_key, stored.error_reason)

    for _ in range(6):
        race()
    assert len(world.rows(OutboxMessage)) == 6 and world.rows(QueueEntry) == []
    assert world.ledger_faults() == []
    assert world.balance() == (1000 if second is fail else 1000 - 6 * 15)


def test_of_an_owner_that_ends_and_one_that_takes_over_at_once_one_wins(
    database: Database,
) -> None:
    world = World.of(database)
    world.analysed()

    def take_over() -> Claim | None:
        with database.write() as s:
            return queue.claim(s, "second", NOW + LEASE_MS, LEASE_MS)

    def race() -> None:
        made = world.created(webhookUrl=HOOK)
        late = world.claimed(made.id, owner="first")
        ended, held = at_once(lambda: finish(world, late), take_over)
        assert ended is (held is None)
        if held is not None:
            assert finish(world, held)
        assert world.task(made.id).status == COMPLETED

    for _ in range(8):
        race()
    assert len(world.rows(OutboxMessage)) == 8 and world.rows(QueueEntry) == []
    assert world.balance() == 1000 - 8 * 15 and world.ledger_faults() == []


def test_what_may_mend_itself_is_tried_again_after_ever_longer_waits(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    made = world.created(webhookUrl=HOOK)
    now_ms, waits = NOW, list[int]()
    for number in (1, 2, 3):
        claim = world.claimed(made.id, now_ms)
        assert claim.tries == number
        with database.write() as s:
            reason = f"Try {number} failed."
            assert endings.fail_or_retry(s, claim, 1014, reason, now_ms, True, 4) == "again"
        (entry,) = world.rows(QueueEntry)
        waits.append(entry.not_before - now_ms)
        now_ms = entry.not_before
    assert waits == [2_000, 10_000, 50_000]
    stored = world.task(made.id)
    assert (stored.status, stored.used) == (PROCESSING, None)
    assert kinds(world) == ["grant", "hold"]
    claim = world.claimed(made.id, now_ms)
    with database.write() as s:
        reason = "The last failed."
        assert endings.fail_or_retry(s, claim, 1015, reason, now_ms, True, 4) == "failed"
    stored = world.task(made.id)
    assert (stored.status, stored.error_code, stored.error_reason) == (FAILED, 1015, reason)
    assert world.balance() == 1000 and world.ledger_faults() == []


def test_what_nothing_mends_fails_at_the_first_try(database: Database) -> None:
    world = World.of(database)
    made = world.submitted()
    claim = world.claimed(made.id)
    with database.write() as s:
        assert endings.fail_or_retry(s, claim, 1208, "No video.", NOW, False, 3) == "failed"
    stored = world.analysis(made.id)
    assert (stored.status, stored.error_code, stored.error_reason) == (FAILED, 1208, "No video.")


def test_a_failure_that_was_mended_is_not_shown(database: Database) -> None:
    world = World.of(database)
    made = world.submitted()
    claim = world.claimed(made.id)
    with database.write() as s:
        assert endings.fail_or_retry(s, claim, 1014, "Not reached.", NOW, True, 3) == "again"
    claim = world.claimed(made.id, NOW + 2_000)
    with database.write() as s:
        assert endings.finish_analysis(s, world.settings, claim, analysed(made.id), NOW)
    stored = world.analysis(made.id)
    assert (stored.status, stored.error_code, stored.error_reason) == (COMPLETED, 0, "")


def test_work_that_its_workers_die_of_ends_with_the_last_reported_failure(
    database: Database,
) -> None:
    world = World.of(database)
    world.analysed()
    made = world.created(webhookUrl=HOOK)
    claim = world.claimed(made.id)
    with database.write() as s:
        assert endings.fail_or_retry(s, claim, 1014, "Not reached.", NOW, True, 3) == "again"
    now_ms = NOW + 10_000
    for _ in range(2):
        claim = world.claimed(made.id, now_ms)
        with database.write() as s:
            assert not endings.fail_worn_out(s, claim, now_ms, 3)
        now_ms += LEASE_MS
    claim = world.claimed(made.id, now_ms)
    with database.write() as s:
        assert endings.fail_worn_out(s, claim, now_ms, 3)
    stored = world.task(made.id)
    assert (stored.status, stored.error_code) == (FAILED, 1014)
    assert stored.error_reason == "Not reached."
    assert world.balance() == 1000 and world.ledger_faults() == []
    assert len(world.rows(OutboxMessage)) == 1


def test_work_that_its_workers_die_of_without_a_word_says_so(database: Database) -> None:
    world = World.of(database)
    made = world.submitted()
    world.claimed(made.id)
    claim = world.claimed(made.id, NOW + LEASE_MS)
    with database.write() as s:
        assert endings.fail_worn_out(s, claim, NOW, 1)
    stored = world.analysis(made.id)
    assert (stored.status, stored.error_code) == (FAILED, 2001)
    assert "lost at each of 1 tries" in stored.error_reason


def test_an_ending_that_is_rolled_back_leaves_everything_as_it_was(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    made = world.created(webhookUrl=HOOK)
    claim = world.claimed(made.id)
    with pytest.raises(RuntimeError), database.write() as s:
        assert endings.finish_task(s, world.settings, claim, "key", {}, NOW)
        raise RuntimeError("the machine goes down here")
    assert world.task(made.id).status == PROCESSING
    assert len(world.rows(QueueEntry)) == 1 and world.rows(OutboxMessage) == []
    assert kinds(world) == ["grant", "hold"] and world.ledger_faults() == []
    assert finish(world, claim)
