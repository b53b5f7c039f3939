"""Names: looked up once, and where they lead is told to the operator alone."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from headswap.errors import (
    FetchFailed,
    FetchRefused,
)
from headswap.fetch import Guard, Resolver, download
from tests.fetch_servers import (
    ScriptedServer,
    answer,
    redirect,
    sends,
)
from tests.fetching import FILE, LIMIT, LONG_S, fetch


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "file"


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_closed_port_fails(to: Path) -> None:
    place = f"127.0.0.1:{closed_port()}"
    with pytest.raises(FetchFailed, match=f"{place} cannot be connected to"):
        download(f"http://{place}/", to, Guard(place), LIMIT, LONG_S, LONG_S)


def test_the_next_address_is_tried_when_one_is_dead(to: Path) -> None:
    with ScriptedServer(sends(answer(FILE))) as server:
        guard = Guard("127.0.0.0/8", lambda _host: ["127.0.0.2", "127.0.0.3", "127.0.0.1"])
        url = f"http://files.example:{server.port}/"
        assert download(url, to, guard, LIMIT, LONG_S, LONG_S).size == len(FILE)


def test_no_more_than_six_addresses_are_tried(to: Path) -> None:
    with ScriptedServer(sends(answer(FILE))) as server:
        dead = [f"127.0.0.{number}" for number in range(2, 8)]
        guard = Guard("127.0.0.0/8", lambda _host: [*dead, "127.0.0.1"])
        with pytest.raises(FetchFailed, match="cannot be connected to"):
            url = f"http://files.example:{server.port}/"
            download(url, to, guard, LIMIT, LONG_S, LONG_S)
        assert server.visits == []


def in_turn(*answers: Sequence[str]) -> tuple[Resolver, list[str]]:
    """A resolver that gives each answer once, as one does that rebinds; and who was asked for."""
    asked: list[str] = []

    def resolver(host: str) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    return resolver, asked


def test_a_name_that_changes_its_address_is_asked_for_once(
    to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, asked = in_turn(["127.0.0.1"], ["127.0.0.2"])
    looked_up: list[object] = []
    system = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: int) -> object:
        looked_up.append(host)
        return system(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with ScriptedServer(sends(answer(FILE))) as server:
        url = f"http://rebind.example:{server.port}/"
        guard = Guard(server.place, resolver)
        assert download(url, to, guard, LIMIT, LONG_S, LONG_S).size == len(FILE)
        assert asked == ["rebind.example"]
        assert set(looked_up) <= {"127.0.0.1"}
        with pytest.raises(FetchRefused):
            download(url, to, guard, LIMIT, LONG_S, LONG_S)
        assert len(server.visits) == 1


def test_a_name_is_checked_again_when_a_redirect_leads_to_it(to: Path) -> None:
    resolver, asked = in_turn(["127.0.0.1"], ["127.0.0.2"])
    with ScriptedServer(sends(redirect("/again"))) as server:
        url = f"http://rebind.example:{server.port}/"
        with pytest.raises(FetchRefused, match="a redirect was not followed"):
            download(url, to, Guard(server.place, resolver), LIMIT, LONG_S, LONG_S)
        assert asked == ["rebind.example"] * 2
        assert len(server.visits) == 1


def test_no_message_tells_where_a_name_leads(to: Path) -> None:
    guard = Guard("", lambda _host: ["10.11.12.13"])
    with pytest.raises(FetchRefused) as caught:
        download("http://files.example/a?signature=s3cret", to, guard, LIMIT, LONG_S, LONG_S)
    assert "files.example:80" in str(caught.value)
    assert "10.11.12.13" not in str(caught.value) and "s3cret" not in str(caught.value)
    dead = f"http://files.example:{closed_port()}/a?signature=s3cret"
    guard = Guard("127.0.0.0/8", lambda _host: ["127.11.12.13"])
    with pytest.raises(FetchFailed) as failed:
        download(dead, to, guard, LIMIT, LONG_S, LONG_S)
    assert "127.11.12.13" not in str(failed.value) and "s3cret" not in str(failed.value)


def test_the_operator_s_log_tells_where_a_refused_name_leads(
    to: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard("", lambda _host: ["10.11.12.13"])
    with caplog.at_level(logging.WARNING), pytest.raises(FetchRefused):
        download("http://files.example/a?signature=s3cret", to, guard, LIMIT, LONG_S, LONG_S)
    assert "refused files.example:80, which leads to 10.11.12.13" in caplog.text
    assert "s3cret" not in caplog.text


def test_proxies_of_the_environment_are_not_used(to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        ScriptedServer(sends(answer(b"from the proxy"))) as proxy,
        ScriptedServer(sends(answer(FILE))) as server,
    ):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert fetch(server, to).size == len(FILE)
        assert proxy.visits == []
