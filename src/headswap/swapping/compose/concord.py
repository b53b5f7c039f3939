"""Which parts of a background's views speak of the same thing, and so of what moves with it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool

# Views are compared at this size.
_COMPARED_PX = 400
_TURNS = 2
# Mean difference, in levels of 0..255, around a place from which a view shows something else.
_OTHER = 24.0
_MOST_GAP = 100.0
# How far that mean reaches, in compared pixels; and what counts where few views can be compared.
_NEAR_PX, _AROUND_PX, _AROUND = 15, 61, 0.05
# Where less than this part of the views is left is in dispute, and so are smaller islands beside.
_LEAST_SHARE, _ISLAND_PX = 0.5, 33


def agreeing(stack: list[U8], clears: list[U8]) -> tuple[list[U8], Bool]:
    """The clear planes without what differs from most views; and (h, w) what is in dispute.

    stack: pictures (h, w, 3) laid over each other. clears: (h, w) uint8 each, not 0 where one
    shows background. Something near under a moving camera is no person, but moves otherwise than
    what is behind; views then show it each time in another place, and where they do so by turns no
    one is right.
    """
    if len(stack) < 2:
        return clears, np.zeros(clears[0].shape, np.bool_)
    height, width = clears[0].shape
    ratio = min(1.0, _COMPARED_PX / max(height, width))
    size = (max(8, round(width * ratio)), max(8, round(height * ratio)))
    small = [
        np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8) for rgb in stack
    ]
    shown = [_resized(clear > 0, size) for clear in clears]
    kept = shown
    for _ in range(_TURNS):
        usual, count = _usual(small, kept)
        kept = [
            one & ~_other(rgb, one & (count > 1), usual)
            for rgb, one in zip(small, shown, strict=True)
        ]
    back = (width, height)
    before, after = (np.sum(planes, axis=0, dtype=np.float32) for planes in (shown, kept))
    disputed = np.asarray((before > 0) & (after < _LEAST_SHARE * before))
    disputed |= _islands(np.asarray((after > 0) & ~disputed), disputed)
    fewer = [
        np.where(_resized(one & ~other, back), np.uint8(0), clear)
        for one, other, clear in zip(shown, kept, clears, strict=True)
    ]
    return fewer, _resized(disputed, back)


def _islands(agreed: Bool, disputed: Bool) -> Bool:
    """(h, w) what of the agreed is narrow and lies beside what is in dispute."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_ISLAND_PX, _ISLAND_PX))
    plane = agreed.astype(np.uint8)
    wide = cv2.morphologyEx(plane, cv2.MORPH_OPEN, disc, borderType=cv2.BORDER_REPLICATE)
    beside = cv2.dilate(disputed.astype(np.uint8), disc, iterations=3)
    return agreed & (np.asarray(wide) == 0) & (np.asarray(beside) > 0)


def _resized(mask: Bool, size_wh: tuple[int, int]) -> Bool:
    return cv2.resize(mask.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST) > 0


def _usual(stack: list[U8], shown: list[Bool]) -> tuple[F32, F32]:
    """(h, w, 3) the middle of the views that show a place, and (h, w) how many those are."""
    # What is not shown is sorted behind all that is.
    luma = np.stack(
        [
            np.where(one, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.int16), 999)
            for rgb, one in zip(stack, shown, strict=True)
        ]
    )
    count = (luma < 999).sum(axis=0)
    order = np.argsort(luma, axis=0, kind="stable")
    middle = np.take_along_axis(order, np.maximum(count - 1, 0)[None] // 2, axis=0)
    pixels = np.take_along_axis(np.stack(stack), middle[..., None], axis=0)[0]
    return pixels.astype(np.float32), count.astype(np.float32)


def _other(rgb: U8, compared: Bool, usual: F32) -> Bool:
    """(h, w) where a view shows something else than is usual, or does so all around."""
    weight = compared.astype(np.float32)
    gap = np.minimum(np.abs(rgb - usual).max(axis=2), _MOST_GAP) * weight
    near, around = (_NEAR_PX, _NEAR_PX), (_AROUND_PX, _AROUND_PX)
    total = cv2.blur(gap, near) + _AROUND * cv2.blur(gap, around)
    share = cv2.blur(weight, near) + _AROUND * cv2.blur(weight, around)
    return np.asarray(total > _OTHER * np.maximum(share, 1e-4))
