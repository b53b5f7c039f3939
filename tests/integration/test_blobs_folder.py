"""Blobs as files: where they lie, whom they are shown to, what a full disk and a crash leave."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from headswap.errors import BlobsUnreachable, OutputError, OutputNotWritable
from headswap.settings import Settings
from headswap.store.blobs import Blobs

SIGNING_KEY = bytes(range(32))
EXPIRES = 1_778_806_300_000
# By another program: openssl dgst -sha256 -mac HMAC, over key, expiry and name, a line each.
SIGNED = "b004fd136a923f1dac95d0a29dcd5bfb8d58b49aeb17dcdef1c07a5b6380be82"
SIGNED_WITH_NAME = "91f8a8c70db03dd9976f88a24d014fd666425b2d9b5fe80e241ba6d9ab0be383"
FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from headswap.errors import NoSpaceLeft
from headswap.store.blobs import Blobs
blobs = Blobs.in_folder(Path(sys.argv[1]), b"x" * 32)
big = Path(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for put in (lambda: blobs.put("a/b", bytes(2000)), lambda: blobs.put_file("a/b", big)):
    try:
        put()
    except NoSpaceLeft as error:
        print(error)
"""


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.in_folder(tmp_path / "blobs", SIGNING_KEY)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_without_an_address_the_blobs_lie_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path / "data"})
    blobs = Blobs.open(settings, SIGNING_KEY)
    blobs.put("a/b", b"1")
    assert (tmp_path / "data" / "blobs" / "a" / "b").read_bytes() == b"1"


def test_only_the_owner_may_look_into_the_folder(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"1")
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700


def test_a_blob_is_a_file_that_may_be_read_in_its_place(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"1")
    assert blobs.local_path("a/b") == tmp_path / "blobs" / "a" / "b"
    assert blobs.local_path("a/") == tmp_path / "blobs" / "a"
    assert Blobs.in_memory(SIGNING_KEY).local_path("a/b") is None


def test_a_long_blob_is_never_in_memory_as_a_whole(blobs: Blobs) -> None:
    blobs.put("a", bytes(5 << 20))
    assert [len(piece) for piece in blobs.stream("a", 7)] == [1 << 20] * 4 + [(1 << 20) - 7]


def test_deleting_leaves_no_empty_folders(blobs: Blobs, tmp_path: Path) -> None:
    for key in ("a/b/c", "a/d/e/f", "g"):
        blobs.put(key, b"1")
    blobs.delete("a/b/c")
    assert not (tmp_path / "blobs" / "a" / "b").exists()
    blobs.delete_prefix("a/d/e")
    assert not (tmp_path / "blobs" / "a").exists()
    assert blobs.get("g") == b"1"


def test_a_full_disk_is_named_and_leaves_the_former_blob(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"old")
    big = tmp_path / "big"
    big.write_bytes(bytes(2000))
    ended = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, tmp_path / "blobs", big],
        capture_output=True,
        text=True,
        check=True,
    )
    told = ended.stdout.splitlines()
    assert len(told) == 2
    assert all("a_b" in line and "no space left" in line for line in told)
    assert blobs.get("a/b") == b"old"
    assert files(tmp_path / "blobs") == {"a/b"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputNotWritable):
        Blobs.in_folder(tmp_path / "blobs", SIGNING_KEY)


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWritable, match="file"):
        Blobs.in_folder(tmp_path / "file" / "blobs", SIGNING_KEY)


def test_a_put_below_a_blob_is_refused_and_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a", b"1")
    with pytest.raises(OutputError, match="a_b"):
        blobs.put("a/b", b"2")
    assert files(tmp_path / "blobs") == {"a"}


def test_what_a_killed_put_left_is_never_seen_and_goes_after_a_day(
    blobs: Blobs, tmp_path: Path
) -> None:
    parts = tmp_path / "blobs" / ".parts"
    (parts / "old").write_bytes(b"half")
    (parts / "young").write_bytes(b"half")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(parts / "old", (two_days_ago, two_days_ago))
    assert not blobs.exists("old")
    Blobs.in_folder(tmp_path / "blobs", SIGNING_KEY)
    assert files(tmp_path / "blobs") == {".parts/young"}


def test_an_address_states_key_time_and_name(blobs: Blobs) -> None:
    url = blobs.url("tasks/1/output.mp4", "Headswap 1.mp4", EXPIRES, "https://host/below/")
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "host")
    assert parts.path == "/below/files/tasks/1/output.mp4"
    assert parse_qs(parts.query) == {
        "expires": [str(EXPIRES)],
        "name": ["Headswap 1.mp4"],
        "signature": [SIGNED_WITH_NAME],
    }


@pytest.mark.parametrize("name", ["", "output.mp4"])
def test_a_name_that_the_key_has_already_is_left_out(blobs: Blobs, name: str) -> None:
    url = blobs.url("tasks/1/output.mp4", name, EXPIRES, "https://host")
    assert url == f"https://host/files/tasks/1/output.mp4?expires={EXPIRES}&signature={SIGNED}"


@pytest.mark.parametrize(
    ("key", "expires", "signature", "now", "name", "holds"),
    [
        ("tasks/1/output.mp4", EXPIRES, SIGNED, 0, "", True),
        ("tasks/1/output.mp4", EXPIRES, SIGNED, EXPIRES - 1, "", True),
        ("tasks/1/output.mp4", EXPIRES, SIGNED_WITH_NAME, 0, "Headswap 1.mp4", True),
        ("tasks/1/output.mp4", EXPIRES, SIGNED, EXPIRES, "", False),
        ("tasks/1/output.mp4", EXPIRES + 1, SIGNED, 0, "", False),
        ("tasks/2/output.mp4", EXPIRES, SIGNED, 0, "", False),
        ("tasks/1/output.mp4", EXPIRES, SIGNED, 0, "evil.exe", False),
        ("tasks/1/output.mp4", EXPIRES, SIGNED_WITH_NAME, 0, "", False),
        ("tasks/1/output.mp4", EXPIRES, SIGNED.upper(), 0, "", False),
        ("tasks/1/output.mp4", EXPIRES, SIGNED[:-1], 0, "", False),
        ("tasks/1/output.mp4", EXPIRES, "", 0, "", False),
        ("tasks/1/output.mp4", EXPIRES, "ä\udc80", 0, "\udc80", False),
        ("../etc/passwd", EXPIRES, "0" * 64, 0, "", False),
    ],
)
def test_an_address_holds_only_as_it_was_made_and_in_its_time(
    blobs: Blobs, key: str, expires: int, signature: str, now: int, name: str, holds: bool
) -> None:
    assert blobs.verify(key, expires, signature, now, name) is holds


def test_another_signing_key_makes_another_address(blobs: Blobs) -> None:
    other = Blobs.in_memory(b"another key that is 32 bytes too")
    assert not other.verify("tasks/1/output.mp4", EXPIRES, SIGNED, 0)


def test_only_s3_takes_uploads_by_itself(blobs: Blobs) -> None:
    assert blobs.upload_url("uploads/1/video.mp4", EXPIRES) is None


@pytest.mark.parametrize("url", ["folder", "/folder", "file:///folder", "gs://bucket", "s3:bucket"])
def test_any_other_place_is_refused(url: str) -> None:
    with pytest.raises(BlobsUnreachable, match="HEADSWAP_BLOB_URL"):
        Blobs.open(Settings.model_validate({"blob_url": url}), SIGNING_KEY)
