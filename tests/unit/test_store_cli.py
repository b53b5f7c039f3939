"""`headswap models` and `headswap doctor` on stores that hold nothing, or something wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headswap.cli.doctor import doctor
from headswap.cli.models import app
from headswap.errors import ModelMissing
from headswap.vision.store import MODELS


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder HEADSWAP_MODELS_DIR names; the cache is empty and downloads are forbidden."""
    folder = tmp_path / "named"
    folder.mkdir()
    monkeypatch.setenv("HEADSWAP_MODELS_DIR", str(folder))
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADSWAP_OFFLINE", "1")
    return folder


def test_list_names_every_model_with_its_licence_and_whether_it_is_here(named: Path) -> None:
    (named / "face_landmark.tflite").write_bytes(b"x")
    result = CliRunner().invoke(app, ["list"])
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line}
    for model in MODELS:
        pack, licence, _, present = rows[model.name]
        assert (pack, licence) == (model.pack, model.licence)
        assert present == ("yes" if model.name == "face_landmark.tflite" else "no")
    assert "pack that runs: core" in result.stdout


def test_verify_fails_on_a_wrong_file_and_names_it(named: Path) -> None:
    assert CliRunner().invoke(app, ["verify"]).exit_code == 0
    (named / "face_landmark.tflite").write_bytes(b"x")
    result = CliRunner().invoke(app, ["verify"])
    assert result.exit_code == 1
    assert str(named / "face_landmark.tflite") in result.stdout


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pull"], "HEADSWAP_OFFLINE"),
        (["pull", "--pack", "full"], "yunet_n_640_640.onnx"),
        (["pull", "nothing.tflite"], "no model is called nothing.tflite"),
    ],
)
def test_pull_says_why_it_cannot(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, ModelMissing)
    assert message in str(result.exception)


@pytest.mark.usefixtures("named")
def test_doctor_without_models_proves_nothing_and_says_what_to_pull(
    capsys: pytest.CaptureFixture[str],
) -> None:
    doctor(json_output=True)
    report = json.loads(capsys.readouterr().out)
    assert report["compute"]["proofs"] == []
    assert "headswap models pull --pack core" in report["compute"]["failures"][0]
    assert report["models_missing"] == [model.name for model in MODELS]
    assert report["pack"] == "core"
    assert report["machine"]["cores"] >= 1 and report["machine"]["memory_bytes"] > 0
    doctor(json_output=False)
    assert "pack that runs" in capsys.readouterr().out
