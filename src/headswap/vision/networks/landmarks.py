"""FaceLandmarks: 478 points of one face, with the networks of either pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.crop import RotatedSquare, to_frame
from headswap.vision.networks.iris import EyeRefiner
from headswap.vision.networks.plane import unit_range
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore, Pack

POINTS = 478


@dataclass(frozen=True, slots=True, eq=False)
class FaceMesh:
    """One face's landmarks in MediaPipe's layout (0 to 467 face, 468 to 477 the irises).

    landmarks: (478, 3) float32, x and y px of the given image (pixel centres are integers),
    z px on the same scale, towards the viewer negative.
    presence: 0..1, the network's confidence that the square holds a face.
    """

    landmarks: F32
    presence: float

    def __post_init__(self) -> None:
        if self.landmarks.shape != (POINTS, 3) or self.landmarks.dtype != np.float32:
            raise ValueError(
                f"FaceMesh.landmarks is {self.landmarks.dtype}{self.landmarks.shape}, "
                f"not float32{(POINTS, 3)}"
            )


class _MeshNetwork(Protocol):
    def find(self, image: U8, square: RotatedSquare) -> FaceMesh: ...


class FaceLandmarks:
    """Landmarks of the face inside a square; `pack` says which networks (default: the store's)."""

    def __init__(self, store: ModelStore, pack: Pack | None = None, threads: int = 1) -> None:
        self.pack: Pack = pack or store.pack
        self._net: _MeshNetwork = (
            _Mesh478(store, threads) if self.pack == "full" else _Mesh468WithEyes(store, threads)
        )

    def find(self, image: U8, square: RotatedSquare) -> FaceMesh:
        """The face of a (h, w, 3) uint8 RGB image inside `square` (see `roi_from_detection`).

        A square from a detector is rough: find once, then again in `roi_from_landmarks` of the
        first answer. On following frames the previous frame's landmarks give the square.
        """
        return self._net.find(image, square)


class _Mesh478:
    """Full pack: one network gives all 478 points."""

    SIDE_PX = 256

    def __init__(self, store: ModelStore, threads: int) -> None:
        side = self.SIDE_PX
        self._net = LiteRtSession(
            store.path("face_landmarker.task"),
            (1, side, side, 3),
            [(1, 1, 1, 3 * POINTS), (1, 1, 1, 1), (1, 1)],
            member="face_landmarks_detector.tflite",
            threads=threads,
        )

    def find(self, image: U8, square: RotatedSquare) -> FaceMesh:
        crop = square.crop(image, self.SIDE_PX)
        points, logit, _ = self._net.run(unit_range(crop))
        placed = to_frame(points.reshape(POINTS, 3), square.frame_from_crop(self.SIDE_PX))
        return FaceMesh(placed, _probability(logit))


class _Mesh468WithEyes:
    """Core pack: 468 points from one network, eyes and irises from a second."""

    SIDE_PX = 192

    def __init__(self, store: ModelStore, threads: int) -> None:
        side = self.SIDE_PX
        self._net = LiteRtSession(
            store.path("face_landmark.tflite"),
            (1, side, side, 3),
            [(1, 1, 1, 3 * 468), (1, 1, 1, 1)],
            threads=threads,
        )
        self._eyes = EyeRefiner(store, threads)

    def find(self, image: U8, square: RotatedSquare) -> FaceMesh:
        crop = square.crop(image, self.SIDE_PX)
        points, logit = self._net.run(unit_range(crop))
        placed = to_frame(points.reshape(468, 3), square.frame_from_crop(self.SIDE_PX))
        return FaceMesh(self._eyes.refine(image, placed), _probability(logit))


def _probability(logit: F32) -> float:
    return float(1 / (1 + np.exp(-np.clip(logit.ravel()[0], -50, 50))))
