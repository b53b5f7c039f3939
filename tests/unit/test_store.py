"""The model store: where it looks, what it accepts, what it says when a file is missing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from headswap.errors import ModelCorrupt, ModelMissing
from headswap.vision.store import MODELS, ModelFile, ModelStore, Pack, models_of_pack
from headswap.vision.store import hashes as hashes_module
from headswap.vision.store.manifest import Address

CONTENT = b"a network"


def model_file(name: str, pack: Pack = "core", content: bytes = CONTENT) -> ModelFile:
    digest = hashlib.sha256(content).hexdigest()
    return ModelFile(
        name, pack, "", "MIT", "", (len(content),), (digest,), Address("http://127.0.0.1:9/x")
    )


def store_of(tmp_path: Path, *models: ModelFile, offline: bool = True) -> ModelStore:
    return ModelStore(tmp_path / "cache", (tmp_path / "named",), offline, models)


def put(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_missing_model_names_the_command_that_brings_it(tmp_path: Path) -> None:
    store = store_of(tmp_path, model_file("a.tflite"))
    assert not store.has("a.tflite")
    with pytest.raises(ModelMissing, match=r"a\.tflite.*headswap models pull"):
        store.path("a.tflite")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"'b\.tflite'.*a\.tflite"):
        store_of(tmp_path, model_file("a.tflite")).path("b.tflite")


def test_the_named_folder_is_searched_before_the_cache(tmp_path: Path) -> None:
    store = store_of(tmp_path, model_file("a.tflite"))
    in_cache = put(tmp_path / "cache" / "models", "a.tflite")
    assert store.path("a.tflite") == in_cache
    named = put(tmp_path / "named", "a.tflite")
    assert store.path("a.tflite") == named


def test_a_damaged_file_is_refused_with_its_path_and_the_remedy(tmp_path: Path) -> None:
    store = store_of(tmp_path, model_file("a.tflite"))
    path = put(tmp_path / "named", "a.tflite", b"another thing")
    put(tmp_path / "cache" / "models", "a.tflite")
    with pytest.raises(ModelCorrupt) as caught:
        store.path("a.tflite")
    assert str(path) in str(caught.value)
    assert "Delete it and run `headswap models pull a.tflite`" in str(caught.value)


def test_either_of_two_builds_of_a_network_is_accepted(tmp_path: Path) -> None:
    both = tuple(hashlib.sha256(text).hexdigest() for text in (b"one", b"two"))
    model = ModelFile("a", "full", "", "MIT", "", (3, 3), both, Address("http://127.0.0.1:9/"))
    for content in (b"one", b"two"):
        put(tmp_path / "named", "a", content)
        assert store_of(tmp_path, model).path("a").read_bytes() == content


def test_a_file_is_read_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(hashes_module, "sha256_of", counted)
    path = put(tmp_path / "named", "a")
    for _ in range(3):
        store_of(tmp_path, model_file("a")).path("a")
    assert read == [path]
    path.write_bytes(b"a longer network")
    with pytest.raises(ModelCorrupt):
        store_of(tmp_path, model_file("a")).path("a")
    assert read == [path, path]


def test_verifying_again_reads_a_file_whose_size_and_time_were_kept(tmp_path: Path) -> None:
    store = store_of(tmp_path, model_file("a"))
    path = put(tmp_path / "named", "a")
    store.path("a")
    known = json.loads((tmp_path / "cache" / "verified.json").read_text())
    stat = path.stat()
    path.write_bytes(CONTENT[::-1])
    (tmp_path / "cache" / "verified.json").write_text(
        json.dumps({key: [stat.st_size, path.stat().st_mtime_ns, known[key][2]] for key in known})
    )
    store = store_of(tmp_path, model_file("a"))
    store.path("a")
    with pytest.raises(ModelCorrupt):
        store.verify(store.models["a"], path, again=True)


@pytest.mark.parametrize("memory", ["", "{", "[1, 2]", '{"x": 3}', "\x00\xff"])
def test_a_torn_memory_of_hashes_only_costs_a_reading(tmp_path: Path, memory: str) -> None:
    put(tmp_path / "named", "a")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "verified.json").write_bytes(memory.encode("latin-1"))
    assert store_of(tmp_path, model_file("a")).path("a").name == "a"


@pytest.mark.parametrize(
    ("present", "pack"),
    [((), "core"), (("c",), "core"), (("f", "c"), "core"), (("f", "g"), "full")],
)
def test_the_full_pack_runs_when_all_its_own_files_are_here(
    tmp_path: Path, present: tuple[str, ...], pack: str
) -> None:
    models = (model_file("c"), model_file("f", "full"), model_file("g", "full"))
    for name in present:
        put(tmp_path / "named", name)
    assert store_of(tmp_path, *models).pack == pack


@pytest.mark.parametrize(
    ("environment", "folders", "offline"),
    [
        ({}, ("home/.cache/headswap/models",), False),
        ({"XDG_CACHE_HOME": "xdg"}, ("xdg/headswap/models",), False),
        ({"XDG_CACHE_HOME": "xdg", "HEADSWAP_CACHE": "mine"}, ("mine/models",), False),
        (
            {"HEADSWAP_MODELS_DIR": "named", "HEADSWAP_OFFLINE": "1"},
            ("named", "home/.cache/headswap/models"),
            True,
        ),
        ({"HEADSWAP_OFFLINE": "0"}, ("home/.cache/headswap/models",), False),
    ],
)
def test_the_environment_says_where_models_lie(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    folders: tuple[str, ...],
    offline: bool,
) -> None:
    for name in ("XDG_CACHE_HOME", "HEADSWAP_CACHE", "HEADSWAP_MODELS_DIR", "HEADSWAP_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in environment.items():
        is_path = name != "HEADSWAP_OFFLINE"
        monkeypatch.setenv(name, str(tmp_path / value) if is_path else value)
    store = ModelStore.default()
    assert store.folders == tuple(tmp_path / folder for folder in folders)
    assert store.offline is offline


def test_the_manifest_is_complete() -> None:
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert {model.pack for model in MODELS} == {"core", "full"}
    assert set(models_of_pack("core")) < set(models_of_pack("full")) == set(MODELS)
    for model in MODELS:
        assert model.licence in {"Apache-2.0", "MIT", "BSD-2-Clause", "CC0-1.0"}
        assert model.sizes_bytes[0] > 0
        assert all(len(digest) == 64 and int(digest, 16) for digest in model.sha256)
