"""The API's answers, field by field and in the contract's order."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from headswap.jobs import endings
from headswap.jobs.states import NO_PERSON
from headswap.store.blobs import Blobs, BlobsUnreachable
from headswap.store.tables import Analysis, OutboxMessage, SwapTask, WebhookTry
from tests.api_world import ANALYZE_BODY, V3, V4, Api, create_body
from tests.service_world import NOW, PHOTO, VIDEO, analysed

pytest_plugins = ["tests.service_databases", "tests.api_server"]

SUBMITTED = [
    *("_id", "create_time", "uid", "team_id", "video_url", "type", "status", "task_id"),
    "progress",
]
TASK = [
    *("_id", "uid", "team_id", "source_video_url", "create_time", "status", "video_duration"),
    *("resolution", "deduction_duration", "video_url", "progress", "priority", "task_id"),
    *("file_name", "model_name"),
]
CREATED = [
    *("_id", "create_time", "uid", "team_id", "video_duration", "task_id", "resolution", "status"),
    *("deduction_lock_duration", "model_name", "file_name", "video_url"),
]


def test_a_submitted_analysis_is_answered_as_in_the_contract(api_on_both: Api) -> None:
    api = api_on_both
    answer = api.post(f"{V4}/analyze", ANALYZE_BODY)
    data = answer["data"]
    assert list(answer) == ["code", "msg", "data"]
    assert (answer["code"], answer["msg"]) == (1000, "Analyze success")
    assert list(data) == SUBMITTED
    assert data["team_id"] == api.world.caller.team_id and data["uid"] == api.world.caller.uid
    assert (data["video_url"], data["type"], data["create_time"]) == (VIDEO, "head", NOW)
    assert (data["status"], data["progress"]) == (1, 0)
    assert int(data["_id"][:8], 16) == NOW // 1000 and len(data["_id"]) == 24


def test_a_queued_analysis_leaves_out_what_means_nothing_yet(api: Api) -> None:
    analysis = api.world.submitted()
    answer = api.get(f"{V4}/analyze/detail", _id=analysis.id)
    assert answer["msg"] == "OK" and list(answer["data"]) == SUBMITTED


def test_a_completed_analysis_shows_its_people(api_on_both: Api) -> None:
    api = api_on_both
    analysis = api.analysed()
    data = api.get(f"{V4}/analyze/detail", _id=analysis.id)["data"]
    assert list(data) == [
        *SUBMITTED[:-1],
        *("analysis_result", "progress", "error_reason", "error_code"),
    ]
    assert (data["status"], data["progress"]) == (3, 100)
    assert (data["error_reason"], data["error_code"]) == ("success", 0)
    result = data["analysis_result"]
    assert list(result) == ["detected_objects", "media", "video_info"]
    assert result["detected_objects"] == 2
    assert result["video_info"] == {"width": 1280, "height": 720, "fps": 30, "frame_count": 300}
    person = result["media"][1]
    assert list(person) == ["media_type", "obj_id", "img_url", "frames", "first_frame", "box"]
    assert (person["media_type"], person["obj_id"]) == ("images", 1)
    assert (person["frames"], person["first_frame"]) == (299, 0)
    assert person["box"] == [10, 20, 110, 140]
    assert httpx.get(person["img_url"]).content == b"png"


def test_a_failed_analysis_says_why(api: Api) -> None:
    analysis = api.world.submitted()
    claim = api.world.claimed(analysis.id)
    with api.world.database.write() as s:
        endings.fail_analysis(s, claim, NO_PERSON, "No person was found.", NOW)
    data = api.get(f"{V4}/analyze/detail", _id=analysis.id)["data"]
    assert list(data) == [*SUBMITTED, "error_reason", "error_code"]
    assert data["status"] == 4
    assert (data["error_reason"], data["error_code"]) == ("No person was found.", 1008)


@pytest.mark.parametrize(("resolution", "held"), [("720p", 15), ("480p", 10)])
def test_a_created_task_is_answered_as_in_the_contract(
    api_on_both: Api, resolution: str, held: float
) -> None:
    api = api_on_both
    api.analysed()
    answer = api.post(f"{V4}/task/create", create_body(resolution=resolution, prompt="ignored"))
    data = answer["data"]
    assert (answer["code"], answer["msg"]) == (1000, "OK")
    assert list(data) == [
        "_id",
        "create_time",
        "uid",
        "team_id",
        "video_duration",
        "task_id",
        "resolution",
        "status",
        "deduction_lock_duration",
        "model_name",
        "file_name",
        "video_url",
    ]
    assert (data["video_duration"], data["resolution"], data["status"]) == (10, resolution, 1)
    assert data["deduction_lock_duration"] == held
    assert isinstance(data["deduction_lock_duration"], int)
    assert data["model_name"] == "akool-premium" and data["video_url"] is None
    assert data["file_name"] == f"Headswap_{NOW}.mp4"
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 1000 - held}


def test_a_queued_task_has_no_output_and_has_taken_nothing(api: Api) -> None:
    api.analysed()
    task = api.world.created()
    data = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert list(data) == TASK
    assert (data["status"], data["progress"], data["video_url"]) == (1, 0, None)
    assert (data["deduction_duration"], data["source_video_url"]) == (0, VIDEO)


def test_a_completed_task_shows_its_output_and_what_was_taken(api_on_both: Api) -> None:
    api = api_on_both
    task = api.finished(b"the output")
    answer = api.get(f"{V4}/task/detail", _id=task.id)
    data = answer["data"]
    assert (answer["code"], answer["msg"], list(data)) == (1000, "OK", TASK)
    assert (data["status"], data["progress"], data["priority"]) == (3, 100, 9)
    assert data["deduction_duration"] == 15
    assert httpx.get(data["video_url"]).content == b"the output"
    assert api.get(f"{V4}/task/detail", _id=task.id) == answer


def test_a_completed_task_names_the_frames_that_were_not_swapped(api_on_both: Api) -> None:
    api = api_on_both
    task = api.finished()
    ranges = [{"first": 3, "last": 9, "reason": "turned away"}]
    person = {"obj_id": 0, "frames_swapped": 293, "not_swapped": ranges, "strained": []}
    shown = {"frame_count": 300, "engine": "mesh", "device": "cpu", "people": [person]}
    hidden = {"models": ["a"], "stages_s": {"render": 3.0}}
    with api.world.database.write() as s:
        s.get_one(SwapTask, task.id).report = {**shown, **hidden}
    data = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert list(data) == [*TASK, "report"] and data["report"] == shown
    assert "report" not in api.get(f"{V4}/task/list")["data"]["result"][0]


def test_the_owner_sees_how_the_webhook_was_told(api_on_both: Api) -> None:
    api = api_on_both
    task = api.finished(webhookUrl="https://h.example/hook")
    with api.world.database.write() as s:
        message = s.scalars(select(OutboxMessage).where(OutboxMessage.task_id == task.id)).one()
        tried = {"message_id": message.id, "took_ms": 31, "time": NOW + 5}
        s.add(WebhookTry(number=1, http_status=500, answer="not now", **tried))
        s.add(WebhookTry(number=2, http_status=None, answer="refused", **tried))
    data = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert list(data) == [*TASK, "webhook"]
    first = {"time": NOW + 5, "took_ms": 31, "http_status": 500, "answer": "not now"}
    second = {**first, "http_status": None, "answer": "refused"}
    assert data["webhook"] == [{"status": 3, "state": "waiting", "tries": [first, second]}]


def test_a_cancelled_task_says_why_and_has_taken_nothing(api: Api) -> None:
    api.analysed()
    task = api.world.created()
    answer = api.post(f"{V4}/task/cancel", {"_id": task.id})
    data = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert answer["data"] == data
    assert list(data) == [*TASK, "error_reason", "error_code"]
    assert (data["status"], data["deduction_duration"], data["video_url"]) == (4, 0, None)
    assert data["error_reason"] == "The task was cancelled."
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 1000}


@pytest.mark.parametrize("swept", [False, True])
def test_an_output_expires(api: Api, swept: bool) -> None:
    task = api.finished()
    api.clock.now_ms += 7 * 86_400_000
    if swept:
        _forget_output(api, task.id)
    data = api.get(f"{V4}/task/detail", _id=task.id)["data"]
    assert list(data) == [*TASK, "expired"]
    assert (data["status"], data["video_url"], data["expired"]) == (3, None, True)


def _forget_output(api: Api, task_id: str) -> None:
    with api.world.database.write() as s:
        task = s.get_one(SwapTask, task_id)
        task.output_key, task.expired, task.expire_time = None, True, None


def test_an_analysis_without_its_files_shows_who_was_found_and_that_it_expired(api: Api) -> None:
    analysis = api.analysed()
    with api.world.database.write() as s:
        kept = s.get_one(Analysis, analysis.id)
        kept.source_key = kept.scene_key = kept.expire_time = None
        assert kept.result is not None
        media = [{**person, "key": None} for person in kept.result["media"]]
        kept.result = {**kept.result, "media": media}
    data = api.get(f"{V4}/analyze/detail", _id=analysis.id)["data"]
    assert data["expired"] is True
    assert [person["img_url"] for person in data["analysis_result"]["media"]] == [None, None]


def test_lists_show_a_page_newest_first_and_the_count_of_all(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    made = [api.world.created(now_ms=NOW + i).id for i in range(3)]
    data = api.get(f"{V4}/task/list")["data"]
    assert list(data) == ["result", "count", "page", "size"]
    assert (data["count"], data["page"], data["size"]) == (3, 1, 10)
    assert [task["_id"] for task in data["result"]] == made[::-1]
    assert list(data["result"][0]) == TASK
    second = api.get(f"{V4}/task/list", page=2, size=2)["data"]
    assert ([task["_id"] for task in second["result"]], second["count"]) == ([made[0]], 3)
    assert api.get(f"{V4}/task/list", status=3)["data"]["count"] == 0
    analyses = api.get(f"{V4}/analyze/list", status=3)["data"]
    assert analyses["count"] == 1 and analyses["result"][0]["analysis_result"]


def test_deleting_removes_records_and_files_and_names_what_it_could_not(api_on_both: Api) -> None:
    api = api_on_both
    task = api.finished()
    stranger = "0" * 24
    answer = api.post(f"{V4}/task/delbyids", {"_ids": f"{task.id},{stranger}"})
    assert (answer["code"], answer["msg"]) == (1000, "Delete successfully")
    assert list(answer["data"]) == ["successIds", "noPermissionItems"]
    assert answer["data"]["successIds"] == [task.id]
    assert answer["data"]["noPermissionItems"] == [{"_id": stranger, "msg": "Resource not found"}]
    assert api.get(f"{V4}/task/detail", _id=task.id)["code"] == 1014
    assert not api.services.blobs.exists(f"tasks/{task.id}/output.mp4")
    assert not list(api.services.blobs.list(f"analyses/{task.analysis_id}"))


def test_files_that_cannot_be_removed_do_not_bring_deleted_tasks_back(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BlobsUnreachable("the store is away")

    task = api.finished()
    monkeypatch.setattr(Blobs, "delete_prefix", fail)
    answer = api.post(f"{V4}/task/delbyids", {"_ids": task.id})
    assert answer["data"] == {"successIds": [task.id], "noPermissionItems": []}


def test_the_published_workflow_runs_from_the_first_call_to_the_download(api: Api) -> None:
    submitted = api.post(f"{V4}/analyze", ANALYZE_BODY)["data"]
    _work(api, submitted["_id"])
    found = api.get(f"{V4}/analyze/detail", _id=submitted["_id"])["data"]
    people = found["analysis_result"]["media"]
    mappings = [{"obj_id": person["obj_id"], "img_url": PHOTO} for person in people]
    created = api.post(f"{V4}/task/create", create_body(mappings=mappings))["data"]
    key = api.world.finished(created["_id"]).output_key
    assert key is not None
    api.services.blobs.put(key, b"video")
    done = api.get(f"{V4}/task/detail", _id=created["_id"])["data"]
    assert done["status"] == 3 and httpx.get(done["video_url"]).content == b"video"


def _work(api: Api, analysis_id: str) -> None:
    claim = api.world.claimed(analysis_id)
    with api.world.database.write() as s:
        found = analysed(analysis_id)
        assert endings.finish_analysis(s, api.world.settings, claim, found, NOW)
