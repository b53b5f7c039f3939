"""Lists of tasks and analyses as the console shows and searches them; analyses are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from headswap.jobs import queue
from headswap.store.tables import AuditEntry, QueueEntry
from tests.api_world import Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

CONSOLE = "/api/console"
CLIP = "https://videos.example/Summer%20party.mp4?token=abc"
OTHER = "https://videos.example/50%25_off.mp4"


def listed(api: Api, what: str, **query: object) -> dict[str, Any]:
    return api.get(f"{CONSOLE}/{what}", **query)["data"]


def names(api: Api, what: str, **query: object) -> list[str]:
    return [one["name"] for one in listed(api, what, **query)["result"]]


def test_tasks_are_listed_newest_first_with_what_a_list_shows(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    now = api.clock.now_ms
    first = api.world.created(now_ms=now)
    second = api.world.created(now_ms=now + 1, resolution="480p")
    api.world.finished(first.id)
    data = listed(api, "tasks")
    assert (data["count"], data["page"], data["size"]) == (2, 1, 10)
    newest, oldest = data["result"]
    assert [newest["_id"], oldest["_id"]] == [second.id, first.id]
    assert (newest["status"], newest["credits"], newest["people"]) == (1, 10, 1)
    assert (oldest["status"], oldest["credits"], oldest["resolution"]) == (3, 15, "720p")
    assert newest["name"] == "v.mp4" and newest["video_duration"] == 10
    assert [one["_id"] for one in listed(api, "tasks", status=3)["result"]] == [first.id]
    assert [one["_id"] for one in listed(api, "tasks", page=2, size=1)["result"]] == [first.id]


def test_a_task_has_the_picture_that_there_is(api: Api) -> None:
    api.analysed()
    task = api.world.created()

    def picture() -> bytes | None:
        (one,) = listed(api, "tasks")["result"]
        return api.client.get(one["thumbnail"]).content if one["thumbnail"] else None

    assert picture() == b"png", "the head in the video"
    claim = api.world.claimed(task.id)
    key = f"tasks/{task.id}/frame-1.jpg"
    api.services.blobs.put(key, b"frame")
    with api.services.db.write() as s:
        assert queue.show_frame(s, claim, key)
    assert picture() == b"frame"


def test_analyses_are_listed_with_the_heads_that_were_found(api_on_both: Api) -> None:
    api = api_on_both
    found = api.analysed()
    waiting = api.world.submitted(CLIP, now_ms=api.clock.now_ms + 1)
    newest, oldest = listed(api, "analyses")["result"]
    assert [newest["_id"], oldest["_id"]] == [waiting.id, found.id]
    assert (newest["people"], newest["heads"], newest["repeatable"]) == (0, [], False)
    assert (oldest["people"], oldest["duration"], oldest["repeatable"]) == (2, 10, True)
    assert [api.client.get(head).content for head in oldest["heads"]] == [b"png", b"png"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["50%_off.mp4", "Summer party.mp4"]),
        ("  ", ["50%_off.mp4", "Summer party.mp4"]),
        ("summer party", ["Summer party.mp4"]),
        ("PARTY.mp4", ["Summer party.mp4"]),
        ("videos.example", ["50%_off.mp4", "Summer party.mp4"]),
        ("50%", ["50%_off.mp4"]),
        ("%", ["50%_off.mp4", "Summer party.mp4"]),
        ("y_p", []),
        ("autumn", []),
        ("é\x00", []),
        ("x" * 5000, []),
    ],
)
def test_records_are_found_by_the_name_of_their_video(
    api_on_both: Api, text: str, found: list[str]
) -> None:
    api, now = api_on_both, api_on_both.clock.now_ms
    for at, url in enumerate((CLIP, OTHER)):
        api.world.analysed(url, now_ms=now + at)
        api.world.created(now_ms=now + at, video_url=url)
    assert names(api, "analyses", q=text) == found
    assert names(api, "tasks", q=text) == found


def test_records_are_found_by_the_beginning_of_their_id(api: Api) -> None:
    api.analysed()
    one, _ = api.world.created(), api.world.created()
    assert [t["_id"] for t in listed(api, "tasks", q=one.id)["result"]] == [one.id]
    assert listed(api, "tasks", q=one.id[:8].upper())["count"] == 2
    assert listed(api, "tasks", q=one.id[1:])["count"] == 0


def test_only_the_own_records_are_listed(api: Api) -> None:
    caller = api.world.another_team()
    api.world.analysed(caller=caller)
    api.world.created(caller)
    assert listed(api, "tasks")["count"] == listed(api, "analyses")["count"] == 0
    assert api.get(f"{CONSOLE}/tasks", page=0)["code"] == 1003


def test_analyses_are_deleted_with_their_files(api_on_both: Api) -> None:
    api = api_on_both
    found, waiting = api.analysed(), api.world.submitted()
    answer = api.post(f"{CONSOLE}/analyses/delete", {"_ids": f"{found.id},{waiting.id}"})
    assert answer["msg"] == "Delete successfully"
    assert answer["data"] == {"successIds": [found.id, waiting.id], "noPermissionItems": []}
    assert listed(api, "analyses")["count"] == 0
    assert list(api.services.blobs.list(f"analyses/{found.id}")) == []
    assert waiting.id not in {one.ref_id for one in api.world.rows(QueueEntry)}
    actors = {
        one.ref: one.actor for one in api.world.rows(AuditEntry) if one.kind == "data.deleted"
    }
    assert actors[found.id] == actors[waiting.id] == api.world.caller.actor


def test_analyses_that_tasks_need_and_those_of_others_stay(api: Api) -> None:
    found = api.analysed()
    api.world.created()
    theirs = api.world.analysed(caller=api.world.another_team())
    asked = [found.id, theirs.id, "x"]
    data = api.post(f"{CONSOLE}/analyses/delete", {"_ids": ",".join(asked)})["data"]
    assert data["successIds"] == []
    items = {item["_id"]: item["msg"] for item in data["noPermissionItems"]}
    assert items[found.id].startswith("Swaps were made with it")
    assert items[theirs.id] == items["x"] == "Resource not found"
    assert listed(api, "analyses")["count"] == 1
    assert api.post(f"{CONSOLE}/analyses/delete", {})["code"] == 1003
