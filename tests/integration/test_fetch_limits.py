"""Servers that are slow, endless, or lie about their length: every download ends."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from headswap.errors import (
    FetchFailed,
    FetchRefused,
    FetchTooLarge,
)
from headswap.fetch import Guard, download
from tests.fetch_servers import (
    Script,
    ScriptedServer,
    Visit,
    answer,
    redirect,
    sends,
)
from tests.fetching import CHUNKED, FILE, LIMIT, LONG_S, SHORT_S, fetch, told_by


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "file"


def looped(parts: bytes) -> Script:
    """Sends its first argument's parts without end."""

    def script(visit: Visit) -> None:
        visit.send(CHUNKED)
        while not visit.stopping.is_set():
            visit.send(b"%x\r\n%s\r\n" % (len(parts), parts))

    return script


# Time.


def test_headers_that_drip_end_at_the_total_time(to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000, every_s=0.02)

    message = told_by(script, to, FetchFailed, total_s=SHORT_S)
    assert f"took longer than {SHORT_S} s" in message
    assert "HEADSWAP_FETCH_TIMEOUT_S" in message


def test_a_body_that_drips_ends_at_the_total_time(to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(answer(b"", length=10_000))
        visit.drip(b"a" * 10_000, every_s=0.02)

    assert "took longer" in told_by(script, to, FetchFailed, total_s=SHORT_S)


@pytest.mark.parametrize(
    "begun",
    [b"", b"HTTP/1.1 200 OK\r\nX:", answer(FILE[:100], length=len(FILE)), CHUNKED + b"5\r\nab"],
    ids=["nothing", "half_a_header", "half_a_body", "half_a_chunk"],
)
def test_silence_ends_at_the_idle_time(begun: bytes, to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(begun)
        visit.stopping.wait(10)

    message = told_by(script, to, FetchFailed, idle_s=SHORT_S)
    assert f"was silent for {SHORT_S} s" in message
    assert "HEADSWAP_FETCH_IDLE_S" in message


def test_hints_without_end_end_at_the_total_time(to: Path) -> None:
    def script(visit: Visit) -> None:
        while not visit.stopping.wait(0.005):
            visit.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    assert "took longer" in told_by(script, to, FetchFailed, total_s=SHORT_S)


def test_redirects_share_the_total_time(to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.stopping.wait(SHORT_S / 2)
        visit.send(redirect(visit.path + "x"))

    assert "took longer" in told_by(script, to, FetchFailed, total_s=SHORT_S)


def test_looking_up_the_name_counts_as_well(to: Path) -> None:
    over = threading.Event()

    def resolver(_host: str) -> Sequence[str]:
        over.wait(10)
        return ["127.0.0.1"]

    with pytest.raises(FetchFailed, match=r"files\.example: its name servers did not answer"):
        download("http://files.example/", to, Guard("", resolver), LIMIT, SHORT_S, LONG_S)
    over.set()


# Size, and what is claimed of it.


def test_a_body_without_end_stops_at_the_limit(to: Path) -> None:
    assert "more than 0.02 MB" in told_by(looped(b"a" * 1000), to, FetchTooLarge)


def test_a_body_without_length_or_end_stops_at_the_limit(to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not visit.stopping.is_set():
            visit.send(b"a" * 1000)

    message = told_by(script, to, FetchTooLarge)
    assert "HEADSWAP_MAX_VIDEO_MB" in message


def test_an_announced_size_over_the_limit_is_enough(to: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(answer(b"", length=LIMIT + 1))
        visit.stopping.wait(10)

    told_by(script, to, FetchTooLarge)


@pytest.mark.parametrize("length", [len(FILE) + 1, LIMIT])
def test_fewer_bytes_than_announced_fail(length: int, to: Path) -> None:
    message = told_by(sends(answer(FILE, length=length)), to, FetchFailed)
    assert "broke off" in message


def test_more_bytes_than_announced_are_left_out(to: Path) -> None:
    with ScriptedServer(sends(answer(FILE + b"a" * 50_000, length=100))) as server:
        assert fetch(server, to).size == 100
    assert to.read_bytes() == FILE[:100]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc",
        CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nab",
        CHUNKED + b"5\r\nabcde\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"",
    ],
    ids=[
        "two_lengths",
        "negative",
        "no_number",
        "bad_chunk",
        "cut_in_a_chunk",
        "no_last_chunk",
        "huge_header",
        "cut_in_the_headers",
        "another_protocol",
        "noise",
        "nothing",
    ],
)
def test_a_broken_answer_fails(data: bytes, to: Path) -> None:
    assert "broke off" in told_by(sends(data), to, FetchFailed)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "x"])
def test_a_compressed_file_is_refused_unread(coding: str, to: Path) -> None:
    bomb = gzip.compress(bytes(5_000_000))
    script = sends(answer(bomb, headers={"Content-Encoding": coding}))
    assert "Content-Encoding" in told_by(script, to, FetchRefused)


@pytest.mark.parametrize(
    "status", ["204 No Content", "206 Part", "401 Who", "404 Not Found", "410 Gone", "500 Oh"]
)
def test_another_status_fails_and_is_told(status: str, to: Path) -> None:
    code = status.partition(" ")[0]
    body = b"" if code == "204" else FILE
    assert f"answered {code}, not 200" in told_by(sends(answer(body, status)), to, FetchFailed)
