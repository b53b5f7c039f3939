"""ExplicitContent: how likely a picture is to show explicit content, core pack."""

from __future__ import annotations

import io
from typing import ClassVar

import numpy as np
from PIL import Image

from headswap.arrays import F32, U8
from headswap.vision.runtime import OnnxSession
from headswap.vision.store import ModelStore

# Of the data the network was learned on: blue, green, red.
_MEAN_BGR = np.array([104, 117, 123], np.float32)
_SQUEEZED_PX, _SEEN_PX = 256, 224


class ExplicitContent:
    """Open NSFW (Mahadeokar and Pesavento, 2016), a thin ResNet-50.

    Pictures reach it as they did when it was learned: squeezed to a square, its middle taken, and
    saved as JPEG once.
    """

    MODEL: ClassVar[str] = "open-nsfw.onnx"
    INPUT: ClassVar[tuple[int, ...]] = (1, _SEEN_PX, _SEEN_PX, 3)
    OUTPUT: ClassVar[tuple[int, ...]] = (1, 2)

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._net = OnnxSession(store.path(self.MODEL), self.INPUT, [self.OUTPUT], threads=threads)

    def score(self, rgb: U8) -> float:
        """0 (surely not) to 1 (surely explicit) of a (h, w, 3) uint8 picture."""
        (shares,) = self._net.run(prepared(rgb))
        return float(shares[0, 1])


def prepared(rgb: U8) -> F32:
    """(1, 224, 224, 3) float32, as the network takes a (h, w, 3) uint8 picture."""
    side = (_SQUEEZED_PX, _SQUEEZED_PX)
    squeezed = Image.fromarray(rgb).resize(side, Image.Resampling.BILINEAR)
    edge = (_SQUEEZED_PX - _SEEN_PX) // 2
    middle = squeezed.crop((edge, edge, edge + _SEEN_PX, edge + _SEEN_PX))
    with io.BytesIO() as stream:
        middle.save(stream, format="JPEG")
        stream.seek(0)
        with Image.open(stream) as saved:
            pixels = np.asarray(saved, np.float32)
    return np.ascontiguousarray(pixels[None, :, :, ::-1] - _MEAN_BGR)
