"""The wheel and the source archive: what is in them, and that a clean installation serves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from headswap import __version__
from headswap.vision.store import ModelStore
from tests.service_process import running

ROOT = Path(__file__).parents[2]
UV = ROOT / "scripts" / "uv"
NOT_PACKAGED = {"__pycache__"}
_LOCKED = ("--locked", "--no-dev", "--no-emit-project", "--no-hashes")


@dataclass(frozen=True, slots=True)
class Installed:
    """A clean environment that holds the wheel and what it needs, and nothing else."""

    command: Path
    packages: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source archive; skips where hatchling cannot be had."""
    folder = tmp_path_factory.mktemp("dist")
    done = _run(UV, "build", "--out-dir", folder)
    if done.returncode != 0 and "hatchling" in done.stderr:
        pytest.skip(f"hatchling, which builds, cannot be had: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (file,) = built.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed as a tool is, with the locked versions; skips without an index."""
    folder = tmp_path_factory.mktemp("tools")
    locked = folder / "locked.txt"
    exported = _run(UV, "export", *_LOCKED, "--output-file", locked)
    assert exported.returncode == 0, exported.stderr
    done = _run(
        *(UV, "tool", "install", "--python", sys.executable, "--constraints", locked, wheel),
        UV_TOOL_DIR=str(folder / "tools"),
        UV_TOOL_BIN_DIR=str(folder / "bin"),
    )
    if done.returncode != 0 and "Failed to fetch" in done.stderr:
        pytest.skip(f"what the wheel needs cannot be had: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    (packages,) = (folder / "tools" / "headswap").glob("lib/python*/site-packages")
    return Installed(folder / "bin" / "headswap", packages)


def _clean() -> dict[str, str]:
    """The environment without what would let a program find this checkout."""
    hidden = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**_clean(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _sources() -> set[str]:
    """Every file of the package as a wheel names it, apart from what running it leaves."""
    package = ROOT / "src" / "headswap"
    files = (path.relative_to(package.parent) for path in package.rglob("*") if path.is_file())
    return {file.as_posix() for file in files if not NOT_PACKAGED & set(file.parts)}


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    about = {name for name in names if ".dist-info/" in name}
    assert names - about == _sources()
    assert {PurePosixPath(name).name for name in about} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"),
    }


def test_the_source_archive_holds_what_the_wheel_is_built_from(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    beside = {
        *("pyproject.toml", "PKG-INFO", ".gitignore"),
        *("README.md", "LICENSE", "CHANGELOG.md", "MODELS.md"),
    }
    assert names == beside | {f"src/{name}" for name in _sources()}


def test_a_clean_installation_says_its_version(installed: Installed) -> None:
    done = _run(installed.command, "--version")
    assert (done.returncode, done.stdout) == (0, f"headswap {__version__}\n"), done.stderr
    assert not list(installed.packages.glob("pytest*"))


def test_a_clean_installation_computes(installed: Installed, core_pack: ModelStore) -> None:
    done = _run(installed.command, "doctor", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["packages"]["headswap"] == __version__
    assert [proof["runtime"] for proof in told["compute"]["proofs"]][:1] == ["LiteRT"]


def test_a_clean_installation_serves(installed: Installed, tmp_path: Path) -> None:
    pages = ["/healthz", "/docs", "/openapi.json"]
    if (installed.packages / "headswap" / "web" / "index.html").is_file():
        pages.append("/")
    program = (str(installed.command),)
    # An empty PYTHONPATH is none: what answers is the wheel, not this checkout.
    with running(tmp_path / "data", program=program, PYTHONPATH="") as service:
        answers = {page: service.client.get(page) for page in pages}
        assert {page: told.status_code for page, told in answers.items()} == dict.fromkeys(
            pages, 200
        )
        assert answers["/openapi.json"].json()["openapi"].startswith("3.")
        for page in {"/docs", "/"} & answers.keys():
            assert answers[page].headers["content-type"].startswith("text/html")
        assert service.stop() == 0
