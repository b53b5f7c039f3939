"""ModelStore: finds a model file by name, checks it, and brings it here when it is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from headswap.errors import ModelCorrupt, ModelMissing
from headswap.vision.store.hashes import VerifiedHashes
from headswap.vision.store.manifest import (
    MODEL_BY_NAME,
    MODELS,
    ModelFile,
    Pack,
    PackageMember,
    models_of_pack,
)
from headswap.vision.store.pull import Progress, pull_models, silent


class ModelStore:
    """Model files by name.

    cache: the folder that files are pulled into (its `models`) and that remembers their hashes.
    extra_folders: searched before the cache, in order; never written to.
    offline: never download, raise ModelMissing instead.
    models: the manifest.
    """

    def __init__(
        self,
        cache: Path,
        extra_folders: Sequence[Path] = (),
        offline: bool = False,
        models: Sequence[ModelFile] = MODELS,
    ) -> None:
        self.pull_folder = cache / "models"
        self.folders = (*extra_folders, self.pull_folder)
        self.offline = offline
        self.models = {model.name: model for model in models}
        self._hashes = VerifiedHashes(cache / "verified.json")
        self._used: set[str] = set()

    @classmethod
    def default(cls) -> ModelStore:
        """The user's store.

        HEADSWAP_MODELS_DIR is searched first; HEADSWAP_CACHE replaces the cache folder
        ($XDG_CACHE_HOME/headswap or ~/.cache/headswap); HEADSWAP_OFFLINE=1 forbids downloads.
        """
        environment = os.environ
        caches = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        cache = Path(environment.get("HEADSWAP_CACHE") or caches / "headswap")
        named = environment.get("HEADSWAP_MODELS_DIR")
        extra = (Path(named),) if named else ()
        return cls(cache, extra, offline=environment.get("HEADSWAP_OFFLINE", "0") not in {"", "0"})

    @property
    def pack(self) -> Pack:
        """Which pack runs: "full" if every file of that pack lies here, else "core".

        Core files do not count: either pack needs them, and they are pulled at first use.
        """
        own = [name for name, model in self.models.items() if model.pack == "full"]
        return "full" if all(map(self.has, own)) else "core"

    def used(self) -> tuple[str, ...]:
        """Names of the files that were asked for by `path` so far, sorted."""
        return tuple(sorted(self._used))

    def has(self, name: str) -> bool:
        """Whether the file lies here; says nothing about what is in it."""
        return self.find(name) is not None

    def find(self, name: str) -> Path | None:
        """Where the file lies, unchecked, or None."""
        model = self._model(name)
        candidates = (folder / model.name for folder in self.folders)
        return next((path for path in candidates if path.is_file()), None)

    def path(self, name: str) -> Path:
        """The file, its sha256 verified; a missing one is pulled first, with a line on stderr.

        Raises:
            ModelMissing: it is not here and downloads are forbidden.
            ModelDownloadFailed, ModelCorrupt, NoSpaceLeft: see `pull_models`.
        """
        self._used.add(name)
        found = self.find(name)
        if found is None:
            return self._pull_at_first_use(self._model(name))
        self.verify(self._model(name), found)
        return found

    def verify(self, model: ModelFile, path: Path, again: bool = False) -> None:
        """Nothing, if the file at `path` is the manifest's; `again` reads it even if known.

        Raises:
            ModelCorrupt: it is another file.
        """
        digest = self._hashes.recomputed(path) if again else self._hashes.sha256(path)
        if digest not in model.sha256:
            raise ModelCorrupt(
                f"{path} has sha256 {digest}, not {' or '.join(model.sha256)}: it is damaged or "
                f"another file. Delete it and run `headswap models pull {model.name}`"
            )

    def pull(self, models: Sequence[ModelFile], progress: Progress = silent) -> None:
        """The given models lie in the store; those that do already are not fetched again.

        Raises:
            ModelMissing: some are not here and downloads are forbidden.
            ModelDownloadFailed, ModelCorrupt, NoSpaceLeft: see `pull_models`.
        """
        missing = [model for model in models if not self.has(model.name)]
        if missing and self.offline:
            raise ModelMissing(
                f"{', '.join(m.name for m in missing)} not found in "
                f"{' or '.join(map(str, self.folders))}, and HEADSWAP_OFFLINE forbids to download. "
                f"Run `headswap models pull` without HEADSWAP_OFFLINE, or put the files into a "
                f"folder that HEADSWAP_MODELS_DIR names"
            )
        pull_models(missing, self.pull_folder, progress)

    def _pull_at_first_use(self, model: ModelFile) -> Path:
        """Its whole source at once: the next network would ask for the same archive again."""
        group = [other for other in self.models.values() if _same_source(other, model)]
        if not self.offline:
            print(
                f"headswap: pulling {model.name} ({model.licence}) from {model.origin} "
                f"into {self.pull_folder}",
                file=sys.stderr,
            )
        self.pull(group)
        return self.pull_folder / model.name

    def _model(self, name: str) -> ModelFile:
        model = self.models.get(name)
        if model is None:
            raise ModelMissing(
                f"no model is called {name!r}; `headswap models list` names them all: "
                f"{', '.join(sorted(self.models))}"
            )
        return model


def models_named(names: Sequence[str], pack: Pack) -> tuple[ModelFile, ...]:
    """The models with these names, or, if there are none, everything the pack runs with.

    Raises:
        ModelMissing: no model has such a name.
    """
    if not names:
        return models_of_pack(pack)
    unknown = [name for name in names if name not in MODEL_BY_NAME]
    if unknown:
        raise ModelMissing(
            f"no model is called {', '.join(unknown)}; run `headswap models list` for their names"
        )
    return tuple(MODEL_BY_NAME[name] for name in names)


def _same_source(one: ModelFile, other: ModelFile) -> bool:
    if isinstance(one.origin, PackageMember) and isinstance(other.origin, PackageMember):
        return one.origin.requirement == other.origin.requirement
    return one.name == other.name
