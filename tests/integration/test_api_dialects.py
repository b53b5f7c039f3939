"""What both versions of the API do alike: one way and the same refusals, in either's words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from headswap.jobs import endings
from headswap.jobs.states import NO_PERSON, RENDERING_FAILED
from tests.api_dialects import DIALECTS, Dialect
from tests.api_world import V3, V4, Api
from tests.service_world import NOW, PHOTO, VIDEO, analysed, claim_of

pytest_plugins = ["tests.service_databases", "tests.api_server"]

LACKING = "Your current account does not support this feature."


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param


def credit(api: Api) -> float:
    return api.get(f"{V3}/faceswap/quota/info")["data"]["credit"]


def refused(answer: dict[str, Any], code: int) -> str:
    assert list(answer) == ["code", "msg"] and answer["code"] == code, answer
    return answer["msg"]


def test_a_video_is_analysed_swapped_and_downloaded(api_on_both: Api, dialect: Dialect) -> None:
    api = api_on_both
    answer = api.post(f"{dialect.root}/analyze", dialect.analyze_body())
    assert (answer["msg"], answer["data"]["status"]) == (dialect.submitted_msg, 1)
    analysis_id = answer["data"]["_id"]
    queued = api.get(f"{dialect.root}/analyze/detail", _id=analysis_id)["data"]
    assert (queued["status"], queued["progress"]) == (1, 0)
    assert queued[dialect.video] == VIDEO and "analysis_result" not in queued

    with api.world.database.write() as s:
        claim = claim_of(s, analysis_id, NOW)
        found = analysed(analysis_id, people=2)
        assert endings.finish_analysis(s, api.services.settings, claim, found, NOW)
    done = api.get(f"{dialect.root}/analyze/detail", _id=analysis_id)["data"]
    assert (done["status"], done["progress"], done["error_code"]) == (3, 100, 0)
    media = done["analysis_result"]["media"]
    assert [(person["obj_id"], person["frames"]) for person in media] == [(0, 300), (1, 299)]

    answer = api.post(dialect.create, dialect.create_body(analysis_id))
    created = dialect.created(answer)
    assert (created["status"], created["model_name"]) == (1, "akool-premium")
    assert (created[dialect.held], created["create_time"]) == (15, NOW)
    assert credit(api) == 985

    key = f"tasks/{created['_id']}/output.mp4"
    api.services.blobs.put(key, b"the output")
    api.world.finished(created["_id"])
    task = api.get(f"{dialect.root}/task/detail", _id=created["_id"])["data"]
    assert (task["status"], task["progress"], task[dialect.charged]) == (3, 100, 15)
    assert httpx.get(task[dialect.result]).content == b"the output"
    assert credit(api) == 985


def test_a_record_of_one_version_is_seen_by_the_other(api: Api, dialect: Dialect) -> None:
    analysis = api.analysed()
    created = dialect.created(api.post(dialect.create, dialect.create_body(analysis.id)))
    for other in DIALECTS:
        seen = api.get(f"{other.root}/task/detail", _id=created["_id"])["data"]
        assert (seen["_id"], seen["status"]) == (created["_id"], 1)
        seen = api.get(f"{other.root}/analyze/detail", _id=analysis.id)["data"]
        assert (seen["status"], seen[other.video]) == (3, VIDEO)


def test_a_failed_analysis_says_why(api: Api, dialect: Dialect) -> None:
    analysis = api.world.submitted()
    claim = api.world.claimed(analysis.id)
    with api.world.database.write() as s:
        endings.fail_analysis(s, claim, NO_PERSON, "No person was found.", NOW)
    data = api.get(f"{dialect.root}/analyze/detail", _id=analysis.id)["data"]
    assert (data["status"], data["error_code"]) == (4, 1008)
    assert data["error_reason"] == "No person was found." and "analysis_result" not in data
    answer = api.post(dialect.create, dialect.create_body(analysis.id))
    says = f"{dialect.source} has no completed analysis; the analysis {analysis.id} failed: No per"
    assert refused(answer, 1003).startswith(says)


def test_a_failed_task_says_why_and_has_taken_nothing(api: Api, dialect: Dialect) -> None:
    analysis = api.analysed()
    created = dialect.created(api.post(dialect.create, dialect.create_body(analysis.id)))
    claim = api.world.claimed(created["_id"])
    with api.world.database.write() as s:
        assert endings.fail_task(s, claim, RENDERING_FAILED, "It broke.", NOW)
    task = api.get(f"{dialect.root}/task/detail", _id=created["_id"])["data"]
    assert (task["status"], task["error_code"], task["error_reason"]) == (4, 1015, "It broke.")
    assert (task[dialect.charged], task[dialect.result]) == (0, None)
    assert credit(api) == 1000


def test_a_result_expires(api: Api, dialect: Dialect) -> None:
    task = api.finished()
    api.clock.now_ms += 7 * 86_400_000
    data = api.get(f"{dialect.root}/task/detail", _id=task.id)["data"]
    assert (data["status"], data[dialect.result], data["expired"]) == (3, None, True)


def test_an_idempotency_key_creates_one_task(api: Api, dialect: Dialect) -> None:
    body = dialect.create_body(api.analysed().id)
    headers = {"Idempotency-Key": "once"}
    first, again = (api.post(dialect.create, body, **headers) for _ in range(2))
    assert first == again and first["code"] == 1000 and credit(api) == 985
    assert api.get(f"{V4}/task/list")["data"]["count"] == 1


def test_too_few_credits_are_1104_and_nothing_is_made(api: Api, dialect: Dialect) -> None:
    analysis = api.analysed()
    for _ in range(66):
        dialect.created(api.post(dialect.create, dialect.create_body(analysis.id)))
    answer = api.post(dialect.create, dialect.create_body(analysis.id))
    assert "not enough credits" in refused(answer, 1104) and credit(api) == 10
    assert api.get(f"{V4}/task/list")["data"]["count"] == 66


def test_another_teams_record_looks_like_none(api: Api, dialect: Dialect) -> None:
    stranger = api.world.another_team()
    analysis = api.world.analysed(caller=stranger)
    task = api.world.created(stranger)
    for path, id_ in (("analyze/detail", analysis.id), ("task/detail", task.id)):
        answer = api.get(f"{dialect.root}/{path}", _id=id_)
        assert refused(answer, 1014) == "Resource not found"
        assert refused(api.get(f"{dialect.root}/{path}"), 1003) == "_id is required."
    assert api.get(f"{dialect.root}/task/detail", _id=analysis.id)["code"] == 1014


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"VIDEO": ...}, "VIDEO is required."),
        ({"VIDEO": None}, "VIDEO is required."),
        ({"VIDEO": 3}, "VIDEO must be a string."),
        ({"VIDEO": "ftp://host/v.mp4"}, "VIDEO must be an http or https URL."),
        ({"VIDEO": "https://h/" + "a" * 2048}, "VIDEO must have at most 2048 characters."),
        ({"type": "body"}, "type must be head."),
    ],
)
def test_a_wrong_field_of_analyze_is_named(
    api: Api, dialect: Dialect, changes: dict[str, object], says: str
) -> None:
    here = {dialect.video if name == "VIDEO" else name: it for name, it in changes.items()}
    answer = api.post(f"{dialect.root}/analyze", dialect.analyze_body(**here))
    assert refused(answer, 1003) == says.replace("VIDEO", dialect.video)
    assert api.get(f"{V4}/analyze/list")["data"]["count"] == 0


def _person(obj_id: object = 0, img_url: object = PHOTO) -> dict[str, object]:
    return {"obj_id": obj_id, "img_url": img_url}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SOURCE": ...}, "SOURCE is required."),
        ({"SOURCE": 3}, "SOURCE must be a string."),
        ({"mappings": ...}, "mappings is required."),
        ({"mappings": []}, "mappings must have 1 to 5 items."),
        ({"mappings": [_person(i) for i in range(6)]}, "Up to 5 characters can be replaced at one"),
        ({"mappings": [{"obj_id": 0}]}, "mappings[0].img_url is required."),
        ({"mappings": [_person("0")]}, "mappings[0].obj_id must be a number."),
        ({"mappings": [_person(7)]}, "mappings[0].obj_id 7 is not in the analysis"),
        ({"mappings": [_person(1), _person(1)]}, "mappings[1].obj_id 1 is given twice"),
        ({"model_name": "another"}, LACKING),
        ({"model_name": 3}, "model_name must be a string."),
        ({"resolution": "1080p"}, "resolution must be 480p or 720p."),
        ({"keep_original_sound": "yes"}, "keep_original_sound must be true or false."),
        ({"webhookUrl": "ftp://host"}, "webhookUrl must be an http or https URL."),
    ],
)
def test_a_wrong_field_of_create_is_named_and_nothing_is_held(
    api: Api, dialect: Dialect, changes: dict[str, object], says: str
) -> None:
    analysis = api.analysed()
    here = {dialect.source if name == "SOURCE" else name: it for name, it in changes.items()}
    answer = api.post(dialect.create, dialect.create_body(analysis.id, **here))
    assert refused(answer, 1003).startswith(says.replace("SOURCE", dialect.source))
    assert credit(api) == 1000


def test_an_analysis_that_still_runs_cannot_be_used(api: Api, dialect: Dialect) -> None:
    analysis = api.world.submitted()
    msg = refused(api.post(dialect.create, dialect.create_body(analysis.id)), 1003)
    assert msg.startswith(f"{dialect.source} has no completed analysis yet") and analysis.id in msg
