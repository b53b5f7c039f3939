"""Frames in which a head is behind somebody else's and so must not be drawn."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64
from headswap.swapping.motion import Motion
from headswap.swapping.resized import resized_landmarks
from headswap.vision.scene import Person, Scene

# A face whose place another's middle comes nearer than this, in sides, is behind that other.
NEAR_SIDES = 0.6


def hidden_frames(motion: Motion, person: Person, scene: Scene, scale_xy: F64) -> frozenset[int]:
    """The frames of a motion in which its face is not seen, because another person's is there.

    scale_xy: (2,) pixels of the motion for each of the scene.
    """
    unseen = [motion.first + int(i) for i in np.flatnonzero(~motion.seen)]
    if not unseen:
        return frozenset()
    others = [scene.tracks[i] for one in scene.people if one is not person for i in one.tracks]
    found: set[int] = set()
    for other in others:
        sure = other.frames[other.presence > 0]
        for frame in np.intersect1d(sure, unseen):
            there = other.landmarks[int(np.searchsorted(other.frames, frame))]
            there = resized_landmarks(there, scale_xy)
            if _covers(there, motion.landmarks[int(frame) - motion.first]):
                found.add(int(frame))
    return frozenset(found)


def _covers(other: F32, own: F32) -> bool:
    """Whether the other's mesh (478, 3) lies over the own one."""
    side = max(float(np.ptp(mesh[:468, :2], axis=0).mean()) for mesh in (other, own))
    apart = other[:468, :2].mean(axis=0) - own[:468, :2].mean(axis=0)
    return float(np.hypot(*apart)) < NEAR_SIDES * side
