"""POST /verify: an uploaded file is read in a process of its own, and is not kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from headswap.jobs import verification
from headswap.jobs.verification import with_task
from headswap.store.database import Database
from headswap.trust.credentials import sign_video
from headswap.trust.signer import Signer
from headswap.trust.verdict import Credentials, Verdict
from tests.api_world import Api, envelope, serving
from tests.joined_clips import remade
from tests.media_clips import make_clip
from tests.swap_statements import STATEMENT, TASK

pytest_plugins = ["tests.service_databases", "tests.api_server"]

MISSING = Credentials("missing")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed result."""
    folder = tmp_path_factory.mktemp("clip")
    path = remade(make_clip(folder, "plain"), folder / "out.mp4")
    sign_video(path, STATEMENT, Signer.open("", "", folder / "data"))
    return path


def verified(api: Api, content: bytes) -> dict[str, Any]:
    return envelope(api.client.post("/verify", files={"file": ("f.mp4", content)}, timeout=60))


def left(api: Api) -> list[Path]:
    return list((api.services.settings.data_dir / "incoming").iterdir())


def test_a_signed_result_is_valid_until_a_byte_of_it_is_changed(api: Api, clip: Path) -> None:
    data = verified(api, clip.read_bytes())["data"]
    assert list(data) == ["credentials", "mark", "sentence"]
    assert data["credentials"]["state"] == "valid" and data["credentials"]["task_id"] == TASK
    assert data["credentials"]["signer_verified"] is False and data["credentials"]["self_made"]
    assert "heads in this video were replaced" in data["sentence"]
    changed = bytearray(clip.read_bytes())
    changed[-9] ^= 1
    data = verified(api, bytes(changed))["data"]
    assert data["credentials"]["state"] == "invalid" and "broken" in data["sentence"]
    assert left(api) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "file is no video or image of a kind that is taken"),
        (b"#EXTM3U\n/etc/passwd\n", "file is no video or image of a kind that is taken"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(5000), "file is neither a video nor a picture"),
    ],
)
def test_what_is_no_video_or_picture_is_refused(api: Api, content: bytes, says: str) -> None:
    answer = verified(api, content)
    assert answer["code"] == 1003 and answer["msg"].startswith(says)
    assert left(api) == []


def test_a_file_that_is_too_much_for_its_process_harms_nobody_else(
    api: Api, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "LIMIT_S", 0.02)
    answer = verified(api, clip.read_bytes())
    assert answer["code"] == 1003 and "could not be verified within" in answer["msg"]
    assert left(api) == []


def test_only_who_has_a_key_may_ask(api: Api, clip: Path) -> None:
    base = str(api.client.base_url)
    for headers, code in (({}, 1102), ({"x-api-key": "wrong"}, 1101)):
        answer = httpx.post(
            f"{base}/verify", files={"file": ("f.mp4", clip.read_bytes())}, headers=headers
        )
        assert answer.json()["code"] == code


def test_a_file_that_is_too_large_is_refused(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "api.db")
    database = Database(f"sqlite:///{tmp_path / 'api.db'}")
    with (
        serving(database, tmp_path, max_video_mb=1, max_image_mb=1) as server,
        server.new_team() as api,
    ):
        answer = verified(api, bytes(1_000_001))
        assert answer["code"] == 1003 and "larger than 1000000 bytes" in answer["msg"]
        assert left(api) == []


def test_a_mark_becomes_the_whole_id_of_the_task_it_belongs_to(api_on_both: Api) -> None:
    id_ = api_on_both.finished().id
    with api_on_both.services.db.read() as s:
        found = with_task(s, Verdict(MISSING, id_[:16], id_[:16]))
        assert found.task_id == id_ and f"in task {id_}" in found.sentence()
        unknown = Verdict(MISSING, "0" * 16, "0" * 16)
        assert with_task(s, unknown) == unknown
        assert with_task(s, Verdict(MISSING, None, None)).task_id is None
