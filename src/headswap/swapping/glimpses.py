"""Glimpses: every few frames, what a face and the hands near it look like."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8
from headswap.media import Frame
from headswap.swapping.face_sheet import SHEET_WH, frame_from_sheet, laid_flat
from headswap.swapping.plan import KEY_STEP, Appearance, box_around
from headswap.vision.networks.hands import POINTS, HandFinder

# Hands move far between two key frames.
GLIMPSE_STEP = KEY_STEP // 4
# The part of a frame where a hand can matter, around the eyes.
_REACH_CM = (-20.0, -18.0, 20.0, 32.0)
# A hand is sought at no finer a scale than this.
_PX_PER_CM = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """One face at one frame.

    sheet: (h, w, 3) uint8, the face laid flat (see `frame_from_sheet`). hands: (n, 21, 2) float32
    px of the frame. presence: (n,) float32 0..1.
    """

    number: int
    frame: int
    sheet: U8
    hands: F32
    presence: F32

    def __post_init__(self) -> None:
        if self.sheet.shape != (*SHEET_WH[::-1], 3) or self.sheet.dtype != np.uint8:
            raise ValueError(f"Glimpse.sheet is {self.sheet.dtype}{self.sheet.shape}")
        if self.hands.shape != (len(self.presence), POINTS, 2):
            raise ValueError(f"Glimpse.hands is {self.hands.shape} for {len(self.presence)}")


def glimpse_frames(appearance: Appearance) -> I64:
    """The frames of an appearance at which there is a glimpse: key frames and some between."""
    steps = np.arange(appearance.start, appearance.stop, GLIMPSE_STEP)
    return np.unique(np.append(steps, appearance.stop - 1))


def glimpse(
    appearance: Appearance, frame: Frame, size_wh: tuple[int, int], hands: HandFinder
) -> Glimpse | None:
    """What is seen of a face and near it in a frame; None where it is out of the picture."""
    landmarks, unit = appearance.landmarks(frame.index), appearance.scale(frame.index)
    box = box_around(landmarks, unit, _REACH_CM, size_wh)
    if box is None:
        return None
    rgb = frame.rgb(box)
    corner = np.array(box[:2], np.float32)
    places, _ = frame_from_sheet(landmarks)
    shrink = max(1.0, unit / _PX_PER_CM)
    size = (round(rgb.shape[1] / shrink), round(rgb.shape[0] / shrink))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = hands.find(small)
    ratio = np.array([rgb.shape[1] / size[0], rgb.shape[0] / size[1]], np.float32)
    points = np.array([hand.points for hand in found], np.float32).reshape(-1, POINTS, 2)
    return Glimpse(
        number=appearance.number,
        frame=frame.index,
        sheet=laid_flat(rgb, places - corner),
        hands=(points * ratio + corner).astype(np.float32),
        presence=np.array([hand.presence for hand in found], np.float32),
    )
