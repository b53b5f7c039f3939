"""Redirects: three are followed, each checked like the first URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from headswap.errors import (
    FetchFailed,
    FetchRefused,
)
from tests.fetch_servers import (
    Script,
    ScriptedServer,
    Visit,
    answer,
    redirect,
    sends,
)
from tests.fetching import FILE, fetch, told_by


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "file"


def hops(*locations: str) -> Script:
    """/0 sends to the first location, /1 to the second, ...; what is beyond them is the file.

    PLACE stands for the server's own host and port.
    """

    def script(visit: Visit) -> None:
        step = int(visit.path.strip("/").partition("?")[0])
        if step == len(locations):
            visit.send(answer(FILE))
        else:
            visit.send(redirect(locations[step].replace("PLACE", visit.headers["host"])))

    return script


def test_three_redirects_are_followed(to: Path) -> None:
    with ScriptedServer(hops("/1?a=b", "//PLACE/2", "http://PLACE/3?token=t")) as server:
        done = fetch(server, to, "/0")
        assert done.final_url == f"{server.url}/3?token=t"
        assert server.paths == ["/0", "/1?a=b", "/2", "/3?token=t"]
    assert to.read_bytes() == FILE


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Same", "308 Same"])
def test_every_kind_of_redirect_is_followed(status: str, to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(redirect("../b", status) if visit.path == "/a/c" else answer(FILE))

    with ScriptedServer(script) as server:
        assert fetch(server, to, "/a/c").final_url == f"{server.url}/b"


@pytest.mark.parametrize(
    "script",
    [hops("/1", "/2", "/3", "/4"), hops("/0"), hops("/1", "/0"), hops("")],
    ids=["four", "to_itself", "in_a_ring", "empty_location"],
)
def test_a_fourth_redirect_is_refused(script: Script, to: Path) -> None:
    with ScriptedServer(script) as server:
        with pytest.raises(FetchRefused, match="redirects again after 3 redirects"):
            fetch(server, to, "/0")
        assert len(server.visits) == 4
    assert not to.exists()


def test_a_redirect_to_another_port_of_an_allowed_address_is_refused(to: Path) -> None:
    with (
        ScriptedServer(sends(answer(FILE))) as bystander,
        ScriptedServer(sends(redirect(bystander.url))) as server,
    ):
        with pytest.raises(FetchRefused, match=f"{bystander.place} is not on the public internet"):
            fetch(server, to)
        assert bystander.visits == []


def test_the_body_of_a_redirect_is_not_read(to: Path) -> None:
    def script(visit: Visit) -> None:
        if visit.path == "/0":
            visit.send(b"HTTP/1.1 302 Found\r\nLocation: /1\r\nContent-Length: 9999\r\n\r\n")
            visit.stopping.wait(10)
        else:
            visit.send(answer(FILE))

    with ScriptedServer(script) as server:
        assert fetch(server, to, "/0").size == len(FILE)


def test_a_cookie_of_a_redirect_is_not_carried_on(to: Path) -> None:
    def script(visit: Visit) -> None:
        moved = {"Location": "/1", "Set-Cookie": "a=b; Path=/"}
        visit.send(answer(FILE) if visit.path == "/1" else answer(b"", "302 Found", moved))

    with ScriptedServer(script) as server:
        fetch(server, to, "/0")
        assert "cookie" not in server.visits[1].headers


@pytest.mark.parametrize(
    "data", [answer(b"", "302 Found"), answer(b"", "304 Not Modified"), answer(b"", "300 Many")]
)
def test_a_redirect_to_nowhere_fails(data: bytes, to: Path) -> None:
    assert "answered 30" in told_by(sends(data), to, FetchFailed)


@pytest.mark.parametrize(
    "lines",
    [
        b"Location: /a\r\nLocation: /b",
        b"Location: /\xff",
        b"Location: /a\tb",
        b"Location: /a b",
        b"Location: /\\example.com/",
        b"Location: /a#b",
    ],
    ids=["two", "no_text", "tab", "space", "backslash", "fragment"],
)
def test_a_location_that_could_be_read_in_two_ways_is_refused(lines: bytes, to: Path) -> None:
    moved = b"HTTP/1.1 302 Found\r\n" + lines + b"\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer(sends(moved)) as server:
        with pytest.raises(FetchRefused, match="a redirect was not followed"):
            fetch(server, to)
        assert len(server.visits) == 1
