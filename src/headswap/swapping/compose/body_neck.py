"""Where a neck lies under a removed head: between what is seen of it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, Bool
from headswap.vision.pose import fit_pose

# Centimetres below the chin where neck turns into shoulder.
NECK_LENGTH_CM = 4.5
_NECK_HALF_WIDTH_CM = 5.2
# Where the neck ends inside the skull, in head space: high enough that hair cut short at the nape
# leaves no gap, and rounded, so that no corner looks out.
_SKULL_BASE_CM = np.array([[0.0, 2.0, 6.5]])
_ROUND_CM = 3.0
# How far below the shoulders what is seen in front of it may still be called neck.
_NECKLINE_CM = 7.0
LOW_JAW = [152, 148, 377, 176, 400, 150, 379, 136, 365, 172, 397]
# Beside the chin a neck is seen this far above its lowest point.
_NECK_ASIDE_CM = 1.0
# Less skin than this tells nothing.
_LEAST_SKIN = 30


def neck_area(
    landmarks: F32,
    shape: tuple[int, ...],
    seen_skin: Bool,
    open_air: Bool,
    ends: Bool,
    unit: float,
) -> Bool:
    """The neck's area, from the base of the skull down to the shoulders, and rounded to the chest.

    It starts under the skull, which lies behind the face and so beside it in a turned head, and
    leads to where neck skin is seen, or straight down; no wider than it is seen to be.
    """
    skull = fit_pose(landmarks[None]).to_frame(_SKULL_BASE_CM)[0, 0]
    chin = float(landmarks[LOW_JAW, 1].max())
    base = chin + NECK_LENGTH_CM * unit
    rows = np.arange(shape[0])[:, None]
    columns = np.arange(shape[1])[None]
    band = seen_skin & (rows > chin - _NECK_ASIDE_CM * unit) & (rows < base)
    band &= np.abs(columns - skull[0]) < 9 * unit
    jaw = landmarks[[172, 397], :2]
    wide = float(np.linalg.norm(jaw[1] - jaw[0])) * 0.5
    half = float(np.clip(wide, 0.75 * _NECK_HALF_WIDTH_CM * unit, _NECK_HALF_WIDTH_CM * unit))
    low, high = _sides(band, ends, unit)
    foot = float(skull[0])
    if low is not None and high is not None:
        foot = 0.5 * (low + high)
        half = float(np.clip(0.5 * (high - low), half, 1.5 * _NECK_HALF_WIDTH_CM * unit))
    elif low is not None:
        foot = low + half
    elif high is not None:
        foot = high - half
    elif band.sum() > _LEAST_SKIN:
        # As upright as it can be with all that is seen of it inside.
        first, last = np.percentile(np.nonzero(band)[1], [10, 90])
        foot = float(np.clip(foot, min(last - half, first + half), max(last - half, first + half)))
    foot = float(np.clip(foot, skull[0] - 4 * unit, skull[0] + 4 * unit))
    down = np.clip((rows - skull[1]) / max(base - skull[1], 1.0), 0, 1)
    middle = skull[0] + (foot - skull[0]) * np.minimum(1, 1.2 * down)
    # Narrower where it goes up behind the jaw, wider towards the shoulders.
    widen = 0.85 + 0.15 * np.clip(down * 3, 0, 1) + 0.12 * down**4
    cap = np.clip(1 - (rows - skull[1]) / (_ROUND_CM * unit), 0, 1)
    # A neckline, too, is round.
    end = np.clip((rows - base) / (_NECKLINE_CM * unit), 0, 1)
    reach = half * widen * np.sqrt(1 - cap**2) * np.sqrt(1 - end**2)
    left, right = _edges(band, open_air, foot, unit)
    inside = (columns >= np.maximum(middle - reach, left)) & (
        columns <= np.minimum(middle + reach, right)
    )
    return inside & (rows > skull[1]) & (rows < base + _NECKLINE_CM * unit)


def over_air(free: Bool, open_air: Bool, unit: float) -> Bool:
    """(1, w) columns in which background is the first that is seen below the head."""
    first = free.argmax(axis=0)
    empty = open_air[first, np.arange(free.shape[1])] & free.any(axis=0)
    wide = np.ones((1, 2 * max(1, round(0.5 * unit)) + 1), np.uint8)
    return cv2.morphologyEx(empty.astype(np.uint8)[None], cv2.MORPH_OPEN, wide) > 0


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


def _edges(band: Bool, open_air: Bool, foot: float, unit: float) -> tuple[float, float]:
    """The columns between which a neck lies that is seen against the background, if it is."""
    rows = np.flatnonzero(band.any(axis=1))
    if len(rows) < max(3, 0.5 * unit):
        return -np.inf, np.inf
    part = band[rows]
    near = max(1, round(0.5 * unit))
    first, last = part.argmax(axis=1), part.shape[1] - 1 - part[:, ::-1].argmax(axis=1)
    width = part.shape[1]
    ends_left = open_air[rows, np.clip(first - near, 0, width - 1)] & (first < foot)
    ends_right = open_air[rows, np.clip(last + near, 0, width - 1)] & (last > foot)
    least = max(3, 0.3 * len(rows))
    left = float(np.median(first[ends_left])) - 1 if ends_left.sum() >= least else -np.inf
    right = float(np.median(last[ends_right])) + 1 if ends_right.sum() >= least else np.inf
    return left, right
