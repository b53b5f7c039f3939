"""What several rooms' tests share: the models, and a small analysed sample clip."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from headswap.cli.main import main
from headswap.errors import ModelDownloadFailed, ModelMissing
from headswap.sample import Identity, build_scene, portrait, write_clip
from headswap.vision.store import ModelStore, models_of_pack
from tests.sample_inputs import SAMPLE, Sample

SHARED_MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"
if SHARED_MODELS.is_dir():
    os.environ.setdefault("HEADSWAP_MODELS_DIR", str(SHARED_MODELS))
# What tests swap is drawn or made for tests; those of consent itself take this away.
os.environ.setdefault("HEADSWAP_CONSENT", "The tests: the people shown agreed; for tests")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@pytest.fixture(scope="session", autouse=True)
def _own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results are signed with a certificate of the tests' own, not with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data-home")))
        for name in ("CERTIFICATE", "CERTIFICATE_KEY", "DATA_DIR"):
            patch.delenv(f"HEADSWAP_{name}", raising=False)
        yield


@pytest.fixture(scope="session")
def core_pack() -> ModelStore:
    """The user's store with the core pack in it, pulled once; skips where it cannot be had."""
    store = ModelStore.default()
    try:
        store.pull(models_of_pack("core"))
    except (ModelDownloadFailed, ModelMissing) as error:
        pytest.skip(f"the core pack cannot be pulled: {error}")
    return store


@pytest.fixture(scope="session")
def sample(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The sample, analysed once by the command."""
    folder = tmp_path_factory.mktemp("sample")
    made = Sample(folder / "clip.mp4", folder / "photo.png")
    write_clip(build_scene(SAMPLE), made.clip)
    Image.fromarray(portrait(Identity.SECOND)).save(made.photo)
    assert main(["analyze", str(made.clip)]) == 0
    return made
