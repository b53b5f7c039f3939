"""Blendshapes measured with a ruler on the landmarks: the core pack's answer, 15 of the 52."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32
from headswap.vision.networks.roi import CHIN, FOREHEAD_TOP, LEFT_EYE_OUTER, RIGHT_EYE_OUTER

# Per side: outer corner, inner corner, upper lid, lower lid, iris, mouth corner.
_SIDES = {
    "Right": (33, 133, 159, 145, 468, 61),
    "Left": (263, 362, 386, 374, 473, 291),
}
UPPER_LIP_INSIDE = 13
LOWER_LIP_INSIDE = 14

KNOWN: frozenset[str] = frozenset(
    f"{name}{side}"
    for side in _SIDES
    for name in (
        "eyeBlink",
        "eyeLookIn",
        "eyeLookOut",
        "eyeLookUp",
        "eyeLookDown",
        "mouthSmile",
        "mouthLowerDown",
    )
) | {"jawOpen"}


def measure(landmarks: F32) -> dict[str, float]:
    """Weights in 0..1 of the blendshapes named in `KNOWN`, from (478, 3) landmarks in px.

    Lengths along the face's own axes, over the eye's width (eyes) or the distance of the outer
    eye corners (mouth). Rest and full values are one adult's: somebody with narrow eyes seems to
    blink a little, so differences over time mean more than single values.
    """
    points, span = _face_coordinates(landmarks)
    gap = (points[LOWER_LIP_INSIDE, 1] - points[UPPER_LIP_INSIDE, 1]) / span
    lip_line = (points[LOWER_LIP_INSIDE, 1] + points[UPPER_LIP_INSIDE, 1]) / 2
    weights = {"jawOpen": gap / 1.2}
    for side, (outer, inner, upper, lower, iris, corner) in _SIDES.items():
        width = max(abs(points[inner, 0] - points[outer, 0]), 1e-6)
        towards_nose = np.sign(points[inner, 0] - points[outer, 0])
        middle = (points[outer] + points[inner]) / 2
        gaze = (points[iris] - middle) / width
        inwards = float(gaze[0] * towards_nose)
        down = float(gaze[1])
        weights |= {
            f"eyeBlink{side}": 1 - (points[lower, 1] - points[upper, 1]) / width / 0.36,
            f"eyeLookIn{side}": inwards / 0.35,
            f"eyeLookOut{side}": -inwards / 0.35,
            f"eyeLookDown{side}": (down + 0.15) / 0.35,
            f"eyeLookUp{side}": -down,
            f"mouthSmile{side}": ((lip_line - points[corner, 1]) / span + 0.03) / 0.13,
            f"mouthLowerDown{side}": gap / 0.8,
        }
    return {name: float(np.clip(weight, 0, 1)) for name, weight in weights.items()}


def _face_coordinates(landmarks: F32) -> tuple[F32, float]:
    """(478, 2) along the eye line and down the face, px, and the outer eye corners' distance."""
    across = landmarks[LEFT_EYE_OUTER] - landmarks[RIGHT_EYE_OUTER]
    span = max(float(np.linalg.norm(across)), 1e-6)
    across = across / span
    down = landmarks[CHIN] - landmarks[FOREHEAD_TOP]
    down = down - (down @ across) * across
    down = down / max(float(np.linalg.norm(down)), 1e-6)
    return landmarks @ np.stack([across, down], axis=1), span
