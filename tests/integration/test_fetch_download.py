"""Downloads from real servers that behave: what is asked for, and what arrives."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest

from headswap.errors import (
    NoSpaceLeft,
    OutputNotWritable,
)
from headswap.fetch import Content, Downloaded, Guard, download
from tests.fetch_servers import (
    ScriptedServer,
    Visit,
    answer,
    in_chunks,
    sends,
)
from tests.fetching import CHUNKED, FILE, LIMIT, LONG_S, fetch


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    "data",
    [
        answer(FILE),
        answer(FILE, headers={"Content-Encoding": "identity", "Content-Type": "text/html"}),
        CHUNKED + in_chunks([FILE[:1], FILE[1:5000], FILE[5000:]]),
        b"HTTP/1.1 200 OK\r\n\r\n" + FILE,
        b"HTTP/1.0 200 OK\r\n\r\n" + FILE,
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + answer(FILE),
    ],
    ids=["length", "odd_headers", "chunked", "until_closed", "http_1_0", "early_hints"],
)
def test_a_file_arrives_whole_and_is_typed_by_its_bytes(data: bytes, to: Path) -> None:
    with ScriptedServer(sends(data)) as server:
        done = fetch(server, to)
        assert done == Downloaded(len(FILE), f"{server.url}/clip?signature=s3cret", Content.PNG)
        assert len(server.visits) == 1
    assert to.read_bytes() == FILE


def test_the_request_is_plain_and_goes_to_the_url_s_own_host(to: Path) -> None:
    with ScriptedServer(sends(answer(FILE))) as server:
        guard = Guard(server.place, lambda _host: ["127.0.0.1"])
        url = f"http://Files.Example:{server.port}/a%20b/%C3%BC.mp4?x=1%2F2&y=+"
        download(url, to, guard, LIMIT, LONG_S, LONG_S)
        visit = server.visits[0]
    assert visit.path == "/a%20b/%C3%BC.mp4?x=1%2F2&y=+"
    assert visit.headers == {
        "host": f"files.example:{server.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "headswap",
    }


def test_an_empty_file_is_no_error_and_of_no_type(to: Path) -> None:
    with ScriptedServer(sends(answer(b""))) as server:
        assert fetch(server, to).content_type is Content.OTHER
    assert to.read_bytes() == b""


def test_a_file_of_just_the_limit_arrives(to: Path) -> None:
    with ScriptedServer(sends(answer(FILE))) as server:
        assert fetch(server, to, max_bytes=len(FILE)).size == len(FILE)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with (
        ScriptedServer(sends(answer(FILE))) as server,
        pytest.raises(OutputNotWritable, match="cannot be written"),
    ):
        fetch(server, tmp_path / "missing" / "file")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("size", [10, len(FILE)])
def test_a_full_disk_is_told(size: int, to: Path) -> None:
    to.symlink_to("/dev/full")
    with ScriptedServer(sends(answer(FILE[:size]))) as server, pytest.raises(NoSpaceLeft):
        fetch(server, to)
    assert not to.is_symlink()


def test_downloads_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        visit.send(answer(visit.path.encode() * 500))

    targets = [tmp_path / str(number) for number in range(10, 18)]
    with ScriptedServer(script) as server:
        work = [threading.Thread(target=fetch, args=(server, to, f"/{to.name}")) for to in targets]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
    contents = [to.read_bytes() for to in targets]
    assert contents == [f"/{to.name}".encode() * 500 for to in targets]
    assert all(one != other for one, other in pairwise(contents))
