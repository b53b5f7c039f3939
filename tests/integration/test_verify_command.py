"""`headswap verify`: what it prints, and what it ends with, for each kind of file."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from headswap.cli.main import main
from headswap.trust import verify as verifying
from headswap.trust.credentials import sign_preview, sign_video
from headswap.trust.signer import Signer
from headswap.trust.statement import PreviewStatement
from tests.joined_clips import remade
from tests.media_clips import make_clip
from tests.swap_statements import STATEMENT, TASK, WHEN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """plain.mp4, signed.mp4, broken.mp4, cut.mp4, preview.png, picture.jpg and text.mp4."""
    folder = tmp_path_factory.mktemp("files")
    signer = Signer.open("", "", folder / "data")
    plain, signed = folder / "plain.mp4", folder / "signed.mp4"
    remade(make_clip(folder, "ntsc_2997"), plain)
    shutil.copyfile(plain, signed)
    sign_video(signed, STATEMENT, signer)
    data = bytearray(signed.read_bytes())
    (folder / "cut.mp4").write_bytes(data[: len(data) // 20])
    data[-20_000] ^= 1
    (folder / "broken.mp4").write_bytes(data)
    Image.new("RGB", (40, 30), (90, 20, 60)).save(folder / "preview.png")
    sign_preview(folder / "preview.png", PreviewStatement(WHEN, "ab" * 32, 0), signer)
    Image.new("RGB", (40, 30)).save(folder / "picture.jpg")
    (folder / "text.mp4").write_text("no video at all")
    return folder


@pytest.mark.parametrize(
    ("name", "code", "state", "says"),
    [
        ("signed.mp4", 0, "valid", f"heads in this video were replaced with Headswap .* {TASK}"),
        ("preview.png", 0, "valid", "They do not say that heads were replaced"),
        ("broken.mp4", 4, "invalid", "broken"),
        ("cut.mp4", 4, "invalid", "broken.*No mark could be looked for"),
        ("plain.mp4", 3, "missing", "neither content credentials nor"),
        ("picture.jpg", 3, "missing", "neither content credentials nor"),
    ],
)
def test_a_file_is_told_in_words_and_as_json(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    code: int,
    state: str,
    says: str,
) -> None:
    path = str(folder / name)
    assert main(["verify", path]) == code
    words = capsys.readouterr().out.strip()
    assert main(["verify", path, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["credentials"]["state"] == state
    assert told["mark"] == {"found": False, "task_id": None}
    assert words == f"{path}: {told['sentence']}"
    assert re.search(says, words), words


def test_a_mark_alone_is_enough(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Found or not is the mark's own matter, and tested there; here it counts what becomes of it.
    monkeypatch.setattr(verifying, "find_mark", lambda _: int(TASK[:16], 16))
    assert main(["verify", str(folder / "plain.mp4"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["mark"] == {"found": True, "task_id": TASK[:16], "digits": TASK[:16]}
    assert main(["verify", str(folder / "signed.mp4"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mark"]["task_id"] == TASK
    assert main(["verify", str(folder / "broken.mp4"), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["mark"]["task_id"] == TASK[:16]


def test_a_mark_of_few_digits_keeps_its_zeros(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "find_mark", lambda _: 0xAB)
    assert verifying.verify(folder / "plain.mp4").mark == "00000000000000ab"


@pytest.mark.parametrize("name", ["text.mp4", "missing.mp4", "."])
def test_what_is_no_file_to_verify_is_one_line_and_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["verify", str(folder / name)]) == 1
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("headswap: ") and printed.out == ""
