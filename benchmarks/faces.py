"""Finding faces for measuring, with model files only: nothing of the product's analysis."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.crop import RotatedSquare, to_frame
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.landmarks import POINTS, FaceLandmarks, FaceMesh
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore

SECOND_OPINION = "face_landmarker_v2_with_blendshapes.task"
MIN_SCORE = 0.5
MIN_PRESENCE = 0.5
# A whole frame is searched this often, and whenever a followed face is not found again.
SEARCH_EVERY = 5
# The square searched around a followed face, in face sizes.
SEARCH_FACES = 3.0
SEARCH_PX = 192

Opinion: TypeAlias = Literal["second", "product"]


class Landmarker(Protocol):
    def find(self, image: U8, square: RotatedSquare) -> FaceMesh: ...


@dataclass(frozen=True, slots=True, eq=False)
class SeenFace:
    """One face of one frame.

    track: the same number while the face is followed from frame to frame.
    landmarks: (478, 3) float32 px. score: the detector's, 0..1.
    """

    track: int
    landmarks: F32
    score: float

    def box_xyxy(self) -> F32:
        """(4,) float32: the landmarks' bounding box."""
        points = self.landmarks[:468, :2]
        return np.concatenate([points.min(axis=0), points.max(axis=0)])


def model_store() -> ModelStore:
    """The default store; `HEADSWAP_MODELS_DIR` names a folder that is searched first."""
    return ModelStore.default()


def second_opinion_path() -> Path | None:
    """The older landmark bundle, which the product never loads, if it lies in the models folder."""
    folder = os.environ.get("HEADSWAP_MODELS_DIR")
    path = Path(folder) / SECOND_OPINION if folder else None
    return path if path is not None and path.is_file() else None


def face_detector() -> Callable[[U8], F32]:
    """Boxes (n, 4) float32 px of the faces in an RGB image, by the store's best detector."""
    network = _whole_frame_detector(model_store())
    return lambda image: network.detect(image).boxes_xyxy


def landmarker(opinion: Opinion = "second") -> tuple[Landmarker, str]:
    """A landmark network and its name: the second opinion where it is wanted and present."""
    path = second_opinion_path()
    if opinion == "second" and path is not None:
        return SecondOpinion(path), f"{SECOND_OPINION} (second opinion)"
    store = model_store()
    return FaceLandmarks(store), f"the product's own network, {store.pack} pack"


class SecondOpinion:
    """478 landmarks by the older build of MediaPipe's network, 192 px."""

    SIDE_PX = 192

    def __init__(self, path: Path) -> None:
        self._net = LiteRtSession(
            path,
            (1, self.SIDE_PX, self.SIDE_PX, 3),
            [(1, 1, 1, 3 * POINTS), (1, 1, 1, 1)],
            member="face_landmarks_detector.tflite",
        )

    def find(self, image: U8, square: RotatedSquare) -> FaceMesh:
        crop = square.crop(image, self.SIDE_PX)
        points, logit = self._net.run(np.asarray(crop[None] / 255, dtype=np.float32))
        placed = to_frame(points.reshape(POINTS, 3), square.frame_from_crop(self.SIDE_PX))
        presence = 1 / (1 + np.exp(-np.clip(float(logit.ravel()[0]), -50, 50)))
        return FaceMesh(placed, float(presence))


@dataclass(frozen=True, slots=True, eq=False)
class _Hit:
    """One detection: where the landmarks have to be looked for, and the detector's score."""

    square: RotatedSquare
    score: float


class FaceFinder:
    """Follows every face of one video; give it the frames in order.

    A face counts only where a detector sees it in that very frame: landmarks alone would happily
    follow something that has stopped being a face.
    """

    def __init__(self, landmarks: Landmarker) -> None:
        store = model_store()
        self._landmarks = landmarks
        self._wide = _whole_frame_detector(store)
        self._close = FullRangeDetector(store, min_score=MIN_SCORE)
        self._seen: list[SeenFace] = []
        self._next_track = 0
        self._calls = 0

    def find(self, image: U8, cut: bool = False) -> list[SeenFace]:
        """The faces of the next frame; `cut` says that it continues nothing."""
        previous = [] if cut else self._seen
        found: list[SeenFace] = []
        for face in previous:
            near = self._near(image, face)
            if near is not None:
                self._add(found, image, near, face)
        if self._calls % SEARCH_EVERY == 0 or not found or len(found) < len(previous):
            faces = self._wide.detect(image)
            for k in range(len(faces)):
                self._add(found, image, _Hit(faces.square(k), float(faces.scores[k])), None)
        self._calls += 1
        self._seen = found
        return found

    def _near(self, image: U8, face: SeenFace) -> _Hit | None:
        """The detection closest to where the face was, or None."""
        box = face.box_xyxy()
        center, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
        around = RotatedSquare((float(center[0]), float(center[1])), side * SEARCH_FACES, 0.0)
        faces = self._close.detect(around.crop(image, SEARCH_PX))
        if not len(faces):
            return None
        scale = around.size_px / SEARCH_PX
        middles = (faces.boxes_xyxy[:, :2] + faces.boxes_xyxy[:, 2:]) / 2 - SEARCH_PX / 2
        distance_px = np.hypot(*middles.T) * scale
        k = int(np.argmin(distance_px))
        if distance_px[k] > side / 2:
            return None
        inner = faces.square(k)
        corner = center - around.size_px / 2
        moved = (
            float(inner.center_xy[0] * scale + corner[0]),
            float(inner.center_xy[1] * scale + corner[1]),
        )
        return _Hit(
            RotatedSquare(moved, inner.size_px * scale, inner.angle_rad), float(faces.scores[k])
        )

    def _add(self, found: list[SeenFace], image: U8, hit: _Hit, before: SeenFace | None) -> None:
        """Put the landmarks of one detection into `found`, unless the face is there already."""
        if any(_holds(face.box_xyxy(), hit.square.center_xy) for face in found):
            return
        if before is None:
            rough = self._landmarks.find(image, hit.square)
            mesh = self._landmarks.find(image, roi_from_landmarks(rough.landmarks))
        else:
            mesh = self._landmarks.find(image, roi_from_landmarks(before.landmarks))
        if mesh.presence < MIN_PRESENCE:
            return
        track = self._next_track if before is None else before.track
        self._next_track += before is None
        found.append(SeenFace(track, mesh.landmarks, hit.score))


def _holds(box_xyxy: F32, point_xy: tuple[float, float]) -> bool:
    x, y = point_xy
    return bool(box_xyxy[0] <= x <= box_xyxy[2] and box_xyxy[1] <= y <= box_xyxy[3])


def overlap(a_xyxy: F32, b_xyxy: F32) -> float:
    """Intersection over union of two boxes."""
    low, high = np.maximum(a_xyxy[:2], b_xyxy[:2]), np.minimum(a_xyxy[2:], b_xyxy[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    both = sum(float(np.prod(box[2:] - box[:2])) for box in (a_xyxy, b_xyxy))
    return shared / max(both - shared, 1e-9)


def _whole_frame_detector(store: ModelStore) -> YuNetDetector | FullRangeDetector:
    if store.has(YuNetDetector.MODEL):
        return YuNetDetector(store, min_score=MIN_SCORE)
    return FullRangeDetector(store, min_score=MIN_SCORE)
