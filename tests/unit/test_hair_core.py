"""The core pack's hair network, on drawn people it was not trained on and on a real portrait."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from headswap.arrays import F32
from headswap.vision.networks.hair_core import CoreHair
from headswap.vision.networks.head_view import (
    CHANNELS,
    EYES_XY,
    SIZE_WH,
    network_input,
    view_from_crop,
    view_of,
)
from training.people import Drawn, draw

# Training takes another seed.
SEED = 4711
PEOPLE = 24


@pytest.fixture(scope="module")
def network() -> CoreHair:
    return CoreHair()


@pytest.fixture(scope="module")
def people() -> list[Drawn]:
    return [draw(np.random.default_rng([SEED, k])) for k in range(PEOPLE)]


def _person(one: Drawn) -> F32:
    return one.planes[3].astype(np.float32) / 255


def _overlap(found: F32, drawn: F32) -> float:
    both, either = ((found > 0.5) & (drawn > 0.5)).sum(), ((found > 0.5) | (drawn > 0.5)).sum()
    return float(both / either)


def test_planes_are_of_the_crop_and_lie_between_0_and_1(network: CoreHair) -> None:
    one = draw(np.random.default_rng([SEED, 0]))
    crop = np.ascontiguousarray(one.rgb[20:, :170])
    points = one.landmarks - np.array([0, 20, 0], np.float32)
    planes = network.planes(crop, points, _person(one)[20:, :170])
    for plane in (planes.hair, planes.skin, planes.clothes):
        assert plane.shape == (220, 170) and plane.dtype == np.float32
        assert plane.min() >= 0 and plane.max() <= 1


def test_hair_skin_and_clothes_of_people_never_seen_are_found(
    network: CoreHair, people: list[Drawn]
) -> None:
    overlaps: dict[str, list[float]] = {"hair": [], "skin": [], "clothes": []}
    for one in people:
        found = network.planes(one.rgb, one.landmarks, _person(one))
        for k, name in enumerate(overlaps):
            drawn = one.planes[k].astype(np.float32) / 255
            if (drawn > 0.5).sum() > 300:
                overlaps[name].append(_overlap(getattr(found, name), drawn))
    assert np.mean(overlaps["hair"]) > 0.8, overlaps["hair"]
    assert np.mean(overlaps["skin"]) > 0.75, overlaps["skin"]
    assert np.mean(overlaps["clothes"]) > 0.8, overlaps["clothes"]


@pytest.mark.parametrize(("scale", "angle_deg"), [(2.0, 0.0), (3.1, 25.0), (0.7, -40.0)])
def test_size_and_tilt_of_the_head_do_not_matter(
    network: CoreHair, people: list[Drawn], scale: float, angle_deg: float
) -> None:
    one = people[1]
    turn = cv2.getRotationMatrix2D(EYES_XY, angle_deg, scale)
    size = (round(260 * scale), round(260 * scale))
    turn[:, 2] += np.array([130.0, 130.0]) * scale - EYES_XY
    crop = cv2.warpAffine(one.rgb, turn, size, borderMode=cv2.BORDER_REPLICATE)
    points = one.landmarks.copy()
    points[:, :2] = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    points[:, 2] *= scale
    person: F32 = np.asarray(cv2.warpAffine(_person(one), turn, size), np.float32)
    moved = network.planes(np.asarray(crop, np.uint8), points, person).hair
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    back = np.asarray(cv2.warpAffine(moved, turn, SIZE_WH, flags=flags), np.float32)
    here = network.planes(one.rgb, one.landmarks, _person(one)).hair
    assert _overlap(back, here) > 0.85


def test_nothing_is_found_far_from_the_head(network: CoreHair, people: list[Drawn]) -> None:
    one = people[0]
    wide = np.zeros((400, 900, 3), np.uint8)
    wide[:240, :192] = one.rgb
    person = np.zeros((400, 900), np.float32)
    person[:240, :192] = _person(one)
    assert not network.planes(wide, one.landmarks, person).hair[:, 300:].any()


def test_a_face_cut_at_the_mouth_by_the_picture_is_read(
    network: CoreHair, people: list[Drawn]
) -> None:
    one = people[0]
    crop = np.ascontiguousarray(one.rgb[:125])
    hair = network.planes(crop, one.landmarks, _person(one)[:125]).hair
    drawn: F32 = (one.planes[0, :125] > 127).astype(np.float32)
    assert _overlap(hair, drawn) > 0.7


def test_the_view_puts_the_eyes_in_their_place(people: list[Drawn]) -> None:
    points = people[2].landmarks * np.float32(1.7) + np.array([31, 8, 0], np.float32)
    eyes = points[[33, 133, 362, 263], :2].mean(axis=0)
    matrix = view_from_crop(points)
    np.testing.assert_allclose(matrix[:, :2] @ eyes + matrix[:, 2], EYES_XY, atol=1e-3)


def test_beyond_the_picture_the_network_is_told_nothing(people: list[Drawn]) -> None:
    one = people[3]
    crop = np.ascontiguousarray(one.rgb[:150])
    planes = network_input(view_of(crop, _person(one)[:150], one.landmarks))
    assert planes.shape == (CHANNELS, SIZE_WH[1], SIZE_WH[0])
    low = view_from_crop(one.landmarks) @ np.array([96.0, 160.0, 1.0])
    assert (planes[:14, int(low[1]) + 6 :] == 0).all()


def test_a_real_crown_is_hair_and_a_real_face_is_skin(network: CoreHair) -> None:
    crop = np.ascontiguousarray(data.astronaut()[:256, 96:352])
    points = _portrait_landmarks()
    person = np.zeros((256, 256), np.float32)
    cv2.ellipse(person, (126, 90), (62, 85), 3, 0, 360, (1.0,), -1)
    person[180:] = 1
    planes = network.planes(crop, points, person)
    assert planes.hair[22:45, 105:150].mean() > 0.7
    assert planes.hair[110:140, 112:148].mean() < 0.1
    assert planes.skin[110:140, 112:148].mean() > 0.8


def _portrait_landmarks() -> F32:
    """The canonical face laid over the portrait by its eyes and chin."""
    from headswap.vision.canonical_face import canonical_face

    rest = canonical_face().vertices_cm
    unit = (176 - 104) / (rest[152, 1] - rest[33, 1])
    points = np.zeros((478, 3), np.float32)
    points[:468] = rest * unit
    points[:, :2] += np.array([129.0, 104.0]) - np.array([0.0, rest[33, 1] * unit])
    return points
