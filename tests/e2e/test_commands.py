"""The commands as a user meets them: help, analyze and its kept scene, doctor, demo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headswap import __version__
from headswap.cli import demo, doctor
from headswap.cli.kept_scene import kept_scene
from headswap.cli.main import main
from headswap.errors import HeadswapError
from headswap.media import probe
from headswap.trust.credentials import read_credentials
from headswap.vision.scene_file import load_scene
from headswap.vision.store import ModelStore
from tests.sample_inputs import FRAMES, SAMPLE, Sample

HEADSWAP = str(Path(sys.executable).parent / "headswap")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    for command in ("analyze", "swap", "verify", "demo", "doctor", "models"):
        assert f"\n  {command} " in printed
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_help_does_not_wait_for_the_numeric_libraries() -> None:
    code = "import sys; from headswap.cli import main; main.main(['--help']); print('numpy' in "
    code += "sys.modules, 'av' in sys.modules, 'onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False False"


@pytest.mark.parametrize("words", [["nothing"], ["models", "nothing"], ["--nothing"], ["analyze"]])
def test_a_usage_error_is_one_line_and_code_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("headswap: ") and "--help" in line


def test_an_error_shows_its_traceback_only_with_debug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.mp4")
    assert main(["analyze", missing]) == 1
    assert "Traceback" not in capsys.readouterr().err
    for words in (["--debug", "analyze", missing], ["analyze", missing, "--debug"]):
        assert main(words) == 1
        assert "Traceback" in capsys.readouterr().err


def test_an_error_nobody_foresaw_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_json_output: bool) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(doctor, "doctor", fail)
    assert main(["doctor"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: two lines" in line and "--debug" in line


def test_analyze_prints_the_people_and_their_pictures(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    previews = tmp_path / "new" / "previews"
    assert main(["analyze", str(sample.clip), "--json", "--previews", str(previews)]) == 0
    assert read_credentials(previews / "person_0.png").actions[1] == "c2pa.cropped"
    printed = capsys.readouterr()
    assert printed.err == ""
    said = json.loads(printed.out)
    assert said["video"] == {
        "width": 320, "height": 240, "fps": 25.0, "frame_count": FRAMES, "duration": FRAMES / 25,
    }  # fmt: skip
    (person,) = said["people"]
    assert (person["obj_id"], person["frames"], person["first_frame"]) == (0, FRAMES, 0)
    x, y, width, height = person["box"]
    assert 0 <= x < x + width <= 320 and 0 <= y < y + height <= 240
    with Image.open(person["preview"]) as preview:
        assert preview.width >= width and preview.height >= height
    assert main(["analyze", str(sample.clip)]) == 0
    assert "obj_id" in capsys.readouterr().out


def test_the_scene_is_kept_beside_the_video_as_a_file_and_as_json(sample: Sample) -> None:
    scene = load_scene(Path(f"{sample.clip}.scene"))
    assert len(scene.pts) == FRAMES and len(scene.people) == 1
    said = json.loads(Path(f"{sample.clip}.scene.json").read_text())
    assert said["people"][0]["obj_id"] == 0 and len(said["pts"]) == FRAMES


def test_a_kept_scene_follows_its_video_and_serves_no_other(sample: Sample, tmp_path: Path) -> None:
    pack = ModelStore.default().pack
    moved = tmp_path / "moved.mp4"
    assert kept_scene(moved, pack) is None
    for ending in ("", ".scene", ".scene.json"):
        shutil.copy(f"{sample.clip}{ending}", f"{moved}{ending}")
    found = kept_scene(moved, pack)
    assert found is not None and found.video.path == moved
    with pytest.raises(HeadswapError, match="pack"):
        kept_scene(moved, "other")
    moved.write_bytes(moved.read_bytes() + b"\0")
    with pytest.raises(HeadswapError, match="another file"):
        kept_scene(moved, pack)
    shutil.copy(sample.clip, moved)
    binary = Path(f"{moved}.scene")
    binary.write_bytes(binary.read_bytes()[:-1])
    with pytest.raises(HeadswapError, match="do not belong together"):
        kept_scene(moved, pack)


def test_a_scene_that_cannot_be_kept_is_said_and_no_failure(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = Path(shutil.copy(sample.clip, tmp_path / "clip.mp4"))
    Path(f"{clip}.scene").mkdir()
    assert main(["analyze", str(clip), "--json"]) == 0
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)["people"]) == 1
    (line,) = printed.err.splitlines()
    assert "not kept" in line and f"{clip}.scene" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "clip.mp4.scene"]


@pytest.mark.usefixtures("core_pack")
def test_the_installed_command_is_silent_but_for_its_answer() -> None:
    words = [HEADSWAP, "doctor", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stderr == ""
    said = json.loads(done.stdout)
    assert said["compute"]["proofs"][0]["runtime"] == "LiteRT"


@pytest.mark.usefixtures("core_pack")
def test_demo_leaves_a_result_and_a_picture_of_source_above_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "SAMPLE", replace(SAMPLE, rate=Fraction(50)))
    monkeypatch.setenv("HEADSWAP_MIN_DURATION_S", "0.1")
    folder = tmp_path / "new" / "demo"
    assert main(["demo", "--out", str(folder)]) == 0
    assert str(folder / "result.png") in capsys.readouterr().out
    names = ["photo.png", "result.mp4", "result.png", "source.mp4"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert probe(folder / "result.mp4").frame_count == 2 * FRAMES
    picture = np.asarray(Image.open(folder / "result.png")).astype(int)
    above, below = np.split(picture, 2)
    difference = np.abs(above - below).mean(axis=2)
    assert (difference > 30).mean() > 0.03, "the heads are the same"
    assert np.median(difference) < 4, "the background is not"
