"""The client against a real server, blocking and awaited; a hand does the server's work at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from headswap.client import AsyncClient, Client, Progress, Status
from headswap.client import errors as e
from headswap.errors import OutputNotWritable
from headswap.store.database import Database
from tests.api_world import V4, Api, Hands, Server, serving
from tests.hired_hand import OUTPUT, Hand, hired_hand
from tests.lossy_proxy import LossyProxy
from tests.service_world import PHOTO, VIDEO

pytest_plugins = ["tests.service_databases", "tests.api_server"]

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 3000
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 8000


@pytest.fixture
def hand(sqlite_server: Server) -> Iterator[Hand]:
    with hired_hand(sqlite_server) as hand:
        yield hand


Call = Callable[..., Any]


@pytest.fixture(params=["blocking", "awaited"])
def call(request: pytest.FixtureRequest, api: Api) -> Iterator[Call]:
    """Calls a method of either client by its name, with the team's key."""
    yield from _calling(request.param, api, api.world.secret)


def _calling(kind: str, api: Api, key: str) -> Iterator[Call]:
    url = api.services.public_url
    if kind == "blocking":
        with Client(url, key, tries=3) as client:
            yield lambda name, *args, **named: getattr(client, name)(*args, **named)
        return

    def call(name: str, *args: Any, **named: Any) -> Any:
        async def run() -> Any:
            async with AsyncClient(url, key, tries=3) as client:
                return await getattr(client, name)(*args, **named)

        return anyio.run(run)

    yield call


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "my clip.mp4"
    path.write_bytes(MP4)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "anna.png"
    path.write_bytes(PNG)
    return path


def test_files_go_the_whole_way_and_come_back_swapped(
    call: Call, hand: Hand, api: Api, clip: Path, photo: Path, tmp_path: Path
) -> None:
    told: list[Progress] = []
    out = tmp_path / "out.mp4"
    swapped = call("swap", clip, {0: photo, 1: str(photo)}, to=out, progress=told.append)
    assert out.read_bytes() == OUTPUT and swapped.path == out
    assert hand.seen.index(swapped.analysis.id) < hand.seen.index(swapped.task.id)
    assert [person.obj_id for person in swapped.analysis.people] == [0, 1]
    assert swapped.analysis.people[0].box == (10, 20, 110, 140)
    assert (swapped.task.status, swapped.task.credits) == (Status.COMPLETED, 15)
    (person,) = swapped.task.report.people
    assert (person.frames_swapped, person.not_swapped[0].reason) == (290, "turned away")
    assert call("credits") == 985
    stages = list(dict.fromkeys((one.stage, one.what) for one in told))
    assert [stage for stage, _ in stages] == ["upload", "upload", "analyze", "swap", "download"]
    last = {(one.stage, one.what): one for one in told}
    assert last["upload", clip.name].done == last["upload", clip.name].total == len(MP4)
    assert last["download", "out.mp4"].done == last["download", "out.mp4"].total == len(OUTPUT)
    stored = api.world.task(swapped.task.id)
    assert stored.video_url.startswith(api.services.public_url)
    assert [one["obj_id"] for one in stored.mappings] == [0, 1]


@pytest.mark.usefixtures("hand")
def test_urls_are_taken_as_they_are_and_the_result_may_stay_there(call: Call, api: Api) -> None:
    swapped = call("swap", VIDEO, {0: PHOTO}, resolution="480p", keep_original_sound=False)
    assert swapped.path is None and swapped.analysis.video_url == VIDEO
    assert httpx.get(swapped.task.result_url).content == OUTPUT
    stored = api.world.task(swapped.task.id)
    assert (stored.video_url, stored.resolution, stored.keep_original_sound) == (
        VIDEO,
        "480p",
        False,
    )
    assert stored.mappings[0]["img_url"] == PHOTO


@pytest.mark.usefixtures("hand")
def test_each_step_can_be_gone_by_itself(call: Call, tmp_path: Path) -> None:
    submitted = call("analyze", VIDEO)
    analysis = call("wait_for_analysis", submitted.id, timeout_s=30)
    assert call("analysis", submitted.id) == analysis and analysis.video.frame_count == 300
    made = call("create", VIDEO, {1: PHOTO}, resolution="480p", webhook_url="https://h.example/")
    assert (made.status, made.credits, made.result_url) == (Status.QUEUED, 10, None)
    task = call("wait_for_task", made.id, timeout_s=30)
    assert call("task", made.id) == task
    assert call("download", task, tmp_path / "a.mp4").read_bytes() == OUTPUT
    assert call("download", task.result_url, str(tmp_path / "b.mp4")).read_bytes() == OUTPUT
    tasks = call("tasks", size=5, status=Status.COMPLETED)
    assert (tasks.count, tasks.page, tasks.size) == (1, 1, 5) and tasks.items[0].id == task.id
    assert call("tasks", status=Status.FAILED).items == ()
    assert [one.id for one in call("analyses").items] == [analysis.id]
    deleted = call("delete", [task.id, "0" * 24])
    assert deleted.ids == (task.id,) and deleted.refused == {"0" * 24: "Resource not found"}
    with pytest.raises(e.NotFound):
        call("task", task.id)
    with pytest.raises(e.ResultGone, match="HTTP 404"):
        call("download", task, tmp_path / "c.mp4")
    assert not (tmp_path / "c.mp4").exists()


def test_a_task_is_cancelled_and_its_credits_come_back(call: Call, api: Api) -> None:
    api.analysed()
    made = call("create", VIDEO, {0: PHOTO})
    assert call("credits") == 985
    cancelled = call("cancel", made.id)
    assert cancelled.status is Status.FAILED and call("credits") == 1000
    with pytest.raises(e.SwapFailed, match="cancelled"):
        call("wait_for_task", made.id)
    with pytest.raises(e.ParameterWrong, match="already"):
        call("cancel", made.id)


@pytest.mark.usefixtures("hand")
def test_what_fails_raises_its_own_exception(call: Call) -> None:
    with pytest.raises(e.NobodyFound, match="Nobody is there"):
        call("swap", "https://videos.example/bad.mp4", {0: PHOTO})
    with pytest.raises(e.PhotoUnusable, match="obj_id 0: no face found"):
        call("swap", VIDEO, {0: "https://photos.example/bad.png"})
    with pytest.raises(e.ParameterWrong, match="mappings"):
        call("create", VIDEO, {})
    with pytest.raises(e.NotFound):
        call("task", "0" * 24)
    assert call("credits") == 1000


def test_too_few_credits_are_told(sqlite_server: Server) -> None:
    with sqlite_server.new_team(credits_=20) as api:
        api.analysed()
        with Client(api.services.public_url, api.world.secret) as client:
            client.create(VIDEO, {0: PHOTO})
            with pytest.raises(e.NotEnoughCredits):
                client.create(VIDEO, {0: PHOTO})
            assert client.credits() == 5


@pytest.mark.parametrize("kind", ["blocking", "awaited"])
def test_a_wrong_key_is_told(kind: str, api: Api) -> None:
    for call in _calling(kind, api, "x" * 24):
        with pytest.raises(e.KeyWrong):
            call("credits")


def test_files_that_cannot_be_read_or_written_are_told(
    call: Call, api: Api, tmp_path: Path
) -> None:
    with pytest.raises(e.FileNotRead, match=r"no\.png"):
        call("swap", VIDEO, {0: tmp_path / "no.png"})
    task = api.finished()
    with pytest.raises(OutputNotWritable):
        call("download", call("task", task.id), tmp_path)
    assert api.get(f"{V4}/analyze/list")["data"]["count"] == 1


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Client("http://127.0.0.1:9", "k", tries=1) as client:
        with pytest.raises(e.Unreachable) as unreachable:
            client.credits()
        with pytest.raises(e.Unreachable):
            client.download("http://127.0.0.1:9/o.mp4", tmp_path / "o.mp4")
    assert unreachable.value.sent is False and list(tmp_path.iterdir()) == []


def test_another_kind_of_server_is_told(api: Api) -> None:
    with (
        Client(f"{api.services.public_url}/docs?", "k", tries=1) as client,
        pytest.raises(e.NotTheApi, match="check the server's address"),
    ):
        client.credits()


@pytest.mark.parametrize("status", [None, 503])
@pytest.mark.usefixtures("hand")
def test_answers_that_are_lost_are_asked_for_again_and_nothing_is_paid_twice(
    api: Api, clip: Path, photo: Path, tmp_path: Path, status: int | None
) -> None:
    with (
        LossyProxy(api.services.public_url, status=status) as proxy,
        Client(proxy.url, api.world.secret) as client,
    ):
        swapped = client.swap(clip, {0: photo}, to=tmp_path / "o.mp4")
        assert client.credits() == 985
    assert proxy.asked[f"POST {V4}/task/create"] == 2
    assert proxy.asked[f"POST {V4}/analyze"] == 2
    tasks = api.get(f"{V4}/task/list")["data"]
    assert [task["_id"] for task in tasks["result"]] == [swapped.task.id]
    assert api.get(f"{V4}/analyze/list")["data"]["count"] == 1


def test_a_client_that_calls_too_often_waits_as_long_as_it_is_told(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "api.db").write_bytes(sqlite_template.read_bytes())
    waited: list[float] = []
    database = Database(f"sqlite:///{tmp_path / 'api.db'}")
    with serving(database, tmp_path, rate_per_minute=2) as server, server.new_team() as api:

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            _pass(server.clock, seconds)

        monkeypatch.setattr("headswap.client.transport.time.sleep", sleep)
        with Client(server.services.public_url, api.world.secret) as client:
            assert [client.credits() for _ in range(3)] == [1000, 1000, 1000]
    assert waited == [30]


def _pass(clock: Hands, seconds: float) -> None:
    clock.now_ms += round(seconds * 1000)
