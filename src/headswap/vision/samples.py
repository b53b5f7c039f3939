"""Samples: the few pictures of a followed face that are good enough to tell who it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.media import Frame
from headswap.vision.face import Face

MOST = 6
# Neighbouring frames show the same picture again; samples keep this far apart.
APART_FRAMES = 8
# More pixels than this say no more about a face.
ENOUGH_PX = 110.0
MARGIN = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A face's picture: crop (h, w, 3) uint8 RGB and landmarks (478, 3) float32 in its pixels.

    quality: 0..1, large, facing the camera, and surely a face. box_xyxy: (4,) px in the frame.
    """

    frame: int
    quality: float
    crop: U8
    landmarks: F32
    box_xyxy: F32


class Samples:
    """The best pictures so far, spread over time."""

    def __init__(self) -> None:
        self._kept: list[Sample] = []

    def offer(self, frame: Frame, face: Face) -> None:
        """Keep this face if it is better than one that is kept."""
        quality = pose_quality(face)
        rival = self._rival(frame.index)
        if rival is not None and quality <= rival.quality:
            return
        quality *= _sharpness(frame.y, face.landmarks)
        if rival is not None:
            if quality <= rival.quality:
                return
            self._kept.remove(rival)
        self._kept.append(_sample(frame, face, quality))

    def forget(self, index: int) -> None:
        """Drop what was kept of frame `index`."""
        self._kept = [sample for sample in self._kept if sample.frame != index]

    def best(self) -> list[Sample]:
        """The samples, best first."""
        return sorted(self._kept, key=lambda sample: (-sample.quality, sample.frame))

    def _rival(self, index: int) -> Sample | None:
        """The sample that a new one must replace, or None while there is room."""
        near = [s for s in self._kept if abs(s.frame - index) < APART_FRAMES]
        if near:
            return max(near, key=lambda sample: sample.quality)
        if len(self._kept) < MOST:
            return None
        return min(self._kept, key=lambda sample: sample.quality)


def turn_deg(landmarks: F32) -> tuple[float, float]:
    """How far a face is turned sideways and up or down, in degrees, by the depth of its mesh."""
    side = landmarks[454] - landmarks[234]
    down = landmarks[152] - landmarks[10]
    yaw = np.degrees(np.arctan2(abs(side[2]), np.hypot(side[0], side[1])))
    pitch = np.degrees(np.arctan2(abs(down[2]), np.hypot(down[0], down[1])))
    return float(yaw), float(pitch)


def pose_quality(face: Face) -> float:
    """0..1 by size, turn and presence; sharpness is judged on the pixels."""
    yaw, pitch = turn_deg(face.landmarks)
    facing = max(0.02, 1 - (yaw / 65) ** 2) * max(0.1, 1 - (pitch / 60) ** 2)
    return min(1.0, face.side_px / ENOUGH_PX) * facing * max(0.0, min(1.0, face.presence)) ** 2


def _sample(frame: Frame, face: Face, quality: float) -> Sample:
    box = np.asarray(face.box_xyxy, np.float64)
    margin = MARGIN * face.side_px
    low = np.clip(box[:2] - margin, 0, [frame.width - 2, frame.height - 2]).astype(int)
    high = np.clip(np.ceil(box[2:] + margin), low + 2, [frame.width, frame.height]).astype(int)
    crop = frame.rgb((int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    scale = min(1.0, 2 * ENOUGH_PX / face.side_px)
    landmarks = face.landmarks - np.array([*low, 0], np.float32)
    if scale < 1:
        size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        crop = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
        landmarks = (landmarks * np.float32(scale)).astype(np.float32)
    return Sample(frame.index, quality, crop, landmarks, face.box_xyxy)


def _sharpness(luma: U8, landmarks: F32) -> float:
    """0.3 (smeared) to 1 (crisp): the detail inside the face against its contrast."""
    height, width = luma.shape
    edge = [width - 1, height - 1]
    x0, y0 = np.clip(landmarks[:468, :2].min(axis=0).astype(int), 0, edge)
    x1, y1 = np.clip(landmarks[:468, :2].max(axis=0).astype(int), 0, edge) + 1
    grey = cv2.resize(luma[y0:y1, x0:x1], (64, 64), interpolation=cv2.INTER_AREA)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).std())
    contrast = max(4.0, float(grey.std()))
    return float(np.clip(detail / contrast / 0.5, 0.3, 1.0))
