"""Puts the views of one background together: aligned, without what stood in it, filled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numba import njit

from headswap.arrays import F32, F64, I64, U8
from headswap.swapping.carried import slid
from headswap.swapping.compose.by_brightness import queue_up
from headswap.swapping.compose.concord import agreeing
from headswap.swapping.compose.follow import corners_of, in_crops, joined, moved_by, shift_of
from headswap.swapping.compose.made_up import completed
from headswap.swapping.compose.unmoved import add_unmoved

Box = tuple[int, int, int, int]
# What was clear only once or twice of many times was more likely a hand that no matte knew.
_LEAST_VIEWS, _LOOKS_A_VIEW = 3, 6
_CORNERS = 250
_CERTAIN = 2
_REST_PX = 0.3
# A motion that makes pictures no more alike than this was found in noise.
_BETTER = 0.9
# Views this near to the middle one, in levels of 0..255, speak of the same thing.
_SAME = 12


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one frame shows of a background, in a box of it.

    rgb: (h, w, 3) uint8. clear: (h, w) uint8, 2 where it certainly is background, 1
    where it likely is. doubtful: (h, w) uint8, 1 where it may be, if it stays as it is while the
    head moves. hidden: (h, w) uint8, 1 where a head that is to come off is.
    """

    frame: int
    box: Box
    rgb: U8
    clear: U8
    doubtful: U8
    hidden: U8

    def __post_init__(self) -> None:
        shape = (self.box[3] - self.box[1], self.box[2] - self.box[0])
        for name in ("clear", "doubtful", "hidden"):
            plane: U8 = getattr(self, name)
            if plane.shape != shape or plane.dtype != np.uint8:
                raise ValueError(f"View.{name} is {plane.dtype}{plane.shape}, not uint8{shape}")
        if self.rgb.shape != (*shape, 3) or self.rgb.dtype != np.uint8:
            raise ValueError(f"View.rgb is {self.rgb.dtype}{self.rgb.shape} in a box of {shape}")

    def save(self, path: Path) -> None:
        """Keeps the view in a file; one array after the other, which takes a third of the time."""
        at = np.array([self.frame, *self.box])
        with path.open("wb") as file:
            for array in (at, self.rgb, self.clear, self.doubtful, self.hidden):
                np.save(file, array)

    @staticmethod
    def load(path: Path) -> View:
        """The view that `save` kept."""
        with path.open("rb") as file:
            at, rgb, clear, doubtful, hidden = (np.load(file) for _ in range(5))
        frame, x0, y0, x1, y1 = (int(value) for value in at)
        return View(frame, (x0, y0, x1, y1), rgb, clear, doubtful, hidden)


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

    def made_up(self, box: Box, frame_from_plate: F64, ratio: float = 0.25) -> U8:
        """(h, w) uint8: 255 where the plate, see `crop`, is a guess."""
        matrix = ratio * in_crops(frame_from_plate, self.corner_xy, box[:2])
        size = (round((box[2] - box[0]) * ratio), round((box[3] - box[1]) * ratio))
        guessed = np.uint8(255) * (1 - self.seen)
        return np.asarray(cv2.warpAffine(guessed, matrix, size, borderValue=255), np.uint8)


def plate_of(views: list[View], motions: list[F64], zone: Box, reference: int) -> Plate:
    """The plate of a zone of the reference frame out of views in any order.

    motions: for each view (2, 3) about how its frame's pixels come into the reference's. What no
    view shows is made up, once, so that it is steady: in patterns by patches, else smoothly.
    """
    size = (zone[2] - zone[0], zone[3] - zone[1])
    laid = _Laid(size)
    # Before a still camera what is near stays where it is, as what is far does.
    still = all(np.array_equal(motion, np.eye(2, 3)) for motion in motions)
    corrections: dict[int, F64] = {}
    for i in sorted(range(len(views)), key=lambda i: (abs(views[i].frame - reference), i)):
        matrix = in_crops(motions[i], views[i].box[:2], zone[:2])
        corrected = np.eye(2, 3)
        if laid.stack:
            corrected = laid.correction(views[i], matrix, still)
        corrections[views[i].frame] = in_crops(corrected, *_whole(zone))
        laid.add(views[i], joined(matrix, corrected))
    if not laid.stack:
        nothing, one = np.zeros((size[1], size[0]), np.uint8), np.eye(2, 3)[None]
        nowhere = np.array([reference])
        return Plate((zone[0], zone[1]), np.dstack([nothing] * 3), nothing, nowhere, one)
    rgb, seen = laid.merged(not still)
    frames = np.array(sorted(corrections))
    corrected = np.stack([corrections[frame] for frame in sorted(corrections)])
    return Plate((zone[0], zone[1]), rgb, seen, frames, corrected)


class _Laid:
    """Views laid over each other in a zone: pictures, and each plane of theirs."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self._size = size_wh
        self.stack: list[U8] = []
        self.clears: list[U8] = []
        self._doubts: list[U8] = []
        self._heads: list[U8] = []
        # What is certain by now, and in grey what it looks like.
        self._known: U8 = np.zeros(size_wh[::-1], np.uint8)
        self._grey: U8 = np.zeros_like(self._known)

    def correction(self, view: View, matrix: F64, still: bool) -> F64:
        """(2, 3) what lays a view, moved by (2, 3) a matrix, exactly over what others show of it.

        still: whether the camera does not seem to move.
        """
        here = _grey(_warped(view.rgb, matrix, self._size))
        certain = _inside((view.clear == _CERTAIN).astype(np.uint8), matrix, self._size)
        square = np.ones((5, 5), np.uint8)
        both = np.asarray(cv2.erode(self._known & certain, square), np.uint8)
        if still:
            small, known = _halved(here), _halved(self._grey)
            coarse = laid_over(small, known, both[::2, ::2], rest_px=_REST_PX / 2)
            if np.array_equal(coarse, np.eye(2, 3)):
                return coarse
        return laid_over(here, self._grey, both)

    def add(self, view: View, matrix: F64) -> None:
        """Lays a view on, moved by (2, 3) a matrix."""
        size = self._size
        rgb = _warped(view.rgb, matrix, size)
        certain = _inside((view.clear == _CERTAIN).astype(np.uint8), matrix, size)
        grey, known = _grey(rgb), self._known
        if self.stack:
            grey = np.asarray(cv2.copyTo(grey, certain & (1 - known), self._grey), np.uint8)
        self._grey, self._known = grey, known | certain
        self.stack.append(rgb)
        self.clears.append(certain + _inside((view.clear > 0).astype(np.uint8), matrix, size))
        self._doubts.append(_inside(view.doubtful, matrix, size))
        head = cv2.warpAffine(view.hidden, matrix, size, flags=cv2.INTER_LINEAR)
        self._heads.append(np.asarray(head, np.uint8))

    def merged(self, moving: bool) -> tuple[U8, U8]:
        """(h, w, 3) the whole background, and (h, w) what of it was seen; gives the views up."""
        least = min(max(1, len(self.stack) // _LOOKS_A_VIEW), _LEAST_VIEWS)
        clears, doubts = self.clears, self._doubts
        disputed = np.zeros(clears[0].shape, np.bool_)
        if moving:
            clears, disputed = agreeing(self.stack, clears)
            doubts = [np.where(disputed, np.uint8(0), doubt) for doubt in doubts]
        pictures = np.stack(self.stack)
        # All views of a shot at once are what planning takes the most memory for.
        self.stack.clear()
        rgb, count = _middle(pictures, np.stack(clears), least, _SAME)
        seen = ((count >= least) & ~disputed).astype(np.uint8)
        add_unmoved(rgb, seen, pictures, clears, doubts, self._heads)
        del pictures
        return completed(rgb, seen, np.maximum.reduce(self._heads), disputed), seen


def _whole(zone: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a zone begins, for motions in it to be made ones of the whole frame."""
    return (-zone[0], -zone[1]), (-zone[0], -zone[1])


def _grey(rgb: U8) -> U8:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _halved(grey: U8) -> U8:
    """(h, w) uint8 at half the size, rounded up, as every second pixel is counted."""
    height, width = grey.shape
    odd = cv2.copyMakeBorder(grey, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(odd, half, interpolation=cv2.INTER_AREA), np.uint8)


def laid_over(
    here: U8, there: U8, both: U8, corners: F32 | None = None, rest_px: float = _REST_PX
) -> F64:
    """(2, 3) the small motion after which one picture (h, w) lies over another.

    both: (h, w) uint8, 1 where they should show the same. corners: (n, 2) places to follow.
    rest_px: a motion of less is none.
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
    rests = off.max() < rest_px or _gap(here, there, both, moved) > _BETTER * _gap(
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


def _by_whole_pixels(matrix: F64) -> bool:
    whole = np.round(matrix[:, 2])
    shifts = np.allclose(matrix[:, :2], np.eye(2), atol=1e-6)
    return shifts and np.allclose(matrix[:, 2], whole, atol=1e-3)


def _warped(rgb: U8, matrix: F64, size_wh: tuple[int, int]) -> U8:
    if _by_whole_pixels(matrix):
        left, top = np.round(-matrix[:, 2]).astype(int)
        return slid(rgb, (int(left), int(top)), size_wh)
    border = cv2.BORDER_REPLICATE
    warped = cv2.warpAffine(rgb, matrix, size_wh, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(warped, np.uint8)


def _inside(plane: U8, matrix: F64, size_wh: tuple[int, int]) -> U8:
    """Where all of a moved pixel is 1."""
    if _by_whole_pixels(matrix):
        return np.asarray(cv2.warpAffine(plane, matrix, size_wh, flags=cv2.INTER_NEAREST), np.uint8)
    moved = cv2.warpAffine(plane * np.uint8(255), matrix, size_wh, flags=cv2.INTER_LINEAR)
    return (np.asarray(moved) > 250).astype(np.uint8)


@njit(cache=True, nogil=True)
def _middle(stack: U8, clear: U8, least: int, same: int) -> tuple[U8, U8]:
    """(h, w, 3) the mean of the clear views near the middle one, and (h, w) how many those are.

    stack: (k, h, w, 3). clear: (k, h, w), see `View`; what is only likely counts where fewer than
    `least` views are certain. The middle by brightness, so that what passes through the picture,
    and a matte's error, has no say.
    """
    views, height, width = clear.shape
    out = np.zeros((height, width, 3), np.uint8)
    count = np.zeros((height, width), np.uint8)
    order = np.zeros(views, np.int32)
    luma = np.zeros(views, np.int32)
    for y in range(height):
        for x in range(width):
            n = 0
            certain = 0
            for k in range(views):
                certain += clear[k, y, x] == 2
            wanted = 2 if certain >= least else 1
            for k in range(views):
                if clear[k, y, x] >= wanted:
                    queue_up(luma, order, n, stack[k, y, x], k)
                    n += 1
            if n == 0:
                continue
            middle = luma[n // 2]
            red, green, blue, near = 0, 0, 0, 0
            for j in range(n):
                if abs(luma[j] - middle) <= 6 * same:
                    red += stack[order[j], y, x, 0]
                    green += stack[order[j], y, x, 1]
                    blue += stack[order[j], y, x, 2]
                    near += 1
            out[y, x, 0] = (red + near // 2) // near
            out[y, x, 1] = (green + near // 2) // near
            out[y, x, 2] = (blue + near // 2) // near
            count[y, x] = n
    return out, count
