"""The service as clients and operators meet it: the published way, crashes, signals."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from PIL import Image

from headswap.cli.main import main
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.trust.credentials import read_credentials
from headswap.vision.store import ModelStore
from tests.service_process import Receiver, Service, frames_at, running

FRAMES = 25
# Small clips and short leases, so that a scenario takes seconds.
SETTINGS = {"HEADSWAP_MIN_DURATION_S": "0.4", "HEADSWAP_LEASE_S": "2"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """A running service with an analysed clip and a photo, and a receiver of its webhooks."""

    service: Service
    receiver: Receiver
    video_url: str
    photo_url: str


@pytest.fixture(scope="module")
def inputs(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inputs]:
    folder = tmp_path_factory.mktemp("service")
    clip, photo = folder / "clip.mp4", folder / "photo.png"
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=FRAMES / 25)), clip)
    Image.fromarray(portrait(Identity.SECOND)).save(photo)
    with Receiver() as receiver:
        allow = f"127.0.0.1:{receiver.port}"
        with running(folder / "data", HEADSWAP_FETCH_ALLOW=allow, **SETTINGS) as service:
            video_url, photo_url = service.upload(clip), service.upload(photo)
            assert service.analysed(video_url)["status"] == 3
            yield Inputs(service, receiver, video_url, photo_url)


def _told(inputs: Inputs, task_id: str, timeout_s: float = 30) -> dict[str, object]:
    """What the receiver was told of a task."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        for message in inputs.receiver.told(inputs.service.client_id, inputs.service.secret):
            if message["_id"] == task_id:
                return message
        time.sleep(0.1)
    raise AssertionError(f"nobody was told of {task_id}; {inputs.service.log()[-3000:]}")


def _check_credentials(inputs: Inputs, task: dict[str, Any], folder: Path) -> None:
    """The result names its task, the preview is signed too, and the service says so itself."""
    service = inputs.service
    result, preview = folder / "result.mp4", folder / "preview.png"
    (person,) = service.analysed(inputs.video_url)["analysis_result"]["media"]
    preview.write_bytes(httpx.get(person["img_url"]).raise_for_status().content)
    found = read_credentials(result)
    assert (found.state, found.task_id, found.self_made) == ("valid", task["_id"], True)
    assert (read_credentials(preview).state, read_credentials(preview).task_id) == ("valid", None)
    key = service.data / "signing" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert f"self-made certificate, {key.with_name('certificate.pem')}" in service.log()
    with result.open("rb") as stream:
        told = service.ask("POST", "/verify", files={"file": stream})["data"]
    assert told["credentials"]["state"] == "valid" and task["_id"] in told["sentence"]


def test_the_published_way_gives_a_swapped_video(inputs: Inputs, tmp_path: Path) -> None:
    service = inputs.service
    before = service.ask("GET", "/api/open/v3/faceswap/quota/info")["data"]["credit"]
    created = service.created(inputs.video_url, inputs.photo_url, webhookUrl=inputs.receiver.url)
    assert created["code"] == 1000 and created["data"]["deduction_lock_duration"] == 1
    task = service.finished("task", created["data"]["_id"])
    assert (task["status"], task["progress"], task["deduction_duration"]) == (3, 100, 1)
    assert frames_at(task["video_url"], tmp_path) == FRAMES
    after = service.ask("GET", "/api/open/v3/faceswap/quota/info")["data"]["credit"]
    assert before - after == 1
    _check_credentials(inputs, task, tmp_path)
    shown = service.ask("GET", "/api/console/task", params={"_id": task["_id"]})["data"]
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(httpx.get(shown["picture"]).raise_for_status().content)
    assert read_credentials(picture).task_id == task["_id"] and shown["frame"] is None
    told = _told(inputs, task["_id"])
    assert told["status"] == 3 and httpx.get(str(told["url"])).status_code == 200
    assert service.ledger_faults() == []
    assert not list((service.data / "work").iterdir())


def test_a_message_is_shown_with_its_tries_and_sent_again_by_command(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    service = inputs.service
    created = service.created(inputs.video_url, inputs.photo_url, webhookUrl=inputs.receiver.url)
    id_ = created["data"]["_id"]
    service.finished("task", id_)
    _told(inputs, id_)
    data = ["--data", str(service.data)]
    end = time.monotonic() + 20
    while True:
        capsys.readouterr()
        assert main(["webhook", "list", "--task", id_, "--json", *data]) == 0
        (message,) = json.loads(capsys.readouterr().out)
        if message["state"] == "sent" or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert message["state"] == "sent"
    assert [sent["http_status"] for sent in message["tries"]] == [200]
    before = len(inputs.receiver.bodies)
    assert main(["webhook", "resend", message["message_id"], *data]) == 0
    while len(inputs.receiver.bodies) == before and time.monotonic() < end:
        time.sleep(0.1)
    told = inputs.receiver.told(service.client_id, service.secret)
    assert [one["_id"] for one in told].count(id_) == 2
    assert main(["webhook", "resend", "0" * 24, *data]) == 1


def test_a_task_whose_worker_is_killed_ends_once(inputs: Inputs, tmp_path: Path) -> None:
    service = inputs.service
    created = service.created(inputs.video_url, inputs.photo_url, webhookUrl=inputs.receiver.url)
    id_ = created["data"]["_id"]
    end = time.monotonic() + 60
    while service.detail("task", id_)["progress"] < 20 and time.monotonic() < end:
        time.sleep(0.05)
    worker = service.worker()
    assert worker is not None
    worker.kill()
    task = service.finished("task", id_)
    assert task["status"] == 3, task
    assert frames_at(task["video_url"], tmp_path) == FRAMES
    assert _told(inputs, id_)["status"] == 3
    assert service.ledger_faults() == []


def test_a_task_survives_the_death_of_the_server(inputs: Inputs, tmp_path: Path) -> None:
    service = inputs.service
    created = service.created(inputs.video_url, inputs.photo_url, webhookUrl=inputs.receiver.url)
    id_ = created["data"]["_id"]
    time.sleep(1.0)
    old = service.worker()
    service.kill()
    service.start()
    task = service.finished("task", id_)
    assert task["status"] == 3 and frames_at(task["video_url"], tmp_path) == FRAMES
    assert _told(inputs, id_)["status"] == 3
    assert service.ledger_faults() == []
    # The worker that lost its server does not go on for ever beside the new one.
    if old is not None:
        gone, _ = psutil.wait_procs([old], timeout=30)
        assert gone


def test_a_running_task_is_cancelled_soon_and_costs_nothing(inputs: Inputs) -> None:
    service = inputs.service
    before = service.ask("GET", "/api/open/v3/faceswap/quota/info")["data"]["credit"]
    created = service.created(inputs.video_url, inputs.photo_url)
    id_ = created["data"]["_id"]
    end = time.monotonic() + 60
    while service.detail("task", id_)["progress"] < 5 and time.monotonic() < end:
        time.sleep(0.05)
    answer = service.ask("POST", "/api/open/v4/headswap/task/cancel", json={"_id": id_})
    assert answer["code"] == 1000
    task = service.finished("task", id_, timeout_s=10)
    assert task["status"] == 4 and "cancel" in task["error_reason"]
    after = service.ask("GET", "/api/open/v3/faceswap/quota/info")["data"]["credit"]
    assert after == before and service.ledger_faults() == []


def test_a_photo_that_cannot_be_used_fails_its_task_with_the_persons_number(
    inputs: Inputs, tmp_path: Path
) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 300), (90, 90, 90)).save(blank)
    service = inputs.service
    created = service.created(inputs.video_url, service.upload(blank))
    task = service.finished("task", created["data"]["_id"])
    assert (task["status"], task["error_code"]) == (4, 1108)
    assert task["error_reason"].startswith("obj_id 0: no face found")
    assert task["deduction_duration"] == 0 and service.ledger_faults() == []


def test_a_server_that_is_asked_to_stop_hands_its_work_back(inputs: Inputs, tmp_path: Path) -> None:
    service = inputs.service
    created = service.created(inputs.video_url, inputs.photo_url)
    id_ = created["data"]["_id"]
    time.sleep(1.5)
    assert service.stop() == 0
    service.start()
    task = service.finished("task", id_)
    assert task["status"] == 3 and frames_at(task["video_url"], tmp_path) == FRAMES
    assert service.ledger_faults() == []
