"""FaceDetector: the detector of either pack, and tiles that let the core one see small faces."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from headswap.arrays import F32, I32, U8, Bool
from headswap.vision.networks.faces import Faces, merge_overlapping
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.store import ModelStore, Pack

TILE_OF_SHORT_SIDE = 0.6
TILE_OVERLAP = 0.2


class _Detector(Protocol):
    def detect(self, image: U8) -> Faces: ...


class FaceDetector:
    """Finds faces of all sizes; `pack` says which network (default: the store's).

    "full": YuNet. "core": MediaPipe's full-range detector on the image and on overlapping tiles
    of it, because its 192 px see no small faces.
    """

    def __init__(self, store: ModelStore, pack: Pack | None = None, threads: int = 1) -> None:
        self.pack: Pack = pack or store.pack
        self._net: _Detector = (
            YuNetDetector(store, threads=threads)
            if self.pack == "full"
            else TiledDetector(FullRangeDetector(store, threads=threads))
        )

    def detect(self, image: U8) -> Faces:
        """Faces in a (h, w, 3) uint8 RGB image of any size, best first."""
        return self._net.detect(image)


class TiledDetector:
    """A detector run on the whole image and on tiles of 0.6 of its short side.

    In a tile only faces scoring `min_tile_score` count that no inner edge of the tile cuts: small
    regions without a person give more false alarms than the whole image.
    """

    def __init__(self, detector: _Detector, min_tile_score: float = 0.7) -> None:
        self._detector = detector
        self._min_tile_score = min_tile_score

    def detect(self, image: U8) -> Faces:
        """Faces in a (h, w, 3) uint8 RGB image of any size, best first."""
        whole = self._detector.detect(image)
        parts = [whole, *(self._in_tile(image, tile) for tile in tiles(image.shape[1::-1]))]
        merged = merge_overlapping(
            np.concatenate([part.boxes_xyxy for part in parts]),
            np.concatenate([part.keypoints for part in parts]),
            np.concatenate([part.scores for part in parts]),
            0.3,
        )
        return Faces(*merged, margin=whole.margin, drop=whole.drop)

    def _in_tile(self, image: U8, tile: I32) -> Faces:
        x0, y0, x1, y1 = tile
        found = self._detector.detect(np.ascontiguousarray(image[y0:y1, x0:x1]))
        corner = tile[:2].astype(np.float32)
        boxes = found.boxes_xyxy + np.tile(corner, 2)
        keep = (found.scores >= self._min_tile_score) & ~_cut(boxes, tile, image.shape[1::-1])
        return Faces(boxes[keep], (found.keypoints + corner)[keep], found.scores[keep])


def tiles(size_wh: tuple[int, int]) -> I32:
    """(n, 4) int32 boxes xyxy: overlapping squares that cover an image of this size."""
    side = max(1, round(min(size_wh) * TILE_OF_SHORT_SIDE))
    starts: list[I32] = []
    for length in size_wh:
        count = 1 + int(np.ceil((length - side) / (side * (1 - TILE_OVERLAP))))
        starts.append(np.linspace(0, length - side, count).astype(np.int32))
    x, y = (grid.ravel() for grid in np.meshgrid(*starts))
    return np.stack([x, y, x + side, y + side], axis=1).astype(np.int32)


def _cut(boxes_xyxy: F32, tile: I32, size_wh: tuple[int, int]) -> Bool:
    """(n,) which boxes reach an edge of the tile that is not the image's own."""
    inner = np.array([tile[0] > 0, tile[1] > 0, tile[2] < size_wh[0], tile[3] < size_wh[1]])
    outwards = np.array([-1, -1, 1, 1])
    reached = ((boxes_xyxy - tile) * outwards >= 0) & inner
    return np.asarray(reached.any(axis=1))
