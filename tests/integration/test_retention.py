"""Retention: what is due goes, what is needed stays, and what a crash left behind is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from headswap.jobs import leftovers, retention, tasks, uploads
from headswap.jobs.refusals import Refused
from headswap.jobs.retention import Removed
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from headswap.store.tables import Analysis, Idempotency, SwapTask, Upload
from tests.service_world import NOW, PHOTO, World, at_once, order_body

pytest_plugins = ["tests.service_databases"]

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NAMES = ("scene", "scene.json", "source", "subject_0.png", "subject_1.png")
BASE = "https://us.example"


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.in_folder(tmp_path / "blobs", b"k" * 32)


def keys(blobs: Blobs) -> list[str]:
    folders = ("analyses", "tasks", "uploads")
    return sorted(key for folder in folders for key in blobs.list(folder))


def analysed(world: World, blobs: Blobs, url: str = "https://videos.example/v.mp4") -> Analysis:
    analysis = world.analysed(url)
    for name in NAMES:
        blobs.put(f"analyses/{analysis.id}/{name}", b"x")
    return analysis


def finished(world: World, blobs: Blobs) -> SwapTask:
    task = world.finished(world.created().id)
    blobs.put(f"tasks/{task.id}/output.mp4", b"x")
    return task


def of_analysis(analysis: Analysis) -> list[str]:
    return [f"analyses/{analysis.id}/{name}" for name in NAMES]


def step(world: World, blobs: Blobs, now_ms: int) -> Removed:
    return retention.step(world.database, blobs, world.settings, now_ms)


def given(world: World, blobs: Blobs, name: str = "v.mp4", now_ms: int = NOW) -> tuple[Upload, str]:
    """An upload and its URL."""
    upload = uploads.make(world.settings, world.caller, name, 1, now_ms)
    blobs.put(upload.blob_key, b"x")
    with world.database.write() as s:
        s.add(upload)
    return upload, blobs.url(upload.blob_key, upload.file_name, upload.expire_time, BASE)


def test_nothing_is_removed_from_an_empty_server(database: Database, blobs: Blobs) -> None:
    world = World.of(database)
    assert step(world, blobs, NOW) == Removed()
    assert leftovers.sweep(database, blobs, NOW) == 0


def test_an_output_expires_when_it_is_due_and_not_before(database: Database, blobs: Blobs) -> None:
    world = World.of(database, output_days=1.0, source_days=9.0)
    analysis = analysed(world, blobs)
    task = finished(world, blobs)
    assert step(world, blobs, NOW + DAY_MS - 1) == Removed()
    assert world.task(task.id).output_key is not None
    assert step(world, blobs, NOW + DAY_MS) == Removed(outputs=1)
    stored = world.task(task.id)
    assert (stored.output_key, stored.expired, stored.status) == (None, True, 3)
    assert keys(blobs) == of_analysis(analysis)
    assert step(world, blobs, NOW + 2 * DAY_MS) == Removed()


def test_source_scene_and_previews_go_when_they_were_not_used_for_long(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database, source_days=2.0)
    analysis = analysed(world, blobs)
    assert step(world, blobs, NOW + 2 * DAY_MS - 1) == Removed()
    assert step(world, blobs, NOW + 2 * DAY_MS) == Removed(analyses=1)
    assert keys(blobs) == []
    stored = world.analysis(analysis.id)
    assert (stored.status, stored.source_key, stored.scene_key) == (3, None, None)
    assert stored.result is not None and analysis.result is not None
    assert [person["key"] for person in stored.result["media"]] == [None, None]
    assert stored.result["video_info"] == analysis.result["video_info"]
    with pytest.raises(Refused, match="has expired"), database.write() as s:
        tasks.create(s, world.settings, world.caller, order_body(), NOW)


@pytest.mark.parametrize("running", [False, True])
def test_what_a_task_still_needs_stays_however_long_it_takes(
    database: Database, blobs: Blobs, running: bool
) -> None:
    world = World.of(database, source_days=1.0, output_days=30.0)
    analysis = analysed(world, blobs)
    unused = analysed(world, blobs, "https://other.example/")
    task = world.created()
    if running:
        world.claimed(task.id)
    assert step(world, blobs, NOW + 9 * DAY_MS) == Removed(analyses=1)
    assert keys(blobs) == of_analysis(analysis)
    assert world.analysis(unused.id).source_key is None
    world.finished(task.id, NOW + 9 * DAY_MS)
    assert step(world, blobs, NOW + 9 * DAY_MS) == Removed(analyses=1)
    assert keys(blobs) == []


def test_a_create_and_a_removal_at_once_leave_no_task_without_its_source(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database, source_days=1e-9)

    def create() -> SwapTask | None:
        try:
            return world.created()
        except Refused:
            return None

    def race() -> None:
        analysis = world.analysed()
        made, _ = at_once(create, lambda: step(world, blobs, NOW))
        kept = world.analysis(analysis.id).source_key is not None
        assert kept is (made is not None)
        if made is not None:
            world.finished(made.id)
        step(world, blobs, NOW)

    for _ in range(8):
        race()


def test_an_upload_goes_when_due_unless_work_that_waits_names_it(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database, source_days=1.0)
    analysed(world, blobs)
    video, video_url = given(world, blobs)
    photo, photo_url = given(world, blobs, "p.png")
    given(world, blobs, "unused.png")
    young, _ = given(world, blobs, "young.png", NOW + DAY_MS)
    world.submitted(video_url)
    task = world.created(
        mappings=[{"obj_id": 0, "img_url": PHOTO}, {"obj_id": 1, "img_url": photo_url}]
    )
    assert step(world, blobs, NOW + DAY_MS).uploads == 1
    left = {upload.id for upload in world.rows(Upload)}
    assert left == {video.id, photo.id, young.id}
    assert all(blobs.exists(upload.blob_key) for upload in (video, photo, young))
    world.finished(task.id)
    assert step(world, blobs, NOW + DAY_MS).uploads == 1
    assert {upload.id for upload in world.rows(Upload)} == {video.id, young.id}
    assert not blobs.exists(photo.blob_key)


def test_kept_answers_go_after_their_time(database: Database, blobs: Blobs) -> None:
    world = World.of(database, idempotency_hours=2.0)
    with database.write() as s:
        row = {"team_id": world.caller.team_id, "route": "r", "body_hash": "h", "answer": {"a": 1}}
        s.add(Idempotency(key="old", create_time=NOW - 2 * HOUR_MS, **row))
        s.add(Idempotency(key="young", create_time=NOW, **row))
    assert step(world, blobs, NOW) == Removed(answers=1)
    assert [one.key for one in world.rows(Idempotency)] == ["young"]


def test_more_than_one_turn_of_records_is_removed(database: Database, blobs: Blobs) -> None:
    world = World.of(database, credits_=100_000, output_days=1.0, source_days=9.0)
    analysed(world, blobs)
    world.finished(world.created().id)
    with database.write() as s:
        first = s.scalars(update(SwapTask).values(progress=100).returning(SwapTask)).one()
        columns = {column.key: getattr(first, column.key) for column in SwapTask.__table__.columns}
        for number in range(250):
            s.add(SwapTask(**{**columns, "id": f"{number:024x}"}))
    assert step(world, blobs, NOW + DAY_MS) == Removed(outputs=251)


def test_files_that_a_crash_left_after_the_database_let_go_are_found(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database)
    analysis = analysed(world, blobs)
    task = finished(world, blobs)
    upload, _ = given(world, blobs)
    for key in (f"tasks/{task.id}/work/piece_0.mp4", f"analyses/{analysis.id}/work/scene.part"):
        blobs.put(key, b"x")
    later = NOW + 2 * DAY_MS
    claimed = sorted([*of_analysis(analysis), f"tasks/{task.id}/output.mp4", upload.blob_key])
    assert leftovers.sweep(database, blobs, later) == 2
    assert keys(blobs) == claimed
    with database.write() as s:
        s.get_one(SwapTask, task.id).output_key = None
        s.get_one(Analysis, analysis.id).scene_key = None
        s.delete(s.get_one(Upload, upload.id))
    assert leftovers.sweep(database, blobs, later) == 4
    assert keys(blobs) == [key for key in of_analysis(analysis) if "/scene" not in key]


def test_files_of_work_that_has_not_ended_and_young_files_are_spared(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database)
    analysed(world, blobs)
    queued, running = world.created(), world.created()
    world.claimed(running.id)
    waiting = world.submitted("https://other.example/")
    young, old = f"{NOW // 1000 + 90_000:08x}" + "0" * 16, f"{NOW // 1000:08x}" + "0" * 16
    spared = [
        f"tasks/{queued.id}/work/plan",
        f"tasks/{running.id}/work/piece_1.mp4",
        f"tasks/{running.id}/output.mp4",
        f"analyses/{waiting.id}/source",
        f"tasks/{young}/output.mp4",
        "tasks/notes/readme",
        "other/aaaaaaaaaaaaaaaaaaaaaaaa/x",
    ]
    for key in (*spared, f"tasks/{old}/output.mp4", f"uploads/{old}/v.mp4"):
        blobs.put(key, b"x")
    assert leftovers.sweep(database, blobs, NOW + DAY_MS + 2_000) == 2
    assert all(blobs.exists(key) for key in spared)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("", "file"),
        ("...", "file"),
        ("v.mp4", "v.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\clips\\my clip (1).MP4", "my_clip_1_.MP4"),
        ("vidéo\x00.mp4", "vid_o_.mp4"),
        (".hidden", "hidden"),
        ("a" * 300 + ".mp4", "a" * 96 + ".mp4"),
    ],
)
def test_an_uploads_name_is_made_fit_for_a_key(name: str, plain: str) -> None:
    assert uploads.plain_name(name) == plain


def test_an_upload_is_found_by_its_url_and_by_its_team_only(
    database: Database, blobs: Blobs
) -> None:
    world = World.of(database, source_days=1.0)
    upload, url = given(world, blobs, "my photo.png")
    assert upload.blob_key == f"uploads/{upload.id}/my_photo.png"
    assert (upload.expire_time, upload.size) == (NOW + DAY_MS, 1)
    stranger = world.another_team()
    team_id = world.caller.team_id
    with database.read() as s:
        found = uploads.named_by(s, BASE, team_id, url)
        assert found is not None and found.id == upload.id
        assert uploads.named_by(s, BASE, stranger.team_id, url) is None
        assert uploads.named_by(s, "https://us.example.evil", team_id, url) is None
        for other in (
            PHOTO,
            f"{BASE}/files/tasks/{upload.id}/x",
            f"{BASE}/files/uploads/x/y",
            BASE,
        ):
            assert uploads.named_by(s, BASE, team_id, other) is None
        unknown = f"{BASE}/files/uploads/{'a' * 24}/x"
        assert uploads.named_by(s, BASE, team_id, unknown) is None
