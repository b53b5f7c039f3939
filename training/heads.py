"""Heads: the mean face bent at random on an ellipsoid, posed, with features, beard and glasses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64
from headswap.vision.canonical_face import (
    LEFT_EYE,
    RIGHT_EYE,
    canonical_face,
)
from headswap.vision.expression import expression_basis
from training.stage import X_CM, Y_CM

_EYES = [33, 133, 362, 263]
# The mean cranial vault in head space, centimetres: half breadth, height and length.
_SKULL_CM = np.array([7.4, 8.6, 9.0])
_SKULL_AT_CM = np.array([0.0, -4.0, 5.0])


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A posed head: points (478, 2+1) cm about the eyes; turn (3, 3); skull's middle and radii."""

    points: F64
    turn: F64
    middle: F64
    radii: F64


def pose_head(rng: np.random.Generator) -> Head:
    wide = rng.random() < 0.3
    yaw = rng.uniform(-60, 60) if wide else rng.normal(0, 13)
    pitch, roll = rng.normal(0, 9), rng.normal(0, 2.0)
    y, p, r = np.radians([yaw, pitch, roll])
    nod = [[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]]
    side = [[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]]
    lean = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    turn = np.array(lean) @ np.array(side) @ np.array(nod)
    shape = canonical_face().vertices_cm.astype(np.float64).copy()
    weights = rng.random(52) ** 4 * (rng.random(52) < 0.25)
    shape += np.einsum("b,bvi->vi", weights, expression_basis().astype(np.float64))
    size = rng.normal(1, [0.05, 0.05, 0.05])
    low = np.clip(shape[:, 1] / 9, -0.5, 1)
    shape *= size
    shape[:, 0] *= 1 + rng.normal(0, 0.07) * low
    shape += 0.12 * rng.normal(size=3) * np.sin(shape[:, [1, 2, 0]] * rng.uniform(0.2, 0.6, 3))
    irises = [shape[ring].mean(axis=0) for ring in (RIGHT_EYE, LEFT_EYE)]
    whole = np.vstack([shape, np.repeat(irises, 5, axis=0)])
    whole = whole @ turn.T
    eyes = whole[_EYES].mean(axis=0)
    radii = _SKULL_CM * size * rng.normal(1, 0.03, 3)
    middle = turn @ (_SKULL_AT_CM * size + [0, rng.normal(0, 0.4), rng.normal(0, 0.5)]) - eyes
    return Head(whole - eyes, turn, middle, radii)


@dataclass(frozen=True, slots=True, eq=False)
class Ball:
    """An ellipsoid seen: level (h, w), below 1 inside the outline; where (h, w, 3) on the unit
    sphere of head space its surface is seen; normal_z (h, w) towards the camera.
    """

    level: F32
    where: F32
    normal: F32


def surface_of(head: Head, radii: F64) -> Ball:
    x, y = X_CM - np.float32(head.middle[0]), Y_CM - np.float32(head.middle[1])
    inverse = head.turn.T / radii[:, None]
    a = x[..., None] * inverse[:, 0].astype(np.float32) + y[..., None] * inverse[:, 1].astype(
        np.float32
    )
    b = inverse[:, 2].astype(np.float32)
    ab, bb = a @ b, float(b @ b)
    level = (a**2).sum(axis=2) - ab**2 / bb
    z = -(ab + np.sqrt(np.maximum(0, bb * (1 - level)))) / bb
    where = a + z[..., None] * b
    normal = (where / radii.astype(np.float32)) @ head.turn.T.astype(np.float32)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    return Ball(level, where, normal)


def eyes_offset(head: Head) -> F64:
    return head.turn @ (_SKULL_AT_CM) - head.middle
