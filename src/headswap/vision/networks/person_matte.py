"""PersonMatte: how much of each pixel is a person, core pack."""

from __future__ import annotations

from typing import ClassVar

from headswap.arrays import F32, U8
from headswap.vision.networks.plane import network_input, to_size, unit_range
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore


class PersonMatte:
    """MediaPipe's selfie segmentation; made for people close to the camera."""

    MODEL: ClassVar[str] = "selfie_segmentation.tflite"
    SIDE_PX: ClassVar[int] = 256

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        side = self.SIDE_PX
        self._net = LiteRtSession(
            store.path(self.MODEL), (1, side, side, 3), [(1, side, side, 1)], threads=threads
        )

    def matte(self, crop: U8, size_wh: tuple[int, int] | None = None) -> F32:
        """(h, w) float32 in 0..1 of a (h, w, 3) uint8 RGB crop, which is squeezed to a square.

        size_wh: the size of the answer, None for the crop's own.
        """
        (plane,) = self._net.run(unit_range(network_input(crop, self.SIDE_PX)))
        return to_size(plane[0, :, :, 0], size_wh or (crop.shape[1], crop.shape[0]))
