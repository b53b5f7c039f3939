"""Model files that are missing or wrong: one line with the command that brings them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headswap.cli.main import main
from headswap.vision.store import ModelStore, models_of_pack
from tests.sample_inputs import Sample


@pytest.fixture
def named(core_pack: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the core pack, which HEADSWAP_MODELS_DIR names; downloads are off."""
    folder = tmp_path / "models"
    folder.mkdir()
    for model in models_of_pack("core"):
        found = core_pack.find(model.name)
        assert found is not None
        shutil.copy(found, folder / model.name)
    monkeypatch.setenv("HEADSWAP_MODELS_DIR", str(folder))
    monkeypatch.setenv("HEADSWAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADSWAP_OFFLINE", "1")
    return folder


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "headswap models pull"),
        (lambda path: path.write_bytes(b"another file"), "Delete it"),
    ],
    ids=["missing", "wrong_sha256"],
)
def test_a_missing_or_wrong_model_stops_a_swap_in_one_line(
    sample: Sample,
    named: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: object,
    says: str,
) -> None:
    assert callable(damage)
    model, out = named / "face_landmark.tflite", tmp_path / "results" / "out.mp4"
    damage(model)
    out.parent.mkdir()
    # A clip without a kept scene, so that the analysis is not skipped.
    clip = Path(shutil.copy(sample.clip, tmp_path / "clip.mp4"))
    code = main(["swap", str(clip), "--map", f"0={sample.photo}", "--out", str(out)])
    assert code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("headswap: ") and says in line and model.name in line
    assert list(out.parent.iterdir()) == []


def test_the_core_pack_alone_swaps(sample: Sample, named: Path, tmp_path: Path) -> None:
    clip = Path(shutil.copy(sample.clip, tmp_path / "clip.mp4"))
    out = tmp_path / "out.mp4"
    assert main(["swap", str(clip), "--map", f"0={sample.photo}", "--out", str(out)]) == 0
    assert out.is_file()
    assert sorted(path.name for path in named.iterdir()) == sorted(
        model.name for model in models_of_pack("core")
    )
