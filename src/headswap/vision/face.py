"""Face: one face in one frame, and how two of them compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32
from headswap.vision.matching import overlaps

MESH_POINTS = 468
# From one frame to the next a face moves less than this share of its side, and grows less.
LARGEST_STEP = 0.7
LARGEST_GROWTH = 1.45
# Meshes whose points lie this near to each other, over the face's side, are on the same face.
SAME_FACE = 0.28
SAME_BOX = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame.

    landmarks: (478, 3) float32 px of the frame. presence: 0..1. box_xyxy: (4,) float32, the mesh's
    bounds in px.
    """

    landmarks: F32
    presence: float
    box_xyxy: F32

    def __post_init__(self) -> None:
        for name, array, shape in (
            ("landmarks", self.landmarks, (478, 3)),
            ("box_xyxy", self.box_xyxy, (4,)),
        ):
            if array.shape != shape or array.dtype != np.float32:
                raise ValueError(f"Face.{name} is {array.dtype}{array.shape}, not float32{shape}")

    @classmethod
    def of(cls, landmarks: F32, presence: float) -> Face:
        """The face with the bounds of its mesh as box."""
        mesh = landmarks[:MESH_POINTS, :2]
        box = np.concatenate([mesh.min(axis=0), mesh.max(axis=0)]).astype(np.float32)
        return cls(landmarks, presence, box)

    @property
    def side_px(self) -> float:
        """Mean side of the box."""
        x0, y0, x1, y1 = self.box_xyxy
        return float(x1 - x0 + y1 - y0) / 2

    @property
    def center_xy(self) -> F32:
        """(2,) middle of the box."""
        return (self.box_xyxy[:2] + self.box_xyxy[2:]) / np.float32(2)

    def moved_with(self, before_xyxy: F32, after_xyxy: F32) -> Face:
        """This face under the shift and scale that take one box to the other."""
        sides = [float((box[2:] - box[:2]).mean()) for box in (before_xyxy, after_xyxy)]
        grown = np.float32(sides[1] / sides[0])
        landmarks = self.landmarks * grown
        middle = (before_xyxy[:2] + before_xyxy[2:]) / 2
        landmarks[:, :2] += (after_xyxy[:2] + after_xyxy[2:]) / 2 - grown * middle
        return Face.of(landmarks.astype(np.float32), self.presence)

    def between(self, after: Face, share: float) -> Face:
        """The face on the way from this one (share 0) to `after` (1), as sure as the less sure."""
        landmarks = self.landmarks + np.float32(share) * (after.landmarks - self.landmarks)
        return Face.of(landmarks.astype(np.float32), min(self.presence, after.presence))


def boxes(faces: Sequence[Face]) -> F32:
    """(n, 4) the faces' boxes."""
    return np.array([face.box_xyxy for face in faces], np.float32).reshape(-1, 4)


def moved(before: Face, after: Face) -> float:
    """How far the face moved, over its side."""
    way = float(np.linalg.norm(after.center_xy - before.center_xy))
    return way / max(before.side_px, 1e-6)


def is_step(before: Face, after: Face, frames: int) -> bool:
    """Whether a face can get from one place to the other in that many frames."""
    reach = LARGEST_STEP * min(frames, 3)
    growth = LARGEST_GROWTH ** min(frames, 3)
    ratio = after.side_px / max(before.side_px, 1e-6)
    return moved(before, after) < reach and 1 / growth < ratio < growth


def lies_in(face: Face, box_xyxy: F32) -> bool:
    """Whether the mesh lies where the detector saw the face."""
    return bool(overlaps(face.box_xyxy[None], box_xyxy[None])[0, 0] > SAME_BOX)


def is_same(a: Face, b: Face) -> bool:
    """Whether two meshes of one frame lie on the same face."""
    apart = np.linalg.norm(a.landmarks[:468:4, :2] - b.landmarks[:468:4, :2], axis=1).mean()
    return float(apart) < SAME_FACE * min(a.side_px, b.side_px)
