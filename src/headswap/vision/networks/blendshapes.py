"""Blendshapes: 52 expression weights from 478 landmarks, in either pack."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from headswap.arrays import F32, Bool
from headswap.vision.networks.geometric_blendshapes import KNOWN, measure
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore, Pack

# The 146 landmarks the network reads, in its order.
# fmt: off
INPUT_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65,
    66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136,
    144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172,
    173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324,
    332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385,
    386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472,
    473, 474, 475, 476, 477,
], dtype=np.int32)
# fmt: on

# In the network's order; left and right are the person's.
NAMES: tuple[str, ...] = (
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
)


class Blendshapes:
    """Expression weights; `pack` says how (default: the store's).

    "full": a network gives all 52 (Grishchenko et al., "Blendshapes GHUM", 2023). "core": 15 are
    measured on the landmarks and the other 37 stay zero.
    known: (52,) bool, which of the weights this pack can tell.
    """

    MODEL: ClassVar[str] = "face_landmarker.task"

    def __init__(self, store: ModelStore, pack: Pack | None = None, threads: int = 1) -> None:
        self.pack: Pack = pack or store.pack
        self._net: LiteRtSession | None = None
        self.known: Bool = np.ones(len(NAMES), dtype=np.bool_)
        if self.pack == "core":
            self.known = np.array([name in KNOWN for name in NAMES])
            return
        self._net = LiteRtSession(
            store.path(self.MODEL),
            (1, len(INPUT_POINTS), 2),
            [(len(NAMES),)],
            member="face_blendshapes.tflite",
            threads=threads,
        )

    def weights(self, landmarks: F32) -> F32:
        """(52,) float32 in 0..1 in the order of `NAMES`, from (478, 3) landmarks in px."""
        if self._net is None:
            measured = measure(landmarks)
            return np.array([measured.get(name, 0.0) for name in NAMES], dtype=np.float32)
        points = np.ascontiguousarray(landmarks[INPUT_POINTS, :2], dtype=np.float32)
        return np.clip(self._net.run(points[None])[0], 0, 1)
