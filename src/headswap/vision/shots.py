"""Where one camera's picture ends and another begins: cuts, found with a few frames' look-ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.media import Frame

LUMA_WH = (64, 36)
CHROMA_WH = (32, 18)
BLOCK_WH = (16, 12)
SEARCH_WH = (8, 6)
# A block flatter than this (standard deviation of luma) carries no picture to compare.
FLAT = 2.0
# Pictures whose lumas differ by less than this on average need no closer look.
UNCHANGED = 1.0

# Pairs this far on both sides of a suspected cut must all differ: a flash or one damaged frame
# returns to the old picture, a cut does not.
REACH = 3
# The usual change from frame to frame is judged over this many frames on either side.
AROUND = 5

SUSPECT = 0.06
LEAST_CHANGE = 0.10
TIMES_USUAL = 2.5
COLOUR_WEIGHT = 0.5
COLOUR_CAP = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A frame's small picture: luma (36, 64) and chroma (2, 18, 32) uint8, and its histogram."""

    luma: U8
    chroma: U8
    histogram: F32


def look(frame: Frame) -> Look:
    """Return the small picture of `frame` that cuts are judged by."""
    luma = _small(frame.y, LUMA_WH)
    u, v = _small(frame.u, CHROMA_WH), _small(frame.v, CHROMA_WH)
    chroma = np.stack([u, v]).astype(np.uint8)
    return Look(luma, chroma, _histogram(luma, chroma))


def _small(plane: U8, size_wh: tuple[int, int]) -> U8:
    """The plane at a small size; every second or later line only, where that is plenty."""
    step = max(1, min(plane.shape[0] // size_wh[1], plane.shape[1] // size_wh[0]) // 4)
    return np.asarray(
        cv2.resize(plane[::step, ::step], size_wh, interpolation=cv2.INTER_AREA), np.uint8
    )


def _histogram(luma: U8, chroma: U8) -> F32:
    """Return square roots of the blurred shares of 64 lumas and of 32 x 32 chromas, in one row."""
    y = np.bincount((luma >> 2).ravel(), minlength=64).astype(np.float32)[None]
    cells = (chroma[0] >> 3).astype(np.int32) * 32 + (chroma[1] >> 3)
    uv = np.bincount(cells.ravel(), minlength=1024).astype(np.float32).reshape(32, 32)
    y = cv2.GaussianBlur(y, (0, 0), 2.0)
    uv = cv2.GaussianBlur(uv, (0, 0), 1.0)
    return np.sqrt(np.concatenate([y.ravel() / y.sum(), uv.ravel() / uv.sum()])).astype(np.float32)


def structure_change(a: Look, b: Look) -> float:
    """Return 0 (the same picture, moved or lit differently) to 1 (nothing of it found again).

    Each block of one picture is sought near its place in the other by normalised correlation,
    which neither motion of an eighth of the width nor a change of light disturbs.
    """
    if float(cv2.absdiff(a.luma, b.luma).mean()) < UNCHANGED:
        return 0.0
    return 1.0 - max(0.0, min(_found_again(a.luma, b.luma), _found_again(b.luma, a.luma)))


def _found_again(a: U8, b: U8) -> float:
    (bw, bh), (sx, sy) = BLOCK_WH, SEARCH_WH
    source = a.astype(np.float32)
    padded = cv2.copyMakeBorder(b.astype(np.float32), sy, sy, sx, sx, cv2.BORDER_REFLECT)
    total = weight = 0.0
    for y in range(0, a.shape[0], bh):
        for x in range(0, a.shape[1], bw):
            block = source[y : y + bh, x : x + bw]
            contrast = float(block.std())
            if contrast < FLAT:
                continue
            area = padded[y : y + bh + 2 * sy, x : x + bw + 2 * sx]
            share = min(contrast, 20.0)
            total += share * float(cv2.matchTemplate(area, block, cv2.TM_CCOEFF_NORMED).max())
            weight += share
    return total / weight if weight else 1.0


def colour_change(a: Look, b: Look) -> float:
    """Return 0 (the same colours and lumas) to 2 (none in common): two Bhattacharyya distances."""
    return 2.0 - float(a.histogram @ b.histogram)


class _Window:
    """The looks around the frame in question, and how much each differs from the one before."""

    def __init__(self) -> None:
        self.looks: deque[Look] = deque(maxlen=2 * AROUND + 1)
        self.changes: deque[float] = deque(maxlen=2 * AROUND + 1)

    def push(self, new: Look) -> None:
        self.changes.append(structure_change(self.looks[-1], new) if self.looks else 0.0)
        self.looks.append(new)

    def is_cut(self, at: int) -> bool:
        """Return whether the picture changes for good between entries `at` - 1 and `at`."""
        if at < 1 or self.changes[at] < SUSPECT:
            return False
        structure, score = self._lasting_change(at)
        changes = list(self.changes)
        before, after = changes[max(1, at - AROUND) : at], changes[at + 1 : at + 1 + AROUND]
        usual = max((float(np.median(part)) for part in (before, after) if part), default=0.0)
        return structure >= LEAST_CHANGE and score >= SUSPECT + TIMES_USUAL * usual

    def _lasting_change(self, at: int) -> tuple[float, float]:
        looks = list(self.looks)
        pairs = [
            (structure_change(a, b), colour_change(a, b))
            for a in looks[max(0, at - REACH) : at]
            for b in looks[at : at + REACH]
        ]
        scores = [s + COLOUR_WEIGHT * min(c, COLOUR_CAP) for s, c in pairs]
        return min(s for s, _ in pairs), min(scores)


def mark_cuts(frames: Iterable[Frame]) -> Iterator[tuple[Frame, bool]]:
    """Yield every frame with whether a new shot begins at it; the first one always does.

    Holds back `AROUND` frames. A cut is a change that lasts and that stands out from the usual
    change of the frames around it, so fast motion, flashes and changes of light are not cuts.
    Dissolves are not reported.
    """
    window = _Window()
    waiting: deque[Frame] = deque()
    started = False
    for frame in frames:
        waiting.append(frame)
        window.push(look(frame))
        if len(waiting) > AROUND:
            yield waiting.popleft(), not started or window.is_cut(len(window.looks) - 1 - AROUND)
            started = True
    while waiting:
        at = len(window.looks) - len(waiting)
        yield waiting.popleft(), not started or window.is_cut(at)
        started = True
