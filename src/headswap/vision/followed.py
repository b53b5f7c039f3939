"""Followed: the frames of one face so far, as long as it surely stayed the same face."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from headswap.arrays import F32
from headswap.media import Frame
from headswap.vision.face import Face
from headswap.vision.matching import overlaps
from headswap.vision.samples import Samples

# Frames that a track may have slid along with another's face before it was noticed.
SLIDE_FRAMES = 5
SLIDE_OVERLAP = 0.25
# A mesh that was not found but carried along is never surer than this.
CARRIED_PRESENCE = 0.4


@dataclass(slots=True, eq=False)
class Followed:
    """A face's frames so far, without any moment in which it could have become another's.

    support: the detector's scores where it saw this face too. meeting: whether another face is
    near enough to be mistaken for it. missed: frames since its mesh was last found. carried_xyxy:
    the detector's box that the newest, carried face goes with.
    """

    shot: int
    meeting: bool = False
    frames: list[int] = field(default_factory=list[int])
    faces: list[Face] = field(default_factory=list[Face])
    support: list[float] = field(default_factory=list[float])
    samples: Samples = field(default_factory=Samples)
    missed: int = 0
    carried_xyxy: F32 | None = None

    @property
    def last(self) -> Face:
        return self.faces[-1]

    def add(self, frame: Frame, face: Face) -> None:
        self.frames.append(frame.index)
        self.faces.append(face)
        self.samples.offer(frame, face)

    def carry(self, index: int, box_xyxy: F32, presence: float) -> None:
        """Add the last face, moved and grown as the detector's box has since it was lost."""
        before = self.carried_xyxy
        face = self.last if before is None else self.last.moved_with(before, box_xyxy)
        face = Face(face.landmarks, min(presence, CARRIED_PRESENCE), face.box_xyxy)
        earlier, at = self.last, self.frames[-1]
        for between in range(at + 1, index):
            share = (between - at) / (index - at)
            self.frames.append(between)
            self.faces.append(earlier.between(face, share))
        self.frames.append(index)
        self.faces.append(face)
        self.carried_xyxy = box_xyxy

    def put_before(self, earlier: list[tuple[int, Face]]) -> None:
        """Insert (frame index, face) pairs of the time before the first entry."""
        self.frames[:0] = [index for index, _ in earlier]
        self.faces[:0] = [face for _, face in earlier]

    def drop_last(self) -> None:
        """Take back the newest entry, which turned out to be another's face."""
        self.samples.forget(self.frames.pop())
        self.faces.pop()

    def jump(self) -> float:
        """How far, over the face's side, its newest place is from where its motion led."""
        if len(self.faces) < 3:
            # The younger of two tracks is the likelier intruder.
            return 10.0 / len(self.faces)
        before, last, now = (face.center_xy for face in self.faces[-3:])
        return float(np.linalg.norm(now - (2 * last - before))) / self.last.side_px

    def unwind(self, owner: Followed) -> None:
        """Take back the newest frames in which this track had slid onto the face of `owner`."""
        owned = dict(zip(owner.frames[-SLIDE_FRAMES:], owner.faces[-SLIDE_FRAMES:], strict=True))
        while self.frames and self.frames[-1] in owned:
            other = owned[self.frames[-1]]
            overlap = overlaps(self.last.box_xyxy[None], other.box_xyxy[None])[0, 0]
            if overlap < SLIDE_OVERLAP:
                break
            self.drop_last()
