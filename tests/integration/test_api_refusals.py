"""Bad input: its code, and a message that names the field. Never a 422, never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from headswap.jobs import accounts, analyses
from headswap.store.tables import Template
from tests.api_world import ANALYZE_BODY, V3, V4, Api, Server, create_body
from tests.service_world import NOW, PHOTO, VIDEO

pytest_plugins = ["tests.service_databases", "tests.api_server"]

POSTS = [
    f"{V3}/getToken",
    f"{V4}/analyze",
    f"{V4}/task/create",
    f"{V4}/task/cancel",
    f"{V4}/task/delbyids",
]
LACKING = "Your current account does not support this feature."


@pytest.fixture(scope="module")
def refusing(sqlite_server: Server) -> Iterator[Api]:
    """A team with an analysed video and a template that is not enabled; it is only refused."""
    with sqlite_server.new_team() as api:
        api.analysed()
        with api.world.database.write() as s:
            team_id = api.world.caller.team_id
            s.add(Template(id="off", team_id=team_id, options={}, enabled=False))
        yield api


def person(obj_id: object = 0, img_url: object = PHOTO) -> dict[str, object]:
    return {"obj_id": obj_id, "img_url": img_url}


def refused(answer: dict[str, Any], code: int) -> str:
    assert list(answer) == ["code", "msg"] and answer["code"] == code, answer
    return answer["msg"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The body is not JSON"),
        (b"{", "The body is not JSON"),
        (b"nonsense", "The body is not JSON"),
        (b'{"a": NaN}', "The body is not JSON: NaN"),
        (b'{"a": -Infinity}', "The body is not JSON: -Infinity"),
        (b'{"a": 1} {', "The body is not JSON"),
        (b"\xff\xfe{}", "The body is not UTF-8"),
        (b"\xef\xbb\xbf{}", "The body is not JSON"),
        (b"null", "The body must be a JSON object"),
        (b"[]", "The body must be a JSON object"),
        (b'"text"', "The body must be a JSON object"),
        (b"3", "The body must be a JSON object"),
        (b"[" * 100_000, "The body is nested too deeply"),
        (b'{"a":' * 100_000, "The body is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "The body has a number"),
        (b"video_url=https://host/v.mp4&type=head", "The body is not JSON"),
    ],
)
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_no_json_object_is_refused(
    refusing: Api, path: str, body: bytes, says: str
) -> None:
    answer = refusing.client.post(path, content=body)
    assert answer.status_code == 200
    assert refused(answer.json(), 1003).startswith(says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"video_url": ...}, "video_url is required."),
        ({"video_url": None}, "video_url is required."),
        ({"video_url": ""}, "video_url must be an http or https URL."),
        ({"video_url": 3}, "video_url must be a string."),
        ({"video_url": ["x"]}, "video_url must be a string."),
        ({"video_url": "ftp://host/v.mp4"}, "video_url must be an http or https URL."),
        ({"video_url": "file:///etc/passwd"}, "video_url must be an http or https URL."),
        ({"video_url": "https://"}, "video_url must be an http or https URL."),
        ({"video_url": "https://host/\x00"}, "video_url must be an http or https URL."),
        ({"video_url": "https://host/\ud800"}, "video_url must be an http or https URL."),
        ({"video_url": "https://h/" + "a" * 2048}, "video_url must have at most 2048 characters."),
        ({"type": ...}, "type is required."),
        ({"type": "body"}, "type must be head."),
        ({"type": 1}, "type must be head."),
        ({"type": {}}, "type must be head."),
    ],
)
def test_a_wrong_field_of_analyze_is_named(
    refusing: Api, changes: dict[str, object], says: str
) -> None:
    body = {k: v for k, v in {**ANALYZE_BODY, **changes}.items() if v is not ...}
    assert refused(refusing.post(f"{V4}/analyze", body), 1003) == says
    assert refusing.get(f"{V4}/analyze/list")["data"]["count"] == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mappings": [person(i) for i in range(6)]}, "Up to 5 characters can be replaced at one"),
        ({"mappings": ...}, "mappings is required."),
        ({"mappings": []}, "mappings must have 1 to 5 items."),
        ({"mappings": {}}, "mappings must be a list."),
        ({"mappings": "x"}, "mappings must be a list."),
        ({"mappings": ["x"]}, "mappings[0] must be a JSON object."),
        ({"mappings": [person(), None]}, "mappings[1] must be a JSON object."),
        ({"mappings": [{"img_url": PHOTO}]}, "mappings[0].obj_id is required."),
        ({"mappings": [{"obj_id": 0}]}, "mappings[0].img_url is required."),
        ({"mappings": [person("0")]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [person(True)]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [person(0.5)]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(1e300)]}, "mappings[0].obj_id must be a whole number."),
        ({"mappings": [person(img_url="x")]}, "mappings[0].img_url must be an http or https"),
        ({"mappings": [person(img_url=7)]}, "mappings[0].img_url must be a string."),
        ({"mappings": [person(7)]}, "mappings[0].obj_id 7 is not in the analysis"),
        ({"mappings": [person(-1)]}, "mappings[0].obj_id -1 is not in the analysis"),
        ({"mappings": [person(1), person(1)]}, "mappings[1].obj_id 1 is given twice"),
        ({"model_name": ...}, "model_name is required."),
        ({"model_name": 3}, "model_name must be a string."),
        ({"model_name": "another"}, LACKING),
        ({"resolution": ...}, "resolution is required."),
        ({"resolution": "1080p"}, "resolution must be 480p or 720p."),
        ({"resolution": 720}, "resolution must be 480p or 720p."),
        ({"template_id": "unknown"}, LACKING),
        ({"template_id": "off"}, LACKING),
        ({"template_id": 7}, "template_id must be a string."),
        ({"keep_original_sound": "yes"}, "keep_original_sound must be true or false."),
        ({"keep_original_sound": 1}, "keep_original_sound must be true or false."),
        ({"webhookUrl": 3}, "webhookUrl must be a string."),
        ({"webhookUrl": "ftp://host"}, "webhookUrl must be an http or https URL."),
        ({"webhookurl": "nonsense"}, "webhookurl must be an http or https URL."),
        ({"video_url": ...}, "video_url is required."),
        ({"video_url": 3}, "video_url must be a string."),
        ({"video_url": f"{VIDEO}?"}, "video_url has not been analysed by this team"),
    ],
)
def test_a_wrong_field_of_create_is_named_and_nothing_is_held(
    refusing: Api, changes: dict[str, object], says: str
) -> None:
    answer = refusing.post(f"{V4}/task/create", create_body(**changes))
    assert refused(answer, 1003).startswith(says)
    assert refusing.get(f"{V4}/task/list")["data"]["count"] == 0
    assert refusing.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 1000}


def test_an_analysis_that_still_runs_cannot_be_used(api: Api) -> None:
    analysis = api.world.submitted()
    msg = refused(api.post(f"{V4}/task/create", create_body()), 1003)
    assert msg.startswith("video_url has no completed analysis yet") and analysis.id in msg


def test_an_analysis_of_another_team_cannot_be_used(api: Api) -> None:
    api.world.analysed(caller=api.world.another_team())
    msg = refused(api.post(f"{V4}/task/create", create_body()), 1003)
    assert msg.startswith("video_url has not been analysed by this team")


def test_too_few_credits_are_1104_and_nothing_is_made(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    with api.world.database.write() as s:
        other, _ = accounts.create_team(s, "poor", NOW)
        key = accounts.create_key(s, api.world.keyring, other.id, NOW)
        poor = accounts.caller_of_key(s, api.world.keyring, key.secret)
    api.world.analysed(caller=poor)
    api.client.headers["x-api-key"] = key.secret
    assert "not enough credits" in refused(api.post(f"{V4}/task/create", create_body()), 1104)
    assert api.get(f"{V4}/task/list")["data"]["count"] == 0
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 0}


IDS = [
    ("", 1003, "_id is required."),
    ("?_id=", 1003, "_id is required."),
    ("?id=" + "0" * 24, 1003, "_id is required."),
    ("?_id=x", 1014, "Resource not found"),
    ("?_id=" + "0" * 24, 1014, "Resource not found"),
    ("?_id=" + "0" * 25, 1014, "Resource not found"),
    ("?_id=" + "A" * 24, 1014, "Resource not found"),
    ("?_id=%00", 1014, "Resource not found"),
    ("?_id=%ED%A0%80", 1014, "Resource not found"),
    ("?_id=' OR 1=1 --", 1014, "Resource not found"),
]


@pytest.mark.parametrize("path", ["analyze/detail", "task/detail", "task/events"])
def test_an_id_that_is_missing_or_none_is_refused(api_on_both: Api, path: str) -> None:
    for query, code, says in IDS:
        assert refused(api_on_both.get(f"{V4}/{path}{query}"), code) == says, query


def test_another_teams_record_looks_like_one_that_does_not_exist(api: Api) -> None:
    stranger = api.world.another_team()
    analysis = api.world.analysed(caller=stranger)
    task = api.world.created(stranger)
    for path, id_ in (("analyze/detail", analysis.id), ("task/detail", task.id)):
        assert refused(api.get(f"{V4}/{path}", _id=id_), 1014) == "Resource not found"
    assert refused(api.get(f"{V4}/task/events", _id=task.id), 1014) == "Resource not found"
    cancelled = api.post(f"{V4}/task/cancel", {"_id": task.id})
    assert refused(cancelled, 1014) == "Resource not found"
    deleted = api.post(f"{V4}/task/delbyids", {"_ids": task.id})["data"]
    assert deleted["noPermissionItems"] == [{"_id": task.id, "msg": "Resource not found"}]
    assert api.world.task(task.id).status == 1


def test_an_analysis_id_is_no_task_id_nor_the_other_way_round(api: Api) -> None:
    analysis = api.analysed()
    task = api.world.created()
    assert refused(api.get(f"{V4}/task/detail", _id=analysis.id), 1014) == "Resource not found"
    assert refused(api.get(f"{V4}/analyze/detail", _id=task.id), 1014) == "Resource not found"


@pytest.mark.parametrize("path", [f"{V4}/analyze/list", f"{V4}/task/list"])
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"page": 0}, "page must be a whole number from 1"),
        ({"page": -1}, "page must be a whole number from 1"),
        ({"page": "x"}, "page must be a whole number from 1"),
        ({"page": "9" * 30}, "page must be a whole number from 1"),
        ({"page": "1.0"}, "page must be a whole number from 1"),
        ({"page": "\u0661"}, "page must be a whole number from 1"),
        ({"size": 0}, "size must be a whole number from 1 to 100."),
        ({"size": 101}, "size must be a whole number from 1 to 100."),
        ({"status": 0}, "status must be a whole number from 1 to 4."),
        ({"status": 5}, "status must be a whole number from 1 to 4."),
        ({"status": "done"}, "status must be a whole number from 1 to 4."),
    ],
)
def test_a_wrong_part_of_a_list_is_named(
    refusing: Api, path: str, query: dict[str, object], says: str
) -> None:
    assert refused(refusing.get(path, **query), 1003).startswith(says)


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        ("task/cancel", {}, 1003, "_id is required."),
        ("task/cancel", {"_id": 3}, 1003, "_id must be a string."),
        ("task/cancel", {"_id": "x"}, 1014, "Resource not found"),
        ("task/cancel", {"_id": "0" * 24}, 1014, "Resource not found"),
        ("task/delbyids", {}, 1003, "_ids is required."),
        ("task/delbyids", {"_ids": []}, 1003, "_ids must be a string"),
        ("task/delbyids", {"_ids": " , "}, 1003, "_ids must name 1 to 100 ids."),
        ("task/delbyids", {"_ids": ",".join(map(str, range(101)))}, 1003, "_ids must name 1 to"),
    ],
)
def test_a_wrong_field_of_cancel_and_delete_is_named(
    refusing: Api, path: str, body: object, code: int, says: str
) -> None:
    assert refused(refusing.post(f"{V4}/{path}", body), code).startswith(says)


def test_a_task_that_has_ended_cannot_be_cancelled(api: Api) -> None:
    task = api.finished()
    msg = refused(api.post(f"{V4}/task/cancel", {"_id": task.id}), 1003)
    assert msg == "_id names a task that has already completed."


def test_ids_that_are_none_are_named_when_deleting(api_on_both: Api) -> None:
    ids = "x,\u0000,\ud800,' OR 1=1"
    items = api_on_both.post(f"{V4}/task/delbyids", {"_ids": ids})["data"]["noPermissionItems"]
    assert [item["_id"] for item in items] == ids.split(",")
    assert {item["msg"] for item in items} == {"Resource not found"}


def test_a_fault_of_ours_is_told_without_detail(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(analyses, "list_", fail)
    answer = api.client.get(f"{V4}/analyze/list", headers={"x-request-id": "known-id"})
    assert answer.status_code == 500
    assert refused(answer.json(), 2001) and "secret" not in answer.text
    assert answer.headers["x-request-id"] == "known-id"
    faults = [record for record in caplog.records if record.exc_info]
    assert len(faults) == 1 and "a secret detail" in str(faults[0].exc_info)
