"""YuNetDetector: a face detector that finds small faces, full pack."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.faces import Faces, letterbox, merge_overlapping
from headswap.vision.runtime import OnnxSession
from headswap.vision.store import ModelStore

SIDE_PX = 640
STRIDES_PX = (8, 16, 32)
CELLS = tuple((SIDE_PX // stride) ** 2 for stride in STRIDES_PX)
# Medians over faces of what the landmark network's own square turned out to be.
MARGIN = 1.34
DROP = 0.04


class YuNetDetector:
    """Faces from about a sixtieth of the image's longer side upwards.

    Keypoints: right eye, left eye, nose tip, right and left mouth corner. Boxes reach from the
    forehead to the chin. Wu, Peng, Yu: "YuNet: a tiny millisecond-level face detector", 2023.
    """

    MODEL: ClassVar[str] = "yunet_n_640_640.onnx"
    INPUT: ClassVar[tuple[int, ...]] = (1, 3, SIDE_PX, SIDE_PX)
    OUTPUTS: ClassVar[tuple[tuple[int, ...], ...]] = tuple(
        (1, cells, channels) for channels in (1, 1, 4, 10) for cells in CELLS
    )

    def __init__(self, store: ModelStore, min_score: float = 0.6, threads: int = 1) -> None:
        self._net = OnnxSession(store.path(self.MODEL), self.INPUT, self.OUTPUTS, threads=threads)
        self._min_score = min_score
        self._strides = np.repeat(np.array(STRIDES_PX, dtype=np.float32), CELLS)
        self._corners = np.concatenate([_grid(stride) for stride in STRIDES_PX])

    def detect(self, image: U8) -> Faces:
        """Faces in a (h, w, 3) uint8 RGB image."""
        square, image_from_square = letterbox(image, SIDE_PX)
        planes = square[:, :, ::-1].transpose(2, 0, 1)[None]
        outputs = self._net.run(np.ascontiguousarray(planes, dtype=np.float32))
        parts = [np.concatenate(outputs[i : i + 3], axis=1)[0] for i in (0, 3, 6, 9)]
        faceness, objectness, boxes, points = parts
        scores: F32 = np.sqrt(np.clip(faceness, 0, 1) * np.clip(objectness, 0, 1))[:, 0]
        chosen = np.flatnonzero(scores >= self._min_score)
        corner, stride = self._corners[chosen], self._strides[chosen, None]
        centers = corner + boxes[chosen, :2] * stride
        half = np.exp(boxes[chosen, 2:]) * stride / 2
        keypoints = corner[:, None] + points[chosen].reshape(-1, 5, 2) * stride[:, None]
        edges = np.stack([centers - half, centers + half], axis=1)
        scale, shift = np.diag(image_from_square[:, :2]), image_from_square[:, 2]
        merged = merge_overlapping(
            (edges * scale + shift).reshape(-1, 4).astype(np.float32),
            (keypoints * scale + shift).astype(np.float32),
            scores[chosen],
            0.3,
        )
        return Faces(*merged, margin=MARGIN, drop=DROP)


def _grid(stride: int) -> F32:
    """(n, 2) the corner in px of every cell, row by row."""
    cells = np.arange(0, SIDE_PX, stride, dtype=np.float32)
    across, down = np.meshgrid(cells, cells)
    return np.stack([across.ravel(), down.ravel()], axis=1)
