"""First pass over source and result: every face of the source, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faces import FaceFinder, Landmarker, SeenFace, model_store
from benchmarks.identity import face_chip
from benchmarks.measures import aligned_luma, face_height_px, mean_change
from benchmarks.video import pairs
from headswap.arrays import F32, F64, I64, U8
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.pose import fit_pose

# Whole head with its edges, and the face alone, both in face heights.
HEAD_FACES, HEAD_SIDE_PX = 2.2, 160
FACE_FACES, FACE_SIDE_PX = 0.8, 48
CUT_LEVELS = 24.0
CHIP_EVERY = 5


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One face of the source through k consecutive or nearly consecutive frames.

    frames: (k,) int64. landmarks: (k, 478, 3) px. scores: (k,) the detector's.
    yaw_deg, height_px: (k,). rotations: (k, 3, 3).
    seen: (k,) bool, whether the result has this face too; where not, `result_*` are nan.
    shape_change: (k,) mean difference of the 52 blendshapes. change: (k,) difference of the
    face's luma, in levels. flicker, result_flicker: (k,) luma change since the frame before.
    chips: frames and face chips of the source for telling people apart.
    """

    frames: I64
    landmarks: F32
    scores: F64
    yaw_deg: F64
    height_px: F64
    rotations: F64
    seen: np.ndarray[tuple[int], np.dtype[np.bool_]]
    result_landmarks: F32
    result_rotations: F64
    shape_change: F64
    change: F64
    flicker: F64
    result_flicker: F64
    chips: dict[int, U8]


@dataclass(slots=True, eq=False)
class _Growing:
    """A track while the videos are being read."""

    frames: list[int] = field(default_factory=list[int])
    landmarks: list[F32] = field(default_factory=list[F32])
    scores: list[float] = field(default_factory=list[float])
    result_landmarks: list[F32 | None] = field(default_factory=list[F32 | None])
    shape_change: list[float] = field(default_factory=list[float])
    change: list[float] = field(default_factory=list[float])
    flicker: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    chips: dict[int, U8] = field(default_factory=dict[int, U8])
    heads: tuple[U8, U8] | None = None


class Observer:
    """Reads both videos once; see `observe`."""

    def __init__(self, landmarks: Landmarker) -> None:
        self._source_faces = FaceFinder(landmarks)
        self._result_faces = FaceFinder(landmarks)
        self._expression = _blendshapes()
        self._tracks: dict[int, _Growing] = {}
        self._thumbnail: U8 | None = None

    def run(self, source: Path, result: Path, every: int) -> list[Followed]:
        for pair in pairs(source, result, every):
            cut = self._is_cut(pair.source)
            before = self._source_faces.find(pair.source, cut)
            after = self._result_faces.find(pair.result, cut)
            for face in before:
                twin = _twin(face, after)
                self._note(pair.index, pair.source, pair.result, face, twin)
        return [_finished(track) for track in self._tracks.values()]

    def _is_cut(self, image: U8) -> bool:
        small = np.asarray(cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA), np.uint8)
        last, self._thumbnail = self._thumbnail, small
        return last is None or mean_change(last, small) > CUT_LEVELS

    def _note(
        self, index: int, source: U8, result: U8, face: SeenFace, twin: SeenFace | None
    ) -> None:
        track = self._tracks.setdefault(face.track, _Growing())
        heads = (
            aligned_luma(source, face.landmarks, HEAD_SIDE_PX, HEAD_FACES),
            aligned_luma(result, face.landmarks, HEAD_SIDE_PX, HEAD_FACES),
        )
        follows = bool(track.frames) and track.frames[-1] == index - 1 and track.heads is not None
        track.flicker.append(
            (mean_change(track.heads[0], heads[0]), mean_change(track.heads[1], heads[1]))
            if follows and track.heads is not None
            else (np.nan, np.nan)
        )
        track.change.append(
            mean_change(
                aligned_luma(source, face.landmarks, FACE_SIDE_PX, FACE_FACES),
                aligned_luma(result, face.landmarks, FACE_SIDE_PX, FACE_FACES),
            )
        )
        if index % CHIP_EVERY == 0 or not track.frames:
            track.chips[index] = face_chip(source, face.landmarks)
        track.heads = heads
        track.frames.append(index)
        track.landmarks.append(face.landmarks)
        track.scores.append(face.score)
        track.result_landmarks.append(None if twin is None else twin.landmarks)
        track.shape_change.append(self._shape_change(face, twin))

    def _shape_change(self, face: SeenFace, twin: SeenFace | None) -> float:
        if twin is None or self._expression is None:
            return np.nan
        weights = self._expression.weights
        return float(np.abs(weights(face.landmarks) - weights(twin.landmarks)).mean())


def _blendshapes() -> Blendshapes | None:
    """The one blendshape network there is: both landmark bundles carry the same bytes."""
    return Blendshapes(model_store()) if model_store().has(Blendshapes.MODEL) else None


def _twin(face: SeenFace, candidates: list[SeenFace]) -> SeenFace | None:
    """The result's face in the place of the source's: middle within half a face height."""
    if not candidates:
        return None
    center = face.landmarks[:468, :2].mean(axis=0)
    distances = [
        float(np.hypot(*(other.landmarks[:468, :2].mean(axis=0) - center))) for other in candidates
    ]
    best = int(np.argmin(distances))
    near = distances[best] < 0.5 * float(face_height_px(face.landmarks))
    return candidates[best] if near else None


def _finished(track: _Growing) -> Followed:
    landmarks = np.array(track.landmarks, dtype=np.float32)
    seen = np.array([points is not None for points in track.result_landmarks])
    absent = np.full(landmarks.shape[1:], np.nan, dtype=np.float32)
    after = np.array([absent if p is None else p for p in track.result_landmarks], np.float32)
    pose = fit_pose(landmarks)
    rotations = np.full((len(landmarks), 3, 3), np.nan)
    if seen.any():
        rotations[seen] = fit_pose(after[seen]).rotation
    flicker = np.array(track.flicker, dtype=np.float64)
    return Followed(
        frames=np.array(track.frames, dtype=np.int64),
        landmarks=landmarks,
        scores=np.array(track.scores),
        yaw_deg=pose.yaw_pitch_roll_deg()[:, 0],
        height_px=np.ptp(landmarks[:, :468, 1], axis=1).astype(np.float64),
        rotations=pose.rotation,
        seen=seen,
        result_landmarks=after,
        result_rotations=rotations,
        shape_change=np.array(track.shape_change),
        change=np.array(track.change),
        flicker=flicker[:, 0],
        result_flicker=flicker[:, 1],
        chips=track.chips,
    )


def observe(source: Path, result: Path, landmarks: Landmarker, every: int = 1) -> list[Followed]:
    """Every face of the source that was followed, with its twin in the result.

    Raises:
        MeasureError: one of the files cannot be decoded.
    """
    return Observer(landmarks).run(source, result, every)
