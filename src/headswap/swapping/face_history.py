"""What a face usually looks like over a shot, in what light, and how strange something is there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.face_sheet import TEXELS_PER_CM, sheet_inner

# A median needs no more glimpses than this.
_MOST = 24
_LEAST = 3
_ROUNDS = 2
# How far a colour may be from what is usual, in levels of 255.
_LEVELS, _SHARE, _SPREADS, _LARGEST = 6.0, 0.05, 1.5, 45.0
# A change of brightness alone is more likely a shadow.
_SHADOW = 0.45
# Light varies linearly over about a face.
_SPAN_CM = 17.0
# Every so manieth texel tells of the light, of at least so many places that are not black.
_FIT_STEP, _FEWEST, _DARK, _FIT_ROUNDS = 3, 15, 4, 3


@dataclass(frozen=True, slots=True, eq=False)
class FaceHistory:
    """A face's usual colours on its sheet.

    usual: (h, w, 3) float32 levels. spread: (h, w) float32, how far from them is still usual.
    known: (h, w) bool, where it was seen often enough.
    """

    usual: F32
    spread: F32
    known: Bool


def learn_face(sheets: U8, clear: Bool) -> FaceHistory:
    """The usual colours of a face, by the median over its shot.

    sheets: (n, h, w, 3) uint8, the face laid flat at n moments. clear: (n, h, w), where it is seen
    and no hand is.
    """
    chosen = np.unique(np.linspace(0, len(sheets) - 1, min(_MOST, len(sheets))).astype(int))
    levels, ok = sheets[chosen].astype(np.float32), clear[chosen]
    usual, known = _median(levels, ok)
    spread = np.zeros(usual.shape[:2], np.float32)
    for _ in range(_ROUNDS):
        face = known & sheet_inner()
        lit = np.stack(
            [in_usual_light(s, usual, c & face) for s, c in zip(levels, ok, strict=True)]
        )
        usual, known = _median(lit, ok)
        gaps = np.abs(lit - usual)
        away = np.maximum.reduce([gaps[..., k] for k in range(3)])[..., None]
        spread = 1.4826 * _median(away, ok)[0][..., 0]
    usual = np.where(known[..., None], usual, 0).astype(np.float32)
    wide = cv2.dilate(spread, np.ones((3, 3), np.uint8))
    allowed = _LEVELS + _SHARE * usual.max(axis=2) + _SPREADS * wide
    return FaceHistory(usual, np.minimum(allowed, _LARGEST).astype(np.float32), known)


def _median(levels: F32, ok: Bool) -> tuple[F32, Bool]:
    """(h, w, c) median of (n, h, w, c) where `ok` (n, h, w), and (h, w) where there is one."""
    count = ok.sum(axis=0)
    # Sorting along what lies together in memory is several times faster.
    ranked = np.where(ok[..., None], levels, np.float32(np.inf)).transpose(1, 2, 3, 0).copy()
    ranked.sort(axis=3)
    middle = np.maximum(count - 1, 0) // 2
    median = np.take_along_axis(ranked, middle[..., None, None], axis=3)[..., 0]
    known = count >= min(_LEAST, len(levels))
    return np.where(np.isfinite(median), median, 0).astype(np.float32), known


def in_usual_light(levels: F32, usual: F32, ok: Bool) -> F32:
    """(h, w, 3) levels brought to the light in which the face is usual.

    Light is taken for a factor of each colour that varies linearly over the face; what fits it
    badly does not count.
    """
    return (levels / light_between(levels, usual, ok)).astype(np.float32)


def light_between(levels: F32, usual: F32, ok: Bool) -> F32:
    """(h, w, 3) float32: the factors that take `usual` to `levels`, linear over the picture."""
    height, width = ok.shape
    few = np.s_[::_FIT_STEP, ::_FIT_STEP]
    good = ok[few]
    rows, columns = np.nonzero(good)
    span = np.float32(TEXELS_PER_CM * _SPAN_CM)
    places = np.stack([columns * _FIT_STEP - width / 2, rows * _FIT_STEP - height / 2], axis=1)
    fit = light_fit(levels[few][good], usual[few][good], (places / span).astype(np.float32))
    across = (np.arange(width, dtype=np.float32) - np.float32(width / 2)) / span
    down = (np.arange(height, dtype=np.float32) - np.float32(height / 2)) / span
    factors = fit[:, 0] + across[None, :, None] * fit[:, 1] + down[:, None, None] * fit[:, 2]
    return np.clip(factors, 0.2, 4.0).astype(np.float32)


def light_fit(levels: F32, usual: F32, places: F32) -> F32:
    """(3, 3) float32: each colour's factor at the middle, and its change to the right and down.

    levels, usual: (n, 3), what is seen and what is usual. places: (n, 2), within about 0.5 of the
    middle. What fits badly does not count; too few places tell nothing.
    """
    fit = np.zeros((3, 3), np.float32)
    fit[:, 0] = 1
    # By colour, as sums along what lies together are fast.
    was = np.ascontiguousarray(usual.T)
    bright = np.minimum.reduce(was) > _DARK
    was, seen = was[:, bright], np.ascontiguousarray(levels.T)[:, bright]
    if was.shape[1] < _FEWEST:
        return fit
    rows = np.concatenate([np.ones((1, was.shape[1]), np.float32), places[bright].T])
    pairs = (rows[[0, 0, 0, 1, 1, 2]] * rows[[0, 1, 2, 1, 2, 2]]).T
    weight = np.ones(was.shape[1], np.float32)
    for _ in range(_FIT_ROUNDS):
        counted = was * (weight * weight)
        normal = ((counted * was) @ pairs)[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]].astype(np.float64)
        # A little rigidity, for faces of which one side is hidden.
        stiff = np.diag([0.0, 0.05, 0.05]) * normal[:, :1, :1] + 1e-6 * np.eye(3)
        wanted = (counted * seen) @ rows.T
        solved = np.linalg.solve(normal + stiff, wanted.astype(np.float64)[..., None])[..., 0]
        fit = solved.astype(np.float32)
        away = np.maximum.reduce(np.abs(seen - was * (fit @ rows)))
        scale = max(4.0, 1.5 * float(np.median(away)))
        weight = 1 / (1 + (away / np.float32(scale)) ** 2)
    return fit


def strangeness(lit: F32, usual: F32, spread: F32, slack_px: int) -> F32:
    """(h, w) float32: how far colours are from what is usual there, 1 at the border.

    slack_px: how far the face may be out of its place. A change of brightness alone counts less.
    """
    around = np.ones((2 * slack_px + 1, 2 * slack_px + 1), np.uint8)
    low, high = cv2.erode(usual, around), cv2.dilate(usual, around)
    off = cv2.split(lit - cv2.min(cv2.max(lit, low), high))
    was = cv2.split(usual)
    size = np.sqrt(sum(plane * plane for plane in was))
    bright = sum(a * b for a, b in zip(off, was, strict=True)) / np.maximum(size, 1e-3)
    # What of it is along the usual colour is brightness, the rest colour.
    rest = sum(plane * plane for plane in off) - bright * bright
    return np.asarray(
        (np.sqrt(np.maximum(rest, 0)) + _SHADOW * np.abs(bright)) / spread, np.float32
    )


def smoothed(sheets: U8) -> U8:
    """(n, h, w, 3) without pores and stubble: what lies before a face is larger."""
    return np.array([cv2.blur(sheet, (3, 3)) for sheet in sheets], np.uint8)
