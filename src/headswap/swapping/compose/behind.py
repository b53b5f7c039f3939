"""What is behind and below a head in any frame: a plate carried by the camera, a body by itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.swapping.compose.follow import corners_of, in_crops, inverse, joined, moved_by
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.mosaic import Plate, laid_over

Box = tuple[int, int, int, int]
FOLLOW_PX_PER_CM = 4.0
_BODY_CORNERS, _PLATE_CORNERS = 50, 300
# A background is laid over a frame at this size.
_LAID_PX = 320
# Body is followed this far around the neck.
_BESIDE_CM, _BELOW_CM, _UNDER_CM = 16.0, 20.0, 2.0
# From so much alpha (of 255) on it is body, and up to so much of a head it is none.
_SOLID, _BARE = 160, 0.01
_FREE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class KeyBody:
    """The body of a key frame, to be carried to other frames.

    layer: (h, w, 4) uint8 in `box` of the key frame, see `body_layer`. grey: (h', w') uint8 the
    same box, smaller by `ratio`. points: (n, 2) places on the body in `grey`. neck_xy: (2,) px.
    top: the row of the frame above which there is no body, not even beyond the box.
    """

    box: Box
    layer: U8
    grey: U8
    ratio: float
    points: F32
    neck_xy: F64
    top: float

    @staticmethod
    def of(
        rgb: U8, box: Box, layer: U8, head: F32, neck_xy: F64, unit: float, ratio: float
    ) -> KeyBody:
        """The body in a crop; head: (h, w) 0..1; neck_xy: where the neck begins, in the frame."""
        grey = grey_of(rgb, ratio)
        size = grey.shape[::-1]
        alpha = np.ascontiguousarray(layer[..., 3])
        free = (shrunk(alpha, size) > _SOLID) & (shrunk(head, size) < _BARE)
        # Around the neck, in px of the small picture.
        x, y = (neck_xy - box[:2]) * ratio
        rows, columns = np.arange(size[1])[:, None], np.arange(size[0])[None]
        free &= np.abs(columns - x) < _BESIDE_CM * unit * ratio
        free &= (rows < y + _BELOW_CM * unit * ratio) & (rows > y + _UNDER_CM * unit * ratio)
        mask = np.asarray(cv2.erode(free.astype(np.uint8), np.ones((3, 3), np.uint8)), np.uint8)
        points = corners_of(grey, mask, _BODY_CORNERS)
        first = int(alpha.any(axis=1).argmax())
        top = float(box[1] + first) if first else -np.inf
        return KeyBody(box, layer, grey, ratio, points, neck_xy, top)

    def motion(self, grey: U8, box: Box, neck_xy: F64) -> F64:
        """(2, 3) how the body's pixels come into a frame, of which `grey` is a box.

        As what is seen of it moves, and as the neck does where nothing can be followed.
        """
        carried = np.eye(2, 3)
        carried[:, 2] = neck_xy - self.neck_xy
        guess = in_crops(carried, self.box[:2], box[:2])
        guess[:, 2] *= self.ratio
        moved = moved_by(self.grey, grey, self.points, guess)
        if moved is None:
            return carried
        moved[:, 2] /= self.ratio
        return in_crops(moved, (-self.box[0], -self.box[1]), (-box[0], -box[1]))

    def first_row(self, motion: F64, box: Box) -> int:
        """The row of a frame above which no body comes into a box by a motion."""
        # The key frame's row from which a pixel comes, which is higher up for pixels higher up.
        across, down, shift = inverse(motion)[1]
        if down <= 0 or not np.isfinite(self.top):
            return box[1]
        lowest = max(across * box[0], across * box[2]) + shift
        return int(np.clip((self.top - 1 - lowest) / down, box[1], box[3] - 1))


def grey_of(rgb: U8, ratio: float) -> U8:
    """(h, w) uint8: a picture without colour, smaller by a ratio of at most 1."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if ratio < 1:
        size = (max(1, round(rgb.shape[1] * ratio)), max(1, round(rgb.shape[0] * ratio)))
        # By way of halves fewer places are found again.
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


class Backdrop:
    """A plate that is shown in frames, laid exactly over what they show of it."""

    def __init__(self, plate: Plate) -> None:
        self.plate = plate
        # A plate of a still camera is shown as it is.
        self._still = bool((plate.corrections == np.eye(2, 3)).all())
        grey = np.asarray(cv2.cvtColor(plate.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        seen = np.asarray(cv2.erode(plate.seen * np.uint8(255), np.ones((9, 9), np.uint8)))
        self._corners = corners_of(grey, np.asarray(seen, np.uint8), _PLATE_CORNERS)

    def motion(self, frame: int, box: Box, frame_from_plate: F64, rgb: U8, taken: F32) -> F64:
        """(2, 3) what carries the plate into a frame, found in a box of it.

        frame_from_plate: what the camera is known to have done since the plate's frame. rgb:
        (h, w, 3) the frame in the box. taken: 0..1, that size or smaller: what of the frame is
        no background.
        """
        known = self.plate.correction(frame)
        about = joined(inverse(known), frame_from_plate)
        if self._still and np.array_equal(frame_from_plate, np.eye(2, 3)):
            return about
        points = self._corners + np.array(self.plate.corner_xy, np.float32)
        points = points @ about[:, :2].T + about[:, 2] - np.array(box[:2])
        height, width = taken.shape
        scale = np.array([width / rgb.shape[1], height / rgb.shape[0]])
        columns, rows = np.floor(points * scale).astype(int).T
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        inside[inside] = taken[rows[inside], columns[inside]] < _FREE
        free = points[inside].astype(np.float32)
        ratio = min(1.0, _LAID_PX / max(rgb.shape))
        there, here = grey_of(rgb, ratio), grey_of(self.plate.crop(box, about, ratio), 1.0)
        both = cv2.resize(taken, here.shape[::-1], interpolation=cv2.INTER_LINEAR) < _FREE
        moved = laid_over(here, there, both.astype(np.uint8), free * np.float32(ratio))
        moved[:, 2] /= ratio
        here_too = in_crops(moved, (-box[0], -box[1]), (-box[0], -box[1]))
        return joined(about, here_too)
