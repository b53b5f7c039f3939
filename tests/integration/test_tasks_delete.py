"""Deleting tasks: what goes with them, what stays for others, and what cannot be deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap.jobs import endings, tasks
from headswap.jobs.deletion import Deleted
from headswap.jobs.refusals import Refused
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, OutboxMessage, QueueEntry, SwapTask, WebhookTry
from tests.service_world import NOW, World, at_once

pytest_plugins = ["tests.service_databases"]


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.in_folder(tmp_path / "blobs", b"k" * 32)


def delete(world: World, ids: object) -> Deleted:
    with world.database.write() as s:
        return tasks.delete(s, world.caller, {"_ids": ids}, NOW)


def test_a_deleted_task_takes_output_previews_and_track_data_with_it(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database)
    analysis = world.analysed()
    task = world.created()
    world.finished(task.id)
    other = world.analysed("https://other.example/")
    kept = [f"analyses/{other.id}/scene", "tasks/aaaaaaaaaaaaaaaaaaaaaaaa/output.mp4"]
    for name in ("source", "scene", "subject_0.png", "subject_1.png"):
        blobs.put(f"analyses/{analysis.id}/{name}", b"x")
    for key in (*kept, f"tasks/{task.id}/output.mp4", f"tasks/{task.id}/work/0.mp4"):
        blobs.put(key, b"x")
    deleted = delete(world, task.id)
    assert (deleted.success_ids, deleted.no_permission) == ([task.id], [])
    deleted.remove_blobs(blobs)
    assert sorted([*blobs.list("analyses"), *blobs.list("tasks")]) == sorted(kept)
    assert world.rows(SwapTask) == []
    assert [one.id for one in world.rows(Analysis)] == [other.id]
    assert world.balance() == 985 and world.ledger_faults() == []


def test_an_analysis_that_another_task_uses_stays(database: Database) -> None:
    world = World.of(database)
    analysis = world.analysed()
    first, second = world.created(), world.created()
    deleted = delete(world, first.id)
    assert deleted.blob_prefixes == [f"tasks/{first.id}/"]
    assert [one.id for one in world.rows(Analysis)] == [analysis.id]
    deleted = delete(world, second.id)
    assert deleted.blob_prefixes == [f"tasks/{second.id}/", f"analyses/{analysis.id}/"]
    assert world.rows(Analysis) == []


def test_both_tasks_of_an_analysis_can_be_deleted_together(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    first, second = world.created(), world.created()
    deleted = delete(world, f" {second.id} ,{first.id},,{second.id}")
    assert deleted.success_ids == [second.id, first.id]
    assert world.rows(Analysis) == [] and world.rows(SwapTask) == []
    assert world.balance() == 1000 and world.ledger_faults() == []


@pytest.mark.parametrize("running", [False, True])
def test_a_task_that_has_not_ended_is_cancelled_first(database: Database, running: bool) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    claim = world.claimed(task.id) if running else None
    assert delete(world, task.id).success_ids == [task.id]
    assert world.rows(SwapTask) == [] and world.rows(QueueEntry) == []
    assert world.balance() == 1000 and world.ledger_faults() == []
    (message,) = world.rows(OutboxMessage)
    assert (message.task_id, message.status, message.state) == (task.id, 4, "waiting")
    if claim is not None:
        with database.write() as s:
            assert not endings.finish_task(s, world.settings, claim, "key", {}, NOW)
            assert endings.fail_or_retry(s, claim, 2001, "x", NOW, True, 3) == "lost"


def test_the_messages_of_a_task_that_had_ended_go_with_it(database: Database) -> None:
    world = World.of(database)
    world.analysed()
    task = world.created(webhookUrl="http://h.example/")
    world.finished(task.id)
    (message,) = world.rows(OutboxMessage)
    with database.write() as s:
        s.add(WebhookTry(message_id=message.id, number=1, time=NOW, took_ms=5, http_status=500))
    delete(world, task.id)
    assert world.rows(OutboxMessage) == [] and world.rows(WebhookTry) == []


def test_what_the_team_does_not_have_is_named_with_a_message(database: Database) -> None:
    world = World.of(database)
    analysis = world.analysed()
    own = world.created()
    stranger = world.another_team()
    world.analysed(caller=stranger)
    foreign = world.created(caller=stranger)
    unknown = ["a" * 24, "junk", analysis.id, foreign.id, "\x00"]
    deleted = delete(world, ",".join([*unknown[:2], own.id, *unknown[2:]]))
    assert deleted.success_ids == [own.id]
    assert deleted.no_permission == [(id_, "Resource not found") for id_ in unknown]
    assert [task.id for task in world.rows(SwapTask)] == [foreign.id]


@pytest.mark.parametrize(
    ("ids", "msg"),
    [
        (None, "_ids is required."),
        (5, "_ids must be a string of ids with commas between."),
        (["a" * 24], "_ids must be a string of ids with commas between."),
        ("", "_ids must name 1 to 100 ids."),
        (" , ,", "_ids must name 1 to 100 ids."),
        (",".join(f"{n:024x}" for n in range(101)), "_ids must name 1 to 100 ids."),
    ],
)
def test_a_wrong_list_of_ids_is_refused(database: Database, ids: object, msg: str) -> None:
    with pytest.raises(Refused) as refused:
        delete(World.of(database), ids)
    assert (refused.value.code, refused.value.msg) == (1003, msg)


def test_overlapping_deletions_and_endings_at_once_do_not_wait_for_each_other(
    database: Database,
) -> None:
    world = World.of(database, credits_=10_000)
    world.analysed()
    made = [world.created(now_ms=NOW + n).id for n in range(12)]
    claims = [world.claimed(id_) for id_ in made[::2]]

    def remove(ids: list[str]) -> list[str]:
        return delete(world, ",".join(ids)).success_ids

    def finish() -> list[str]:
        for claim in claims:
            with database.write() as s:
                key = f"tasks/{claim.ref_id}/output.mp4"
                endings.finish_task(s, world.settings, claim, key, {}, NOW)
        return []

    removed = at_once(
        lambda: remove(made[:9]), lambda: remove(made[8:2:-1]), lambda: remove(made[3:]), finish
    )
    assert sorted(id_ for gone in removed for id_ in gone) == sorted(made)
    assert world.rows(SwapTask) == [] and world.rows(Analysis) == []
    assert world.rows(QueueEntry) == [] and world.ledger_faults() == []


def test_a_deletion_and_a_create_over_one_analysis_leave_no_task_without_it(
    database: Database,
) -> None:
    world = World.of(database)

    def create() -> SwapTask | None:
        try:
            return world.created()
        except Refused:
            return None

    def race() -> None:
        world.analysed()
        task = world.created()
        made, _ = at_once(create, lambda: delete(world, task.id))
        assert len(world.rows(Analysis)) == (0 if made is None else 1)
        if made is not None:
            delete(world, made.id)

    for _ in range(8):
        race()
    assert world.ledger_faults() == []
