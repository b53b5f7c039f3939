"""What every blob store does: one suite over a folder, memory and an S3 server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headswap.errors import BlobMissing
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from tests.s3_server import s3_server

SIGNING_KEY = bytes(range(32))
MEGABYTE = 1 << 20


@pytest.fixture(params=["folder", "memory", "s3"])
def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Blobs]:
    if request.param == "folder":
        yield Blobs.in_folder(tmp_path / "blobs", SIGNING_KEY)
    elif request.param == "memory":
        yield Blobs.in_memory(SIGNING_KEY)
    else:
        with s3_server("videos") as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            settings = Settings.model_validate({"blob_url": "s3://videos/below/here"})
            yield Blobs.open(settings, SIGNING_KEY)


@pytest.mark.parametrize(
    "data", [b"", b"1", os.urandom(3 * MEGABYTE + 1), os.urandom(12 * MEGABYTE)], ids=len
)
def test_what_is_put_comes_back(blobs: Blobs, tmp_path: Path, data: bytes) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(data)
    blobs.put("a/bytes", data)
    blobs.put_file("a/file.mp4", source)
    for key in ("a/bytes", "a/file.mp4"):
        assert blobs.get(key) == data
        assert b"".join(blobs.stream(key)) == data
        assert blobs.size(key) == len(data)
        assert blobs.exists(key)
        blobs.get_file(key, copy)
        assert copy.read_bytes() == data
    assert source.read_bytes() == data


def test_a_missing_blob_is_named(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b/c", b"1")
    for key in ("missing", "a/b", "a/b/c/d"):
        assert not blobs.exists(key)
        for call in (blobs.get, blobs.size, blobs.stream):
            with pytest.raises(BlobMissing, match=key):
                call(key)
        with pytest.raises(BlobMissing, match=key):
            blobs.get_file(key, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_is_not_there_is_not_stored(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        blobs.put_file("a/b", tmp_path / "nothing")
    assert list(blobs.list("a")) == []


def test_a_put_replaces(blobs: Blobs) -> None:
    blobs.put("a/b", b"a longer one")
    blobs.put("a/b", b"short")
    assert blobs.get("a/b") == b"short"
    assert list(blobs.list("a")) == ["a/b"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (0, 1, b"0"),
        (3, 7, b"3456"),
        (9, 10, b"9"),
        (8, 1000, b"89"),
        (5, 5, b""),
        (10, None, b""),
        (10, 20, b""),
    ],
)
def test_a_range_is_the_bytes_before_its_end(
    blobs: Blobs, start: int, end: int | None, expected: bytes
) -> None:
    blobs.put("a", b"0123456789")
    assert b"".join(blobs.stream("a", start, end)) == expected


@pytest.mark.parametrize(("start", "end"), [(-1, None), (11, None), (11, 12), (5, 4), (0, -1)])
def test_a_range_that_cannot_be_is_refused_at_once(
    blobs: Blobs, start: int, end: int | None
) -> None:
    blobs.put("a", b"0123456789")
    with pytest.raises(ValueError, match="range"):
        blobs.stream("a", start, end)


def test_a_long_range_is_whole(blobs: Blobs) -> None:
    data = os.urandom(5 * MEGABYTE)
    blobs.put("a", data)
    assert b"".join(blobs.stream("a", 7, 5 * MEGABYTE - 7)) == data[7:-7]


def test_keys_are_listed_below_a_part(blobs: Blobs) -> None:
    assert list(blobs.list("tasks")) == []
    keys = {f"tasks/{number}/output.mp4" for number in range(7)} | {"tasks/1/work/x"}
    for key in keys | {"tasks-other/1", "analyses/1/scene"}:
        blobs.put(key, b"1")
    assert sorted(blobs.list("tasks")) == sorted(keys)
    assert sorted(blobs.list("tasks/")) == sorted(keys)
    assert sorted(blobs.list("tasks/1/")) == ["tasks/1/output.mp4", "tasks/1/work/x"]
    assert list(blobs.list("tasks/1/output.mp4")) == []


def test_a_deleted_blob_is_gone_and_its_neighbour_is_not(blobs: Blobs) -> None:
    blobs.put("a/1/x", b"1")
    blobs.put("a/2/x", b"2")
    for _ in range(2):
        blobs.delete("a/1/x")
        assert list(blobs.list("a")) == ["a/2/x"]
    blobs.delete("a/2")
    blobs.delete("never/there")
    assert blobs.get("a/2/x") == b"2"


def test_what_is_listed_can_be_deleted_meanwhile(blobs: Blobs) -> None:
    for number in range(60):
        blobs.put(f"tasks/{number}/output.mp4", b"1")
    for key in blobs.list("tasks"):
        blobs.delete(key)
    assert list(blobs.list("tasks")) == []


def test_a_prefix_is_deleted_with_all_below_it(blobs: Blobs) -> None:
    for key in ("a/1/x", "a/1/deep/er/y", "a/10/x", "b"):
        blobs.put(key, b"1")
    for _ in range(2):
        blobs.delete_prefix("a/1/")
        assert sorted(blobs.list("a")) == ["a/10/x"]
    blobs.delete_prefix("a/10/x")
    assert blobs.exists("a/10/x")
    blobs.delete_prefix("a")
    assert not blobs.exists("a/10/x")
    assert blobs.exists("b")


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", ".parts/x"),
        *("a/.hidden", "a\\b", "a b", "a\0b", "a\nb", "ä", "a%2e", "a#1", "a?b", "~", "x" * 201),
    ],
)
def test_a_hostile_key_is_refused_by_all(blobs: Blobs, tmp_path: Path, key: str) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"1")
    for call in (
        lambda: blobs.put(key, b"1"),
        lambda: blobs.put_file(key, source),
        lambda: blobs.get(key),
        lambda: blobs.get_file(key, tmp_path / "copy"),
        lambda: blobs.stream(key),
        lambda: blobs.size(key),
        lambda: blobs.exists(key),
        lambda: blobs.delete(key),
        lambda: blobs.url(key, "x", 1, "http://host"),
        lambda: blobs.upload_url(key, 1),
    ):
        with pytest.raises(ValueError, match="not a blob's key"):
            call()


@pytest.mark.parametrize("prefix", ["", "/", "/a", "a//", "..", "a/../..", ".parts"])
def test_a_hostile_prefix_is_refused_by_all(blobs: Blobs, prefix: str) -> None:
    for call in (
        lambda: list(blobs.list(prefix)),
        lambda: blobs.delete_prefix(prefix),
        lambda: blobs.local_path(prefix),
    ):
        with pytest.raises(ValueError, match="not a blob's key"):
            call()


def test_a_reader_finds_the_former_blob_or_the_new_one_whole(blobs: Blobs) -> None:
    versions = [bytes([number]) * 200_000 for number in range(2)]
    blobs.put("a/b", versions[0])
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for version in versions:
                blobs.put("a/b", version)

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        found = {blobs.get("a/b") for _ in range(60)}
    finally:
        stop.set()
        thread.join()
    assert found <= set(versions)


def test_writers_and_deleters_of_one_folder_do_not_hinder_each_other(blobs: Blobs) -> None:
    def put_and_delete(name: str) -> None:
        for number in range(25):
            blobs.put(f"a/b/{name}", bytes([number]))
            blobs.delete(f"a/b/{name}")

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(put_and_delete, "xyz"))
    assert list(blobs.list("a")) == []
