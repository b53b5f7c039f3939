"""The transport's own faults keep their status and wear the envelope; every answer has an id."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.api_world import V4, Api

pytest_plugins = ["tests.service_databases", "tests.api_server"]

LIMIT = 1024 * 1024


@pytest.mark.parametrize(
    "path",
    ["/console", "/api", "/api/open/v4/headswap", f"{V4}/analyze/", f"{V4}/nonsense", "/docs/x"],
)
def test_an_unknown_route_is_1008(api: Api, path: str) -> None:
    answer = api.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, 1008)
    assert list(answer.json()) == ["code", "msg"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", f"{V4}/analyze", "POST"),
        ("POST", f"{V4}/task/detail", "GET"),
        ("DELETE", f"{V4}/task/create", "POST"),
        ("PUT", f"{V4}/upload", "POST"),
        ("POST", "/files/key", "GET"),
        ("POST", "/metrics", "GET"),
    ],
)
def test_a_wrong_method_is_1003(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, 1003)
    assert allowed in answer.headers["allow"] and method in answer.json()["msg"]


def test_head_is_answered_where_an_answer_ends(api: Api) -> None:
    statuses = [api.client.head(p).status_code for p in ("/healthz", "/docs", f"{V4}/task/events")]
    assert statuses == [200, 200, 405]


def _pieces(size: int) -> Iterator[bytes]:
    for at in range(0, size, 65536):
        yield b" " * min(65536, size - at)


@pytest.mark.parametrize("size", [LIMIT + 1, 3 * LIMIT])
@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", [f"{V4}/analyze", f"{V4}/task/create", f"{V4}/task/cancel"])
def test_a_body_over_the_limit_is_413(api: Api, path: str, announced: bool, size: int) -> None:
    content = b" " * size if announced else _pieces(size)
    answer = api.client.post(path, content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, 1003)
    assert str(LIMIT) in answer.json()["msg"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_at_the_limit_is_read(api: Api, announced: bool) -> None:
    content = b" " * LIMIT if announced else _pieces(LIMIT)
    answer = api.client.post(f"{V4}/analyze", content=content)
    assert (answer.status_code, answer.json()["code"]) == (200, 1003)
    assert answer.json()["msg"].startswith("The body is not JSON")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_without_an_end_is_cut_off(api: Api, announced: bool) -> None:
    """Said to be enormous, or never said to end: the answer comes, and then the end."""
    place = urlsplit(api.services.public_url)
    size = f"content-length: {10**15}" if announced else "transfer-encoding: chunked"
    head = (
        f"POST {V4}/analyze HTTP/1.1\r\nhost: x\r\nx-api-key: {api.world.secret}\r\n{size}\r\n\r\n"
    )
    chunk = b" " * 65536
    piece = chunk if announced else b"10000\r\n" + chunk + b"\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as client:
        client.sendall(f"{head}{size}\r\n\r\n".encode())
        sent = 0
        try:
            while sent < 200 * LIMIT:
                client.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        assert sent < 200 * LIMIT


def test_a_client_that_asks_before_it_sends_is_refused_before_it_sends(api: Api) -> None:
    place = urlsplit(api.services.public_url)
    head = (
        f"POST {V4}/analyze HTTP/1.1\r\nhost: x\r\nx-api-key: {api.world.secret}\r\n"
        f"content-length: {2 * LIMIT}\r\nexpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as client:
        client.sendall(head.encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 1003


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("my-id_1.2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ('a"b', False),
        ("", False),
    ],
)
def test_a_request_id_that_can_spoil_no_log_is_kept(api: Api, given: str, kept: bool) -> None:
    answer = api.client.get("/healthz", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept


def test_every_answer_has_an_id_of_its_own(api: Api) -> None:
    paths = ["/healthz", "/nonsense", f"{V4}/analyze", "/docs", "/metrics", "/openapi.json"]
    ids = [api.client.get(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths) and all(len(one) == 32 for one in ids)
