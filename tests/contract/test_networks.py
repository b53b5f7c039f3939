"""What every pack's networks must do, on the public-domain portrait that scikit-image carries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage import data

from headswap.arrays import U8
from headswap.errors import ModelCorrupt
from headswap.vision.compute_proof import prove_litert
from headswap.vision.networks import (
    NAMES,
    Blendshapes,
    CoreHair,
    FaceDetector,
    FaceLandmarks,
    FaceMesh,
    Identity,
    PersonMatte,
    RotatedSquare,
    roi_from_landmarks,
)
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore, Pack, models_of_pack

FACE_CENTER_XY = (225.0, 120.0)


def store_with(pack: Pack) -> ModelStore:
    """The user's store without downloads; skips where the pack's files are not here."""
    default = ModelStore.default()
    store = ModelStore(default.pull_folder.parent, default.folders[:-1], offline=True)
    missing = [model.name for model in models_of_pack(pack) if not store.has(model.name)]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}; run `headswap models pull --pack {pack}`")
    return store


@pytest.fixture(scope="module", params=["core", "full"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return request.param


@pytest.fixture(scope="module")
def store(pack: Pack) -> ModelStore:
    return store_with(pack)


@pytest.fixture(scope="module")
def portrait() -> U8:
    return np.ascontiguousarray(data.astronaut()[:, :, :3])


@pytest.fixture(scope="module")
def landmarker(store: ModelStore, pack: Pack) -> FaceLandmarks:
    return FaceLandmarks(store, pack)


@pytest.fixture(scope="module")
def mesh(store: ModelStore, pack: Pack, portrait: U8, landmarker: FaceLandmarks) -> FaceMesh:
    faces = FaceDetector(store, pack).detect(portrait)
    rough = landmarker.find(portrait, faces.square(0))
    return landmarker.find(portrait, roi_from_landmarks(rough.landmarks))


def test_a_detector_finds_the_one_face(store: ModelStore, pack: Pack, portrait: U8) -> None:
    faces = FaceDetector(store, pack).detect(portrait)
    assert len(faces) == 1
    x0, y0, x1, y1 = faces.boxes_xyxy[0]
    assert x0 < FACE_CENTER_XY[0] < x1 and y0 < FACE_CENTER_XY[1] < y1
    assert 60 < y1 - y0 < 200
    right_eye, left_eye, nose = faces.keypoints[0, :3]
    assert right_eye[0] < nose[0] < left_eye[0] and nose[1] > right_eye[1]


def test_a_detector_finds_a_small_face(store: ModelStore, pack: Pack, portrait: U8) -> None:
    wide = np.full((720, 1280, 3), 90, dtype=np.uint8)
    wide[300:556, 700:956] = portrait[::2, ::2]
    faces = FaceDetector(store, pack).detect(wide)
    assert len(faces) == 1
    center = (faces.boxes_xyxy[0, :2] + faces.boxes_xyxy[0, 2:]) / 2
    np.testing.assert_allclose(center, [812, 360], atol=20)


def test_a_detector_finds_nobody_in_a_plain_image(store: ModelStore, pack: Pack) -> None:
    plain = np.full((300, 400, 3), 127, dtype=np.uint8)
    faces = FaceDetector(store, pack).detect(plain)
    assert len(faces) == 0
    assert faces.boxes_xyxy.shape == (0, 4)


def test_landmarks_lie_on_the_face(mesh: FaceMesh) -> None:
    points = mesh.landmarks
    assert mesh.presence > 0.9
    assert points.shape == (478, 3)
    nose, chin, forehead = points[1], points[152], points[10]
    np.testing.assert_allclose(nose[:2], FACE_CENTER_XY, atol=15)
    assert forehead[1] < nose[1] < chin[1]
    assert nose[2] < chin[2] and nose[2] < points[234, 2]
    for iris, outer, inner in ((468, 33, 133), (473, 263, 362)):
        eye = (points[outer, :2] + points[inner, :2]) / 2
        width = float(np.hypot(*(points[outer, :2] - points[inner, :2])))
        assert float(np.hypot(*(points[iris, :2] - eye))) < 0.3 * width


def test_landmarks_follow_the_pixels(
    portrait: U8, landmarker: FaceLandmarks, mesh: FaceMesh
) -> None:
    moved = np.roll(portrait, (31, 53), axis=(0, 1))
    square = roi_from_landmarks(mesh.landmarks)
    there = RotatedSquare(
        (square.center_xy[0] + 53, square.center_xy[1] + 31), square.size_px, square.angle_rad
    )
    expected = landmarker.find(portrait, square).landmarks + np.array([53, 31, 0])
    np.testing.assert_allclose(landmarker.find(moved, there).landmarks, expected, atol=0.05)


def test_landmarks_turn_with_the_picture(
    portrait: U8, landmarker: FaceLandmarks, mesh: FaceMesh
) -> None:
    upside_down = np.ascontiguousarray(portrait[::-1, ::-1])
    square = roi_from_landmarks(mesh.landmarks)
    x, y = square.center_xy
    turned = RotatedSquare((511 - x, 511 - y), square.size_px, square.angle_rad + math.pi)
    found = landmarker.find(upside_down, turned).landmarks
    there = landmarker.find(portrait, square).landmarks
    np.testing.assert_allclose(511 - found[:, :2], there[:, :2], atol=0.6)


def test_presence_is_low_without_a_face(landmarker: FaceLandmarks, portrait: U8) -> None:
    assert landmarker.find(portrait, RotatedSquare((60.0, 60.0), 100.0, 0.0)).presence < 0.5


def test_a_smile_is_seen(store: ModelStore, pack: Pack, mesh: FaceMesh) -> None:
    shapes = Blendshapes(store, pack)
    weights = dict(zip(NAMES, shapes.weights(mesh.landmarks), strict=True))
    assert weights["mouthSmileLeft"] > 0.3 and weights["mouthSmileRight"] > 0.3
    assert weights["eyeBlinkLeft"] < 0.5 and weights["eyeBlinkRight"] < 0.5
    unknown = shapes.weights(mesh.landmarks)[~shapes.known]
    assert (unknown == 0).all()
    assert shapes.known.sum() == (52 if pack == "full" else 15)


def test_identity_knows_the_same_person_from_another_picture(
    store: ModelStore, mesh: FaceMesh, portrait: U8
) -> None:
    identity = Identity(store)
    here = identity.descriptor(portrait, mesh.landmarks)
    assert here.shape == (128,) and here.dtype == np.float32
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    landmarks = mesh.landmarks.copy()
    landmarks[:, 0] = 511 - landmarks[:, 0]
    # A mirrored mesh has its sides swapped; only the measured points matter here.
    landmarks[[33, 263]] = landmarks[[263, 33]]
    assert np.linalg.norm(here - identity.descriptor(mirrored, landmarks)) < 0.35
    assert identity.chip(portrait, mesh.landmarks).shape == (150, 150, 3)


def test_the_person_is_in_the_matte_and_the_sky_is_not(store: ModelStore, portrait: U8) -> None:
    matte = PersonMatte(store).matte(portrait)
    assert matte.shape == (512, 512) and matte.dtype == np.float32
    assert matte[90:150, 195:255].min() > 0.9
    assert matte[:20, :100].max() < 0.2
    assert PersonMatte(store).matte(portrait, (64, 32)).shape == (32, 64)


def test_the_packages_own_network_finds_the_hair(
    store: ModelStore, portrait: U8, mesh: FaceMesh
) -> None:
    person = PersonMatte(store).matte(portrait)
    planes = CoreHair().planes(portrait, mesh.landmarks, person)
    assert planes.hair.shape == (512, 512) and planes.hair.dtype == np.float32
    assert planes.hair[60:105, 165:180].mean() > 0.8
    assert planes.hair[105:145, 205:245].max() < 0.1
    assert planes.skin[105:145, 205:245].min() > 0.6
    assert planes.hair[300:].max() < 0.3 and planes.clothes[300:400, 150:300].mean() > 0.8
    assert planes.hair[:20, :100].max() < 0.1


def test_litert_proves_that_xnnpack_computes(store: ModelStore) -> None:
    proof = prove_litert(store)
    assert proof.device == "CPU, XNNPACK"
    assert proof.run_ms > 0


def test_a_network_of_other_shapes_is_refused(store: ModelStore) -> None:
    with pytest.raises(ModelCorrupt, match="another network"):
        LiteRtSession(store.path("iris_landmark.tflite"), (1, 32, 32, 3), [(1, 213), (1, 15)])
