"""The body under a removed head: where it ends, and how it looks where hair covered it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, Bool
from headswap.swapping.compose.body_cover import (
    Cover,
    filled_cover,
    from_mask,
    seen_cover,
    skin_px,
    solid,
    throat_colour,
)
from headswap.swapping.compose.body_cue import (
    ABOVE_CM,
    BELOW_CM,
    GRID_CM,
    GRID_WH,
    BodyCue,
    px_from_grid,
)
from headswap.swapping.compose.body_neck import (
    LOW_JAW,
    NECK_LENGTH_CM,
    bare_to,
    neck_area,
    neck_rim,
    neck_shade,
    over_air,
)
from headswap.swapping.compose.removal import disc, dressed, face_and_ears, undressed
from headswap.swapping.smoothing import running_median
from headswap.vision.mattes import Mattes
from headswap.vision.pose import fit_pose

# How a shoulder falls.
_SHOULDER_SLOPE = 0.42
# With more of the other shoulder hidden, too, there is nothing to go by.
_MOST_MISSING = 0.8
# Over this part of its length, inverted, a shoulder comes to its seen end.
_TAPER = 2.0
# Beside a raised arm the sleeve still hides the shoulder.
_SLEEVE_CM = 3.0
# So far above the chin a collar or hood may begin. Whether it is a hand is seen this far below its
# end; this near to the neck it may be jaw.
_HOOD_CM, _RIM_CM, _JAWS_CM = 3.0, 0.5, 1.5
# A collar that is seen so near beside the neck, no lower than this under the chin, goes on to it.
_AROUND_CM, _STANDS_CM = 5.0, 1.0
# How far what is seen of an outline leads what is drawn of it.
_LEAD_CM = 4.0
# Points of an outline narrower than half of this are a matte's.
_SMOOTH_CM = 2.5
# So far beside a bare neck all is bare.
_BESIDE_CM = 0.6
_MOST_CM = 3.0
# Neck and shoulder meet in an arc of this radius; how soft the edge is of what is hidden.
_ARC_CM, _SOFT_CM = 2.0, 0.25
# So far from what is seen of a neck it is shaded as one that is not seen.
_SHADE_CM = 1.2
# Nearer to the face than this its own edge may be; nearer to hair, strands that no matte knows.
_JAW_CM, _STRAY_CM = 0.35, 0.6
# What is seen of a body and does not reach the picture's lower edge is at least so much of the
# largest part.
_PART = 0.25
# Where less than this is emptied, the picture tells what is there.
_FREE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The completed body of one frame's crop.

    alpha: (h, w) float32 0..1, the body's area including what was hidden.
    rgb: (h, w, 3) float32 0..255, valid wherever alpha is above 0.
    """

    alpha: F32
    rgb: F32


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """What is seen of a body in a crop: planes (h, w) bool, px per cm, and the outline (w,).

    known: (w,) bool, where the outline was seen rather than drawn. first: (w,) the topmost row that
    is seen, and hand: (w,) bool, where that is a raised hand. cover: skin and clothes.
    """

    seen: Bool
    free: Bool
    neck: Bool
    cover: Cover
    unit: float
    top: F32
    known: Bool
    first: I64
    hand: Bool


def body_cue(
    rgb: F32,
    mattes: Mattes,
    head: F32,
    landmarks: F32,
    scale_px_cm: float,
    rim: F32 | None = None,
) -> BodyCue:
    """What a crop tells of its body.

    rgb: (h, w, 3) float32 0..255. head: (h, w) 0..1, the area to empty. landmarks: (478, 2+) in
    the crop. rim: (n, 2) px, where the neck goes into the head that is to come (`neck_rim`), into
    the old one if not given.
    """
    sight = _sight(rgb, mattes, head, landmarks, scale_px_cm, rim)
    width = head.shape[1]
    to_crop = px_from_grid(landmarks, scale_px_cm)
    step, (x, y) = to_crop[0, 0], to_crop[:, 2]
    columns = np.arange(GRID_WH[0]) * step + x
    top_cm = (np.interp(columns, np.arange(width), sight.top) - y) / step * GRID_CM - ABOVE_CM
    known = np.interp(columns, np.arange(width), sight.known.astype(np.float64))
    known[(columns < 0) | (columns > width - 1)] = 0
    skin = skin_px(sight.cover, sight.seen, sight.neck, scale_px_cm) / scale_px_cm
    skin = np.clip(skin, -_MOST_CM, _MOST_CM)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    grid = cv2.warpAffine(skin.astype(np.float32), to_crop, GRID_WH, flags=flags, borderMode=border)
    top_cm = np.clip(top_cm, -ABOVE_CM, BELOW_CM).astype(np.float32)
    return BodyCue(
        top_cm=top_cm,
        sure=np.maximum(known, 0.02).astype(np.float32),
        skin_cm=np.asarray(grid, np.float32),
        flesh=throat_colour(rgb, sight.cover, sight.neck, scale_px_cm),
    )


def complete_body(
    rgb: F32,
    mattes: Mattes,
    head: F32,
    landmarks: F32,
    scale_px_cm: float,
    cue: BodyCue,
    rim: F32 | None = None,
) -> Body:
    """The body with the head's area (h, w) 0..1 filled from what is seen of neck and clothes.

    rgb: (h, w, 3) float32 0..255; landmarks: (478, 2+) in the crop; scale_px_cm: px per cm. cue:
    where outline and collar are when they are hidden; of this frame or, steadier, of many. rim:
    see `body_cue`.
    """
    height, width = head.shape
    sight = _sight(rgb, mattes, head, landmarks, scale_px_cm, rim)
    to_crop = px_from_grid(landmarks, scale_px_cm)
    top = _steady_top(sight, cue, to_crop)
    rows = np.arange(height)[:, None]
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    skin = cv2.warpAffine(cue.skin_cm, to_crop, (width, height), flags=flags, borderMode=border)
    bare = sight.neck & (rows < bare_to(landmarks, width, scale_px_cm))
    is_skin = _bared(np.asarray(skin, np.float32), bare, rows < top[None], scale_px_cm)
    deep = rows > top[None] + 0.5 * scale_px_cm
    face = face_and_ears(landmarks, head.shape) > 0
    filled = filled_cover(rgb, sight.cover, deep, is_skin, face, cue.flesh, scale_px_cm)
    base = _chin(landmarks) + NECK_LENGTH_CM * scale_px_cm
    hidden = is_skin * (1 - np.exp(-from_mask(sight.cover.skin) / (_SHADE_CM * scale_px_cm)))
    filled *= 1 - (hidden * neck_shade(sight.neck, base, scale_px_cm))[..., None]
    shown = mattes.person * _bodily(mattes, landmarks)
    return Body(_alpha(sight, shown, head, top), filled)


def _chin(landmarks: F32) -> float:
    return float(landmarks[LOW_JAW, 1].max())


def _steady_top(sight: _Sight, cue: BodyCue, to_crop: F64) -> F32:
    """(w,) the row where the body begins in each column: as it is seen, else as the cue says."""
    width = len(sight.top)
    step, (x, y) = to_crop[0, 0], to_crop[:, 2]
    columns = np.arange(GRID_WH[0]) * step + x
    drawn = np.interp(np.arange(width), columns, (cue.top_cm + ABOVE_CM) / GRID_CM * step + y)
    if sight.known.any():
        # What is drawn goes on where what is seen ends; far from there what is seen tells nothing.
        at = np.flatnonzero(sight.known)
        off = np.interp(np.arange(width), at, (sight.top - drawn)[at])
        drawn += off * np.exp(-from_mask(sight.known[None])[0] / (_LEAD_CM * sight.unit))
    # What is seen of the body is body, whatever others tell; a hand is before it.
    drawn = np.where(sight.hand, drawn, np.minimum(drawn, sight.first))
    top = np.where(sight.known, sight.top, drawn)
    return running_median(top, max(1, round(_SMOOTH_CM * sight.unit))).astype(np.float32)


def _alpha(sight: _Sight, shown: F32, head: F32, top: F32) -> F32:
    """(h, w) 0..1: the body's area. shown: (h, w) what of the picture's person is no head."""
    above = np.arange(len(head))[:, None] < top[None]
    area = (~above | sight.neck).astype(np.uint8)
    area = cv2.morphologyEx(area, cv2.MORPH_CLOSE, disc(_ARC_CM * sight.unit))
    # Where the picture shows what is there, the picture is right. But not where it is emptied ever
    # so little: there colours are made up.
    touched = (head > 0) & (head < _FREE)
    # And not a raised arm, which in the next frames is elsewhere.
    arm = above & sight.hand[None]
    alpha = np.where(sight.free & ~touched & ~arm, shown, area).astype(np.float32)
    exact = cv2.GaussianBlur(alpha, (0, 0), max(0.7, 0.08 * sight.unit))
    # What is only guessed is not quite the same in the next key frame.
    soft = cv2.GaussianBlur(alpha, (0, 0), max(0.7, _SOFT_CM * sight.unit))
    return np.where(sight.free, exact, soft).astype(np.float32)


def _bared(skin_cm: F32, bare: Bool, air: Bool, unit: float) -> F32:
    """(h, w) 0..1: what is skin, with an edge about as soft as a collar.

    Surely where it is bare, and in the air around that, where a soft outline may end.
    """
    near = cv2.dilate(bare.astype(np.uint8), disc(_BESIDE_CM * unit)) > 0
    sure = bare | (near & air)
    surely = cv2.GaussianBlur(sure.astype(np.float32), (0, 0), max(0.7, 0.12 * unit))
    return np.maximum(surely, np.clip(skin_cm / 0.3 + 0.5, 0, 1)).astype(np.float32)


def uncovered(mattes: Mattes, landmarks: F32, unit: float) -> Bool:
    """(h, w) what of the body the picture shows, however near it is to the head.

    The emptied area has a margin for stray hair; where there is none, neck and clothes are there
    to be seen right up to the jaw.
    """
    face = cv2.dilate(undressed(mattes.clothes, landmarks, unit), disc(_JAW_CM * unit))
    strands = cv2.dilate((mattes.hair > 0.05).astype(np.uint8), disc(_STRAY_CM * unit))
    shown = _bodily(mattes, landmarks) & (mattes.person > 0.5) & (face == 0) & (strands == 0)
    return solid(shown, unit)


def _sight(
    rgb: F32, mattes: Mattes, head: F32, landmarks: F32, unit: float, rim: F32 | None
) -> _Sight:
    free = (head < _FREE) | uncovered(mattes, landmarks, unit)
    seen = free & (mattes.person > 0.5) & (mattes.hair < 0.3)
    below = _bodily(mattes, landmarks)
    seen &= below
    open_air = free & (mattes.person < 0.3)
    cover = seen_cover(rgb, mattes, seen, landmarks, unit)
    ends = free & ~cover.like_skin & (mattes.hair < 0.3)
    skin = seen & cover.like_skin
    rim = neck_rim(fit_pose(landmarks[None])) if rim is None else rim
    neck = neck_area(landmarks, rim, seen.shape, skin, open_air, ends, unit)
    if over_air(neck, free & below, open_air, _chin(landmarks)):
        neck[:] = False
    whole = _whole(solid(seen, unit))
    first = np.where(whole.any(axis=0), whole.argmax(axis=0), len(whole))
    hand = _hand(first, cover.like_skin, neck, _chin(landmarks), unit)
    top, known = _outline(whole, free, neck, hand, _chin(landmarks), unit)
    low = first > _chin(landmarks) + _STANDS_CM * unit
    collar = _collar(np.where(hand | low, len(neck), first), neck, unit)
    top = np.minimum(top, collar).astype(np.float32)
    first = np.where(hand, first, np.minimum(first, collar))
    return _Sight(seen, free, neck, cover, unit, top, known, first, hand)


def _whole(seen: Bool) -> Bool:
    """(h, w) a body without what hangs together with nothing of it, like dusk between strands."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(seen.astype(np.uint8))
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    kept = area > _PART * area.max()
    kept[np.unique(labels[-1])] = True
    kept[0] = False
    return np.take(kept, labels.astype(np.intp))


def _bodily(mattes: Mattes, landmarks: F32) -> Bool:
    """(h, w) what may be body: what is below the mouth, and clothes a little above it."""
    mouth = float(landmarks[[61, 291], 1].mean())
    below = np.arange(len(mattes.clothes))[:, None] > mouth
    return below | dressed(mattes.clothes, landmarks)


def _outline(
    seen: Bool, free: Bool, neck: Bool, hand: Bool, chin: float, unit: float
) -> tuple[F32, Bool]:
    """(w,) the row where the body begins in each column, beyond the picture where it has none,
    and (w,) whether that is seen.

    hand: (w,) where a raised hand is seen. chin: its row.
    A column is trusted when its topmost body pixel is seen and the pixel above it is seen too.
    Between trusted columns and the neck the shoulder is drawn as a line.
    """
    height, width = seen.shape
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), height)
    # From the side a neck is seen far above the chin.
    apart = ~neck.any(axis=0) & (first < chin - _HOOD_CM * unit)
    raised = hand | _beside(apart, unit)
    above = np.clip(first - max(1, round(0.15 * unit)), 0, height - 1)
    trusted = (first < height) & free[above, np.arange(width)] & ~raised
    empty = ~seen.any(axis=0) & free[-1]
    known = trusted | empty
    top = np.where(known, first, np.nan).astype(np.float64)
    base_y = chin + NECK_LENGTH_CM * unit
    columns = np.flatnonzero(neck[min(int(base_y), height - 1)])
    if len(columns) == 0:
        return np.nan_to_num(top, nan=float(height)).astype(np.float32), known
    left, right = int(columns[0]), int(columns[-1])
    # The line starts inside the neck, whose own edge is drawn over it.
    mirror = np.clip(left + right - np.arange(width), -1, width).astype(np.int64)
    other = np.append(top, np.nan)[np.where(mirror < 0, width, mirror)]
    _draw_shoulder(top, np.arange(left + (right - left) // 3, -1, -1), (chin, base_y), other)
    _draw_shoulder(top, np.arange(right - (right - left) // 3, width), (chin, base_y), other)
    inside = np.arange(left, right + 1)
    top[inside] = np.minimum(base_y, np.nan_to_num(top[inside], nan=base_y))
    # What is seen of the body is body, whatever the line says.
    top = np.where(raised, np.nan_to_num(top, nan=height), np.minimum(top, first))
    return top.astype(np.float32), known


def _hand(first: I64, skin: Bool, neck: Bool, chin: float, unit: float) -> Bool:
    """(w,) where a body's topmost pixel `first` is a raised hand or arm.

    skin: (h, w) what may be skin. A collar, too, may stand up, and beside the neck there is jaw.
    """
    height, width = skin.shape
    apart = skin & (from_mask(neck) > _JAWS_CM * unit)
    below = np.clip(first + max(1, round(_RIM_CM * unit)), 0, height - 1)
    return _beside((first < chin) & solid(apart, unit)[below, np.arange(width)], unit)


def _beside(columns: Bool, unit: float) -> Bool:
    """(w,) columns and those near them, which a sleeve may hide."""
    near = np.ones((1, 2 * max(1, round(_SLEEVE_CM * unit)) + 1), np.uint8)
    return cv2.dilate(columns.astype(np.uint8)[None], near)[0] > 0


def _collar(seen: I64, neck: Bool, unit: float) -> I64:
    """(w,) the topmost row of a collar, led on to the neck (h, w) it stands up around.

    seen: (w,) the topmost row that is seen of it, and, as in the result, h where it is not.
    """
    led, columns = np.full_like(seen, len(neck)), np.flatnonzero(neck.any(axis=0))
    if len(columns):
        left, right, reach = int(columns[0]), int(columns[-1]), round(_AROUND_CM * unit)
        for inwards in (
            np.arange(max(left - reach, 0), left + 1),
            np.arange(min(right + reach, len(seen) - 1), right - 1, -1),
        ):
            led[inwards] = np.minimum.accumulate(seen[inwards])
    return led


def _draw_shoulder(top: F64, columns: I64, start_rows: tuple[float, float], mirrored: F64) -> None:
    """Fills the unknown of `top` along columns that lead outwards from the neck.

    start_rows: the highest and the lowest row where it may begin at the neck. mirrored: (w,) what
    is seen of the other shoulder, which this one is like; NaN where that is hidden too.
    """
    values = top[columns]
    known = np.flatnonzero(~np.isnan(values[1:])) + 1
    highest, lowest = start_rows
    if len(known) == 0:
        top[columns] = lowest + _SHOULDER_SLOPE * np.arange(len(columns))
        return
    # From the neck a shoulder falls; where it is first seen tells how high it began.
    end = float(values[known[0]])
    start = float(np.clip(end - _SHOULDER_SLOPE * known[0], min(highest, end), lowest))
    anchors = np.concatenate([[0], known])
    heights = np.concatenate([[start], values[known]])
    line = np.interp(np.arange(len(columns)), anchors, heights)
    alike = np.arange(int(known[0]) + 1)
    shape = mirrored[columns[alike]]
    if np.isnan(shape).mean() < _MOST_MISSING and not np.isnan(shape[-1]):
        # The other shoulder may be higher; both meet the neck alike.
        shape += (heights[1] - shape[-1]) * alike / max(1, alike[-1])
        shape[0] = start
        there = np.flatnonzero(~np.isnan(shape))
        shape = np.interp(alike, there, shape[there])
        # Far from the line it is the other side's hood or arm, and here the ends are known.
        to_end = np.minimum(1, _TAPER * (alike[-1] - alike) / max(1, alike[-1]))
        most = 0.6 * (lowest - highest) * to_end
        line[alike] = np.clip(shape, line[alike] - most, line[alike] + most)
    top[columns] = line
