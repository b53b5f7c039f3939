"""FullRangeDetector: MediaPipe's full-range face detector, core pack."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.faces import Faces, letterbox, merge_overlapping
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore

SIDE_PX = 192
STRIDE_PX = 4
MARGIN = 1.57


class FullRangeDetector:
    """Faces from about a twelfth of the image's longer side upwards.

    Keypoints: right eye, left eye, nose tip, mouth centre, right ear, left ear.
    Boxes reach from the brows to the chin.
    """

    MODEL: ClassVar[str] = "face_detection_full_range_sparse.tflite"
    INPUT: ClassVar[tuple[int, ...]] = (1, SIDE_PX, SIDE_PX, 3)
    OUTPUTS: ClassVar[tuple[tuple[int, ...], ...]] = ((1, 2304, 16), (1, 2304, 1))

    def __init__(self, store: ModelStore, min_score: float = 0.5, threads: int = 1) -> None:
        self._net = LiteRtSession(store.path(self.MODEL), self.INPUT, self.OUTPUTS, threads=threads)
        self._min_score = min_score
        cells = (np.arange(SIDE_PX // STRIDE_PX) + 0.5) * STRIDE_PX
        across, down = np.meshgrid(cells, cells)
        self._anchors = np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)

    def detect(self, image: U8) -> Faces:
        """Faces in a (h, w, 3) uint8 RGB image."""
        square, image_from_square = letterbox(image, SIDE_PX)
        values, logits = self._net.run(square[None].astype(np.float32) / 127.5 - 1)
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        chosen = np.flatnonzero(scores >= self._min_score)
        points = values[0, chosen].reshape(-1, 8, 2)
        centers = points[:, 0] + self._anchors[chosen]
        keypoints = points[:, 2:] + self._anchors[chosen][:, None]
        half = points[:, 1] / 2
        corners = np.stack([centers - half, centers + half], axis=1)
        # The network counts from the square's corner, pixel centres here are integers.
        scale, shift = np.diag(image_from_square[:, :2]), image_from_square[:, 2]
        boxes = ((corners - 0.5) * scale + shift).reshape(-1, 4).astype(np.float32)
        placed: F32 = ((keypoints - 0.5) * scale + shift).astype(np.float32)
        merged = merge_overlapping(boxes, placed, scores[chosen].astype(np.float32), 0.3)
        return Faces(*merged, margin=MARGIN)
