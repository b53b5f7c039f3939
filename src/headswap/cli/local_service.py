"""A service of this command's own on loopback, and the published way through it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from headswap.disk import whole_file
from headswap.errors import ServiceFailed
from headswap.vision.progress import Progress, Report

CONSENT = "headswap demo: the people are drawn, nobody is shown; for this demo"
_READY_S = 60.0
_POLL_S = 0.5
_COMPLETED, _FAILED = 3, 4


class ServiceClient:
    """Speaks the Head Swap Open API with one service."""

    def __init__(self, base_url: str, key: str) -> None:
        self._http = httpx.Client(base_url=base_url, headers={"x-api-key": key}, timeout=60)

    def close(self) -> None:
        self._http.close()

    def swapped(self, clip: Path, photo: Path, to: Path, resolution: str, report: Report) -> None:
        """Uploads both, analyses, swaps person 0, and downloads the result.

        Raises:
            ServiceFailed: the service refused or failed it; its own words say why.
        """
        video_url, img_url = self._uploaded(clip), self._uploaded(photo)
        analysis = self._post("analyze", {"video_url": video_url, "type": "head"})
        self._awaited("analyze", analysis["_id"], report)
        body = {
            "video_url": video_url,
            "mappings": [{"obj_id": 0, "img_url": img_url}],
            "model_name": "akool-premium",
            "resolution": resolution,
        }
        task = self._post("task/create", body)
        done = self._awaited("task", task["_id"], report)
        with (
            self._http.stream("GET", done["video_url"]) as answer,
            whole_file(to) as partial,
            partial.open("wb") as stream,
        ):
            answer.raise_for_status()
            for part in answer.iter_bytes():
                stream.write(part)

    def _uploaded(self, path: Path) -> str:
        with path.open("rb") as stream:
            answer = self._http.post("/api/open/v4/headswap/upload", files={"file": stream})
        return str(_data(answer)["url"])

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        return _data(self._http.post(f"/api/open/v4/headswap/{what}", json=body))

    def _awaited(self, what: str, id_: str, report: Report) -> dict[str, Any]:
        while True:
            path = f"/api/open/v4/headswap/{what}/detail"
            record = _data(self._http.get(path, params={"_id": id_}))
            report(Progress(f"{what} over HTTP", int(record["progress"]), 100))
            if record["status"] == _COMPLETED:
                return record
            if record["status"] == _FAILED:
                raise ServiceFailed(f"{what}: {record['error_reason']} ({record['error_code']})")
            time.sleep(_POLL_S)


def _data(answer: httpx.Response) -> dict[str, Any]:
    envelope = answer.json()
    if envelope["code"] != 1000:
        raise ServiceFailed(f"the service refused: {envelope['msg']} ({envelope['code']})")
    return envelope["data"]


@contextmanager
def local_service() -> Generator[ServiceClient]:
    """A service that lives as long as the block, with data of its own.

    Raises:
        ServiceFailed: it does not start.
    """
    with TemporaryDirectory(prefix="headswap-service-") as name:
        folder = Path(name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        log = folder / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "headswap", "serve"),
                    *("--data", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port)),
                ],
                stdout=stream,
                stderr=stream,
                env={
                    **os.environ,
                    "HEADSWAP_LOG_LEVEL": "warning",
                    # Of its own, as all it is asked to swap is drawn.
                    "HEADSWAP_CONSENT": CONSENT,
                },
            )
        base_url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(process, base_url, log)
            first = json.loads((folder / "data" / "first-key.json").read_text(encoding="utf-8"))
            client = ServiceClient(base_url, first["key"])
            try:
                yield client
            finally:
                client.close()
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], base_url: str, log: Path) -> None:
    end = time.monotonic() + _READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{base_url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
    raise ServiceFailed(f"the service did not start: {' / '.join(words) or 'it said nothing'}")
