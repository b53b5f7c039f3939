"""RotatedSquare: a square region of a frame, and the pixels inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8


@dataclass(frozen=True, slots=True)
class RotatedSquare:
    """A square in a frame; pixel centres are integers, y points down.

    center_xy: px. size_px: side length. angle_rad: clockwise turn of its x axis on the screen.
    """

    center_xy: tuple[float, float]
    size_px: float
    angle_rad: float

    def reach_px(self) -> float:
        """How far it reaches from its centre, to the sides as well as up and down."""
        turn = abs(math.cos(self.angle_rad)) + abs(math.sin(self.angle_rad))
        return self.size_px / 2 * turn

    def frame_from_crop(self, side_px: int) -> F64:
        """(2, 3) affine that takes pixels of the `side_px` crop of this square to the frame."""
        scale = self.size_px / side_px
        cos, sin = scale * math.cos(self.angle_rad), scale * math.sin(self.angle_rad)
        half = side_px / 2
        cx, cy = self.center_xy
        return np.array(
            [
                [cos, -sin, cx - cos * half + sin * half],
                [sin, cos, cy - sin * half - cos * half],
            ]
        )

    def crop(self, image: U8, side_px: int) -> U8:
        """(side_px, side_px, 3) uint8, the pixels inside, edges repeated outside the image.

        Strong shrinking averages first, or the networks would see, and follow, aliasing.
        """
        frame_from_crop = self.frame_from_crop(side_px)
        factor = int(self.size_px / side_px)
        if factor >= 2:
            image, origin = self._shrunk(image, factor)
            frame_from_crop[:, 2] -= origin
            frame_from_crop /= factor
            frame_from_crop[:, 2] += 0.5 / factor - 0.5
        cropped = cv2.warpAffine(
            image,
            frame_from_crop,
            (side_px, side_px),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(cropped, dtype=np.uint8)

    def _shrunk(self, image: U8, factor: int) -> tuple[U8, F64]:
        """The part of the image around the square, `factor` times smaller, and its corner in px."""
        height, width = image.shape[:2]
        reach = self.reach_px()
        low = np.floor(np.array(self.center_xy) - reach - factor).astype(int)
        high = np.ceil(np.array(self.center_xy) + reach + factor).astype(int)
        x0, y0 = np.clip(low, 0, np.array([width, height]) - factor)
        # Only whole blocks: a cut block at the edge would shift the averaged pixel's centre.
        across = max(1, (min(int(high[0]), width) - int(x0)) // factor)
        down = max(1, (min(int(high[1]), height) - int(y0)) // factor)
        part = image[y0 : y0 + down * factor, x0 : x0 + across * factor]
        small = cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8), np.array([x0, y0], dtype=np.float64)


def to_frame(points: F32, frame_from_crop: F64) -> F32:
    """(n, 3) float32: crop points moved to the frame, z scaled by the same factor as x and y."""
    scale = float(np.hypot(frame_from_crop[0, 0], frame_from_crop[1, 0]))
    moved = np.empty_like(points)
    moved[:, :2] = points[:, :2] @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    moved[:, 2] = points[:, 2] * scale
    return moved
