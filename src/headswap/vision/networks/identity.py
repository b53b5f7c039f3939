"""Identity: 128 numbers that say whose face it is, core pack."""

from __future__ import annotations

from typing import Any, ClassVar

import dlib as _dlib
import numpy as np

from headswap.arrays import F32, U8
from headswap.errors import ModelCorrupt
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.roi import (
    CHIN,
    FOREHEAD_TOP,
    LEFT_EYE_OUTER,
    RIGHT_EYE_OUTER,
    eye_line_angle,
)
from headswap.vision.store import ModelStore

# The wheel carries no types; what comes back is turned into arrays below.
dlib: Any = _dlib

CROP_PX = 300
CHIP_PX = 150


class Identity:
    """dlib's face descriptor; distances under 0.6 are taken for one person.

    The shape predictor wants the rectangle that dlib's own detector would draw. It is computed
    from the landmarks (side and place fitted to that detector's rectangles), in a crop turned
    upright, so that rolled heads and those the detector misses are described too.
    """

    NETWORK: ClassVar[str] = "dlib_face_recognition_resnet_model_v1.dat"
    ALIGNER: ClassVar[str] = "shape_predictor_5_face_landmarks.dat"

    def __init__(self, store: ModelStore) -> None:
        network, aligner = store.path(self.NETWORK), store.path(self.ALIGNER)
        try:
            self._network = dlib.face_recognition_model_v1(str(network))
            self._aligner = dlib.shape_predictor(str(aligner))
        except RuntimeError as error:
            raise ModelCorrupt(
                f"dlib cannot load {network} or {aligner} ({error}); run `headswap models verify`"
            ) from error

    def descriptor(self, image: U8, landmarks: F32) -> F32:
        """(128,) float32 of the face with these (478, 3) landmarks in a (h, w, 3) RGB image.

        Two descriptors are compared by their Euclidean distance.
        """
        chip = self.chip(image, landmarks)
        return np.array(self._network.compute_face_descriptor(chip), dtype=np.float32)

    def chip(self, image: U8, landmarks: F32) -> U8:
        """(150, 150, 3) uint8, the aligned face that the network sees."""
        crop = np.ascontiguousarray(_square(landmarks).crop(image, CROP_PX))
        quarter = CROP_PX // 4
        rectangle = dlib.rectangle(quarter, quarter, 3 * quarter - 1, 3 * quarter - 1)
        return np.asarray(dlib.get_face_chip(crop, self._aligner(crop, rectangle), CHIP_PX))


def _square(landmarks: F32) -> RotatedSquare:
    """The upright square whose middle half, each way, is dlib's rectangle."""
    right, left = landmarks[RIGHT_EYE_OUTER, :2], landmarks[LEFT_EYE_OUTER, :2]
    width = float(np.hypot(*(left - right)))
    height = float(np.hypot(*(landmarks[CHIN, :2] - landmarks[FOREHEAD_TOP, :2])))
    # Both lengths, because a turn of the head shortens one and a nod the other.
    side = 0.87 * width + 0.44 * height
    angle = eye_line_angle(right, left)
    down = np.array([-np.sin(angle), np.cos(angle)])
    center = (left + right) / 2 + 0.1925 * side * down
    return RotatedSquare((float(center[0]), float(center[1])), 2 * side, angle)
