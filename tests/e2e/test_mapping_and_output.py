"""`headswap swap`: what is mapped, where the result goes, what is told about it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from headswap.cli.main import main
from headswap.media import VideoReader
from headswap.trust.label import Label
from tests.media_content import content
from tests.sample_inputs import FRAMES, Sample

PHOTO = "{photo}"


def told(words: list[str], sample: Sample, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the one line on stderr of `headswap swap CLIP words`."""
    filled = [word.format(photo=sample.photo, clip=sample.clip) for word in words]
    code = main(["swap", str(sample.clip), *filled])
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("headswap: ")
    return code, line


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--out", "o.mp4"], 2, "--map"),
        (["--map", "0={photo}"], 2, "--out"),
        (["--map", "{photo}", "--out", "o.mp4"], 2, "ID=PHOTO"),
        (["--map", "0=", "--out", "o.mp4"], 2, "ID=PHOTO"),
        (["--map", "-1={photo}", "--out", "o.mp4"], 2, "ID=PHOTO"),
        (["--map", "0={photo}", "--map", "0=other.png", "--out", "o.mp4"], 2, "mapped twice"),
        (["--map", "0={photo}", "--out", "o.mp4", "--resolution", "90p"], 2, "--resolution"),
        (["--map", "0={photo}", "--out", "o.mp4", "--nothing"], 2, "--nothing"),
        (["--map", "7={photo}", "--out", "o.mp4"], 1, "no person 7"),
        (["--map", "0={photo}", "--out", "o.mp4", "--engine", "nothing"], 1, "mesh"),
        (["--map", "0={photo}", "--out", "o.mp4", "--label", "a" * 99], 1, "shorten"),
    ],
)
def test_a_wrong_command_is_one_line_and_nothing_is_written(
    sample: Sample,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    got, line = told(words, sample, capsys)
    assert (got, says in line) == (code, True), line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "report", "says"),
    [
        ("folder", "r.json", "is a folder"),
        ("missing/o.mp4", "r.json", "no folder"),
        ("{clip}", "r.json", "is the source itself"),
        ("o.mp4", "folder", "is a folder"),
        ("o.mp4", "missing/r.json", "no folder"),
        ("o.mp4", "o.mp4", "is the video itself"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_any_work(
    sample: Sample,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    out: str,
    report: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    before = sample.clip.read_bytes()
    words = ["--map", "0={photo}", "--out", out, "--report", report]
    code, line = told(words, sample, capsys)
    assert (code, says in line) == (1, True), line
    assert sample.clip.read_bytes() == before
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file(
    sample: Sample, tiny_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tiny_disk / "out.mp4"
    out.write_bytes(b"old")
    code, line = told(["--map", "0={photo}", "--out", str(out)], sample, capsys)
    assert code == 1
    assert "no space left" in line and str(out) in line
    assert [path.read_bytes() for path in tiny_disk.iterdir()] == [b"old"]


def test_a_swap_keeps_time_and_sound_and_says_what_it_did(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, report = tmp_path / "out.mp4", tmp_path / "report.json"
    words = ["--map", f"0={sample.photo}", "--out", str(out), "--report", str(report)]
    words += ["--label", "Made with AI"]
    assert main(["swap", str(sample.clip), *words]) == 0
    printed = capsys.readouterr()
    assert f"{FRAMES} of {FRAMES} frames swapped" in printed.out and str(out) in printed.out
    before, after = content(sample.clip), content(out)
    assert (after.times, after.sound) == (before.times, before.sound)
    assert after.sizes == before.sizes
    said = json.loads(report.read_text())
    (person,) = said["people"]
    assert (person["obj_id"], person["frames_swapped"], person["not_swapped"]) == (0, FRAMES, [])
    assert {"analyse", "photos", "survey", "render", "join"} <= set(said["stages_s"])
    assert said["device"] == "CPU" and said["engine"] == "mesh"
    assert "selfie_segmentation.tflite" in said["models"]
    assert said["task_id"] in printed.out and "self-made, unverified" in printed.out
    assert main(["verify", str(out)]) == 0
    assert said["task_id"] in capsys.readouterr().out
    x0, y0, x1, y1 = Label.of("Made with AI", (320, 240)).box
    with VideoReader(sample.clip) as clip, VideoReader(out) as result:
        for was, now in zip(clip, result, strict=True):
            changed = now.y[y0:y1, x0:x1].astype(int) - was.y[y0:y1, x0:x1]
            assert changed.min() < -60 and changed.max() > 20


def test_mute_leaves_the_sound_out(sample: Sample, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    words = ["--map", f"0={sample.photo}", "--out", str(out), "--mute"]
    assert main(["swap", str(sample.clip), *words]) == 0
    assert content(out).sound == [] and len(content(out).times) == FRAMES
