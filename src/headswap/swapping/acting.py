"""Brings a drawn face's expression to the one that is seen, by looking at what was drawn.

Everybody's rest looks like some expression: mouths turn up or down, lids hang, and a photo's smile
is never taken out whole. So the new head is drawn in a few frames and its blendshapes are read
like any face's. What they are off on the whole is taken back in the face's shape, as far as that
changes the face only a little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from headswap.arrays import F32, F64
from headswap.swapping.calibration import drawn_head, spread
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.motion import Motion, gaze_of, mobility
from headswap.vision.canonical_face import canonical_face
from headswap.vision.expression import expression_basis
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.pose import fit_pose

_SAMPLES = 5
# Blendshapes answer to a face's shape in curves, so that one straight step does not get there.
_ROUNDS = 2
_WAYS = 12
# What a change of shape costs, for each square centimetre summed over the face, in blendshapes
# squared. Dearer changes less likeness and less of the expression that is wrong.
_COST = 0.1
_PROBE = 0.3
# Nothing of a face is moved farther than this.
_FARTHEST_CM = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """What is added to a person's motion, in every frame, for one new head.

    expression_cm: (468, 3) float32. gaze: (2, 2) float32.
    """

    expression_cm: F32
    gaze: F32

    def of(self, motion: Motion) -> Motion:
        """The motion in this manner."""
        return replace(
            motion,
            expression_cm=motion.expression_cm + self.expression_cm,
            gaze=motion.gaze + self.gaze,
        )


def manner_of(
    motion: Motion,
    head: HeadModel,
    engine: Engine,
    landmarks: FaceLandmarks,
    blendshapes: Blendshapes,
) -> Manner:
    """The manner in which the head's expression is measured as the motion's own; none if unseen.

    By Gauss and Newton's method, with the network itself asked how it answers to small changes.
    """
    ways, cost = _ways()
    total = np.zeros(len(ways))
    manner = Manner(
        np.zeros((FACE_VERTICES, 3), np.float32), np.zeros(motion.gaze.shape[1:], np.float32)
    )
    samples = spread(motion, _SAMPLES)
    wanted = {i: blendshapes.weights(motion.landmarks[i]) for i in samples}
    for _ in range(_ROUNDS):
        now = manner.of(motion)
        square, slope = np.zeros((len(ways), len(ways))), np.zeros(len(ways))
        looks: list[F32] = []
        for i in samples:
            drawn = drawn_head(now, i, head, engine, landmarks)
            if drawn is None:
                continue
            face = drawn.landmarks
            is_now = blendshapes.weights(face)
            answers = _answers(face, is_now, ways, blendshapes)
            square += answers @ answers.T
            slope += answers @ (is_now - wanted[i]).astype(np.float64)
            looks.append(motion.gaze[i] - gaze_of(face[None])[0])
        if not looks:
            break
        held = np.diag(cost) * len(looks)
        total -= np.linalg.solve(square + held, slope + held @ total)
        manner = Manner(_shape(total, ways), manner.gaze + np.mean(looks, axis=0))
    return manner


@cache
def _ways() -> tuple[F64, F64]:
    """(m, 468, 3) cm in which faces mostly change with expression, and the cost (m,) of each."""
    basis = expression_basis().astype(np.float64)
    _, size, ways = np.linalg.svd(basis.reshape(len(basis), -1), full_matrices=False)
    ways = (ways[:_WAYS] * size[:_WAYS, None]).reshape(_WAYS, FACE_VERTICES, 3)
    # What a whole head's turn would explain is no expression.
    rest = canonical_face().vertices_cm.astype(np.float64)
    moved = (rest + ways).astype(np.float32)
    ways = (fit_pose(moved).to_head(moved) - rest) * mobility()[:, None]
    return ways, _COST * np.einsum("kni,kni->k", ways, ways)


def _shape(total: F64, ways: F64) -> F32:
    offset = np.einsum("k,kni->ni", total, ways)
    farthest = float(np.linalg.norm(offset, axis=1).max())
    return (offset * min(1.0, _FARTHEST_CM / max(farthest, 1e-9))).astype(np.float32)


def _answers(face: F32, is_now: F32, ways: F64, blendshapes: Blendshapes) -> F64:
    """(m, 52) how the blendshapes of landmarks (478, 3) px change with each of the ways."""
    pose = fit_pose(face[None])
    to_frame = pose.scale[0] * pose.rotation[0].T
    answers = np.empty((len(ways), len(is_now)))
    for k, way in enumerate(ways):
        moved = face.copy()
        moved[:FACE_VERTICES] += (_PROBE * way @ to_frame).astype(np.float32)
        answers[k] = (blendshapes.weights(moved) - is_now) / _PROBE
    return answers
