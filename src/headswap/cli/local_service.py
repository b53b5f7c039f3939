"""A service of this command's own on loopback."""

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

import httpx

from headswap.client import Client
from headswap.errors import ServiceFailed

_READY_S = 60.0


@contextmanager
def local_service() -> Generator[Client]:
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
                env={**os.environ, "HEADSWAP_LOG_LEVEL": "warning"},
            )
        base_url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(process, base_url, log)
            first = json.loads((folder / "data" / "first-key.json").read_text(encoding="utf-8"))
            with Client(base_url, first["key"]) as client:
                yield client
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
