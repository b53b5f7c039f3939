"""The body under a removed head: where it ends, and how it looks where hair covered it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, Bool
from headswap.swapping.matting import fill_smooth
from headswap.vision.mattes import Mattes
from headswap.vision.pose import fit_pose

# Centimetres below the chin where neck turns into shoulder, and the slope of a shoulder.
_NECK_LENGTH_CM = 4.5
_NECK_HALF_WIDTH_CM = 5.2
# Where the neck ends inside the skull, in head space: high enough that hair cut short at the nape
# leaves no gap, and rounded, so that no corner looks out.
_SKULL_BASE_CM = np.array([[0.0, 0.5, 6.5]])
_ROUND_CM = 3.0
_LOW_JAW = [152, 148, 377, 176, 400, 150, 379, 136, 365, 172, 397]
_SHOULDER_SLOPE = 0.42
# Beside a raised arm the sleeve still hides the shoulder.
_SLEEVE_CM = 3.0
# Further from the neck than this one sees whether shoulders are dressed.
_COLLAR_CM = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The completed body of one frame's crop.

    alpha: (h, w) float32 0..1, the body's area including what was hidden.
    rgb: (h, w, 3) float32 0..255, valid wherever alpha is above 0.
    """

    alpha: F32
    rgb: F32


def complete_body(rgb: F32, mattes: Mattes, head: F32, landmarks: F32, scale_px_cm: float) -> Body:
    """The body with the head's area (h, w) 0..1 filled from what is seen of neck and clothes.

    rgb: (h, w, 3) float32 0..255; landmarks: (478, 2+) in the crop; scale_px_cm: px per cm.
    """
    free = head < 0.02
    seen = free & (mattes.person > 0.5) & (mattes.hair < 0.3)
    seen &= _below_mouth(landmarks, seen.shape)
    neck = _neck(landmarks, seen.shape, scale_px_cm, seen & (mattes.skin > 0.5))
    top = _outline(seen, free, neck, landmarks, scale_px_cm)
    rows = np.arange(seen.shape[0])[:, None]
    area = (rows >= top[None]) | neck
    # Where the picture shows what is there, the picture is right.
    alpha = np.where(free, mattes.person * _below_mouth(landmarks, seen.shape), area)
    soft = max(0.7, 0.08 * scale_px_cm)
    alpha = np.asarray(cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), soft), np.float32)
    return Body(alpha, _fill(rgb, mattes, seen, rows > top + 0.5 * scale_px_cm, neck, scale_px_cm))


def _below_mouth(landmarks: F32, shape: tuple[int, int]) -> Bool:
    row = float(landmarks[[61, 291], 1].mean())
    return np.broadcast_to(np.arange(shape[0])[:, None] > row, shape)


def _neck(landmarks: F32, shape: tuple[int, int], unit: float, seen_skin: Bool) -> Bool:
    """The neck's area, from the base of the skull down to the shoulders.

    It starts under the skull, which lies behind the face and so beside it in a turned head, and
    leads to where neck skin is seen, or straight down.
    """
    pose = fit_pose(landmarks[None])
    skull = pose.to_frame(_SKULL_BASE_CM)[0, 0]
    chin = float(landmarks[_LOW_JAW, 1].max())
    base = chin + _NECK_LENGTH_CM * unit
    rows = np.arange(shape[0])[:, None]
    band = seen_skin & (rows > chin + 0.5 * unit) & (rows < base)
    band &= np.abs(np.arange(shape[1])[None] - skull[0]) < 9 * unit
    foot = float(np.median(np.nonzero(band)[1])) if band.sum() > 20 else float(skull[0])
    foot = float(np.clip(foot, skull[0] - 4 * unit, skull[0] + 4 * unit))
    jaw = landmarks[[172, 397], :2]
    wide = float(np.linalg.norm(jaw[1] - jaw[0])) * 0.5
    half = float(np.clip(wide, 0.75 * _NECK_HALF_WIDTH_CM * unit, _NECK_HALF_WIDTH_CM * unit))
    down = np.clip((rows - skull[1]) / max(base - skull[1], 1.0), 0, 1)
    middle = skull[0] + (foot - skull[0]) * down
    # Narrower where it goes up behind the jaw, wider into the shoulders.
    widen = 0.8 + 0.2 * np.clip(down * 3, 0, 1) + 0.3 * down**4
    cap = np.clip(1 - (rows - skull[1]) / (_ROUND_CM * unit), 0, 1)
    columns = np.abs(np.arange(shape[1])[None] - middle)
    return (columns <= half * widen * np.sqrt(1 - cap**2)) & (rows > skull[1])


def _outline(seen: Bool, free: Bool, neck: Bool, landmarks: F32, unit: float) -> F32:
    """(w,) the row where the body begins in each column; beyond the picture where it has none.

    A column is trusted when its topmost body pixel is seen and the pixel above it is seen too.
    Between trusted columns and the neck the shoulder is drawn as a line.
    """
    height, width = seen.shape
    chin = float(landmarks[_LOW_JAW, 1].max())
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), height)
    # What begins above the chin is a raised hand or arm, and tells nothing of the shoulder.
    near = np.ones((1, 2 * max(1, round(_SLEEVE_CM * unit)) + 1), np.uint8)
    raised = cv2.dilate((first < chin).astype(np.uint8)[None], near)[0] > 0
    above = np.clip(first - max(1, round(0.15 * unit)), 0, height - 1)
    trusted = (first < height) & free[above, np.arange(width)] & ~raised
    empty = ~seen.any(axis=0) & free[-1]
    top = np.where(trusted | empty, first, np.nan).astype(np.float64)
    base_y = chin + _NECK_LENGTH_CM * unit
    columns = np.flatnonzero(neck[min(int(base_y), height - 1)])
    if len(columns) == 0:
        return np.nan_to_num(top, nan=float(height)).astype(np.float32)
    left, right = int(columns[0]), int(columns[-1])
    # The line starts inside the neck, whose own edge is drawn over it.
    _draw_shoulder(top, np.arange(left + (right - left) // 3, -1, -1), (chin, base_y))
    _draw_shoulder(top, np.arange(right - (right - left) // 3, width), (chin, base_y))
    inside = np.arange(left, right + 1)
    top[inside] = np.minimum(base_y, np.nan_to_num(top[inside], nan=base_y))
    # What is seen of the body is body, whatever the line says.
    return np.where(raised, top, np.minimum(top, first)).astype(np.float32)


def _draw_shoulder(top: F64, columns: I64, start_rows: tuple[float, float]) -> None:
    """Fills the unknown of `top` along columns that lead outwards from the neck.

    start_rows: the highest and the lowest row where it may begin at the neck.
    """
    values = top[columns]
    known = np.flatnonzero(~np.isnan(values[1:])) + 1
    highest, lowest = start_rows
    if len(known) == 0:
        top[columns] = lowest + _SHOULDER_SLOPE * np.arange(len(columns))
        return
    # From the neck a shoulder falls; where it is first seen tells how high it began.
    start = float(np.clip(values[known[0]] - _SHOULDER_SLOPE * known[0], highest, lowest))
    anchors = np.concatenate([[0], known])
    heights = np.concatenate([[start], values[known]])
    top[columns] = np.interp(np.arange(len(columns)), anchors, heights)


def _fill(rgb: F32, mattes: Mattes, seen: Bool, deep: Bool, neck: Bool, unit: float) -> F32:
    """Colours of skin and clothes, each continued by itself into what was hidden."""
    inner = cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = inner & (mattes.skin > np.maximum(mattes.clothes, 0.4))
    # Well below the outline: a matte's rim holds background, which would tint all that grows of it.
    clothes = seen & (mattes.skin < 0.4) & deep
    if clothes.sum() < 30 or skin.sum() < 30:
        return fill_smooth(rgb, inner.astype(np.float32))
    # A hidden shoulder is dressed like the shoulder that is seen, not like the neck.
    beside = cv2.dilate(neck.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    from_neck = cv2.distanceTransform((~neck).astype(np.uint8), cv2.DIST_L2, 3)
    far = from_neck > _COLLAR_CM * unit
    dressed = (clothes & far).sum() > (skin & far).sum()
    outer = np.where(neck, _nearer(skin, clothes), _nearer(skin & beside, clothes & beside))
    if dressed:
        # However wide the neckline that is seen, it ends somewhere under the hair.
        outer -= 2 * np.maximum(from_neck - 0.5 * _COLLAR_CM * unit, 0)
    # An edge about as soft as a collar.
    is_skin = np.clip(outer / (0.3 * unit) + 0.5, 0, 1)[..., None]
    filled = [fill_smooth(rgb, part.astype(np.float32)) for part in (skin, clothes)]
    return (filled[1] + is_skin * (filled[0] - filled[1])).astype(np.float32)


def _nearer(skin: Bool, clothes: Bool) -> F32:
    """(h, w) px: how much nearer the next skin is than the next clothes."""
    if not skin.any() or not clothes.any():
        return np.full(skin.shape, 1e3 if skin.any() else -1e3, np.float32)
    to_skin = cv2.distanceTransform((~skin).astype(np.uint8), cv2.DIST_L2, 3)
    to_clothes = cv2.distanceTransform((~clothes).astype(np.uint8), cv2.DIST_L2, 3)
    return (to_clothes - to_skin).astype(np.float32)
