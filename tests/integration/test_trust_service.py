"""Consent, the audit trail and forgetting in the service, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, delete, select, text, update
from sqlalchemy.orm import Session

from headswap.jobs import (
    audit,
    endings,
    forgetting,
    protected,
    retention,
    tasks,
    team_settings,
    uploads,
)
from headswap.jobs.accounts import find_team
from headswap.jobs.forgetting import Found
from headswap.jobs.refusals import Refused
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, AuditEntry, AuditHead, SwapTask, Upload
from headswap.trust.audit import START
from headswap.trust.consent import Consent
from tests.service_world import AUDIT_KEY, NOW, PHOTO, World, at_once, order_body

pytest_plugins = ["tests.service_databases"]

STATED = Consent("Anna", "they agreed", "all", "2026-01-01T00:00:00+00:00")
BASE = "https://us.example"


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A team that was made while nothing was stated in the environment."""
    monkeypatch.delenv("HEADSWAP_CONSENT", raising=False)
    return World.of(database)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.in_folder(tmp_path / "blobs", b"k" * 32)


def mapped(**more: object) -> list[dict[str, object]]:
    return [{"obj_id": 0, "img_url": PHOTO, **more}]


def refusal(world: World, **changes: Any) -> str:
    with pytest.raises(Refused) as refused:
        world.created(**changes)
    assert refused.value.code == 1003
    return refused.value.msg


def state(world: World) -> None:
    with world.database.write() as s:
        team_settings.state_consent(s, find_team(s, world.caller.team_id), STATED, NOW)


def kinds(world: World) -> list[str]:
    with world.database.read() as s:
        return [one.kind for one in reversed(audit.entries(s, 100))]


def faults(world: World) -> list[str]:
    with world.database.read() as s:
        return audit.check_trail(s, AUDIT_KEY)[1]


# Consent.


def test_a_task_without_consent_is_refused_and_told_how(world: World) -> None:
    world.analysed()
    said = refusal(world)
    assert "mappings[0].consent" in said and "headswap team consent" in said
    assert world.rows(SwapTask) == [] and world.balance() == 1000
    refusal(world, mappings=mapped(consent="no"))
    refusal(world, mappings=mapped(consent=5))


def test_a_task_states_its_own_consent(world: World) -> None:
    world.analysed()
    task = world.created(mappings=mapped(consent="Eva: he agreed; for a clip"))
    consent = task.mappings[0]["consent"]
    assert (consent["by"], consent["statement"], consent["scope"]) == ("Eva", "he agreed", "a clip")
    assert consent["when"].startswith("2026-05-15T00:50:13")
    unnamed = world.created(mappings=mapped(consent="he agreed"))
    assert unnamed.mappings[0]["consent"]["by"] == "first"


def test_consent_is_stated_once_for_a_team_and_can_be_withdrawn(world: World) -> None:
    world.analysed()
    state(world)
    assert world.created().mappings[0]["consent"]["by"] == "Anna"
    other = world.another_team()
    world.analysed(caller=other)
    with pytest.raises(Refused):
        world.created(caller=other)
    with world.database.write() as s:
        assert team_settings.withdraw_consent(s, find_team(s, world.caller.team_id), NOW)
    refusal(world)
    assert [kind for kind in kinds(world) if kind.startswith("consent")] == [
        "consent.stated",
        "consent.withdrawn",
    ]


def test_a_team_made_while_the_environment_states_it_has_consent(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSWAP_CONSENT", "Eva: agreed")
    world = World.of(database)
    monkeypatch.delenv("HEADSWAP_CONSENT")
    world.analysed()
    assert world.created().mappings[0]["consent"]["by"] == "Eva"


# The trail.


def test_the_trail_tells_a_task_from_key_to_deletion(world: World) -> None:
    state(world)
    world.analysed()
    task = world.finished(world.created().id)
    with world.database.write() as s:
        tasks.delete(s, world.caller, {"_ids": task.id}, NOW)
    assert kinds(world) == [
        *("key.created", "consent.stated", "task.created", "task.completed"),
        *("data.deleted", "data.deleted"),
    ]
    assert faults(world) == []


def test_what_is_rolled_back_is_not_in_the_trail(world: World) -> None:
    with pytest.raises(RuntimeError), world.database.write() as s:
        audit.note(s, "key.created", NOW)
        raise RuntimeError
    assert kinds(world) == ["key.created"] and faults(world) == []


def test_writers_at_once_make_one_chain(world: World) -> None:
    def write() -> None:
        for _ in range(10):
            with world.database.write() as s:
                audit.note(s, "test", NOW)

    at_once(*[write] * 4)
    assert len(kinds(world)) == 41 and faults(world) == []


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).where(AuditEntry.seq == 2).values(ref="other"),
        update(AuditEntry).where(AuditEntry.seq == 2).values(time=5),
        update(AuditEntry).where(AuditEntry.seq == 4).values(actor="nobody"),
        delete(AuditEntry).where(AuditEntry.seq == 1),
        delete(AuditEntry).where(AuditEntry.seq == 2),
        delete(AuditEntry).where(AuditEntry.seq >= 4),
        delete(AuditEntry),
        delete(AuditHead),
        update(AuditHead).values(count=3),
    ],
)
def test_an_edited_or_removed_line_is_found(world: World, change: Executable) -> None:
    for number in range(3):
        with world.database.write() as s:
            audit.note(s, "test", NOW, ref=str(number))
    assert faults(world) == []
    with world.database.write() as s:
        s.execute(change)
    assert faults(world) != []
    # What is written afterwards does not cover it.
    with world.database.write() as s:
        audit.note(s, "test", NOW)
    assert faults(world) != []


def test_a_trail_cut_off_together_with_its_head_is_found(world: World) -> None:
    with world.database.write() as s:
        audit.note(s, "test", NOW)
    with world.database.write() as s:
        s.execute(delete(AuditEntry).where(AuditEntry.seq == 2))
        last = s.scalars(select(AuditEntry.hash)).one()
        s.execute(update(AuditHead).values(count=1, hash=last))
    assert any("sealed" in fault for fault in faults(world))
    with world.database.write() as s:
        audit.note(s, "test", NOW)
    assert any("edited" in fault for fault in faults(world))
    with world.database.write() as s:
        s.execute(delete(AuditEntry))
        s.execute(update(AuditHead).values(count=0, hash=START, seal=""))
    assert faults(world) != []


def test_a_trail_put_back_seal_and_all_is_found_by_the_records(world: World) -> None:
    state(world)
    world.analysed()
    with world.database.read() as s:
        head = s.get_one(AuditHead, 1)
        count, last, seal = head.count, head.hash, head.seal
    world.created()
    with world.database.write() as s:
        s.execute(delete(AuditEntry).where(AuditEntry.seq > count))
        s.execute(update(AuditHead).values(count=count, hash=last, seal=seal))
    assert ["does not say so" in fault for fault in faults(world)] == [True]
    with world.database.read() as s:
        assert audit.check_passes(s, count, last) == []
        assert audit.check_passes(s, count + 1, "0" * 64) != []


# Protected people.


def test_the_list_of_protected_people_is_encrypted_and_the_teams_own(world: World) -> None:
    embedding = "AACAPwAAAEAAAEBA"
    with world.database.write() as s:
        team = find_team(s, world.caller.team_id)
        row = protected.add(s, world.keyring, team, "Ben", embedding, NOW)
    with world.database.read() as s:
        assert protected.embeddings(s, world.keyring, team.id) == {row.id: embedding}
        other = world.another_team()
        assert protected.embeddings(s, world.keyring, other.team_id) == {}
        stored = s.execute(text("SELECT embedding FROM protected_person")).scalar_one()
        assert bytes(12) not in stored and b"\x00\x00\x80?" not in stored
    with world.database.write() as s:
        with pytest.raises(Refused):
            protected.remove(s, find_team(s, other.team_id), row.id, NOW)
        protected.remove(s, find_team(s, team.id), row.id, NOW)
    assert kinds(world)[1:] == ["protected.added", "key.created", "protected.removed"]


# Data at rest.


def given(world: World, blobs: Blobs, name: str, sha256: str | None = None) -> tuple[str, str]:
    """An upload's id and URL."""
    upload = uploads.make(world.settings, world.caller, name, 1, NOW, sha256)
    blobs.put(upload.blob_key, b"x")
    with world.database.write() as s:
        s.add(upload)
    return upload.id, blobs.url(upload.blob_key, upload.file_name, upload.expire_time, BASE)


def analysed(world: World, blobs: Blobs, url: str) -> Analysis:
    analysis = world.analysed(url)
    for name in ("source", "scene", "subject_0.png"):
        blobs.put(f"analyses/{analysis.id}/{name}", b"x")
    return analysis


def everything(blobs: Blobs) -> list[str]:
    return sorted(key for one in ("analyses", "tasks", "uploads") for key in blobs.list(one))


@pytest.mark.parametrize("ending", ["completed", "failed", "cancelled"])
def test_sources_go_when_the_task_ends_if_the_team_chose_so(
    world: World, blobs: Blobs, ending: str
) -> None:
    state(world)
    with world.database.write() as s:
        team = find_team(s, world.caller.team_id)
        team_settings.choose_sources(s, team, team_settings.TASK_END, NOW)
    _, video = given(world, blobs, "v.mp4")
    _, photo = given(world, blobs, "p.png")
    _, other = given(world, blobs, "other.png")
    analysis = analysed(world, blobs, video)
    first, second = (
        world.created(video_url=video, mappings=[{"obj_id": 0, "img_url": url}])
        for url in (photo, other)
    )
    blobs.put(f"tasks/{first.id}/output.mp4", b"x")
    if ending == "completed":
        world.finished(first.id)
    elif ending == "failed":
        claim = world.claimed(first.id)
        with world.database.write() as s:
            assert endings.fail_task(s, claim, 1015, "why", NOW)
    else:
        with world.database.write() as s:
            tasks.cancel(s, world.caller, first.id, NOW)
    with world.database.read() as s:
        assert retention.is_due(s, NOW)
    retention.remove_due(world.database, blobs, NOW)
    left = everything(blobs)
    # The second task still needs the video; nobody needs the first one's photo.
    assert f"analyses/{analysis.id}/scene" in left and not any("p.png" in key for key in left)
    world.finished(second.id)
    retention.remove_due(world.database, blobs, NOW)
    assert everything(blobs) == [f"tasks/{first.id}/output.mp4"]
    assert world.analysis(analysis.id).scene_key is None
    assert kinds(world).count("data.expired") == 4 and faults(world) == []


def test_sources_stay_until_the_limit_otherwise(world: World, blobs: Blobs) -> None:
    state(world)
    _, video = given(world, blobs, "v.mp4")
    analysed(world, blobs, video)
    world.finished(world.created(video_url=video).id)
    assert retention.remove_due(world.database, blobs, NOW) == retention.Removed()
    assert len(everything(blobs)) == 4


# Forgetting.


def test_a_task_is_forgotten_with_all_that_only_it_used(world: World, blobs: Blobs) -> None:
    state(world)
    _, video = given(world, blobs, "v.mp4")
    _, photo = given(world, blobs, "p.png")
    kept_id, kept_photo = given(world, blobs, "kept.png")
    analysed(world, blobs, video)
    maps = [{"obj_id": i, "img_url": url} for i, url in enumerate((photo, kept_photo))]
    gone = world.created(video_url=video, mappings=maps)
    world.analysed("https://else.example/v.mp4")
    stays = world.created(
        video_url="https://else.example/v.mp4", mappings=[{"obj_id": 0, "img_url": kept_photo}]
    )
    forgotten(world, blobs, lambda s: forgetting.of_tasks(s, [gone.id]))
    assert everything(blobs) == [f"uploads/{kept_id}/kept.png"]
    assert [task.id for task in world.rows(SwapTask)] == [stays.id]
    assert world.balance() == 985 and world.ledger_faults() == [] and faults(world) == []


def test_a_photo_is_forgotten_by_its_hash(world: World, blobs: Blobs) -> None:
    state(world)
    photo_id, photo = given(world, blobs, "p.png", "a" * 64)
    other_id, _ = given(world, blobs, "q.png", "b" * 64)
    world.analysed()
    by_upload = world.created(mappings=[{"obj_id": 0, "img_url": photo}])
    by_url, other = world.created(), world.created()
    with world.database.write() as s:
        task = s.get_one(SwapTask, by_url.id)
        task.mappings = [{**task.mappings[0], "sha256": "a" * 64}]
    forgotten(world, blobs, lambda s: forgetting.of_photo(s, "a" * 64))
    assert [task.id for task in world.rows(SwapTask)] == [other.id]
    assert [upload.id for upload in world.rows(Upload)] == [other_id]
    with world.database.read() as s:
        deleted = [one for one in audit.entries(s, 9) if one.kind == "data.deleted"]
        told = {one.ref: json.loads(one.detail) for one in deleted}
    assert set(told) == {by_upload.id, by_url.id, photo_id}
    assert all(one["sha256"] == "a" * 64 for one in told.values())


def test_a_person_is_forgotten_wherever_a_file_shows_them(world: World, blobs: Blobs) -> None:
    state(world)
    _, video = given(world, blobs, "v.mp4")
    scene_of = analysed(world, blobs, video)
    world.created(video_url=video)
    result = world.finished(world.created(video_url=video).id)
    untouched = analysed(world, blobs, "https://else.example/v.mp4")
    stays = world.created(video_url="https://else.example/v.mp4")
    with world.database.read() as s:
        files = forgetting.files_with_faces(s)
    assert {result.output_key, scene_of.scene_key, untouched.scene_key} <= set(files)
    forgotten(world, blobs, lambda s: forgetting.of_files(s, [f"analyses/{scene_of.id}/scene"]))
    assert [task.id for task in world.rows(SwapTask)] == [stays.id]
    assert [one.id for one in world.rows(Analysis)] == [untouched.id]
    assert all(untouched.id in key for key in everything(blobs)) and faults(world) == []


def forgotten(world: World, blobs: Blobs, find: Callable[[Session], Found]) -> None:
    with world.database.read() as s:
        found = find(s)
    with world.database.write() as s:
        prefixes = forgetting.forget(s, found, NOW, {"by": "photo", "sha256": "a" * 64})
    forgetting.remove_files(blobs, world.settings.data_dir, found, prefixes)


def test_an_order_keeps_its_other_rules_first(world: World) -> None:
    world.analysed()
    with pytest.raises(Refused, match="resolution"), world.database.write() as s:
        tasks.create(s, world.settings, world.caller, order_body(resolution="9p"), NOW)
