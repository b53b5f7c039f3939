"""The sample's people: posed as asked, seen as faces, and two different ones."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headswap.arrays import U8
from headswap.sample import Identity, portrait
from headswap.sample.draw import PIVOT, HeadLayer, Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.person import person

# dlib ships no types.
dlib: Any = importlib.import_module("dlib")
LEVEL = np.deg2rad(3.0)  # the portrait's own roll, taken out by the placement
EMBEDDER = "dlib_face_recognition_resnet_model_v1.dat"
ALIGNER = "shape_predictor_5_face_landmarks.dat"


def drawn(
    identity: Identity, face: Expression, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
) -> tuple[HeadLayer, Placement]:
    place = Placement(yaw, pitch, roll, (150.0, 220.0), 1.2)
    return draw_head(person(identity), place, face), place


def gray_at(layer: HeadLayer, place: Placement, point: tuple[float, float, float]) -> float:
    x, y = place.project(np.array([point]))[0, :2] - layer.origin_xy
    part = layer.rgb[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
    return float(part.mean())


@pytest.mark.parametrize(
    ("angles", "axis", "sign"),
    [((20, 0, 0), 0, 1), ((-20, 0, 0), 0, -1), ((0, 12, 0), 1, -1), ((0, -12, 0), 1, 1)],
)
def test_the_nose_goes_where_yaw_and_pitch_say(
    angles: tuple[float, float, float], axis: int, sign: int
) -> None:
    nose = np.array([[224.1, 127.9, 67.1]])
    rest = Placement(0, 0, 0, (0.0, 0.0), 1.0).project(nose)[0]
    turned = Placement(*angles, (0.0, 0.0), 1.0).project(nose)[0]
    assert sign * (turned - rest)[axis] > 8


def test_roll_turns_the_crown_clockwise_by_exactly_its_angle() -> None:
    crown = PIVOT + np.array([100 * np.sin(LEVEL), -100 * np.cos(LEVEL), 0.0])
    far = Placement(0, 0, 10, (0.0, 0.0), 1.0).project(crown[None])[0]
    straight = Placement(0, 0, 0, (0.0, 0.0), 1.0).project(crown[None])[0]
    angle = np.rad2deg(np.arctan2(far[0], -far[1]) - np.arctan2(straight[0], -straight[1]))
    assert angle == pytest.approx(10, abs=0.7)


@pytest.mark.parametrize("identity", list(Identity))
def test_the_mask_moves_with_the_turning_head(identity: Identity) -> None:
    middles = []
    for yaw in (-25.0, 0.0, 25.0):
        layer, _ = drawn(identity, Expression(), yaw=yaw)
        columns = np.arange(layer.alpha.shape[1]) + layer.origin_xy[0]
        jaw = layer.alpha[-40:]
        middles.append(float((jaw.sum(0) * columns).sum() / jaw.sum()))
    assert middles[1] - middles[0] > 5
    assert middles[2] - middles[1] > 5


@pytest.mark.parametrize("identity", list(Identity))
def test_the_mask_is_solid_inside_and_clear_outside(identity: Identity) -> None:
    layer, _ = drawn(identity, Expression(jaw_open=1.0, blink=1.0), yaw=20)
    assert layer.alpha.min() == 0 and layer.alpha.max() == pytest.approx(1)
    assert ((layer.alpha > 0.02) & (layer.alpha < 0.98)).mean() < 0.08
    assert np.all(layer.rgb[layer.alpha == 0] == 0)


def test_an_open_jaw_shows_a_dark_mouth() -> None:
    shut, place = drawn(Identity.ASTRONAUT, Expression())
    wide, _ = drawn(Identity.ASTRONAUT, Expression(jaw_open=1.0))
    below_the_teeth = (223.5, 154.0, 42.0)
    assert gray_at(wide, place, below_the_teeth) < 0.6 * gray_at(shut, place, below_the_teeth)
    assert wide.alpha.shape[0] > shut.alpha.shape[0] + 2


@pytest.mark.parametrize("iris", [(204.5, 101.0, 44.0), (246.5, 103.3, 44.0)])
def test_a_blink_covers_the_iris_with_skin(iris: tuple[float, float, float]) -> None:
    seeing, place = drawn(Identity.ASTRONAUT, Expression())
    blinking, _ = drawn(Identity.ASTRONAUT, Expression(blink=1.0))
    assert gray_at(blinking, place, iris) > 1.25 * gray_at(seeing, place, iris)


@pytest.mark.parametrize("identity", list(Identity))
def test_a_portrait_holds_one_face_of_150_px_or_more(identity: Identity) -> None:
    photo = portrait(identity)
    faces = dlib.get_frontal_face_detector()(photo, 0)
    assert len(faces) == 1
    assert faces[0].width() >= 150


def test_the_second_identity_is_somebody_else() -> None:
    folder = Path(os.environ.get("HEADSWAP_MODELS_DIR", "."))
    if not all((folder / name).is_file() for name in (EMBEDDER, ALIGNER)):
        pytest.skip(f"HEADSWAP_MODELS_DIR has no {EMBEDDER} and {ALIGNER}")
    network = dlib.face_recognition_model_v1(str(folder / EMBEDDER))
    align = dlib.shape_predictor(str(folder / ALIGNER))

    def described(photo: U8) -> np.ndarray:
        box = dlib.get_frontal_face_detector()(photo, 0)[0]
        return np.array(network.compute_face_descriptor(photo, align(photo, box)))

    first, second = (described(portrait(identity)) for identity in Identity)
    assert np.linalg.norm(first - second) > 0.6
