"""Plates: what a frame shows when the head is gone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8
from headswap.swapping.compose.body import complete_body
from headswap.swapping.compose.exemplar import fill_from_exemplars
from headswap.swapping.compose.removal import work_size
from headswap.swapping.matting import fill_smooth
from headswap.vision.mattes import Mattes

Box = tuple[int, int, int, int]
_CLEAR_CM = 0.3
# What was clear only once or twice was more likely a hand that no matte knew.
_LEAST_VIEWS, _LOOKS_A_VIEW = 3, 6
_LARGEST_GAP = 24.0
# Patches are sought for this many pixels in about a second.
_LARGEST_HOLE_PX = 12000


class BackgroundSum:
    """Adds up what is seen behind people in one shot, in the pixels of the shot's first frame.

    Whole numbers throughout, so that sums made apart and merged are the same to the last bit.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        self.total: I32 = np.zeros((height, width, 3), np.int32)
        self.count: I32 = np.zeros((height, width), np.int32)
        self.hidden: I32 = np.zeros((height, width), np.int32)
        self.looks = 0

    def add(self, rgb: U8, clear: U8, head: U8, box: Box, frame_from_first: F64) -> None:
        """Adds a crop (h, w, 3) where `clear` (h, w) uint8 is 1, and where a head hid it."""
        self.looks += 1
        x0, y0, x1, y1 = box
        if np.allclose(frame_from_first, np.eye(2, 3), atol=1e-3):
            self.total[y0:y1, x0:x1] += rgb * clear[..., None].astype(np.int32)
            self.count[y0:y1, x0:x1] += clear
            self.hidden[y0:y1, x0:x1] += head
            return
        matrix = np.asarray(frame_from_first, np.float64).copy()
        matrix[:, 2] -= [x0, y0]
        height, width = self.count.shape
        flags = cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(rgb, matrix, (width, height), flags=flags | cv2.INTER_LINEAR)
        solid = cv2.warpAffine(clear * 255, matrix, (width, height), flags=flags)
        ok = (solid > 250).astype(np.int32)
        self.total += moved * ok[..., None]
        self.count += ok
        behind = cv2.warpAffine(head, matrix, (width, height), flags=flags)
        self.hidden += behind.astype(np.int32)

    def save(self, path: Path) -> None:
        """Keeps the sums in a file."""
        np.savez(path, total=self.total, count=self.count, hidden=self.hidden, looks=self.looks)

    @staticmethod
    def load(path: Path) -> BackgroundSum:
        """The sums that `save` kept."""
        with np.load(path) as data:
            height, width = data["count"].shape
            loaded = BackgroundSum((width, height))
            loaded.total, loaded.count = data["total"], data["count"]
            loaded.hidden, loaded.looks = data["hidden"], int(data["looks"])
        return loaded

    def merge(self, other: BackgroundSum) -> None:
        self.total += other.total
        self.count += other.count
        self.hidden += other.hidden
        self.looks += other.looks

    def plate(self) -> Background:
        least = min(max(1, self.looks // _LOOKS_A_VIEW), _LEAST_VIEWS)
        mean = self.total / np.maximum(self.count, 1)[..., None]
        rgb, seen = np.round(mean).astype(np.uint8), self.count >= least
        never = ((self.hidden > 0) & ~seen).astype(np.uint8)
        if not never.any() or not seen.any():
            return Background(rgb, seen.astype(np.uint8))
        # Once for a shot, so that it is steady.
        ys, xs = np.nonzero(seen | (never > 0))
        window = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        source = seen[window].astype(np.uint8)
        rgb[window] = _filled(rgb[window], never[window], source)
        return Background(rgb, (seen | (never > 0)).astype(np.uint8))


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


class Background:
    """The plate of one shot: rgb (h, w, 3) uint8 and where it was seen or made up (h, w) uint8."""

    def __init__(self, rgb: U8, seen: U8) -> None:
        self.rgb = rgb
        self.seen = seen

    def crop(self, box: Box, frame_from_first: F64) -> tuple[U8, U8]:
        """The plate in a box of a frame: (h, w, 3) uint8, and where it is known, 0 or 1."""
        x0, y0, x1, y1 = box
        if np.allclose(frame_from_first, np.eye(2, 3), atol=1e-3):
            return self.rgb[y0:y1, x0:x1].copy(), self.seen[y0:y1, x0:x1].copy()
        matrix = np.asarray(frame_from_first, np.float64).copy()
        matrix[:, 2] -= [x0, y0]
        size = (x1 - x0, y1 - y0)
        rgb = cv2.warpAffine(self.rgb, matrix, size, flags=cv2.INTER_LINEAR)
        seen = cv2.warpAffine(self.seen * 255, matrix, size, flags=cv2.INTER_LINEAR)
        return np.asarray(rgb, np.uint8), (seen > 250).astype(np.uint8)


def clear_background(mattes: Mattes, head: F32, scale_px_cm: float) -> U8:
    """(h, w) uint8, 1 where a crop certainly shows background: no person, hair or head near."""
    taken = (mattes.person > 0.12) | (mattes.hair > 0.1) | (head > 0.02) | (mattes.clothes > 0.5)
    size = 2 * max(1, round(_CLEAR_CM * scale_px_cm)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return 1 - cv2.dilate(taken.astype(np.uint8), disc)


def headless(
    rgb: U8,
    mattes: Mattes,
    head: F32,
    landmarks: F32,
    scale_px_cm: float,
    plate: tuple[U8, U8],
) -> U8:
    """(h, w, 3) uint8: the crop as it would look without its head.

    head: (h, w) 0..1, the area to empty. plate: the shot's background in this box and where it is
    known. The rest of the crop is the crop.
    """
    height, width = head.shape
    work = work_size((width, height), scale_px_cm)
    ratio = work[0] / width

    def small(plane: F32 | U8) -> F32:
        return cv2.resize(plane, work, interpolation=cv2.INTER_AREA).astype(np.float32)

    clear = clear_background(mattes, head, scale_px_cm)
    plate_rgb, plate_known = plate
    known = clear | plate_known
    source = np.asarray(cv2.copyTo(rgb, clear, plate_rgb), np.uint8)
    # What has to be made up is smooth anyway, and is made at working size.
    sure = small(known)
    seen = cv2.copyTo(source, known)
    mean = small(np.asarray(seen, np.uint8)) / np.maximum(sure, np.float32(1e-3))[..., None]
    filled = fill_smooth(mean, sure)
    planes = Mattes(*(small(p) for p in (mattes.person, mattes.hair, mattes.skin, mattes.clothes)))
    scaled = landmarks * np.float32(ratio)
    body = complete_body(small(rgb), planes, small(head), scaled, scale_px_cm * ratio)
    window = _bounds(head)
    made_up = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR)[window]
    background = np.where(known[window][..., None] > 0, source[window], made_up)
    alpha = cv2.resize(body.alpha, (width, height), interpolation=cv2.INTER_LINEAR)[window]
    dressed = cv2.resize(body.rgb, (width, height), interpolation=cv2.INTER_LINEAR)[window]
    beneath = background + alpha[..., None] * (dressed - background) + 0.5
    emptied = rgb.copy()
    inside = head[window][..., None] > 0
    np.copyto(emptied[window], np.clip(beneath, 0, 255).astype(np.uint8), where=inside)
    return emptied


def _bounds(head: F32) -> tuple[slice, slice]:
    """Rows and columns outside of which there is no head."""
    x, y, width, height = cv2.boundingRect((head > 0).astype(np.uint8))
    return slice(y, y + height), slice(x, x + width)


def settle(plate: U8, rgb: U8, head: F32) -> U8:
    """The plate with its slow differences from this frame, seen around the head, taken out.

    Light changes and the last pixels of misalignment would show as a rim; the difference on the
    visible side is continued smoothly over the hidden one. plate, rgb: (h, w, 3) uint8; head:
    (h, w) float32 0..1.
    """
    height, width = head.shape
    small = (max(8, width // 4), max(8, height // 4))
    weight = (cv2.resize(head, small, interpolation=cv2.INTER_AREA) < 0.01).astype(np.float32)
    # Only a band around the head speaks for it; far away other things may move.
    near = cv2.dilate(1 - weight, np.ones((7, 7), np.uint8))
    pair = [
        cv2.resize(image, small, interpolation=cv2.INTER_AREA).astype(np.float32)
        for image in (rgb, plate)
    ]
    # Large differences are motion, not light.
    gap = np.clip(pair[0] - pair[1], -_LARGEST_GAP, _LARGEST_GAP)
    offset = fill_smooth(gap, weight * near) + 128
    offset = np.clip(offset + 0.5, 0, 255).astype(np.uint8)
    offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(plate, 1.0, offset, 1.0, -128.0), np.uint8)
