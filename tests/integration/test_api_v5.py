"""What version 5 of the API has of its own: its fields, the tracks, the models, analyze_id."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

from headswap.jobs import offers
from headswap.jobs.orders import ENGINE_OF_MODEL
from headswap.store.database import Database
from headswap.store.tables import Analysis
from headswap.swapping.engines import ENGINES
from tests.api_dialects import DIALECTS, V5, with_tracks
from tests.api_world import Api, serving
from tests.service_world import NOW, VIDEO

pytest_plugins = ["tests.service_databases", "tests.api_server"]

_, DIALECT = DIALECTS
ITEM = ["_id", "status", "media_type", "model_name", "deduction_credit", "create_time", "task_id"]


def test_a_submitted_analysis_is_answered_as_in_the_contract(api_on_both: Api) -> None:
    answer = api_on_both.post(f"{V5}/analyze", {"url": VIDEO, "media_type": "video"})
    assert (answer["code"], answer["msg"]) == (1000, "OK")
    assert list(answer["data"]) == ["_id", "task_id", "status", "media_type"]
    assert answer["data"]["media_type"] == "video"


def test_a_completed_analysis_leads_to_its_tracks(api_on_both: Api) -> None:
    api = api_on_both
    told = {"people": [{"obj_id": 0, "tracks": []}]}
    analysis = with_tracks(api, api.analysed(), json.dumps(told).encode())
    data = api.get(f"{V5}/analyze/detail", _id=analysis.id)["data"]
    assert list(data) == [
        *("_id", "task_id", "status", "url", "media_type", "progress", "analysis_result"),
        *("error_reason", "error_code"),
    ]
    result = data["analysis_result"]
    assert list(result) == ["track_manifest_url", "media", "video_info"]
    tracks = httpx.get(result["track_manifest_url"])
    assert tracks.headers["content-type"] == "application/json" and tracks.json() == told
    assert httpx.get(result["track_manifest_url"].replace("=", "=1")).status_code == 403
    assert httpx.get(result["media"][0]["img_url"]).content == b"png"


def test_an_expired_analysis_has_no_tracks_and_cannot_be_used(api: Api) -> None:
    analysis = api.analysed()
    with api.world.database.write() as s:
        kept = s.get_one(Analysis, analysis.id)
        kept.source_key = kept.scene_key = kept.expire_time = None
    data = api.get(f"{V5}/analyze/detail", _id=analysis.id)["data"]
    assert data["expired"] is True and data["analysis_result"]["track_manifest_url"] is None
    answer = api.post(f"{V5}/create", DIALECT.create_body(analysis.id))
    assert answer["code"] == 1003 and f"{analysis.id} has expired" in answer["msg"]


def test_a_created_task_is_answered_as_in_the_contract(api_on_both: Api) -> None:
    api = api_on_both
    analysis = api.analysed()
    body = DIALECT.create_body(analysis.id, model_name=..., resolution=None, prompt="a portrait")
    answer = api.post(f"{V5}/create", body)
    assert list(answer) == ["code", "msg", "data"] and answer["msg"] == "OK"
    assert list(answer["data"]) == ["list", "errors"]
    (item,) = answer["data"]["list"]
    assert list(item) == ITEM
    assert (item["model_name"], item["deduction_credit"]) == ("akool-premium", 15)
    assert (item["create_time"], item["media_type"]) == (NOW, "video")
    task = api.get(f"{V5}/task/detail", _id=item["_id"])["data"]
    assert list(task) == [*ITEM, "url", "progress"]
    assert {name: task[name] for name in ITEM} == item and task["url"] is None


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"analyze_id": ...}, 1003, "analyze_id is required."),
        ({"analyze_id": 5}, 1003, "analyze_id must be a string."),
        ({"analyze_id": "x"}, 1014, "Resource not found"),
        ({"analyze_id": "0" * 24}, 1014, "Resource not found"),
        ({"target_url": f"{VIDEO}?"}, 1003, "target_url is not the URL that the analysis "),
        ({"media_type": ...}, 1003, "media_type is required."),
        ({"media_type": "image"}, 1003, "media_type must be video."),
    ],
)
def test_what_only_this_version_asks_for_is_checked(
    api: Api, changes: dict[str, object], code: int, says: str
) -> None:
    analysis = api.analysed()
    answer = api.post(f"{V5}/create", DIALECT.create_body(analysis.id, **changes))
    assert answer["code"] == code and answer["msg"].startswith(says)


def test_the_named_analysis_is_used_and_no_newer_one(api: Api) -> None:
    older = api.world.analysed(now_ms=NOW - 1000)
    api.world.analysed(now_ms=NOW)
    created = DIALECT.created(api.post(f"{V5}/create", DIALECT.create_body(older.id)))
    assert api.world.task(created["_id"]).analysis_id == older.id


@pytest.mark.parametrize("media_type", [..., "image", 4])
def test_an_analysis_is_of_a_video(api: Api, media_type: object) -> None:
    answer = api.post(f"{V5}/analyze", DIALECT.analyze_body(media_type=media_type))
    assert answer["code"] == 1003 and answer["msg"].startswith("media_type ")


def test_every_model_shown_can_be_named_and_runs_an_engine_that_is_there(api: Api) -> None:
    shown = api.get(f"{V5}/models")["data"]["list"]
    assert [list(model) for model in shown] == [
        [
            *("model_name", "label", "description", "icon", "provider", "params"),
            *("unit_price_map", "requires_priority"),
        ]
    ]
    assert {ENGINE_OF_MODEL[model["model_name"]] for model in shown} == set(ENGINES)
    assert ENGINE_OF_MODEL[offers.DEFAULT_MODEL] in ENGINES
    analysis = api.analysed()
    for model in shown:
        body = DIALECT.create_body(analysis.id, model_name=model["model_name"])
        item = DIALECT.created(api.post(f"{V5}/create", body))
        resolution = model["params"]["default_resolution"]
        assert item["deduction_credit"] == 10 * model["unit_price_map"][resolution]


def test_models_tell_the_operators_limits_and_prices(sqlite_template: Path, tmp_path: Path) -> None:
    limits = {"min_duration_s": 1, "max_duration_s": 8.5, "max_mappings": 2, "credits_480p": 0.25}
    shutil.copyfile(sqlite_template, tmp_path / "api.db")
    database = Database(f"sqlite:///{tmp_path / 'api.db'}")
    with serving(database, tmp_path, **limits) as server, server.new_team() as api:
        (model,) = api.get(f"{V5}/models")["data"]["list"]
    assert model["params"] == {
        "resolutions": ["480p", "720p"],
        "default_resolution": "720p",
        "min_duration": 1,
        "max_duration": 8.5,
        "max_mappings": 2,
    }
    assert model["unit_price_map"] == {"480p": 0.25, "720p": 1.5}


def test_models_ask_for_a_key(api: Api) -> None:
    del api.client.headers["x-api-key"]
    assert api.get(f"{V5}/models")["code"] == 1102
