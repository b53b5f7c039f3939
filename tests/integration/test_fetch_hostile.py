"""Hostile URLs, asked for directly and by redirect: all are refused, and nobody is contacted.

Listeners on loopback stand where the URLs point; every attempt to connect is recorded as well.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from headswap.errors import FetchRefused
from headswap.fetch import Guard, download, guarded_client, post_json
from headswap.fetch.deadline import Timeouts
from tests.fetch_servers import ScriptedServer, Visit, answer, redirect

PUBLIC = "93.184.215.14"
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "inside.example": ["127.0.0.1"],
    "six.example": ["::1"],
    "mixed.example": [PUBLIC, "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "zone.example": ["fe80::1%lo"],
    "private.example": ["10.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "xn--inside-9ua.example": ["127.0.0.1"],
}
# PORT is the listeners'.
HOSTILE = [
    # Loopback, in every spelling that some program reads as such.
    "http://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT",
    "http://127.0.0.1:PORT?x",
    "HTTP://127.0.0.1:PORT/",
    "http://127.0.0.2:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0X7F.1:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://127.0.0.01:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::127.0.0.1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::1]:PORT/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/",
    # Private, metadata, link-local, multicast, reserved.
    "http://10.0.0.1:PORT/",
    "http://172.16.0.1:PORT/",
    "http://192.168.0.1:PORT/",
    "http://100.64.0.1:PORT/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fd20:ce::254]/computeMetadata/v1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/opc/v2/",
    "http://168.63.129.16/machine",
    "http://[::ffff:169.254.169.254]/",
    "http://2852039166/latest/meta-data/",
    "http://[fe80::1]:PORT/",
    "http://[fe80::1%25lo]:PORT/",
    "http://[fe80::1%lo]:PORT/",
    "http://[fec0::1]:PORT/",
    "http://[ff02::1]:PORT/",
    "http://224.0.0.1:PORT/",
    "http://240.0.0.1:PORT/",
    "http://255.255.255.255:PORT/",
    # Names that lead inside.
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://inside.example:PORT/",
    "http://six.example:PORT/",
    "http://mixed.example:PORT/",
    "http://mapped.example:PORT/",
    "http://nat64.example:PORT/",
    "http://zone.example:PORT/",
    "http://private.example:PORT/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://xn--inside-9ua.example:PORT/",
    # Users, fragments and backslashes that hide the host.
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@public.example/",
    "http://@127.0.0.1:PORT/",
    "http://public.example\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@public.example/",
    "http://127.0.0.1:PORT\\.public.example/",
    "http:\\\\127.0.0.1:PORT\\",
    "/\\127.0.0.1:PORT/",
    "http://public.example#@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#.public.example/",
    # Encoded and international spellings.
    "http://%31%32%37.0.0.1:PORT/",
    "http://127.0.0.1%2f@public.example:PORT/",
    "http://127.0.0.1%00.public.example:PORT/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11:PORT/",
    "http://127\u30020\u30020\u30021:PORT/",
    "http://\u24dbocalhost:PORT/",
    "http://localho\u017ft:PORT/",
    "http://inside\u00ad.example:PORT/",
    "http://inside.example\u200b:PORT/",
    # Shapes that some program completes.
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "///127.0.0.1:PORT/",
    "127.0.0.1:PORT/",
    "http://[127.0.0.1]:PORT/",
    "http://[::1:PORT/",
    "http://::1:PORT/",
    "http://127.0.0.1:PORT:80/",
    "http://127.0.0.1:/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    f"http://127.0.0.1:PORT/{'a' * 3000}",
    # Other protocols.
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_GET",
    "dict://127.0.0.1:PORT/d:a",
    "ws://127.0.0.1:PORT/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "data:video/mp4;base64,AAAA",
    "javascript:alert(1)",
    "url:http://127.0.0.1:PORT/",
    "http\u017f://127.0.0.1:PORT/",
]
# No server can send these in a header.
HOSTILE_DIRECTLY = [
    "",
    " http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/ ",
    "ht\ntp://127.0.0.1:PORT/",
    "http://127.0.0.1\t:PORT/",
    "http://127.0.0.1:PORT\x00.public.example/",
    "http://127.0.0.1:PORT/\r\nHost: public.example",
]


def resolver(host: str) -> Sequence[str]:
    if host in NAMES:
        return NAMES[host]
    raise socket.gaierror(socket.EAI_NONAME, "unknown")


class Bystanders:
    """Listeners at one port of 127.0.0.1 and ::1, which nobody may come to."""

    def __init__(self, servers: Sequence[ScriptedServer]) -> None:
        self.servers = servers
        self.port = servers[0].port

    @property
    def visits(self) -> int:
        return sum(len(server.visits) for server in self.servers)

    def pointed_at(self, url: str) -> str:
        return url.replace("PORT", str(self.port))


def welcome(visit: Visit) -> None:
    visit.send(answer(b"inside"))


@pytest.fixture(scope="module")
def bystanders() -> Iterator[Bystanders]:
    with ExitStack() as stack:
        servers = [stack.enter_context(ScriptedServer(welcome))]
        # Without IPv6 on this machine there is nobody to reach at ::1.
        with suppress(OSError):
            six = ScriptedServer(welcome, host="::1", port=servers[0].port)
            servers.append(stack.enter_context(six))
        yield Bystanders(servers)


class Redirector:
    """A server that is let through, and sends on to `location`."""

    def __init__(self) -> None:
        self.location = ""
        self.server = ScriptedServer(lambda visit: visit.send(redirect(self.location)))


@pytest.fixture(scope="module")
def redirector() -> Iterator[Redirector]:
    made = Redirector()
    with made.server:
        yield made


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses of all attempts to connect by this process."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def recorded(self: socket.socket, address: Any) -> None:
        seen.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", recorded)
    return seen


def fetched(url: str, to: Path, allow: str = "") -> bytes:
    download(url, to, Guard(allow, resolver), max_bytes=1000, timeout_s=5, idle_s=5)
    return to.read_bytes()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "inside.example", "six.example"])
def test_the_listeners_are_reached_where_that_is_allowed(
    host: str, bystanders: Bystanders, connected: list[Any], tmp_path: Path
) -> None:
    if len(bystanders.servers) == 1 and host in ("[::1]", "six.example"):
        pytest.skip("no IPv6 on loopback here")
    before = bystanders.visits
    allow = bystanders.pointed_at("127.0.0.1:PORT,[::1]:PORT")
    assert fetched(f"http://{host}:{bystanders.port}/", tmp_path / "file", allow) == b"inside"
    assert bystanders.visits == before + 1
    assert len(connected) == 1


@pytest.mark.parametrize("url", [*HOSTILE, *HOSTILE_DIRECTLY])
def test_a_hostile_url_is_refused_and_nobody_contacted(
    url: str, bystanders: Bystanders, connected: list[Any], tmp_path: Path
) -> None:
    before = bystanders.visits
    with pytest.raises(FetchRefused):
        fetched(bystanders.pointed_at(url), tmp_path / "file")
    assert bystanders.visits == before
    assert connected == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("location", HOSTILE)
def test_a_hostile_redirect_is_refused_and_nobody_contacted(
    location: str,
    bystanders: Bystanders,
    redirector: Redirector,
    connected: list[Any],
    tmp_path: Path,
) -> None:
    before = bystanders.visits
    redirector.location = bystanders.pointed_at(location)
    server = redirector.server
    with pytest.raises(FetchRefused, match="a redirect was not followed"):
        fetched(f"{server.url}/", tmp_path / "file", server.place)
    assert bystanders.visits == before
    assert connected == [("127.0.0.1", server.port)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [*HOSTILE, *HOSTILE_DIRECTLY])
def test_a_hostile_webhook_is_refused_and_nobody_contacted(
    url: str, bystanders: Bystanders, connected: list[Any]
) -> None:
    before = bystanders.visits
    with (
        guarded_client(Guard("", resolver), Timeouts(5, 5)) as client,
        pytest.raises(FetchRefused),
    ):
        post_json(client, bystanders.pointed_at(url), {"status": 3}, timeout_s=5)
    assert bystanders.visits == before
    assert connected == []
