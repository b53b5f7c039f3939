"""What tests of downloads share: a file, and asking a scripted server for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap.fetch import Downloaded, Guard, download
from tests.fetch_servers import Script, ScriptedServer

FILE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
LIMIT = 20_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT_S = 0.3
LONG_S = 20.0


def fetch(
    server: ScriptedServer,
    to: Path,
    path: str = "/clip?signature=s3cret",
    total_s: float = LONG_S,
    idle_s: float = LONG_S,
    max_bytes: int = LIMIT,
) -> Downloaded:
    """Downloads from the server, which is let through."""
    guard = Guard(server.place)
    return download(f"{server.url}{path}", to, guard, max_bytes, total_s, idle_s)


def told_by(
    script: Script,
    to: Path,
    error: type[Exception],
    total_s: float = LONG_S,
    idle_s: float = LONG_S,
) -> str:
    """The message of the error that the download ended with; nothing was left behind."""
    with ScriptedServer(script) as server:
        with pytest.raises(error) as caught:
            fetch(server, to, total_s=total_s, idle_s=idle_s)
        assert server.place in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert not to.exists()
    return str(caught.value)
