"""Blendshapes measured on landmarks: a drawn face whose eyes and mouth move."""

from __future__ import annotations

import math

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.vision.networks import NAMES
from headswap.vision.networks.geometric_blendshapes import KNOWN, measure


def face(eye_open: float = 10, gaze_px: float = 0, gap: float = 0, corner_lift: float = -3) -> F32:
    """478 landmarks of a face 100 px between the outer eye corners; only what is measured."""
    points = np.zeros((478, 3), dtype=np.float32)
    points[10], points[152] = (0, -80, 0), (0, 100, 0)
    for sign, indices in ((-1, (33, 133, 159, 145, 468)), (1, (263, 362, 386, 374, 473))):
        outer, inner, upper, lower, iris = indices
        points[outer, 0], points[inner, 0] = sign * 50, sign * 20
        points[upper], points[lower] = (sign * 35, -eye_open / 2, 0), (sign * 35, eye_open / 2, 0)
        points[iris, 0] = sign * 35 + gaze_px
    points[13], points[14] = (0, 55 - gap / 2, 0), (0, 55 + gap / 2, 0)
    points[61], points[291] = (-28, 55 - corner_lift, 0), (28, 55 - corner_lift, 0)
    return points


def test_only_known_names_are_measured() -> None:
    assert set(measure(face())) == KNOWN < set(NAMES)


@pytest.mark.parametrize(
    ("moved", "name", "least"),
    [
        (face(eye_open=0), "eyeBlinkLeft", 0.99),
        (face(eye_open=0), "eyeBlinkRight", 0.99),
        (face(gaze_px=8), "eyeLookInRight", 0.7),
        (face(gaze_px=8), "eyeLookOutLeft", 0.7),
        (face(gaze_px=-8), "eyeLookInLeft", 0.7),
        (face(gaze_px=-8), "eyeLookOutRight", 0.7),
        (face(gap=60), "jawOpen", 0.45),
        (face(corner_lift=10), "mouthSmileLeft", 0.99),
    ],
)
def test_a_movement_raises_its_weight(moved: F32, name: str, least: float) -> None:
    assert measure(face())[name] < 0.1
    assert measure(moved)[name] >= least


def test_size_place_and_roll_change_nothing() -> None:
    original = measure(face(gap=20, gaze_px=4))
    roll = math.radians(40)
    turn = np.array(
        [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    )
    moved = (face(gap=20, gaze_px=4) @ turn.T * 2.5 + [400, 300, 7]).astype(np.float32)
    assert measure(moved) == pytest.approx(original, abs=1e-4)


def test_a_degenerate_face_gives_finite_weights() -> None:
    weights = measure(np.zeros((478, 3), dtype=np.float32))
    assert all(0 <= weight <= 1 for weight in weights.values())
