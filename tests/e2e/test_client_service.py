"""The client and a real service with a real worker: files in, a swapped video out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from headswap.cli.main import main
from headswap.client import AsyncClient, Client, Progress, verify_and_decrypt
from headswap.client.errors import PhotoUnusable
from headswap.media import VideoReader
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.vision.store import ModelStore
from tests.service_process import Receiver, Service, running

pytestmark = pytest.mark.slow

FRAMES = 25
CONSENT = "The tests: the people are drawn, nobody is shown; for the tests"
SETTINGS = {"HEADSWAP_MIN_DURATION_S": "0.4", "HEADSWAP_LEASE_S": "2"}
V5 = "/api/open/v5/headswap"


@dataclass(frozen=True, slots=True)
class Inputs:
    """A running service, the receiver of its webhooks, a clip, and a photo."""

    service: Service
    receiver: Receiver
    clip: Path
    photo: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"


@pytest.fixture(scope="module")
def inputs(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inputs]:
    folder = tmp_path_factory.mktemp("client")
    clip, photo = folder / "clip.mp4", folder / "photo.png"
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=FRAMES / 25)), clip)
    Image.fromarray(portrait(Identity.SECOND)).save(photo)
    with Receiver() as receiver:
        allow = f"127.0.0.1:{receiver.port}"
        with running(folder / "data", HEADSWAP_FETCH_ALLOW=allow, **SETTINGS) as service:
            yield Inputs(service, receiver, clip, photo)


def frames(video: Path) -> int:
    with VideoReader(video) as reader:
        return sum(1 for _ in reader)


def test_a_clip_is_swapped_saved_and_told(inputs: Inputs, tmp_path: Path) -> None:
    told: list[Progress] = []
    out, service = tmp_path / "out.mp4", inputs.service
    with Client(inputs.url, service.secret) as client:
        before = client.credits()
        swapped = client.swap(
            inputs.clip,
            {0: inputs.photo},
            to=out,
            resolution="480p",
            consent=CONSENT,
            webhook_url=inputs.receiver.url,
            progress=told.append,
            timeout_s=300,
        )
        assert before - client.credits() == swapped.task.credits == 1
    assert frames(out) == FRAMES and swapped.task.report is not None
    assert swapped.task.report.frame_count == FRAMES
    stages = list(dict.fromkeys(one.stage for one in told))
    assert stages == ["upload", "analyze", "swap", "download"]
    message = _told(inputs, swapped.task.id)
    assert message.result_url is not None and message.status == 3
    _check_tracks(inputs, swapped.analysis.id)


def _told(inputs: Inputs, task_id: str) -> Any:
    service = inputs.service
    for _ in range(100):
        for body in inputs.receiver.bodies:
            message = verify_and_decrypt(service.client_id, service.secret, body)
            if message.task_id == task_id:
                return message
        asyncio.run(asyncio.sleep(0.1))
    raise AssertionError(f"nobody was told of {task_id}")


def _check_tracks(inputs: Inputs, analysis_id: str) -> None:
    answer = inputs.service.ask("GET", f"{V5}/analyze/detail", params={"_id": analysis_id})
    tracks = httpx.get(answer["data"]["analysis_result"]["track_manifest_url"]).json()
    assert tracks["video"]["frame_count"] == len(tracks["pts"]) == FRAMES
    (person,) = tracks["people"]
    assert person["obj_id"] == 0
    for track in person["tracks"]:
        count = len(track["frames"])
        assert count == len(track["boxes"]) == len(track["confidence"]) > 0
        assert all(len(box) == 4 for box in track["boxes"])
        assert all(0 <= value <= 1 for value in track["confidence"])


def test_the_awaited_client_and_the_command_do_the_same(inputs: Inputs, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 300), (90, 90, 90)).save(blank)

    async def fail() -> None:
        async with AsyncClient(inputs.url, inputs.service.secret) as client:
            await client.swap(inputs.clip, {0: blank}, consent=CONSENT, timeout_s=300)

    with pytest.raises(PhotoUnusable, match="obj_id 0: no face found"):
        asyncio.run(fail())
    out = tmp_path / "out.mp4"
    words = [str(inputs.clip), "--map", f"0={inputs.photo}", "--out", str(out)]
    where = ["--url", inputs.url, "--key", inputs.service.secret, "--consent", CONSENT]
    assert main(["remote", "swap", *words, *where]) == 0
    assert frames(out) == FRAMES and inputs.service.ledger_faults() == []
