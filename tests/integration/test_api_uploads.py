"""Uploads: what is taken, what it is by its content, and that the worker knows it by its URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from headswap.api.v4.uploads import incoming_folder, remove_abandoned
from headswap.jobs import uploads
from headswap.store.database import Database
from tests.api_world import V4, Api, envelope, serving

pytest_plugins = ["tests.service_databases", "tests.api_server"]

UPLOAD = f"{V4}/upload"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 3000
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 8000
_MB = 1_000_000


def given(api: Api, *parts: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return envelope(api.client.post(UPLOAD, files=list(parts), **more))


@pytest.mark.parametrize(
    ("name", "content", "kept_as"),
    [
        ("face.png", PNG, "face.png"),
        ("clip.mp4", MP4, "clip.mp4"),
        ("C:\\photos\\my face.png", PNG, "my_face.png"),
        ("../../etc/passwd", PNG, "passwd"),
        ("\u00fcber.png", PNG, "ber.png"),
        ("page.html", PNG, "page.html"),
        ("..", PNG, "file"),
    ],
)
def test_a_file_is_kept_under_a_url_that_serves_it(
    api_on_both: Api, name: str, content: bytes, kept_as: str
) -> None:
    api = api_on_both
    answer = given(api, ("file", (name, content, "text/html")))
    assert (answer["code"], answer["msg"], list(answer["data"])) == (1000, "OK", ["url"])
    url = answer["data"]["url"]
    assert f"/{kept_as}?" in url
    assert httpx.get(url).content == content


def test_the_worker_knows_an_upload_by_its_url_for_its_team_alone(api_on_both: Api) -> None:
    api = api_on_both
    url = given(api, ("file", ("clip.mp4", MP4)))["data"]["url"]
    base, team_id = api.services.public_url, api.world.caller.team_id
    stranger = api.world.another_team().team_id
    with api.services.db.read() as s:
        upload = uploads.named_by(s, base, team_id, url)
        assert uploads.named_by(s, base, stranger, url) is None
    assert upload is not None and upload.size == len(MP4)
    assert api.services.blobs.get(upload.blob_key) == MP4


def test_an_upload_can_be_analysed_and_be_a_photo(api: Api) -> None:
    video = given(api, ("file", ("clip.mp4", MP4)))["data"]["url"]
    photo = given(api, ("file", ("face.png", PNG)))["data"]["url"]
    api.world.analysed(video)
    body = {
        "video_url": video,
        "mappings": [{"obj_id": 0, "img_url": photo}],
        "model_name": "akool-premium",
        "resolution": "480p",
    }
    assert api.post(f"{V4}/task/create", body)["code"] == 1000


def test_other_fields_of_the_form_are_dropped(api: Api) -> None:
    answer = given(api, ("file", ("f.png", PNG)), data={"note": "x" * 100_000, "more": ""})
    assert answer["code"] == 1000


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([("file", ("v.mp4", b""))], "file is no video or image of a kind that is taken"),
        ([("file", ("v.mp4", b"text"))], "file is no video or image of a kind that is taken"),
        ([("file", ("f.png", b"GIF89a"))], "file is no video or image of a kind that is taken"),
        ([("file", ("f.svg", b"<svg/>"))], "file is no video or image of a kind that is taken"),
        ([("file", (None, PNG))], "file is required"),
        ([("file", ("f.png", PNG)), ("b", ("f.png", PNG))], "file is given twice"),
    ],
)
def test_what_is_no_video_or_photo_is_refused(
    api: Api, parts: list[tuple[str, Any]], says: str
) -> None:
    answer = given(api, *parts)
    assert answer["code"] == 1003 and answer["msg"].startswith(says), answer
    assert list(incoming(api)) == []


@pytest.mark.parametrize(
    ("content_type", "content", "says"),
    [
        ("application/json", b"{}", "The body must be multipart/form-data"),
        ("", b"", "The body must be multipart/form-data"),
        ("multipart/form-data", b"x", "The body must be multipart/form-data"),
        ("multipart/form-data; boundary=b", b"", "The body ends before the form does."),
        ("multipart/form-data; boundary=b", b"nonsense", "The body is no multipart form"),
        ("multipart/form-data; boundary=" + "b" * 300, b"x", "The body is no multipart form"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", "file is required"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name=file; filename="f.png"\r\n\r\n' + PNG,
            "The body ends before the form does.",
        ),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\n" + b"x" * 100_000 + b": y\r\n\r\n\r\n--b--\r\n",
            "The body is no multipart form",
        ),
    ],
)
def test_what_is_no_form_is_refused(api: Api, content_type: str, content: bytes, says: str) -> None:
    answer = api.client.post(UPLOAD, content=content, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (200, 1003)
    assert answer.json()["msg"].startswith(says), answer.text
    assert list(incoming(api)) == []


@pytest.fixture
def small(sqlite_template: Path, tmp_path: Path) -> Iterator[Api]:
    """An API that takes videos of 2 MB and images of 1 MB."""
    file = tmp_path / "api.db"
    file.write_bytes(sqlite_template.read_bytes())
    limits = {"max_video_mb": 2, "max_image_mb": 1}
    with (
        serving(Database(f"sqlite:///{file}"), tmp_path, **limits) as server,
        server.new_team() as api,
    ):
        yield api


def _pieces(head: bytes, size: int) -> Iterator[bytes]:
    yield b'--b\r\ncontent-disposition: form-data; name=file; filename="f"\r\n\r\n' + head
    for _ in range(0, size, 65536):
        yield b"\x00" * 65536
    yield b"\r\n--b--\r\n"


def test_an_image_has_a_smaller_limit_than_a_video(small: Api) -> None:
    answer = given(small, ("file", ("f.png", PNG + b"\x00" * (_MB + 1))))
    assert answer["code"] == 1003
    assert answer["msg"] == "file has more than 1 MB, the most for images."
    assert given(small, ("file", ("v.mp4", MP4[: 2 * _MB])))["code"] == 1000


def test_a_file_over_the_limit_is_refused_while_it_comes(small: Api) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = small.client.post(UPLOAD, content=_pieces(MP4[:100], 2 * _MB + 65536), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (200, 1003)
    assert answer.json()["msg"] == "file is larger than 2000000 bytes."
    answer = small.client.post(UPLOAD, content=_pieces(MP4[:100], 5 * _MB), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, 1003)
    assert list(incoming(small)) == []


def test_a_body_far_over_the_limit_is_refused_by_what_it_says(small: Api) -> None:
    answer = small.client.post(UPLOAD, files={"file": ("v.mp4", b"\x00" * 8 * _MB)})
    assert (answer.status_code, answer.json()["code"]) == (413, 1003)


def test_what_a_killed_server_left_goes_after_a_day(api: Api) -> None:
    settings, now_ms = api.services.settings, api.clock.now_ms
    folders = {age_h: incoming_folder(settings) / f"left-{age_h}" for age_h in (1, 23, 25)}
    for age_h, folder in folders.items():
        folder.mkdir()
        made_s = now_ms / 1000 - age_h * 3600
        os.utime(folder, (made_s, made_s))
    remove_abandoned(settings, now_ms)
    assert [age_h for age_h, folder in folders.items() if folder.exists()] == [1, 23]
    for folder in incoming(api):
        folder.rmdir()


def incoming(api: Api) -> Iterator[Path]:
    return (api.services.settings.data_dir / "incoming").iterdir()
