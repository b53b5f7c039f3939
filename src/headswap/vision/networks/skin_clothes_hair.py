"""SkinClothesHair: three planes that tell body, clothes and hair apart, full pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.plane import network_input, to_size
from headswap.vision.runtime import OnnxSession
from headswap.vision.store import ModelStore

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
IMAGENET_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SkinClothesHairPlanes:
    """skin (face, neck, hands), clothes, hair (a beard too): each (h, w) float32 in 0..1."""

    skin: F32
    clothes: F32
    hair: F32

    def __post_init__(self) -> None:
        for plane in (self.skin, self.clothes, self.hair):
            if plane.ndim != 2 or plane.shape != self.skin.shape or plane.dtype != np.float32:
                raise ValueError("skin, clothes and hair must be float32 planes of one size")


class SkinClothesHair:
    """A pyramid attention network (Li et al. 2018) over MobileNetV3."""

    MODEL: ClassVar[str] = "skin_clothes_hair_pan_mnv3s.onnx"
    SIDE_PX: ClassVar[int] = 512

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        shape = (1, 3, self.SIDE_PX, self.SIDE_PX)
        self._net = OnnxSession(store.path(self.MODEL), shape, [shape], threads=threads)

    def planes(self, crop: U8, size_wh: tuple[int, int] | None = None) -> SkinClothesHairPlanes:
        """The planes of a (h, w, 3) uint8 RGB crop, which is squeezed to a square.

        size_wh: the size of the planes, None for the crop's own.
        """
        pixels = np.empty((1, 3, self.SIDE_PX, self.SIDE_PX), np.float32)
        # Plane by plane, which is several times as fast as pixel by pixel.
        for k, plane in enumerate(cv2.split(network_input(crop, self.SIDE_PX))):
            np.subtract(plane, 255 * IMAGENET_MEAN[k], out=pixels[0, k], dtype=np.float32)
            pixels[0, k] /= 255 * IMAGENET_STD[k]
        (planes,) = self._net.run(pixels)
        size = size_wh or (crop.shape[1], crop.shape[0])
        skin, clothes, hair = (to_size(plane, size) for plane in planes[0])
        return SkinClothesHairPlanes(skin, clothes, hair)
