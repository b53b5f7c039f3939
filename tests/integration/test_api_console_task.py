"""GET /api/console/task: what a page needs to show a task, and to make it once more."""

from __future__ import annotations

from typing import Any

from headswap.jobs import endings, leftovers, queue, retention
from headswap.store.tables import AuditEntry
from tests.api_world import V4, Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

TASK = "/api/console/task"
DAY_MS = 86_400_000


def shown(api: Api, id_: str) -> dict[str, Any]:
    return api.get(TASK, _id=id_)["data"]


def test_a_task_is_shown_with_its_video_its_people_and_its_credits(api_on_both: Api) -> None:
    api = api_on_both
    analysis = api.analysed()
    assert analysis.source_key is not None
    api.services.blobs.put(analysis.source_key, b"the video")
    task = api.world.created(keep_original_sound=False)
    data = shown(api, task.id)
    usual = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert {name: data[name] for name in usual} == usual
    assert (data["name"], data["analysis_id"]) == ("v.mp4", analysis.id)
    assert api.client.get(data["source"]).content == b"the video"
    assert data["video"] == {"width": 1280, "height": 720, "fps": 30, "frame_count": 300}
    assert (data["held"], data["eta_s"], data["keep_original_sound"]) == (15, None, False)
    assert (data["repeatable"], data["frame"], data["picture"]) == (True, None, None)
    (mapping,) = data["mappings"]
    assert (mapping["obj_id"], mapping["photo"]) == (0, None)
    assert mapping["img_url"] == "https://photos.example/p.png"
    assert api.client.get(mapping["preview"]).content == b"png"
    assert mapping["consent"]["by"] == "The tests" and mapping["consent"]["scope"] == "tests"


def test_a_photo_that_was_uploaded_is_shown_while_it_is_there(api: Api) -> None:
    api.analysed()
    png = b"\x89PNG\r\n\x1a\n" + bytes(100)
    answer = api.client.post(f"{V4}/upload", files={"file": ("anna.png", png)}).json()
    url = answer["data"]["url"]
    task = api.world.created(mappings=[{"obj_id": 0, "img_url": url}])
    (mapping,) = shown(api, task.id)["mappings"]
    assert api.client.get(mapping["photo"]).content == png
    api.world.finished(task.id)
    services, later = api.services, api.clock.now_ms + 30 * DAY_MS
    retention.step(services.db, services.blobs, services.settings, later)
    (mapping,) = shown(api, task.id)["mappings"]
    assert (mapping["img_url"], mapping["photo"], mapping["preview"]) == (url, None, None)


def rendering(api: Api, key: str) -> tuple[str, queue.Claim]:
    """A task that is being rendered, and the claim on it; its newest frame is stored."""
    api.analysed()
    id_ = api.world.created().id
    claim = api.world.claimed(id_)
    show(api, claim, key)
    return id_, claim


def show(api: Api, claim: queue.Claim, key: str) -> bool:
    name = f"tasks/{claim.ref_id}/{key}.jpg"
    api.services.blobs.put(name, key.encode())
    with api.services.db.write() as s:
        return queue.show_frame(s, claim, name)


def test_the_newest_frame_is_shown_while_a_task_is_rendered(api_on_both: Api) -> None:
    api = api_on_both
    id_, claim = rendering(api, "frame-1")
    first = shown(api, id_)["frame"]
    assert api.client.get(first).content == b"frame-1"
    assert shown(api, id_)["frame"] == first
    assert show(api, claim, "frame-2")
    assert api.client.get(shown(api, id_)["frame"]).content == b"frame-2"
    noted = [one.kind for one in api.world.rows(AuditEntry) if one.ref == id_]
    assert noted == ["task.created"], "a frame is no result that somebody has"


def test_it_becomes_the_picture_of_the_result_and_goes_with_it(api: Api) -> None:
    id_, claim = rendering(api, "frame-1")
    services, output = api.services, f"tasks/{id_}/output.mp4"
    services.blobs.put(output, b"result")
    with services.db.write() as s:
        assert endings.finish_task(s, services.settings, claim, output, None, api.clock.now_ms)
    data = shown(api, id_)
    assert data["frame"] is None and api.client.get(data["picture"]).content == b"frame-1"
    assert leftovers.sweep(services.db, services.blobs, api.clock.now_ms + 2 * DAY_MS) == 0
    later = api.clock.now_ms + 8 * DAY_MS
    retention.step(services.db, services.blobs, services.settings, later)
    assert shown(api, id_)["picture"] is None
    assert list(services.blobs.list(f"tasks/{id_}")) == []


def test_a_task_that_fails_or_is_cancelled_shows_no_frame(api: Api) -> None:
    id_, claim = rendering(api, "frame-1")
    with api.services.db.write() as s:
        assert endings.fail_task(s, claim, 1015, "no", api.clock.now_ms)
    data = shown(api, id_)
    assert (data["status"], data["frame"], data["picture"], data["held"]) == (4, None, None, 0)


def test_a_worker_that_lost_its_claim_shows_nothing_any_more(api: Api) -> None:
    id_, claim = rendering(api, "frame-1")
    with api.services.db.write() as s:
        assert queue.give_back(s, claim, api.clock.now_ms)
    assert not show(api, claim, "frame-2")
    assert api.client.get(shown(api, id_)["frame"]).content == b"frame-1"


def test_another_teams_task_is_not_found(api: Api) -> None:
    caller = api.world.another_team()
    api.world.analysed(caller=caller)
    theirs = api.world.created(caller)
    for id_ in (theirs.id, "0" * 24, "x"):
        assert api.get(TASK, _id=id_)["code"] == 1014
    assert api.get(TASK)["code"] == 1003
