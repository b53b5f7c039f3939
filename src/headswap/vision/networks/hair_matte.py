"""HairMatte: how much of each pixel is hair, full pack."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.plane import network_input, to_size
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore


class HairMatte:
    """Tkachenka et al., "Real-time hair segmentation and recoloring on mobile GPUs", 2019."""

    MODEL: ClassVar[str] = "hair_segmentation.tflite"
    SIDE_PX: ClassVar[int] = 512

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        side = self.SIDE_PX
        self._net = LiteRtSession(
            store.path(self.MODEL), (1, side, side, 4), [(1, side, side, 2)], threads=threads
        )

    def matte(
        self, crop: U8, size_wh: tuple[int, int] | None = None, previous: F32 | None = None
    ) -> F32:
        """(h, w) float32 in 0..1 of a (h, w, 3) uint8 RGB crop, which is squeezed to a square.

        size_wh: the size of the answer, None for the crop's own.
        previous: (h, w) float32 matte of the same region in the frame before, which steadies
        this one; None for a single image.
        """
        side = self.SIDE_PX
        # A fourth plane beside the colours.
        pixels = np.asarray(cv2.cvtColor(network_input(crop, side), cv2.COLOR_RGB2RGBA), np.uint8)
        pixels[..., 3] = 0
        tensor = np.divide(pixels[None], np.float32(255), dtype=np.float32)
        if previous is not None:
            tensor[0, :, :, 3] = to_size(previous, (side, side))
        (logits,) = self._net.run(tensor)
        # The softmax of two classes is the logistic function of their difference.
        plane = np.reciprocal(1 + np.exp(logits[0, :, :, 0] - logits[0, :, :, 1]))
        return to_size(plane, size_wh or (crop.shape[1], crop.shape[0]))
