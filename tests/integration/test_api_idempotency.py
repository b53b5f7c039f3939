"""Idempotency-Key over HTTP, and many creates at once against credits for a few."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from headswap.ids import new_id
from headswap.jobs import accounts, credits
from tests.api_world import ANALYZE_BODY, V3, V4, Api, create_body
from tests.service_world import NOW

pytest_plugins = ["tests.service_databases", "tests.api_server"]

CREATE = f"{V4}/task/create"
_KEY = "Idempotency-Key"


def test_the_same_key_and_body_get_the_first_answer_again(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    first = api.client.post(CREATE, json=create_body(), headers={_KEY: "k1"})
    again = api.client.post(CREATE, json=create_body(), headers={_KEY: "k1"})
    assert first.json()["code"] == 1000 and again.content == first.content
    assert api.get(f"{V4}/task/list")["data"]["count"] == 1
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 985}
    other = api.post(CREATE, create_body(), **{_KEY: "k2"})
    assert other["data"]["_id"] != first.json()["data"]["_id"]


def test_an_analysis_is_submitted_once(api_on_both: Api) -> None:
    answers = [api_on_both.post(f"{V4}/analyze", ANALYZE_BODY, **{_KEY: "k"}) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert api_on_both.get(f"{V4}/analyze/list")["data"]["count"] == 1


def test_the_same_key_with_another_body_or_route_is_1003(api: Api) -> None:
    api.analysed()
    api.post(CREATE, create_body(), **{_KEY: "k"})
    assert api.post(CREATE, create_body(resolution="480p"), **{_KEY: "k"})["code"] == 1003
    assert api.post(f"{V4}/analyze", ANALYZE_BODY, **{_KEY: "k"})["code"] == 1003


def test_a_refused_request_may_be_mended_and_sent_again(api: Api) -> None:
    assert api.post(CREATE, create_body(), **{_KEY: "k"})["code"] == 1003
    api.analysed()
    assert api.post(CREATE, create_body(), **{_KEY: "k"})["code"] == 1000


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\xe4"])
def test_a_key_of_another_form_is_1003(api: Api, key: str) -> None:
    headers = {_KEY.encode(): key.encode("latin-1")}
    answer = api.client.post(f"{V4}/analyze", json=ANALYZE_BODY, headers=headers).json()
    assert answer["code"] == 1003 and answer["msg"].startswith(_KEY)


def test_a_key_belongs_to_its_team(api: Api) -> None:
    api.post(f"{V4}/analyze", ANALYZE_BODY, **{_KEY: "k"})
    api.client.headers["x-api-key"] = _another_key(api)
    assert api.post(f"{V4}/analyze", ANALYZE_BODY, **{_KEY: "k"})["code"] == 1000


def _another_key(api: Api) -> str:
    with api.world.database.write() as s:
        team, _ = accounts.create_team(s, "another", NOW)
        return accounts.create_key(s, api.world.keyring, team.id, NOW).secret


def test_fifty_creates_at_once_against_credits_for_ten(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    _leave(api, 150)
    answers = _at_once(api, 50, {})
    codes = sorted(answer["code"] for answer in answers)
    assert codes == [1000] * 10 + [1104] * 40
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 0}
    assert api.get(f"{V4}/task/list")["data"]["count"] == 10
    assert api.world.ledger_faults() == []


def test_twenty_times_the_same_at_once_is_done_once(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    answers = _at_once(api, 20, {_KEY: "once"})
    assert all(answer == answers[0] and answer["code"] == 1000 for answer in answers)
    assert api.get(f"{V3}/faceswap/quota/info")["data"] == {"credit": 985}


def _leave(api: Api, credits_: int) -> None:
    """Leaves the team so many credits, by a hold of the rest."""
    with api.world.database.write() as s:
        rest = 1_000_000 - credits.to_milli(credits_)
        task_id = new_id(NOW)
        credits.hold(s, api.world.caller.team_id, task_id, rest, NOW)
        credits.settle(s, task_id, rest, NOW)


def _at_once(api: Api, count: int, headers: dict[str, str]) -> list[dict[str, Any]]:
    url, key = f"{api.services.public_url}{CREATE}", api.world.secret
    sent = {"x-api-key": key, **headers}

    def create(_: int) -> dict[str, Any]:
        return client.post(url, json=create_body(), headers=sent).json()

    limits = httpx.Limits(max_connections=count)
    with httpx.Client(limits=limits, timeout=60) as client, ThreadPoolExecutor(count) as pool:
        return list(pool.map(create, range(count)))
