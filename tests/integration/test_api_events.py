"""A task's progress as server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from headswap.api.v4 import events
from headswap.jobs import endings, queue
from headswap.jobs.queue import Claim
from headswap.store.database import Database
from tests.api_world import V4, Api, serving
from tests.service_world import NOW

pytest_plugins = ["tests.service_databases", "tests.api_server"]

EVENTS = f"{V4}/task/events"


@contextmanager
def following(api: Api, task_id: str) -> Generator[Iterator[dict[str, Any]]]:
    with api.client.stream("GET", EVENTS, params={"_id": task_id}, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield (json.loads(data) for data in _data(answer))


def _data(answer: httpx.Response) -> Iterator[str]:
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "data":
            yield value


def progress(api: Api, claim: Claim, percent: int, eta_s: int) -> None:
    with api.world.database.write() as s:
        assert queue.extend(s, claim, NOW, percent, eta_s)


def test_every_change_is_told_until_the_task_has_ended(api_on_both: Api) -> None:
    api = api_on_both
    api.analysed()
    task = api.world.created()
    with following(api, task.id) as told:
        assert next(told) == {"_id": task.id, "status": 1, "progress": 0, "eta_s": None}
        claim = api.world.claimed(task.id)
        progress(api, claim, 30, 14)
        assert next(told) == {"_id": task.id, "status": 2, "progress": 30, "eta_s": 14}
        with api.world.database.write() as s:
            endings.finish_task(s, api.world.settings, claim, "tasks/x/output.mp4", {}, NOW)
        assert next(told) == {"_id": task.id, "status": 3, "progress": 100, "eta_s": 0}
        assert list(told) == []


def test_a_task_that_has_ended_is_told_once(api: Api) -> None:
    task = api.finished()
    with following(api, task.id) as told:
        assert [(event["status"], event["progress"]) for event in told] == [(3, 100)]


def test_a_task_that_is_deleted_ends_its_events(api: Api) -> None:
    api.analysed()
    task = api.world.created()
    with following(api, task.id) as told:
        next(told)
        with httpx.Client(headers=api.client.headers) as another:
            body = {"_ids": task.id}
            another.post(f"{api.services.public_url}{V4}/task/delbyids", json=body)
        assert [event for event in told if event["status"] < 3] == []


def test_silence_is_broken_so_that_nobody_between_closes_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_HEARTBEAT_S", 0.5)
    api.analysed()
    task = api.world.created()
    with api.client.stream("GET", EVENTS, params={"_id": task.id}, timeout=20) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("data: ") and next(lines) == ""
        assert next(lines).startswith(":")


def test_many_streams_take_no_thread_each(api: Api) -> None:
    api.analysed()
    task = api.world.created()
    before = threading.active_count()
    with _many(api, task.id, 30):
        assert threading.active_count() <= before + 2
        assert api.client.get("/healthz").status_code == 200


@contextmanager
def _many(api: Api, task_id: str, count: int) -> Generator[None]:
    limits = httpx.Limits(max_connections=count + 1)
    with httpx.Client(
        base_url=api.services.public_url, headers=api.client.headers, limits=limits
    ) as client:
        request = client.build_request("GET", EVENTS, params={"_id": task_id})
        answers = [client.send(request, stream=True) for _ in range(count)]
        for answer in answers:
            assert next(answer.iter_lines()).startswith("data: ")
        yield
        for answer in answers:
            answer.close()


def test_a_server_that_stops_ends_its_streams(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "api.db"
    file.write_bytes(sqlite_template.read_bytes())
    ended: list[int] = []
    with serving(Database(f"sqlite:///{file}"), tmp_path) as server, server.new_team() as api:
        api.analysed()
        task = api.world.created()

        def follow() -> None:
            with httpx.Client(headers=api.client.headers, timeout=30) as client:
                url = f"{api.services.public_url}{EVENTS}"
                with client.stream("GET", url, params={"_id": task.id}) as answer:
                    begun.set()
                    ended.append(sum(1 for line in answer.iter_lines() if line))

        begun = threading.Event()
        thread = threading.Thread(target=follow)
        thread.start()
        assert begun.wait(20)
        time.sleep(0.1)
    thread.join(20)
    assert ended == [1]
