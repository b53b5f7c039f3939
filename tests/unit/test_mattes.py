"""Mattes of the sample's people, in either pack, against what was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from headswap.arrays import F32, U8, Bool
from headswap.sample import HeadTruth, Identity, SampleFrame, SampleSpec, build_scene
from headswap.vision.canonical_face import FACE_OVAL
from headswap.vision.mattes import MatteReader, Mattes
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.store import ModelStore, Pack, models_of_pack


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame, its landmarks, and its mattes."""

    frame: SampleFrame
    landmarks: F32
    mattes: Mattes
    reader: MatteReader

    @property
    def head(self) -> HeadTruth:
        return self.frame.heads[0]


@pytest.fixture(scope="module", params=["core", "full"])
def store(request: pytest.FixtureRequest, core_pack: ModelStore) -> ModelStore:
    pack: Pack = request.param
    if pack == "core":
        return ModelStore(core_pack.pull_folder.parent, offline=True)
    missing = [model.name for model in models_of_pack(pack) if not core_pack.has(model.name)]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}; run `headswap models pull --pack full`")
    return core_pack


@pytest.fixture(scope="module", params=list(Identity), ids=lambda identity: identity.value)
def seen(request: pytest.FixtureRequest, store: ModelStore) -> Seen:
    frame = build_scene(SampleSpec(size_wh=(480, 360), people=(request.param,))).frame(2)
    head = frame.heads[0]
    x, y = head.center_xy
    face = FaceLandmarks(store)
    first = face.find(
        frame.rgb, RotatedSquare((x, y + 0.2 * head.face_px), 2.2 * head.face_px, 0.0)
    )
    landmarks = face.find(frame.rgb, roi_from_landmarks(first.landmarks)).landmarks
    reader = MatteReader(store)
    return Seen(frame, landmarks, reader.read(frame.rgb, landmarks), reader)


def _inner_face(seen: Seen) -> Bool:
    """(h, w): the middle of the face, where everything is skin, eyes or mouth."""
    oval = seen.landmarks[FACE_OVAL, :2]
    (left, top), (right, bottom) = oval.min(axis=0), oval.max(axis=0)
    height, width = seen.head.alpha.shape
    y, x = np.mgrid[0:height, 0:width]
    across = (x - (left + right) / 2) / (right - left)
    down = (y - (0.6 * bottom + 0.4 * top)) / (bottom - top)
    return np.hypot(across, down) < 0.22


def test_every_plane_has_the_size_of_the_crop_and_lies_between_0_and_1(seen: Seen) -> None:
    for name in ("person", "hair", "skin", "clothes"):
        plane: F32 = getattr(seen.mattes, name)
        assert plane.shape == seen.frame.rgb.shape[:2], name
        assert plane.dtype == np.float32, name
        assert plane.min() >= 0 and plane.max() <= 1 + 1e-5, name


def test_the_person_is_where_one_was_drawn_and_the_wall_is_not(seen: Seen) -> None:
    head = seen.head.alpha > 0.95
    assert seen.mattes.person[head].mean() > 0.85
    rows, columns = np.nonzero(head)
    beside = np.zeros(head.shape, np.bool_)
    beside[: rows.max(), : max(0, columns.min() - 40)] = True
    beside[: rows.min() + 20, columns.max() + 40 :] = True
    assert beside.sum() > 2000
    assert seen.mattes.person[beside].mean() < 0.1


def test_the_crown_is_hair_and_the_face_is_skin(seen: Seen) -> None:
    head = seen.head.alpha > 0.95
    top = int(np.nonzero(head)[0].min())
    crown = head.copy()
    crown[top + round(0.25 * seen.head.face_px) :] = False
    assert seen.mattes.hair[crown].mean() > 0.6
    face = _inner_face(seen)
    assert seen.mattes.hair[face].mean() < 0.2
    assert seen.mattes.skin[face].mean() > 0.6


def test_hair_and_skin_together_cover_most_of_the_head(seen: Seen) -> None:
    head = seen.head.alpha > 0.95
    covered = np.maximum(seen.mattes.hair, seen.mattes.skin)[head]
    assert (covered > 0.3).mean() > 0.85


def test_the_wall_is_neither_hair_nor_clothes(seen: Seen) -> None:
    wall = seen.mattes.person < 0.02
    assert wall.sum() > 10_000
    assert seen.mattes.hair[wall].mean() < 0.03
    assert seen.mattes.clothes[wall].mean() < 0.05


def test_the_space_suit_below_the_chin_is_clothes_and_no_hair(seen: Seen) -> None:
    chin = float(seen.landmarks[152, 1])
    suit = seen.mattes.person > 0.9
    suit[: round(chin + 0.8 * seen.head.face_px)] = False
    assert suit.sum() > 3000
    assert seen.mattes.clothes[suit].mean() > 0.6
    assert seen.mattes.hair[suit].mean() < 0.1


def test_reading_does_not_depend_on_what_was_read_before(seen: Seen) -> None:
    noise: U8 = np.random.default_rng(0).integers(0, 256, (120, 90, 3), np.uint8)
    seen.reader.read(noise, seen.landmarks)
    again = seen.reader.read(seen.frame.rgb, seen.landmarks)
    for name in ("person", "hair", "skin", "clothes"):
        assert np.array_equal(getattr(again, name), getattr(seen.mattes, name)), name
