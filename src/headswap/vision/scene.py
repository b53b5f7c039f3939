"""What analysis knows of a video: frames' times, shots, people, every face's landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, I32, I64
from headswap.media import VideoInfo

LANDMARKS = 478
BLENDSHAPES = 52
EMBEDDING = 128


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames `start` to `stop` (exclusive) seen by one camera without a cut."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One face followed through consecutive frames of one shot.

    frames: (k,) int32, strictly rising frame indices (gaps are frames where the face was not seen).
    boxes_xyxy: (k, 4) float32, face box in source pixels (upright).
    landmarks: (k, 478, 3) float32, x and y in source pixels, z in pixels on x's scale.
    blendshapes: (k, 52) float32 in 0..1.
    presence: (k,) float32 in 0..1, the landmark network's own confidence.
    """

    shot: int
    frames: I32
    boxes_xyxy: F32
    landmarks: F32
    blendshapes: F32
    presence: F32

    def __post_init__(self) -> None:
        k = len(self.frames)
        expected = {
            "boxes_xyxy": (k, 4),
            "landmarks": (k, LANDMARKS, 3),
            "blendshapes": (k, BLENDSHAPES),
            "presence": (k,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.float32:
                raise ValueError(f"Track.{name} is {array.dtype}{array.shape}, not float32{shape}")
        if k == 0 or np.any(np.diff(self.frames) <= 0):
            raise ValueError("Track.frames must be non-empty and strictly rising")


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person: the tracks (indices into `Scene.tracks`) that show them, and who they are.

    embedding: (128,) float32, mean dlib descriptor of their best frames, or None when every face
    was too small or too turned to describe.
    best_frame: the frame whose face makes the best preview; best_box_xyxy its head box (4,).
    """

    obj_id: int
    tracks: tuple[int, ...]
    embedding: F32 | None
    best_frame: int
    best_box_xyxy: F32


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything analysis found in one video; stored once, used by every swap of it.

    pts: (n,) int64, presentation time of each frame in `video.time_base`.
    camera_from_first: (n, 2, 3) float32, per frame the similarity that takes pixels of the first
    frame of its shot to this frame (background motion); identity for a still camera.
    pack: the model pack that was used, "full" or "core".
    """

    video: VideoInfo
    pts: I64
    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...]
    people: tuple[Person, ...]
    camera_from_first: F32
    pack: str

    def __post_init__(self) -> None:
        n = len(self.pts)
        if self.camera_from_first.shape != (n, 2, 3):
            raise ValueError(
                f"camera_from_first is {self.camera_from_first.shape}, not {(n, 2, 3)}"
            )
