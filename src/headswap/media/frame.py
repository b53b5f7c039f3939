"""One picture of a video: its 4:2:0 planes as stored, and RGB of any box of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import U8, Bool
from headswap.media.color import rgb_from_yuv, yuv_from_rgb

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """An upright 8-bit 4:2:0 picture in its video's own matrix and range.

    index: place in display order, from 0.  pts: presentation time in the video's time base.
    y: (H, W) uint8.  u, v: (ceil(H/2), ceil(W/2)) uint8.  All are read-only views.
    matrix, full_range: what turns the planes into RGB.  duration: in the time base, 0 if unknown.
    """

    index: int
    pts: int
    y: U8
    u: U8
    v: U8
    matrix: str
    full_range: bool
    duration: int = 0

    def __post_init__(self) -> None:
        height, width = self.y.shape
        half = ((height + 1) // 2, (width + 1) // 2)
        if self.u.shape != half or self.v.shape != half:
            raise ValueError(f"chroma {self.u.shape}, {self.v.shape} for luma {self.y.shape}")
        for plane in (self.y, self.u, self.v):
            if plane.dtype != np.uint8:
                raise ValueError(f"a plane is {plane.dtype}, not uint8")

    @classmethod
    def from_rgb(
        cls, index: int, pts: int, rgb: U8, matrix: str = "bt709", full_range: bool = False
    ) -> Frame:
        """A frame that shows (H, W, 3) uint8 `rgb`, each chroma sample the mean of its pixels."""
        y, u, v = _planes_from_rgb(rgb, matrix, full_range)
        return cls(index, pts, y, u, v, matrix, full_range)

    @property
    def width(self) -> int:
        return self.y.shape[1]

    @property
    def height(self) -> int:
        return self.y.shape[0]

    def rgb(self, box_xyxy: Box | None = None) -> U8:
        """(h, w, 3) uint8 RGB of the box, or of the whole picture; only the box is converted.

        Each chroma sample is used for its whole 2x2 block, so that `with_rgb` of an unchanged
        box gives the source's samples back (within two levels) instead of blurring them.
        Raises ValueError for a box that is empty or leaves the picture.
        """
        x0, y0, x1, y1 = self._checked(box_xyxy)
        rows, cols = slice(y0 // 2, (y1 + 1) // 2), slice(x0 // 2, (x1 + 1) // 2)
        top, left = y0 % 2, x0 % 2
        planes = [self.y[y0:y1, x0:x1]]
        for chroma in (self.u[rows, cols], self.v[rows, cols]):
            double = (chroma.shape[1] * 2, chroma.shape[0] * 2)
            wide = np.asarray(cv2.resize(chroma, double, interpolation=cv2.INTER_NEAREST), np.uint8)
            planes.append(wide[top : top + y1 - y0, left : left + x1 - x0])
        out = cv2.transform(cv2.merge(planes), rgb_from_yuv(self.matrix, self.full_range))
        return np.asarray(out, np.uint8).reshape(y1 - y0, x1 - x0, 3)

    def with_rgb(self, box_xyxy: Box, rgb: U8, changed: Bool | None = None) -> Frame:
        """This frame with the box's pixels replaced by (h, w, 3) uint8 `rgb`.

        The box starts on even pixels and ends on even ones or at the picture's edge. Where
        `changed` (h, w) is given, luma is written only where it is True and chroma only where any
        of its 2x2 luma is; every other byte stays the source's.
        Raises ValueError for an odd or outlying box and for shapes that do not fit it.
        """
        x0, y0, x1, y1 = self._checked(box_xyxy)
        odd_end = (x1 % 2 and x1 != self.width) or (y1 % 2 and y1 != self.height)
        if x0 % 2 or y0 % 2 or odd_end:
            raise ValueError(f"box {box_xyxy} is not on even pixels")
        if rgb.shape != (y1 - y0, x1 - x0, 3) or rgb.dtype != np.uint8:
            raise ValueError(f"rgb is {rgb.dtype}{rgb.shape} for box {box_xyxy}")
        if changed is not None and (changed.shape != rgb.shape[:2] or changed.dtype != np.bool_):
            raise ValueError(f"changed is {changed.dtype}{changed.shape} for box {box_xyxy}")
        new = _planes_from_rgb(rgb, self.matrix, self.full_range)
        half = None if changed is None else _any_of_four(changed)
        chroma_rows, chroma_cols = slice(y0 // 2, (y1 + 1) // 2), slice(x0 // 2, (x1 + 1) // 2)
        return replace(
            self,
            y=_pasted(self.y, (slice(y0, y1), slice(x0, x1)), new[0], changed),
            u=_pasted(self.u, (chroma_rows, chroma_cols), new[1], half),
            v=_pasted(self.v, (chroma_rows, chroma_cols), new[2], half),
        )

    def _checked(self, box_xyxy: Box | None) -> Box:
        if box_xyxy is None:
            return 0, 0, self.width, self.height
        x0, y0, x1, y1 = (int(side) for side in box_xyxy)
        if not (0 <= x0 < x1 <= self.width and 0 <= y0 < y1 <= self.height):
            raise ValueError(f"box {box_xyxy} is empty or leaves {self.width}x{self.height}")
        return x0, y0, x1, y1


def _planes_from_rgb(rgb: U8, matrix: str, full_range: bool) -> tuple[U8, U8, U8]:
    height, width = rgb.shape[:2]
    weights = yuv_from_rgb(matrix, full_range)
    # All three rows at once are several times as fast as one or two of them.
    luma = np.asarray(cv2.extractChannel(cv2.transform(rgb, weights), 0), np.uint8)
    if height % 2 or width % 2:
        rgb = np.asarray(
            cv2.copyMakeBorder(rgb, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8
        )
    half_wh = ((width + 1) // 2, (height + 1) // 2)
    mean = cv2.resize(rgb, half_wh, interpolation=cv2.INTER_AREA)
    mean = np.asarray(mean, np.uint8).reshape(*half_wh[::-1], 3)
    _, blue, red = cv2.split(cv2.transform(mean, weights))
    planes = (luma, np.asarray(blue, np.uint8), np.asarray(red, np.uint8))
    for plane in planes:
        plane.flags.writeable = False
    return planes


def _any_of_four(changed: Bool) -> Bool:
    height, width = changed.shape
    even = np.zeros((height + height % 2, width + width % 2), np.bool_)
    even[:height, :width] = changed
    return even[::2, ::2] | even[::2, 1::2] | even[1::2, ::2] | even[1::2, 1::2]


def _pasted(plane: U8, box: tuple[slice, slice], new: U8, where: Bool | None) -> U8:
    out = plane.copy()
    np.copyto(out[box], new, where=True if where is None else where)
    out.flags.writeable = False
    return out
