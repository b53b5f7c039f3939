"""Puts the views of one background together: aligned, without what stood in it, filled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, F64, I64, U8
from headswap.swapping.compose.exemplar import fill_from_exemplars
from headswap.swapping.compose.follow import corners_of, in_crops, joined, moved_by, shift_of
from headswap.swapping.matting import fill_smooth

Box = tuple[int, int, int, int]
# What was clear only once or twice of many times was more likely a hand that no matte knew.
_LEAST_VIEWS, _LOOKS_A_VIEW = 3, 6
# Patches are sought for this many pixels in about a second.
_LARGEST_HOLE_PX = 30000
_CORNERS = 250
_CERTAIN = 2
_REST_PX = 0.3
# A motion that makes pictures no more alike than this was found in noise.
_BETTER = 0.9
# Views this near to the middle one, in levels of 0..255, speak of the same thing.
_SAME = 12
# A wall whose detail is below the first deviation is plain, above the second it has a pattern.
_PLAIN, _PATTERN = 2.0, 7.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one frame shows of a background, in a box of it.

    rgb: (h, w, 3) uint8. clear: (h, w) uint8, 2 where it certainly is background, 1
    where it likely is. hidden: (h, w)
    uint8, 1 where a head that is to come off is.
    """

    frame: int
    box: Box
    rgb: U8
    clear: U8
    hidden: U8

    def __post_init__(self) -> None:
        shape = (self.box[3] - self.box[1], self.box[2] - self.box[0])
        for name in ("clear", "hidden"):
            plane: U8 = getattr(self, name)
            if plane.shape != shape or plane.dtype != np.uint8:
                raise ValueError(f"View.{name} is {plane.dtype}{plane.shape}, not uint8{shape}")
        if self.rgb.shape != (*shape, 3) or self.rgb.dtype != np.uint8:
            raise ValueError(f"View.rgb is {self.rgb.dtype}{self.rgb.shape} in a box of {shape}")

    def save(self, path: Path) -> None:
        """Keeps the view in a file."""
        box = np.array([self.frame, *self.box])
        np.savez(path, at=box, rgb=self.rgb, clear=self.clear, hidden=self.hidden)

    @staticmethod
    def load(path: Path) -> View:
        """The view that `save` kept."""
        with np.load(path) as data:
            frame, x0, y0, x1, y1 = (int(value) for value in data["at"])
            return View(frame, (x0, y0, x1, y1), data["rgb"], data["clear"], data["hidden"])


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """A background without people, in the pixels of one frame.

    corner_xy: where in that frame the plate begins. rgb: (h, w, 3) uint8. seen: (h, w) uint8, 1
    where a frame showed it, 0 where it is made up. frames: (n,) int64, those it was gathered from,
    rising; corrections: (n, 2, 3) float64, what moves a pixel that the camera's motion has brought
    from there into the plate's frame to where it belongs.
    """

    corner_xy: tuple[int, int]
    rgb: U8
    seen: U8
    frames: I64
    corrections: F64

    def save(self, path: Path) -> None:
        """Keeps the plate in a file."""
        corner = np.array(self.corner_xy)
        np.savez(
            path,
            corner=corner,
            rgb=self.rgb,
            seen=self.seen,
            frames=self.frames,
            corrections=self.corrections,
        )

    @staticmethod
    def load(path: Path) -> Plate:
        """The plate that `save` kept."""
        with np.load(path) as data:
            x, y = (int(value) for value in data["corner"])
            frames, corrections = data["frames"], data["corrections"]
            return Plate((x, y), data["rgb"], data["seen"], frames, corrections)

    def correction(self, frame: int) -> F64:
        """(2, 3) the correction of any frame, between those of its neighbours."""
        flat = self.corrections.reshape(-1, 6)
        between = [np.interp(frame, self.frames, flat[:, k]) for k in range(6)]
        return np.array(between).reshape(2, 3)

    def crop(self, box: Box, frame_from_plate: F64, ratio: float = 1.0) -> U8:
        """(h, w, 3) uint8: the plate in a box of a frame, smaller by `ratio`.

        The motion is one of whole frames at full size.
        """
        matrix = ratio * in_crops(frame_from_plate, self.corner_xy, box[:2])
        size = (round((box[2] - box[0]) * ratio), round((box[3] - box[1]) * ratio))
        return _warped(self.rgb, matrix, size)


def plate_of(views: list[View], motions: list[F64], zone: Box, reference: int) -> Plate:
    """The plate of a zone of the reference frame out of views in any order.

    motions: for each view (2, 3) about how its frame's pixels come into the reference's. What no
    view shows is made up, once, so that it is steady: in patterns by patches, else smoothly.
    """
    size = (zone[2] - zone[0], zone[3] - zone[1])
    order = sorted(range(len(views)), key=lambda i: (abs(views[i].frame - reference), i))
    stack, clears = [np.zeros((size[1], size[0], 3), np.uint8)][:0], [np.zeros(0, np.uint8)][:0]
    hidden = np.zeros((size[1], size[0]), np.uint8)
    corrections: dict[int, F64] = {}
    for i in order:
        matrix = in_crops(motions[i], views[i].box[:2], zone[:2])
        corrected = np.eye(2, 3)
        if stack:
            corrected = _correction(views[i], matrix, stack, clears)
            matrix = joined(matrix, corrected)
        corrections[views[i].frame] = in_crops(corrected, *_whole(zone))
        stack.append(_warped(views[i].rgb, matrix, size))
        certain = _inside((views[i].clear == _CERTAIN).astype(np.uint8), matrix, size)
        clears.append(certain + _inside((views[i].clear > 0).astype(np.uint8), matrix, size))
        behind = cv2.warpAffine(views[i].hidden, matrix, size, flags=cv2.INTER_LINEAR)
        hidden |= np.asarray(behind, np.uint8)
    if not stack:
        nothing, one = np.zeros((size[1], size[0]), np.uint8), np.eye(2, 3)[None]
        nowhere = np.array([reference])
        return Plate((zone[0], zone[1]), np.dstack([nothing] * 3), nothing, nowhere, one)
    least = min(max(1, len(views) // _LOOKS_A_VIEW), _LEAST_VIEWS)
    rgb, count = _middle(np.stack(stack, axis=2), np.stack(clears, axis=2), least, _SAME)
    seen = (count >= least).astype(np.uint8)
    frames = np.array(sorted(corrections))
    corrected = np.stack([corrections[frame] for frame in sorted(corrections)])
    return Plate((zone[0], zone[1]), _completed(rgb, seen, hidden), seen, frames, corrected)


def _whole(zone: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a zone begins, for motions in it to be made ones of the whole frame."""
    return (-zone[0], -zone[1]), (-zone[0], -zone[1])


def _correction(view: View, matrix: F64, stack: list[U8], clears: list[U8]) -> F64:
    """(2, 3) what lays the view, moved into the zone, exactly over what others show of it."""
    height, width = stack[0].shape[:2]
    known, target = clears[0] // 2, stack[0].copy()
    for rgb, clear in zip(stack[1:], clears[1:], strict=True):
        cv2.copyTo(rgb, clear // 2 & (1 - known), target)
        known |= clear // 2
    there = cv2.cvtColor(target, cv2.COLOR_RGB2GRAY)
    here = cv2.cvtColor(_warped(view.rgb, matrix, (width, height)), cv2.COLOR_RGB2GRAY)
    certain = (view.clear == _CERTAIN).astype(np.uint8)
    both = np.asarray(
        cv2.erode(known & _inside(certain, matrix, (width, height)), np.ones((5, 5), np.uint8)),
        np.uint8,
    )
    return laid_over(np.asarray(here, np.uint8), np.asarray(there, np.uint8), both)


def laid_over(here: U8, there: U8, both: U8, corners: F32 | None = None) -> F64:
    """(2, 3) the small motion after which one picture (h, w) lies over another.

    both: (h, w) uint8, 1 where they should show the same. corners: (n, 2) places to follow.
    """
    guess = np.eye(2, 3)
    guess[:, 2] = shift_of(here, there, both)
    points = corners_of(here, both, _CORNERS) if corners is None else corners
    moved = moved_by(here, there, points, guess)
    moved = guess if moved is None else moved
    height, width = here.shape
    far = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ moved.T
    off = np.linalg.norm(far - [[0, 0], [width, 0], [0, height], [width, height]], axis=1)
    # Less is noise, and what is at rest stays so to the last bit.
    rests = off.max() < _REST_PX or _gap(here, there, both, moved) > _BETTER * _gap(
        here, there, both, np.eye(2, 3)
    )
    return np.eye(2, 3) if rests else moved


def _gap(here: U8, there: U8, both: U8, motion: F64) -> float:
    """How much a moved picture differs from another, 0..255, without noise."""
    size = here.shape[::-1]
    moved = cv2.warpAffine(here, motion, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(both, motion, size, flags=cv2.INTER_NEAREST)
    pair = (cv2.GaussianBlur(picture, (0, 0), 1.2) for picture in (moved, there))
    return cv2.mean(cv2.absdiff(*pair), np.asarray(inside, np.uint8))[0]


def _warped(rgb: U8, matrix: F64, size_wh: tuple[int, int]) -> U8:
    whole = np.round(matrix[:, 2])
    if np.allclose(matrix[:, :2], np.eye(2), atol=1e-6) and np.allclose(
        matrix[:, 2], whole, atol=1e-3
    ):
        flags = cv2.INTER_NEAREST
    else:
        flags = cv2.INTER_CUBIC
    border = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpAffine(rgb, matrix, size_wh, flags=flags, borderMode=border), np.uint8
    )


def _inside(plane: U8, matrix: F64, size_wh: tuple[int, int]) -> U8:
    """Where all of a moved pixel is 1."""
    moved = cv2.warpAffine(plane * np.uint8(255), matrix, size_wh, flags=cv2.INTER_LINEAR)
    return (np.asarray(moved) > 250).astype(np.uint8)


@njit(cache=True, nogil=True)
def _middle(stack: U8, clear: U8, least: int, same: int) -> tuple[U8, U8]:
    """(h, w, 3) the mean of the clear views near the middle one, and (h, w) how many those are.

    stack: (h, w, k, 3). clear: (h, w, k), see `View`; what is only likely counts where fewer than
    `least` views are certain. The middle by brightness, so that what passes through the picture,
    and a matte's error, has no say.
    """
    height, width, views = clear.shape
    out = np.zeros((height, width, 3), np.uint8)
    count = np.zeros((height, width), np.uint8)
    order = np.zeros(views, np.int32)
    luma = np.zeros(views, np.int32)
    for y in range(height):
        for x in range(width):
            n = 0
            certain = 0
            for k in range(views):
                certain += clear[y, x, k] == 2
            wanted = 2 if certain >= least else 1
            for k in range(views):
                if clear[y, x, k] >= wanted:
                    r, g, b = stack[y, x, k, 0], stack[y, x, k, 1], stack[y, x, k, 2]
                    value = 2 * np.int32(r) + 3 * np.int32(g) + np.int32(b)
                    place = n
                    while place > 0 and luma[place - 1] > value:
                        luma[place], order[place] = luma[place - 1], order[place - 1]
                        place -= 1
                    luma[place], order[place] = value, k
                    n += 1
            if n == 0:
                continue
            middle = luma[n // 2]
            red, green, blue, near = 0, 0, 0, 0
            for j in range(n):
                if abs(luma[j] - middle) <= 6 * same:
                    red += stack[y, x, order[j], 0]
                    green += stack[y, x, order[j], 1]
                    blue += stack[y, x, order[j], 2]
                    near += 1
            out[y, x, 0] = (red + near // 2) // near
            out[y, x, 1] = (green + near // 2) // near
            out[y, x, 2] = (blue + near // 2) // near
            count[y, x] = n
    return out, count


def _completed(rgb: U8, seen: U8, hidden: U8) -> U8:
    """The plate with all that was never seen made up."""
    if not seen.any():
        return rgb
    smooth = fill_smooth(rgb.astype(np.float32), seen.astype(np.float32))
    result = np.where(seen[..., None] > 0, rgb, np.clip(smooth + 0.5, 0, 255).astype(np.uint8))
    never = (hidden > 0) & (seen == 0)
    if not never.any():
        return result
    ys, xs = np.nonzero((seen > 0) | never)
    window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    patched = _filled(rgb[window], never[window].astype(np.uint8), seen[window])
    share = _patterned(rgb[window], seen[window])[..., None]
    mixed = smooth[window] + share * (patched - smooth[window])
    hole = never[window][..., None]
    result[window] = np.where(hole, np.clip(mixed + 0.5, 0, 255).astype(np.uint8), result[window])
    return result


def _patterned(rgb: U8, seen: U8) -> np.ndarray:
    """(h, w) float32 0..1: how much of a pattern there is around, continued into the unknown."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    weight = seen.astype(np.float32)
    share = np.maximum(cv2.blur(weight, (9, 9)), 1e-3)
    mean = cv2.blur(grey * weight, (9, 9)) / share
    square = cv2.blur(((grey - mean) * weight) ** 2, (9, 9)) / share
    deviation = np.sqrt(np.maximum(square, 0))
    strong = np.clip((deviation - _PLAIN) / (_PATTERN - _PLAIN), 0, 1)
    wide = cv2.dilate((strong * weight).astype(np.float32), np.ones((15, 15), np.uint8))
    return fill_smooth(wide[..., None], weight)[..., 0]


def _filled(rgb: U8, hole: U8, source: U8) -> U8:
    """The picture with its hole filled; a very large hole is filled at a smaller scale."""
    shrink = np.sqrt(max(1.0, cv2.countNonZero(hole) / _LARGEST_HOLE_PX))
    if shrink <= 1.0:
        return fill_from_exemplars(rgb, hole, source)
    size = (round(rgb.shape[1] / shrink), round(rgb.shape[0] / shrink))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    gap, usable = (
        cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        for plane in (hole, source)
    )
    filled = fill_from_exemplars(
        small, (gap > 0).astype(np.uint8), ((usable > 0.99) & (gap == 0)).astype(np.uint8)
    )
    wide = cv2.resize(filled, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None] > 0, wide, rgb).astype(np.uint8)
