"""Model files: which there are, where they lie, how they come here, whether they are intact."""

from __future__ import annotations

from headswap.vision.store.manifest import MODELS, ModelFile, Pack, models_of_pack
from headswap.vision.store.model_store import ModelStore, models_named
from headswap.vision.store.pull import Progress

__all__ = [
    "MODELS",
    "ModelFile",
    "ModelStore",
    "Pack",
    "Progress",
    "models_named",
    "models_of_pack",
]
