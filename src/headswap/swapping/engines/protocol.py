"""What an engine is: it draws one head, posed and speaking, as a layer for the compositor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.swapping.head_model import HeadModel

Box: TypeAlias = tuple[int, int, int, int]
NORMALS_STEP = 4


@dataclass(frozen=True, slots=True, eq=False)
class HeadState:
    """How a head stands in one frame.

    rotation (3, 3), scale (px per cm), shift (3,) px: pose, as in `Pose` of one frame.
    expression_cm: (468, 3) float32, how far each landmark is from the person's neutral face.
    gaze: (2, 2) float32, right and left eye: iris place along and across the eye (see `EyePins`).
    landmarks: (478, 3) float32, the landmarks seen in the frame, px.
    """

    rotation: F64
    scale: float
    shift: F64
    expression_cm: F32
    gaze: F32
    landmarks: F32


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """What is seen between the lips: the frame's own, which is in the frame's light already.

    corner_xy: its place in the layer. rgb: (h, w, 3) uint8. share: (h, w) float32, 0..1 of it.
    """

    corner_xy: tuple[int, int]
    rgb: U8
    share: F32

    def put_into(self, rgb: U8) -> None:
        """Lays the mouth over a layer's colours (h, w, 3)."""
        x, y = self.corner_xy
        window = rgb[y : y + self.share.shape[0], x : x + self.share.shape[1]]
        window[:] = cv2.blendLinear(window.copy(), self.rgb, 1 - self.share, self.share)


@dataclass(frozen=True, slots=True, eq=False)
class HeadLayer:
    """A drawn head in a box of the frame, no larger than need be.

    box_xyxy: the layer's own box, px. rgb: (h, w, 3) uint8. alpha: (h, w) float32 0..1.
    normals: (h', w', 3) float32, surface normals in camera axes, for relighting, zero where
    unknown; they span the box, coarser than its pixels by up to NORMALS_STEP. mouth: what is not to
    be relit, if anything is seen of it; it is in rgb too.
    """

    box_xyxy: Box
    rgb: U8
    alpha: F32
    normals: F32
    mouth: Mouth | None = None

    def __post_init__(self) -> None:
        x0, y0, x1, y1 = self.box_xyxy
        shape = (y1 - y0, x1 - x0)
        three = self.normals.ndim == 3 and self.normals.shape[2] == 3
        colours = self.rgb.shape == (*shape, 3) and self.rgb.dtype == np.uint8
        if self.alpha.shape != shape or not colours or not three:
            raise ValueError(
                f"alpha {self.alpha.shape}, rgb {self.rgb.dtype}{self.rgb.shape}, "
                f"normals {self.normals.shape} for box {shape}"
            )


class Engine(Protocol):
    """Draws heads. The same head, state and box always give the same layer; nothing is kept.

    device: what computes, in words.
    """

    name: str
    device: str

    def draw(self, head: HeadModel, state: HeadState, box_xyxy: Box, frame_rgb: U8) -> HeadLayer:
        """The head in its state, as far as it lies within the box.

        frame_rgb: (h, w, 3) uint8, the frame's pixels in the box.
        Whatever an engine cannot draw it leaves transparent; it never returns the frame's head.
        """
        ...
