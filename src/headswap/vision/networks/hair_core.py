"""CoreHair: hair, skin and clothes of one head, by the project's own small network, core pack."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import ClassVar

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.canonical_face import CHIN
from headswap.vision.networks.hair_colours import by_colours
from headswap.vision.networks.head_view import (
    CHANNELS,
    SIZE_WH,
    network_input,
    view_from_crop,
    view_of,
)
from headswap.vision.networks.skin_clothes_hair import SkinClothesHairPlanes
from headswap.vision.runtime import OnnxSession

_VEIL = 0.3
_BROAD_PX = 13


class CoreHair:
    """A U-Net (Ronneberger et al. 2015) that stands on the person network's first layers.

    Its weights lie in the package; docs/models/hair_core.md says what they were learned from.
    """

    MODEL: ClassVar[str] = "hair_core.onnx"
    INPUT: ClassVar[tuple[int, ...]] = (1, CHANNELS, SIZE_WH[1], SIZE_WH[0])
    OUTPUT: ClassVar[tuple[int, ...]] = (1, 3, SIZE_WH[1], SIZE_WH[0])

    def __init__(self, threads: int = 1) -> None:
        weights = files("headswap.vision.networks") / "weights" / self.MODEL
        with as_file(weights) as path:
            self._net = OnnxSession(path, self.INPUT, [self.OUTPUT], threads=threads)

    def planes(self, crop: U8, landmarks: F32, person: F32) -> SkinClothesHairPlanes:
        """The planes of a (h, w, 3) uint8 RGB crop around one head.

        Far from the head there is no hair and no skin.

        landmarks: (478, 3) float32 px of the crop. person: (h, w) float32 0..1, its person matte.
        """
        view = view_of(crop, person, landmarks)
        (found,) = self._net.run(network_input(view)[None])
        hair = by_colours(found[0, 0], found[0, 2], view)
        # A veil of skin over cloth would be toned like skin.
        clear = np.clip((found[0, 1:] - _VEIL) / (1 - 2 * _VEIL), 0, 1)
        skin, clothes = np.minimum(clear, 1 - hair)
        # Neck and hands are broad; a bright rim or button among clothes is not.
        chin = max(0, round(float(view.landmarks[CHIN, 1])))
        broad = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BROAD_PX, _BROAD_PX))
        skin[chin:] = cv2.morphologyEx(skin, cv2.MORPH_OPEN, broad)[chin:]
        planes = np.clip(np.dstack([hair, skin, clothes]), 0, 1) * view.inside[..., None]
        moved = cv2.warpAffine(
            planes,
            view_from_crop(landmarks),
            (crop.shape[1], crop.shape[0]),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        hair, skin, clothes = (np.asarray(plane, np.float32) for plane in cv2.split(moved))
        # Below the chin a person is hair, skin or clothes, in the view and beyond it.
        low = np.s_[max(0, round(float(landmarks[CHIN, 1]))) :]
        np.maximum(clothes[low], person[low] - hair[low] - skin[low], out=clothes[low])
        return SkinClothesHairPlanes(skin, clothes, hair)
