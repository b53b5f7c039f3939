"""Where a neck lies under a removed head: between what is seen of it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, Bool
from headswap.swapping.smoothing import running_median
from headswap.vision.canonical_face import JAW
from headswap.vision.pose import Pose

# Centimetres below the chin where neck turns into shoulder.
NECK_LENGTH_CM = 4.5
_NECK_HALF_WIDTH_CM = 5.4
# Where the neck ends inside the skull, in head space: middle and radii. High enough that hair cut
# short at the nape leaves no gap, and rounded above, so that no corner looks out.
_SKULL_BASE_CM, _BASE_CM, _DOME_CM = (0.0, 3.2, 5.8), (5.5, 5.8), 2.2
# No neck that is not seen is wider; so far an edge leans inwards on its way down.
_WIDEST_CM, _LEANS_CM = 13.0, 2.0
# A neck is narrower in the middle than at either end.
_WAIST_CM = 0.2
# So much of an edge that is seen leads what is drawn above it.
_ANCHOR_CM = 1.5
# How far below the shoulders what is seen in front of it may still be called neck.
_NECKLINE_CM = 7.0
LOW_JAW = [152, 148, 377, 176, 400, 150, 379, 136, 365, 172, 397]
# Beside the chin a neck is seen this far above its lowest point.
_NECK_ASIDE_CM = 1.0
# So far under jaw and lobes a neck is bare, however high a collar.
_BARE_CM, _NAPE_CM, _FLATTER = 0.7, 3.0, 0.5
_LOBES = np.array([132, 361])
# By how much its light falls off under the head and at its sides, and over what.
_UNDER_HEAD, _AT_SIDES, _TURNS_CM = 0.02, 0.12, 2.0
# Less skin than this tells nothing; this part of something is most of it.
_MOSTLY = 0.6
_LEAST_SKIN = 30


def neck_area(
    landmarks: F32,
    rim: F32,
    shape: tuple[int, ...],
    seen_skin: Bool,
    open_air: Bool,
    ends: Bool,
    unit: float,
) -> Bool:
    """The neck's area, from the base of the skull down to the shoulders, and rounded to the chest.

    A column, about as wide as deep: it starts under the skull, which lies behind the face and so
    beside it in a turned head, and leads to where neck skin is seen, or straight down; no wider
    than it is seen to be. rim: (n, 2) px, see `neck_rim`.
    """
    left_x, left_y = map(float, rim[rim[:, 0].argmin()])
    right_x, right_y = map(float, rim[rim[:, 0].argmax()])
    skull = 0.5 * (left_x + right_x)
    chin = float(landmarks[LOW_JAW, 1].max())
    base = chin + NECK_LENGTH_CM * unit
    rows = np.arange(shape[0], dtype=np.float64)
    band = seen_skin & (rows > chin - _NECK_ASIDE_CM * unit)[:, None] & (rows < base)[:, None]
    band &= np.abs(np.arange(shape[1])[None] - skull) < 9 * unit
    foot, half = _foot(band, ends, skull, unit)
    # Its back goes down from the skull about as upright as its front.
    most = foot + half - _WIDEST_CM * unit, foot - half + _WIDEST_CM * unit
    low = min(foot - half, max(left_x + _LEANS_CM * unit, most[0]))
    high = max(foot + half, min(right_x - _LEANS_CM * unit, most[1]))
    left = _edge(rows, (left_x, left_y), (low, base), -unit)
    right = _edge(rows, (right_x, right_y), (high, base), unit)
    left = _seen_edge(left, left_y, band, open_air, -1, foot, unit)
    right = _seen_edge(right, right_y, band, open_air, 1, foot, unit)
    # A neckline, too, is round.
    end = np.sqrt(1 - np.clip((rows - base) / (_NECKLINE_CM * unit), 0, 1) ** 2)
    middle, reach = 0.5 * (left + right), 0.5 * (right - left) * end
    last = base + _NECKLINE_CM * unit
    down = (rows >= left_y) & (rows < last), (rows >= right_y) & (rows < last)
    outline = np.vstack(
        [
            np.column_stack([middle - reach, rows])[down[0]],
            np.column_stack([middle + reach, rows])[down[1]][::-1],
        ]
    )
    area = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(area, cv2.convexHull(rim).round().astype(np.int32), 1)
    if len(outline) > 2:
        cv2.fillPoly(area, [outline.round().astype(np.int32)], 1)
    return area > 0


def neck_rim(pose: Pose) -> F32:
    """(n, 2) px around where a neck goes into the skull that is posed so (one frame)."""
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    around = np.column_stack([np.cos(turn), 0 * turn, np.sin(turn)])
    rise = np.array([0.0, _DOME_CM, 0.0])
    lift = np.linspace(0, 0.5 * np.pi, 5)
    dome = np.vstack([np.cos(up) * around - np.sin(up) * rise for up in lift])
    dome *= np.array([_BASE_CM[0], 1.0, _BASE_CM[1]])
    return pose.to_frame(dome + np.array(_SKULL_BASE_CM))[0, :, :2].astype(np.float32)


def _edge(rows: F64, top: tuple[float, float], foot: tuple[float, float], out_px: float) -> F64:
    """(h,) the column of one edge of a neck from its top down to its foot (x, y each).

    out_px: a centimetre towards the outside.
    """
    down = np.clip((rows - top[1]) / max(foot[1] - top[1], 1.0), 0, 1)
    # Narrower in the middle than at either end.
    curve = _WAIST_CM * (down**4 - np.sin(np.pi * down))
    return top[0] + (foot[0] - top[0]) * down + out_px * curve


def _foot(band: Bool, ends: Bool, skull_x: float, unit: float) -> tuple[float, float]:
    """The column in which a neck ends below, and half its width there, as far as that is seen.

    band, ends: see `_sides`. skull_x: the column of the skull's base.
    """
    foot, half = skull_x, _NECK_HALF_WIDTH_CM * unit
    low, high = _sides(band, ends, unit)
    if low is not None and high is not None:
        foot = 0.5 * (low + high)
        half = float(np.clip(0.5 * (high - low), 0.75 * half, 1.5 * half))
    elif low is not None:
        foot = low + half
    elif high is not None:
        foot = high - half
    elif band.sum() > _LEAST_SKIN:
        # As upright as it can be with all that is seen of it inside.
        first, last = np.percentile(np.nonzero(band)[1], [10, 90])
        foot = float(np.clip(foot, min(last - half, first + half), max(last - half, first + half)))
    return float(np.clip(foot, skull_x - 6 * unit, skull_x + 6 * unit)), half


def _seen_edge(
    drawn: F64, start: float, band: Bool, open_air: Bool, side: int, foot: float, unit: float
) -> F64:
    """(h,) one edge of a neck: where it is seen against the background, and led to that above.

    drawn: (h,) where it is thought to be, from the row `start` on. side: -1 for the left edge, 1
    for the right.
    """
    rows = np.flatnonzero(band.any(axis=1))
    if len(rows) < max(3, 0.5 * unit):
        return drawn
    part, width = band[rows], band.shape[1]
    near = max(1, round(0.5 * unit))
    last = part.argmax(axis=1) if side < 0 else width - 1 - part[:, ::-1].argmax(axis=1)
    beyond = np.clip(last + side * near, 0, width - 1)
    seen = open_air[rows, beyond] & (side * (last - foot) > 0)
    if seen.sum() < max(3, 0.3 * len(rows)):
        return drawn
    rows, last = rows[seen], last[seen] + side
    top = last[rows < rows[0] + max(3, _ANCHOR_CM * unit)]
    every = np.arange(len(drawn))
    # What is drawn comes to what is seen over the height of the neck above it.
    first, anchor = int(rows[0]), float(np.median(top))
    found = np.interp(every, rows, running_median(last.astype(np.float64), max(1, near)))
    share = np.clip((every - start) / max(first - start, 1), 0, 1)
    led = drawn + (anchor - drawn[first]) * share
    return np.where(every < first, led, found)


def bare_to(landmarks: F32, width: int, unit: float) -> F64:
    """(w,) the row down to which a neck is bare in each column: under jaw and lobes."""
    columns = np.arange(width)
    jaw, lobes = (
        np.interp(columns, *landmarks[line[landmarks[line, 0].argsort()], :2].T.astype(np.float64))
        for line in (JAW, _LOBES)
    )
    # A collar may rise along the jaw, but not as steeply.
    jaw += _FLATTER * (jaw.max() - jaw)
    return np.maximum(jaw + _BARE_CM * unit, lobes + _NAPE_CM * unit)


def neck_shade(neck: Bool, base: float, unit: float) -> F32:
    """(h, w) 0..1: how much light a neck lacks in the head's shade and where it turns away.

    neck: (h, w), see `neck_area`. base: the row in which it ends.
    """
    inside = cv2.distanceTransform(neck.astype(np.uint8), cv2.DIST_L2, 3)
    aside = np.square(1 - np.minimum(inside / (_TURNS_CM * unit), 1))
    above = np.clip((base - np.arange(len(neck))) / (_TURNS_CM * unit), 0, 1)[:, None]
    return (neck * above * (_UNDER_HEAD + _AT_SIDES * aside)).astype(np.float32)


def over_air(neck: Bool, free: Bool, open_air: Bool, chin: float) -> bool:
    """Whether there is nothing for a neck to stand on: in most of its columns background is the
    first that is seen below the head.

    chin: its row, below which columns are looked at.
    """
    columns = np.flatnonzero(neck[max(0, round(chin)) :].any(axis=0))
    first = free[:, columns].argmax(axis=0)
    return bool(len(columns)) and float(open_air[first, columns].mean()) > _MOSTLY


def _sides(band: Bool, ends: Bool, unit: float) -> tuple[float | None, float | None]:
    """The columns where a neck that is seen ends on either side; None where hair hides its end.

    band: (h, w) what is seen of its skin. ends: (h, w) what is seen to be no head and no skin.
    """
    rows = np.flatnonzero(band.sum(axis=1) > 1.5 * unit)
    if len(rows) < max(2, 0.3 * unit):
        return None, None
    part, width = band[rows], band.shape[1]
    near = max(1, round(0.4 * unit))
    first, last = part.argmax(axis=1), width - 1 - part[:, ::-1].argmax(axis=1)
    least = max(2, 0.4 * len(rows))
    left = ends[rows, np.clip(first - near, 0, width - 1)]
    right = ends[rows, np.clip(last + near, 0, width - 1)]
    # Where a collar rises the skin that is seen is narrower than the neck.
    return (
        float(np.percentile(first[left], 15)) if left.sum() >= least else None,
        float(np.percentile(last[right], 85)) if right.sum() >= least else None,
    )
