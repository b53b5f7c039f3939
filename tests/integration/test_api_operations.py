"""What whoever runs the server sees: health, metrics, logs, the API's document and its page."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from headswap.api import health, logs
from headswap.api.logs import scrub
from headswap.errors import HeadswapError
from headswap.jobs import analyses
from headswap.store.blobs import Blobs
from headswap.store.database import Database
from tests.api_world import ANALYZE_BODY, V3, V4, Api, create_body

pytest_plugins = ["tests.service_databases", "tests.api_server"]


def test_a_server_that_answers_is_alive(api: Api) -> None:
    del api.client.headers["x-api-key"]
    assert api.get("/healthz") == {"code": 1000, "msg": "OK", "data": {"status": "alive"}}


def test_a_server_that_can_work_is_ready(api_on_both: Api) -> None:
    del api_on_both.client.headers["x-api-key"]
    data = api_on_both.get("/readyz")["data"]
    assert data == {"database": "ready", "migrations": "ready", "blobs": "ready"}


@pytest.mark.parametrize("broken", ["database", "migrations", "blobs"])
def test_what_cannot_be_worked_with_is_named(
    api: Api, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object) -> None:
        raise HeadswapError("a detail that is for the log")

    place, name = {
        "database": (Database, "ping"),
        "migrations": (health, "_check_tables"),
        "blobs": (Blobs, "put"),
    }[broken]
    monkeypatch.setattr(place, name, fail)
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, 2001)
    states = answer.json()["data"]
    assert [name for name, state in states.items() if state != "ready"] == [broken]
    assert "detail" not in answer.text


def test_tables_of_another_version_are_not_ready(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "headswap.api.health.ScriptDirectory.get_current_head", lambda _: "of tomorrow"
    )
    states = api.client.get("/readyz").json()["data"]
    assert states == {"database": "ready", "migrations": "not ready", "blobs": "ready"}


def samples(api: Api) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = api.client.get("/metrics").text
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_metrics_count_requests_by_route_and_code(api: Api) -> None:
    def count(**labels: str) -> float:
        name = "headswap_http_requests_total"
        return samples(api).get((name, frozenset(labels.items())), 0)

    refused = {"method": "GET", "route": f"{V4}/task/detail", "status": "200", "code": "1014"}
    unknown = {"method": "GET", "route": "none", "status": "404", "code": "1008"}
    file = {"method": "GET", "route": "/files/{key:path}", "status": "403", "code": "1014"}
    strange = {"method": "other", "route": "none", "status": "404", "code": "1008"}
    before = [count(**labels) for labels in (refused, unknown, file, strange)]
    api.client.get(f"{V4}/task/detail?_id=x")
    api.client.get("/nonsense/4711")
    api.client.get("/files/a/b")
    api.client.request("BREW", "/coffee")
    after = [count(**labels) for labels in (refused, unknown, file, strange)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1, 1]


def test_metrics_tell_durations_queue_tasks_and_webhooks(api_on_both: Api) -> None:
    api = api_on_both
    before = samples(api)
    api.finished(webhookUrl="https://h.example/")
    api.post(f"{V4}/analyze", ANALYZE_BODY)
    api.world.created()
    found = samples(api)

    def more(name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return found[key] - before[key]

    assert more("headswap_queue_entries", kind="analysis", state="waiting") == 1
    assert more("headswap_queue_entries", kind="task", state="waiting") == 1
    assert more("headswap_tasks", state="completed") == 1
    assert more("headswap_tasks", state="queued") == 1
    assert more("headswap_analyses", state="completed") == 1
    assert more("headswap_webhooks", state="waiting") == 1
    assert ("headswap_queue_oldest_seconds", frozenset({("kind", "task")})) in found
    name = "headswap_http_request_duration_seconds_count"
    assert found[(name, frozenset({("method", "GET"), ("route", "/metrics")}))] >= 1


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the service logs."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    logs.set_up_logs("info", stream)
    yield stream
    root.handlers[:], root.level = before, level
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = True


def _told(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def _requests(lines: io.StringIO, count: int) -> list[dict[str, Any]]:
    """The lines of so many requests; each is left just after its answer."""
    until = time.monotonic() + 20
    while len(found := [one for one in _told(lines) if one["message"] == "request"]) < count:
        assert time.monotonic() < until, lines.getvalue()
        time.sleep(0.005)
    return found


def test_each_request_leaves_a_line_with_its_ids(api: Api, lines: io.StringIO) -> None:
    api.analysed()
    answer = api.post(f"{V4}/task/create", create_body(), **{"x-request-id": "r1"})
    api.get(f"{V4}/task/detail", _id=answer["data"]["_id"])
    create, detail = _requests(lines, 2)
    assert (create["request_id"], create["level"], create["code"]) == ("r1", "info", 1000)
    assert create["task_id"] == detail["task_id"] == answer["data"]["_id"]
    assert create["team_id"] == api.world.caller.team_id
    assert (create["method"], create["path"]) == ("POST", f"{V4}/task/create")
    assert (create["status"], create["took_ms"] > 0) == (200, True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", create["time"])


def test_no_secret_reaches_the_log(
    api: Api, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by requests, not by faults, and not by what another part of the service says."""
    task = api.finished()
    url = api.get(f"{V4}/task/detail", _id=task.id)["data"]["video_url"]
    pair = {"clientId": api.world.caller.client_id, "clientSecret": api.world.secret}
    token = api.post(f"{V3}/getToken", pair)["token"]
    api.client.get(f"{V3}/faceswap/quota/info", headers={"authorization": f"Bearer {token}"})
    assert httpx.get(url).status_code == 200

    def fail(*_: object) -> None:
        raise RuntimeError(f"with x-api-key: {api.world.secret} and {url} and {token}")

    monkeypatch.setattr(analyses, "list_", fail)
    assert api.client.get(f"{V4}/analyze/list").status_code == 500
    logging.getLogger("headswap.jobs").warning("cannot fetch %s", url, extra={"address": url})
    assert len(_requests(lines, 5)) == 5
    told = lines.getvalue()
    assert "cannot fetch" in told and "RuntimeError" in told
    signature = urlsplit(url).query.rpartition("signature=")[2]
    for secret in (api.world.secret, token, signature, urlsplit(url).query):
        assert secret not in told
    assert {line.get("request_id", "none") for line in _told(lines)} != {"none"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("nothing to hide", "nothing to hide"),
        ("https://h/p?signature=s&expires=1 failed", "https://h/p?... failed"),
        ("https://h/p#token", "https://h/p?..."),
        ("'http://user:secret@h/p'", "'http://h/p'"),
        ("postgresql://me:secret@h:5432/db", "postgresql://h:5432/db"),
        ("https://h/a and https://h/b?c", "https://h/a and https://h/b?..."),
        ("X-Api-Key: abcdef", "X-Api-Key: ..."),
        ("{'x-api-key': 'abcdef'}", "{'x-api-key': '...'}"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: ..."),
        ('"clientSecret":"abcdef"', '"clientSecret":"..."'),
        ("a token eyJhbGciOi.eyJzdWIi.c2lnbmF0", "a token ..."),
        ("X-Amz-Signature=abc&more=1", "X-Amz-Signature=...&more=1"),
        ("[parameters: ('hash', b'sealed')]", "[parameters: ...]"),
    ],
)
def test_what_is_secret_in_a_text_is_taken_out(text: str, kept: str) -> None:
    assert scrub(text) == kept


def test_a_long_text_is_searched_in_a_moment() -> None:
    for text in ("a." * 200_000, "a://" * 100_000, "token=" * 50_000, "eyJ." * 100_000):
        assert len(scrub(text)) <= len(text) + 3


def _schemas(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object that the document describes, with where it stands."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("properties"), dict):
                yield where, value
            waiting += [(f"{where}/{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{where}/{at}", inner) for at, inner in enumerate(value)]


def test_the_document_states_every_field_with_an_example(api: Api) -> None:
    document = api.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    fields = [
        (f"{where}.{name}", field)
        for where, schema in _schemas(document)
        for name, field in schema["properties"].items()
        if not (name == "data" and list(field) == ["$ref"])
    ]
    assert len(fields) > 100
    assert [name for name, field in fields if not field.get("description")] == []
    assert [name for name, field in fields if not field.get("examples")] == []
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert all(one["summary"] and one["responses"]["200"]["description"] for one in operations)
    parameters = [given for one in operations for given in one["parameters"]]
    assert all(given["description"] and "example" in given for given in parameters)


def test_the_document_names_every_route_and_refers_to_nothing_that_is_missing(api: Api) -> None:
    text = api.client.get("/openapi.json").text
    document = json.loads(text)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names <= set(document["components"]["schemas"])
    for path in (f"{V4}/task/create", f"{V4}/upload", f"{V3}/getToken", "/files/{key}", "/metrics"):
        assert path in document["paths"]
    assert document["paths"]["/healthz"]["get"]["security"] == []
    assert document["paths"][f"{V4}/task/list"]["get"]["security"] == [{"key": []}, {"token": []}]


def test_the_page_of_the_api_asks_nothing_of_anybody_else(api: Api) -> None:
    page = api.client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert sorted(assets) == ["docs/page.css", "docs/page.js"]
    texts = [page.text, *(api.client.get(f"/{asset}").text for asset in assets)]
    assert all("://" not in text for text in texts)
    assert api.client.get("/docs/page.js").headers["content-type"].startswith("text/javascript")
