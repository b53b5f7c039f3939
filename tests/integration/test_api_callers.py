"""Who calls: keys, tokens, both, neither; and how often they may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headswap.jobs import accounts
from headswap.store.database import Database
from headswap.store.tables import Team
from tests.api_world import ANALYZE_BODY, V3, V4, Api, serving
from tests.service_world import NOW

pytest_plugins = ["tests.service_databases", "tests.api_server"]

QUOTA = f"{V3}/faceswap/quota/info"
GET_TOKEN = f"{V3}/getToken"
WRONG_KEY = "x" * 32
_DAY_MS = 86_400_000


def pair(api: Api) -> dict[str, str]:
    return {"clientId": api.world.caller.client_id, "clientSecret": api.world.secret}


def token_of(api: Api) -> str:
    return api.post(GET_TOKEN, pair(api))["token"]


def with_headers(api: Api, **headers: str) -> dict[str, Any]:
    """What the quota answers to these headers alone."""
    del api.client.headers["x-api-key"]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.client.get(QUOTA, headers=named).json()


def test_a_token_stands_at_the_top_of_its_answer(api_on_both: Api) -> None:
    answer = api_on_both.post(GET_TOKEN, pair(api_on_both))
    assert set(answer) == {"code", "token", "msg"}
    assert (answer["code"], answer["msg"]) == (1000, "OK")
    bearer = with_headers(api_on_both, authorization=f"Bearer {answer['token']}")
    assert bearer == {"code": 1000, "msg": "OK", "data": {"credit": 1000}}


def test_getting_a_token_needs_no_header(api: Api) -> None:
    del api.client.headers["x-api-key"]
    assert api.post(GET_TOKEN, pair(api))["code"] == 1000


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"clientId": None}, 1003, "clientId is required."),
        ({"clientSecret": None}, 1003, "clientSecret is required."),
        ({"clientId": ""}, 1003, "clientId must not be empty."),
        ({"clientId": 5}, 1003, "clientId must be a string."),
        ({"clientSecret": ["x"]}, 1003, "clientSecret must be a string."),
        ({"clientSecret": "x\x00"}, 1003, "clientSecret must be text without NUL"),
        ({"clientId": "another"}, 1101, "clientId and clientSecret do not belong together"),
        ({"clientSecret": WRONG_KEY}, 1101, ""),
    ],
)
def test_a_wrong_pair_gets_no_token(
    api: Api, changes: dict[str, object], code: int, says: str
) -> None:
    answer = api.post(GET_TOKEN, {**pair(api), **changes})
    assert answer["code"] == code and answer["msg"].startswith(says)
    assert "token" not in answer


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 1102),
        ({"x_api_key": ""}, 1102),
        ({"x_api_key": "KEY"}, 1000),
        ({"x_api_key": WRONG_KEY}, 1101),
        ({"x_api_key": "short"}, 1101),
        ({"x_api_key": "x" * 9000}, 1101),
        ({"authorization": "Bearer TOKEN"}, 1000),
        ({"authorization": "bearer TOKEN"}, 1000),
        ({"authorization": "Bearer wrong"}, 1101),
        ({"authorization": "Bearer"}, 1101),
        ({"authorization": "Bearer KEY"}, 1101),
        ({"authorization": "Basic TOKEN"}, 1101),
        ({"authorization": "TOKEN"}, 1101),
        ({"authorization": "Bearer TOKEN", "x_api_key": WRONG_KEY}, 1000),
        ({"authorization": "Bearer wrong", "x_api_key": "KEY"}, 1101),
        ({"authorization": "Basic KEY", "x_api_key": "KEY"}, 1101),
    ],
)
def test_the_token_decides_where_there_is_one(api: Api, headers: dict[str, str], code: int) -> None:
    known = {"KEY": api.world.secret, "TOKEN": token_of(api)}
    filled = dict(headers)
    for word, value in known.items():
        filled = {name: text.replace(word, value) for name, text in filled.items()}
    assert with_headers(api, **filled)["code"] == code


@pytest.mark.parametrize("letter", ["\xe4", "\xff"])
def test_a_key_that_is_not_ascii_is_a_wrong_key(api: Api, letter: str) -> None:
    for name in ("x-api-key", "authorization"):
        headers = {name.encode(): f"Bearer {letter}".encode("latin-1")}
        del api.client.headers["x-api-key"]
        assert api.client.get(QUOTA, headers=headers).json()["code"] == 1101
        api.client.headers["x-api-key"] = api.world.secret


def test_a_token_lasts_400_days(api: Api) -> None:
    bearer = {"authorization": f"Bearer {token_of(api)}"}
    api.clock.now_ms += 400 * _DAY_MS - 1000
    assert api.client.get(QUOTA, headers=bearer).json()["code"] == 1000
    api.clock.now_ms += 1000
    answer = api.client.get(QUOTA, headers=bearer).json()
    assert answer["code"] == 1101 and "expired" in answer["msg"]


@pytest.mark.parametrize("end", ["revoke", "rotate"])
def test_a_key_that_has_ended_takes_its_tokens_along(api_on_both: Api, end: str) -> None:
    api = api_on_both
    bearer = {"authorization": f"Bearer {token_of(api)}"}
    with api.world.database.write() as s:
        if end == "revoke":
            accounts.revoke_key(s, api.world.caller.client_id, NOW)
        else:
            accounts.rotate_key(s, api.world.keyring, api.world.caller.client_id)
    assert api.get(QUOTA)["code"] == 1101
    assert api.client.get(QUOTA, headers=bearer).json()["code"] == 1101
    assert api.post(GET_TOKEN, pair(api))["code"] == 1101


def test_a_blocked_team_is_refused_by_every_way(api_on_both: Api) -> None:
    api = api_on_both
    bearer = {"authorization": f"Bearer {token_of(api)}"}
    with api.world.database.write() as s:
        s.get_one(Team, api.world.caller.team_id).banned = True
    assert api.get(QUOTA)["code"] == 1200
    assert api.client.get(QUOTA, headers=bearer).json()["code"] == 1200
    assert api.post(GET_TOKEN, pair(api))["code"] == 1200
    assert api.get(f"{V4}/task/detail", _id="0" * 24)["code"] == 1200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{V4}/analyze"),
        ("GET", f"{V4}/analyze/detail"),
        ("GET", f"{V4}/analyze/list"),
        ("POST", f"{V4}/task/create"),
        ("GET", f"{V4}/task/detail"),
        ("GET", f"{V4}/task/list"),
        ("GET", f"{V4}/task/events"),
        ("POST", f"{V4}/task/cancel"),
        ("POST", f"{V4}/task/delbyids"),
        ("POST", f"{V4}/upload"),
        ("GET", QUOTA),
    ],
)
def test_every_route_asks_who_calls_before_it_looks_at_anything(
    api: Api, method: str, path: str
) -> None:
    del api.client.headers["x-api-key"]
    answer = api.client.request(method, path, content=b"nonsense" if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (200, 1102)
    answer = api.client.request(method, path, headers={"x-api-key": WRONG_KEY})
    assert (answer.status_code, answer.json()["code"]) == (200, 1101)


def test_a_key_that_calls_too_often_is_told_when_to_come_again(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = tmp_path / "api.db"
    file.write_bytes(sqlite_template.read_bytes())
    with (
        serving(Database(f"sqlite:///{file}"), tmp_path, rate_per_minute=3) as server,
        server.new_team() as api,
        server.new_team() as another,
    ):
        token = token_of(api)
        bearer = {"authorization": f"Bearer {token}"}
        assert api.client.get(QUOTA, headers=bearer).status_code == 200
        assert api.client.get(f"{V4}/task/detail?_id=x").status_code == 200
        for path in (QUOTA, f"{V4}/task/detail?_id=x", f"{V4}/task/events?_id=x"):
            answer = api.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (429, 1005)
            assert answer.headers["retry-after"] == "20"
        assert api.client.post(f"{V4}/analyze", json=ANALYZE_BODY).status_code == 429
        assert api.client.post(GET_TOKEN, json=pair(api)).status_code == 429
        assert another.client.get(QUOTA).status_code == 200
        api.clock.now_ms += 20_000
        assert api.client.get(QUOTA).status_code == 200
        assert api.client.get(QUOTA).status_code == 429
