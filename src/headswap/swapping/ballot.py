"""Ballot: what one key frame says of what is the old head's, to be compared with others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, I8, U8
from headswap.swapping.compose.removal import work_size
from headswap.swapping.plan import Box

# Votes are kept in steps of one twentieth, at half the working size; -128 is no vote.
_STEPS, _MOST, NONE = 20, 6.0, -128
_COARSER = 2


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """One key frame of one appearance.

    box: in the frame, as far as anything that is removed may reach. rgb: (h, w, 3) uint8, the box
    at working size. votes: (h', w') int8, a coarser grid over the same box, see `votes_of`.
    """

    frame: int
    box: Box
    rgb: U8
    votes: I8

    def __post_init__(self) -> None:
        if self.votes.ndim != 2 or self.votes.dtype != np.int8:
            raise ValueError(f"Ballot.votes is {self.votes.dtype}{self.votes.shape}, not (h, w)")
        if self.rgb.ndim != 3 or self.rgb.dtype != np.uint8:
            raise ValueError(f"Ballot.rgb is {self.rgb.dtype}{self.rgb.shape}, not (h, w, 3)")

    def save(self, path: Path) -> None:
        at = np.array([self.frame, *self.box])
        np.savez(path, at=at, rgb=self.rgb, votes=self.votes)

    @staticmethod
    def load(path: Path) -> Ballot:
        with np.load(path) as data:
            frame, x0, y0, x1, y1 = (int(number) for number in data["at"])
            return Ballot(frame, (x0, y0, x1, y1), data["rgb"], data["votes"])

    def coarse_rgb(self) -> U8:
        """(h', w', 3) uint8: the picture on the grid of the votes, softened."""
        small = cv2.resize(self.rgb, self.votes.shape[::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.blur(small, (3, 3)), np.uint8)

    def known(self) -> F32:
        """(h', w') 1 where there is a vote."""
        return (self.votes != NONE).astype(np.float32)

    def told(self) -> F32:
        """(h', w') float32 the votes, 0 where there is none."""
        told = np.where(self.votes == NONE, 0, self.votes).astype(np.float32)
        return told / np.float32(_STEPS)


def ballot_path(folder: Path, number: int, frame: int) -> Path:
    return folder / f"ballot-{number}-{frame}.npz"


def ballot_of(frame: int, box: Box, rgb: U8, seen_box: Box, votes: F32, unit: float) -> Ballot:
    """The ballot of a frame. rgb: of `box`. votes: any size, over `seen_box`. unit: px per cm."""
    full = (box[2] - box[0], box[3] - box[1])
    size = work_size(full, unit)
    grid = (max(1, round(size[0] / _COARSER)), max(1, round(size[1] / _COARSER)))
    seen = (seen_box[2] - seen_box[0], seen_box[3] - seen_box[1])
    # Pixels of the votes over pixels of the grid, both measured in the frame's.
    ratio = np.array(grid) / full
    step = ratio * seen / np.array(votes.shape[::-1])
    shift = ratio * (np.array(seen_box[:2]) - box[:2])
    motion = np.array([[step[0], 0, shift[0]], [0, step[1], shift[1]]], np.float64)
    steps = np.clip(votes, -_MOST, _MOST) * _STEPS
    moved = cv2.warpAffine(steps, motion, grid, borderValue=float(NONE))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    # What lies across the edge of what was seen is not known.
    known = np.where(moved < -_MOST * _STEPS, NONE, moved)
    return Ballot(frame, box, np.asarray(small, np.uint8), np.round(known).astype(np.int8))
