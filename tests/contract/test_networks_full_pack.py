"""Networks that only the full pack has, on the public-domain portrait of scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from headswap.arrays import U8
from headswap.vision.compute_proof import prove_onnx
from headswap.vision.networks import HairMatte, SkinClothesHair
from headswap.vision.store import ModelStore


@pytest.fixture(scope="module")
def full() -> ModelStore:
    store = ModelStore.default()
    if store.pack != "full":
        pytest.skip("the full pack is not here; run `headswap models pull --pack full`")
    return store


@pytest.fixture(scope="module")
def portrait() -> U8:
    return np.ascontiguousarray(data.astronaut()[:, :, :3])


def test_hair_lies_above_the_face(full: ModelStore, portrait: U8) -> None:
    crop = np.ascontiguousarray(portrait[:256, 96:352])
    network = HairMatte(full)
    matte = network.matte(crop)
    assert matte[30:45, 110:150].mean() > 0.8
    assert matte[110:140, 110:150].mean() < 0.1
    steadied = network.matte(crop, previous=matte)
    assert np.abs(steadied - matte).mean() < 0.05


def test_skin_and_hair_are_told_apart(full: ModelStore, portrait: U8) -> None:
    crop = np.ascontiguousarray(portrait[:256, 96:352])
    planes = SkinClothesHair(full).planes(crop)
    assert planes.skin[110:140, 110:150].mean() > 0.9
    assert planes.hair[30:45, 110:150].mean() > 0.6
    assert planes.clothes[110:140, 110:150].mean() < 0.1


def test_the_providers_that_ran_are_named(full: ModelStore) -> None:
    assert "CPUExecutionProvider" in prove_onnx(full).device
