"""Where the landmark network has to look: a turned square from a detection or from landmarks."""

from __future__ import annotations

import math

import numpy as np

from headswap.arrays import F32
from headswap.vision.networks.crop import RotatedSquare

RIGHT_EYE_OUTER = 33
LEFT_EYE_OUTER = 263
FOREHEAD_TOP = 10
CHIN = 152
MARGIN = 1.5
MESH_POINTS = 468


def roi_from_detection(
    box_xyxy: F32, keypoints: F32, margin: float, drop: float = 0.0
) -> RotatedSquare:
    """The square around one detected face, turned so that the line of its eyes is level.

    box_xyxy: (4,) px. keypoints: (k, 2) px, the eyes first, as in `Faces`; so margin and drop.
    """
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    side = max(x1 - x0, y1 - y0)
    angle = eye_line_angle(keypoints[0], keypoints[1])
    down = side * drop
    center = ((x0 + x1) / 2 - down * math.sin(angle), (y0 + y1) / 2 + down * math.cos(angle))
    return RotatedSquare(center, side * margin, angle)


def roi_from_landmarks(landmarks: F32, margin: float = MARGIN) -> RotatedSquare:
    """The square around landmarks of an earlier frame, (478, 3) or (478, 2) px.

    The box is taken along the face's own axes, so its size does not change as the head rolls.
    """
    angle = eye_line_angle(landmarks[RIGHT_EYE_OUTER], landmarks[LEFT_EYE_OUTER])
    cos, sin = math.cos(angle), math.sin(angle)
    to_face = np.array([[cos, sin], [-sin, cos]])
    placed = landmarks[:MESH_POINTS, :2] @ to_face.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    center = to_face.T @ ((low + high) / 2)
    side = float((high - low).max())
    return RotatedSquare((float(center[0]), float(center[1])), side * margin, angle)


def eye_line_angle(right_eye: F32, left_eye: F32) -> float:
    """Clockwise turn on the screen, in radians, of the line from right to left eye."""
    return math.atan2(float(left_eye[1] - right_eye[1]), float(left_eye[0] - right_eye[0]))
