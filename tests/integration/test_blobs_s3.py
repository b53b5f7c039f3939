"""Blobs in an S3 bucket: where they lie, their type, presigned addresses, and refusals."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from headswap.errors import BlobsUnreachable
from headswap.settings import Settings
from headswap.store.blobs import Blobs
from tests.s3_server import Bucket, s3_server

HOUR_MS = 3_600_000


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with s3_server("videos") as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
        monkeypatch.setenv("AWS_REGION", "eu-central-1")
        yield server


@pytest.fixture
def blobs(bucket: Bucket) -> Blobs:
    assert bucket.endpoint
    return Blobs.open(Settings.model_validate({"blob_url": "s3://videos/below"}), b"x" * 32)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a/output.mp4", "video/mp4"),
        ("a/subject_0.png", "image/png"),
        ("a/photo.jpg", "image/jpeg"),
        ("a/source", "application/octet-stream"),
    ],
)
def test_a_blob_lies_below_the_prefix_with_its_type(
    blobs: Blobs, bucket: Bucket, tmp_path: Path, key: str, kind: str
) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(11 << 20))
    blobs.put_file(key, source)
    blobs.put(f"b/{key}", b"1")
    assert bucket.kinds == {f"below/{key}": kind, f"below/b/{key}": kind}
    assert bucket.blobs[f"below/{key}"] == bytes(11 << 20)


def test_another_programs_keys_are_not_listed(blobs: Blobs, bucket: Bucket) -> None:
    bucket.blobs |= {"below/a/fine": b"", "below/a/.hidden": b"", "below/a/with space": b""}
    assert list(blobs.list("a")) == ["a/fine"]


def test_a_presigned_address_fetches_the_blob(blobs: Blobs, bucket: Bucket) -> None:
    blobs.put("a/output.mp4", b"film")
    url = blobs.url("a/output.mp4", "Headswap_1.mp4", now_ms() + HOUR_MS, "https://unused")
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"film"
    assert url.startswith(f"{bucket.endpoint}/videos/below/a/output.mp4?")
    query = parse_qs(urlsplit(url).query)
    assert 3590 <= int(query["X-Amz-Expires"][0]) <= 3600
    assert query["X-Amz-Credential"][0].startswith("the-id/")
    assert "the-secret" not in url


@pytest.mark.parametrize(("left_ms", "seconds"), [(30 * 24 * HOUR_MS, 604_800), (-HOUR_MS, 1)])
def test_a_presigned_address_lasts_a_second_to_a_week(
    blobs: Blobs, left_ms: int, seconds: int
) -> None:
    url = blobs.url("a", "a", now_ms() + left_ms, "https://unused")
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(seconds)]


def test_a_presigned_upload_stores_the_blob(blobs: Blobs) -> None:
    url = blobs.upload_url("uploads/1/video.mp4", now_ms() + HOUR_MS)
    assert url is not None
    with urllib.request.urlopen(urllib.request.Request(url, b"film", method="PUT")) as answer:
        assert answer.status == 200
    assert blobs.get("uploads/1/video.mp4") == b"film"


def test_the_servers_own_addresses_never_hold_here(blobs: Blobs) -> None:
    local = Blobs.in_memory(b"x" * 32)
    query = parse_qs(urlsplit(local.url("a", "a", 10, "https://host")).query)
    assert local.verify("a", 10, query["signature"][0], 1)
    assert not blobs.verify("a", 10, query["signature"][0], 1)


def test_a_blob_there_is_no_file(blobs: Blobs) -> None:
    assert blobs.local_path("a/b") is None


def test_a_refusal_is_told_in_one_line_and_may_be_tried_again(
    blobs: Blobs, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.refuse = True
    source = tmp_path / "source"
    source.write_bytes(b"1")
    for call in (
        lambda: blobs.put("a", b"1"),
        lambda: blobs.put_file("a", source),
        lambda: blobs.get("a"),
        lambda: blobs.get_file("a", tmp_path / "copy"),
        lambda: blobs.exists("a"),
        lambda: list(blobs.list("a")),
        lambda: blobs.delete("a"),
        lambda: blobs.delete_prefix("a"),
    ):
        with pytest.raises(BlobsUnreachable, match="AWS_") as caught:
            call()
        assert caught.value.retryable
        assert "\n" not in str(caught.value)
        assert "the-secret" not in str(caught.value)
