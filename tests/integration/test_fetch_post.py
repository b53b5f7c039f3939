"""Posting JSON: what the receiver answers counts, and no more of it than is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from headswap.errors import FetchFailed, FetchRefused
from headswap.fetch import Answer, Guard, Timeouts, guarded_client, post_json
from tests.fetch_servers import Script, ScriptedServer, Visit, answer, redirect, sends

BODY = {"signature": "ab", "dataEncrypt": "cd==", "timestamp": 1778806300000, "nonce": "1529"}
LONG_S = 20.0


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with guarded_client(Guard("127.0.0.0/8"), Timeouts(LONG_S, LONG_S)) as made:
        yield made


def posted(client: httpx.Client, script: Script, timeout_s: float = LONG_S) -> Answer:
    with ScriptedServer(script) as server:
        return post_json(client, f"{server.url}/hook?token=s3cret", BODY, timeout_s)


def test_the_body_arrives_as_json_and_the_answer_comes_back(client: httpx.Client) -> None:
    with ScriptedServer(sends(answer(b"taken"))) as server:
        assert post_json(client, f"{server.url}/hook?a=b", BODY, LONG_S) == (200, "taken")
        visit = server.visits[0]
    assert visit.head.startswith("POST /hook?a=b HTTP/1.1")
    assert visit.headers["content-type"] == "application/json"
    assert json.loads(visit.body) == BODY


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "404 No", "500 Oh"])
def test_every_status_is_an_answer(client: httpx.Client, status: str) -> None:
    assert posted(client, sends(answer(status=status))) == (int(status[:3]), "")


@pytest.mark.parametrize("location", ["", "/other", "ftp://x", "http://[", "\\\\", "http://a b/"])
def test_a_redirect_is_an_answer_and_not_followed(client: httpx.Client, location: str) -> None:
    with ScriptedServer(sends(redirect(location, "308 There"))) as server:
        assert post_json(client, server.url, BODY, LONG_S).status == 308
        assert len(server.visits) == 1


def test_no_more_than_the_beginning_of_an_answer_is_read(client: httpx.Client) -> None:
    sent_whole: list[bool] = []

    def script(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            visit.send(b"ab" * 50_000)
        sent_whole.append(True)

    assert posted(client, script) == (200, "ab" * 1024)
    assert sent_whole == []


@pytest.mark.parametrize("path", ["/a b", "/a\\b", "/a#b", "/\t"])
def test_a_url_is_read_as_it_was_given(client: httpx.Client, path: str) -> None:
    with ScriptedServer(sends(answer())) as server:
        with pytest.raises(FetchRefused):
            post_json(client, server.url + path, BODY, LONG_S)
        assert server.visits == []


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"a\x00b", "a\ufffdb"), (b"\xff\xfe", "\ufffd\ufffd"), ("für".encode(), "für")],
)
def test_the_answer_s_text_can_be_stored_anywhere(
    client: httpx.Client, body: bytes, text: str
) -> None:
    assert posted(client, sends(answer(body))).text == text


@pytest.mark.parametrize(
    "data", [answer(b"take", length=99), answer(b"take") + b"n", b"HTTP/1.1 200 OK\r\n\r\ntake"]
)
def test_the_status_counts_even_if_the_body_breaks_off(client: httpx.Client, data: bytes) -> None:
    assert posted(client, sends(data)) == (200, "take")


def test_a_receiver_that_never_ends_its_answer_has_answered(client: httpx.Client) -> None:
    def script(visit: Visit) -> None:
        visit.send(answer(b"take", length=99))
        visit.stopping.wait(10)

    assert posted(client, script, timeout_s=0.3) == (200, "take")


def test_a_receiver_that_does_not_answer_in_time_fails(client: httpx.Client) -> None:
    def script(visit: Visit) -> None:
        visit.drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000, every_s=0.02)

    with pytest.raises(FetchFailed, match=r"took longer than 0\.3 s; try again") as caught:
        posted(client, script, timeout_s=0.3)
    assert "s3cret" not in str(caught.value)


def test_a_receiver_that_hangs_up_fails(client: httpx.Client) -> None:
    with pytest.raises(FetchFailed, match="broke off"):
        posted(client, sends(b""))


def test_the_client_s_own_times_hold_for_its_other_requests() -> None:
    def script(visit: Visit) -> None:
        visit.stopping.wait(10)

    with (
        ScriptedServer(script) as server,
        guarded_client(Guard(server.place), Timeouts(0.2, LONG_S)) as client,
        pytest.raises(FetchFailed, match=r"took longer than 0\.2 s"),
    ):
        client.get(server.url)


def test_the_client_follows_no_redirect_even_when_asked_to(client: httpx.Client) -> None:
    with ScriptedServer(sends(redirect("/other"))) as server:
        assert client.get(server.url, follow_redirects=True).status_code == 302
        assert len(server.visits) == 1


def test_every_post_is_looked_up_and_checked_anew() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
    with ScriptedServer(sends(answer(b"taken", headers={"Set-Cookie": "a=b"}))) as server:
        guard = Guard(server.place, lambda _host: next(answers))
        url = f"http://hook.example:{server.port}/"
        with guarded_client(guard, Timeouts(LONG_S, LONG_S)) as client:
            assert post_json(client, url, BODY, LONG_S).status == 200
            with pytest.raises(FetchRefused, match=r"hook\.example"):
                post_json(client, url, BODY, LONG_S)
            assert post_json(client, url, BODY, LONG_S).status == 200
        assert len(server.visits) == 2
        assert "cookie" not in server.visits[1].headers
