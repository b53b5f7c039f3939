"""Sight: what the networks see in a frame: new faces by a detector, known ones by landmarks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np

from headswap.arrays import U8
from headswap.media import Frame
from headswap.media.color import rgb_from_yuv
from headswap.vision.face import Face
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.face_detector import TiledDetector
from headswap.vision.networks.faces import Faces
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.store import ModelStore, Pack

# Up to this longer side the detector sees a face of 24 px in the whole picture, without tiles.
WHOLE_PX: dict[Pack, int] = {"full": 1300, "core": 300}

# The detectors shrink every picture to this side or less.
DETECTOR_PX = 640


class Sight(Protocol):
    """Finds faces in frames; the shipped one is `NetworkSight`."""

    def detect(self, frame: Frame, closely: bool) -> Faces:
        """All faces of the frame; `closely` takes longer and finds small ones too."""
        ...

    def start(self, frame: Frame, seen: Faces, at: int) -> Face:
        """The face that is detection `at` of what `detect` saw."""
        ...

    def follow(self, frame: Frame, known: Face) -> Face:
        """The face nearest to where `known` was in a neighbouring frame."""
        ...


class NetworkSight:
    """Sight with the detector and landmark networks of a pack."""

    def __init__(self, store: ModelStore) -> None:
        self.pack: Pack = store.pack
        # One thread each: LiteRT's others spin while they wait, and reading, following the camera
        # and looking the video through go on meanwhile.
        detector = YuNetDetector if self.pack == "full" else FullRangeDetector
        self._whole = detector(store)
        self._tiled = TiledDetector(self._whole)
        self._landmarks = FaceLandmarks(store, self.pack)

    def detect(self, frame: Frame, closely: bool) -> Faces:
        longer = max(frame.width, frame.height)
        if closely and longer > WHOLE_PX[self.pack]:
            return self._tiled.detect(frame.rgb())
        if longer < 2 * DETECTOR_PX:
            return self._whole.detect(frame.rgb())
        return _doubled(self._whole.detect(_half_rgb(frame)))

    def start(self, frame: Frame, seen: Faces, at: int) -> Face:
        rough = self._find(frame, seen.square(at))
        return self._find(frame, roi_from_landmarks(rough.landmarks))

    def follow(self, frame: Frame, known: Face) -> Face:
        return self._find(frame, roi_from_landmarks(known.landmarks))

    def _find(self, frame: Frame, square: RotatedSquare) -> Face:
        """The face inside `square`; only the pixels around it are converted to RGB."""
        reach = square.reach_px() + 4
        cx, cy = square.center_xy
        x0, x1 = _within(cx - reach, cx + reach, frame.width)
        y0, y1 = _within(cy - reach, cy + reach, frame.height)
        image = frame.rgb((x0, y0, x1, y1))
        local = RotatedSquare((cx - x0, cy - y0), square.size_px, square.angle_rad)
        mesh = self._landmarks.find(image, local)
        landmarks = mesh.landmarks + np.array([x0, y0, 0], np.float32)
        return Face.of(landmarks, mesh.presence)


def _within(low: float, high: float, size: int) -> tuple[int, int]:
    """Whole even pixels from `low` to `high`, inside 0 to `size`, at least two of them."""
    first = min(max(0, math.floor(low)), size - 2) // 2 * 2
    last = max(first + 2, min(size, math.ceil(high)))
    return first, last


def _half_rgb(frame: Frame) -> U8:
    """(h / 2, w / 2, 3) uint8 RGB, where chroma needs no scaling: far cheaper than the whole."""
    height, width = frame.y.shape[0] // 2 * 2, frame.y.shape[1] // 2 * 2
    half = (width // 2, height // 2)
    luma = cv2.resize(frame.y[:height, :width], half, interpolation=cv2.INTER_AREA)
    planes = [luma, *(plane[: half[1], : half[0]] for plane in (frame.u, frame.v))]
    rgb = cv2.transform(cv2.merge(planes), rgb_from_yuv(frame.matrix, frame.full_range))
    return np.asarray(rgb, np.uint8)


def _doubled(faces: Faces) -> Faces:
    """The faces found in a picture of half size, in pixels of the whole one."""
    return replace(
        faces,
        boxes_xyxy=faces.boxes_xyxy * np.float32(2) + np.float32(0.5),
        keypoints=faces.keypoints * np.float32(2) + np.float32(0.5),
    )
