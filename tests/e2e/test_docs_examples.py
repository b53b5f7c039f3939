"""The examples of docs/examples.md: each runs against a real service, or opens a real webhook."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from headswap.media import VideoReader
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.sealing import seal
from headswap.vision.store import ModelStore
from tests.api_world import Api, Server
from tests.hired_hand import OUTPUT, hired_hand
from tests.service_process import free_port, running

pytest_plugins = ["tests.service_databases", "tests.api_server"]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FRAMES = 12
PROGRAMS = {".sh": "bash", ".py": sys.executable, ".mjs": "node"}
NEEDS = {".sh": ("bash", "curl", "jq"), ".py": (), ".mjs": ("node",)}
SWAPS = ["swap.sh", "swap.py", "swap.mjs"]
RECEIVERS = ["receiver.py", "receiver.mjs"]
CLIENT_ID = "cid-0123456789ABCDEFGH=="
SECRETS = ["sec-0123456789abcdefghij", "sec-0123456789abcdefghijABCDEFGH"]
MESSAGE = {"_id": "6a066dc58570ecbf64f761a5", "status": 3, "type": "headswap", "url": "https://h/o"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the examples are given."""

    clip: Path
    photo: Path


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("examples")
    given = Inputs(folder / "clip.mp4", folder / "photo.png")
    write_clip(build_scene(SampleSpec(size_wh=(320, 240), seconds=FRAMES / 25)), given.clip)
    Image.fromarray(portrait(Identity.SECOND)).save(given.photo)
    return given


def _command(name: str) -> list[str]:
    """How an example is started; skips where what it is written for is not here."""
    suffix = Path(name).suffix
    for program in NEEDS[suffix]:
        if shutil.which(program) is None:
            pytest.skip(f"{name} needs {program}, which is not here")
    return [PROGRAMS[suffix], str(EXAMPLES / name)]


def _run(
    name: str, inputs: Inputs, result: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """An example, run to its end."""
    return subprocess.run(
        [*_command(name), inputs.clip, inputs.photo, result],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", SWAPS)
def test_an_example_does_all_it_has_to(
    name: str, inputs: Inputs, api: Api, sqlite_server: Server, tmp_path: Path
) -> None:
    result, url = tmp_path / "result.mp4", api.services.public_url
    with hired_hand(sqlite_server):
        done = _run(name, inputs, result, HEADSWAP_URL=url, HEADSWAP_KEY=api.world.secret)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["person 0: 300 frames", "person 1: 299 frames"]
    assert result.read_bytes() == OUTPUT


@pytest.mark.parametrize("name", SWAPS)
def test_an_example_that_is_refused_says_why(
    name: str, inputs: Inputs, api: Api, tmp_path: Path
) -> None:
    result, url = tmp_path / "result.mp4", api.services.public_url
    done = _run(name, inputs, result, HEADSWAP_URL=url, HEADSWAP_KEY="x" * 24)
    assert done.returncode != 0
    assert "1101" in done.stderr
    assert not result.exists()


def test_an_example_swaps_a_head_and_another_is_told_of_it(
    core_pack: ModelStore, inputs: Inputs, tmp_path: Path
) -> None:
    settings = {
        "HEADSWAP_MIN_DURATION_S": "0.4",
        "HEADSWAP_FETCH_ALLOW": "127.0.0.0/8",
        # The example states it.
        "HEADSWAP_CONSENT": "",
    }
    result = tmp_path / "result.mp4"
    with (
        running(tmp_path / "data", **settings) as service,
        _receiving("receiver.mjs", service.client_id, service.secret, tmp_path) as receiver,
    ):
        given = {
            "HEADSWAP_URL": str(service.client.base_url).rstrip("/"),
            "HEADSWAP_KEY": service.secret,
            "WEBHOOK_URL": receiver.url,
        }
        done = _run("swap.mjs", inputs, result, **given)
        assert done.returncode == 0, done.stderr + service.log()[-2000:]
        assert done.stdout == f"person 0: {FRAMES} frames\n"
        (task,) = service.ask("GET", "/api/open/v4/headswap/task/list")["data"]["result"]
        task_id, status, url = receiver.line().split()
        assert (task_id, status) == (task["_id"], "3")
        assert httpx.get(url).content == result.read_bytes()
    with VideoReader(result) as reader:
        assert sum(1 for _ in reader) == FRAMES


@dataclass(frozen=True, slots=True)
class Receiving:
    """A receiver's address, and the file that it prints to."""

    url: str
    output: Path

    def line(self) -> str:
        """What it has printed; it is given some time to."""
        end = time.monotonic() + 30
        while not (lines := self.output.read_text(encoding="utf-8").splitlines()):
            assert time.monotonic() < end, "the receiver was told nothing"
            time.sleep(0.05)
        (line,) = lines
        return line


@contextmanager
def _receiving(name: str, client_id: str, secret: str, folder: Path) -> Generator[Receiving]:
    """An example that takes webhooks, until the block ends."""
    port, output = free_port(), folder / "received"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*_command(name), str(port)],
            env={**os.environ, "CLIENT_ID": client_id, "CLIENT_SECRET": secret},
            stdout=stream,
        )
    try:
        _wait_until_it_listens(port, process)
        yield Receiving(f"http://127.0.0.1:{port}/", output)
    finally:
        process.kill()
        process.wait()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("secret", SECRETS, ids=["24", "32"])
@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_opens_what_is_genuine_and_refuses_the_rest(
    name: str, secret: str, tmp_path: Path
) -> None:
    body: dict[str, Any] = {**seal(CLIENT_ID, secret, MESSAGE, 1778806300000, "1529")}
    refused = [
        {**body, "signature": "0" * 40},
        {**body, "timestamp": 1778806300001},
        {**seal(CLIENT_ID, secret[::-1], MESSAGE, 1778806300000, "1529")},
        {"signature": "short"},
    ]
    with _receiving(name, CLIENT_ID, secret, tmp_path) as receiver:
        assert [httpx.post(receiver.url, json=one).status_code for one in refused] == [400] * 4
        assert httpx.post(receiver.url, json=body).status_code == 200
        assert receiver.line() == f"{MESSAGE['_id']} 3 {MESSAGE['url']}"
