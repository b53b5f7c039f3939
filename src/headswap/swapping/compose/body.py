"""The body under a removed head: where it ends, and how it looks where hair covered it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import median_filter

from headswap.arrays import F32, F64, I64, Bool
from headswap.swapping.compose.body_cue import (
    ABOVE_CM,
    BELOW_CM,
    GRID_CM,
    GRID_WH,
    BodyCue,
    px_from_grid,
)
from headswap.swapping.compose.body_neck import LOW_JAW, NECK_LENGTH_CM, neck_area, over_air
from headswap.swapping.compose.removal import disc, face_and_ears
from headswap.swapping.matting import fill_smooth
from headswap.vision.mattes import Mattes

# Cheeks, forehead and chin: what of a face is as a neck is.
_CHEEKS = [50, 205, 280, 425, 151, 108, 337, 199, 32, 262]
# How a shoulder falls.
_SHOULDER_SLOPE = 0.42
# With more of the other shoulder hidden, too, there is nothing to go by.
_MOST_MISSING = 0.8
# Over this part of its length, inverted, a shoulder comes to its seen end.
_TAPER = 2.0
# Beside a raised arm the sleeve still hides the shoulder.
_SLEEVE_CM = 3.0
# Points of an outline narrower than half of this are a matte's.
_SMOOTH_CM = 2.5
# Further from the neck than this one sees whether shoulders are dressed.
_COLLAR_CM = 4.0
# Under the chin a neck is bare, however high a collar, and in the shade.
_BARE_CM = 0.7
_SHADE = 0.8
_LEAST_SKIN = 30
# Colour (Lab a, b) this far from the cheeks' is no skin of this person.
_SKIN_AB = 18.0
_MOST_CM = 3.0
# Nearer to the face than this its own edge may be; nearer to hair, strands that no matte knows.
_JAW_CM, _STRAY_CM = 0.35, 0.6
_SPECK_CM = 0.4
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

    known: (w,) bool, where the outline was seen rather than drawn.
    """

    seen: Bool
    free: Bool
    neck: Bool
    unit: float
    top: F32
    known: Bool


def body_cue(rgb: F32, mattes: Mattes, head: F32, landmarks: F32, scale_px_cm: float) -> BodyCue:
    """What a crop tells of its body.

    rgb: (h, w, 3) float32 0..255. head: (h, w) 0..1, the area to empty. landmarks: (478, 2+) in
    the crop.
    """
    sight = _sight(mattes, head, landmarks, scale_px_cm)
    width = head.shape[1]
    to_crop = px_from_grid(landmarks, scale_px_cm)
    step, (x, y) = to_crop[0, 0], to_crop[:, 2]
    columns = np.arange(GRID_WH[0]) * step + x
    top_cm = (np.interp(columns, np.arange(width), sight.top) - y) / step * GRID_CM - ABOVE_CM
    known = np.interp(columns, np.arange(width), sight.known.astype(np.float64))
    known[(columns < 0) | (columns > width - 1)] = 0
    skin = np.clip(_skin_px(mattes, sight) / scale_px_cm, -_MOST_CM, _MOST_CM)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE
    grid = cv2.warpAffine(skin.astype(np.float32), to_crop, GRID_WH, flags=flags, borderMode=border)
    top_cm = np.clip(top_cm, -ABOVE_CM, BELOW_CM).astype(np.float32)
    return BodyCue(
        top_cm=top_cm,
        sure=np.maximum(known, 0.02).astype(np.float32),
        skin_cm=np.asarray(grid, np.float32),
        flesh=_flesh(rgb, mattes, sight, landmarks),
    )


def complete_body(
    rgb: F32, mattes: Mattes, head: F32, landmarks: F32, scale_px_cm: float, cue: BodyCue
) -> Body:
    """The body with the head's area (h, w) 0..1 filled from what is seen of neck and clothes.

    rgb: (h, w, 3) float32 0..255; landmarks: (478, 2+) in the crop; scale_px_cm: px per cm. cue:
    where outline and collar are when they are hidden; of this frame or, steadier, of many.
    """
    sight = _sight(mattes, head, landmarks, scale_px_cm)
    height, width = head.shape
    to_crop = px_from_grid(landmarks, scale_px_cm)
    step, (x, y) = to_crop[0, 0], to_crop[:, 2]
    columns = np.arange(GRID_WH[0]) * step + x
    drawn = np.interp(np.arange(width), columns, (cue.top_cm + ABOVE_CM) / GRID_CM * step + y)
    # What is seen of the body is body, whatever others tell.
    seen = _solid(sight.seen, sight.unit)
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), height)
    if sight.known.any():
        # What is drawn goes on where what is seen ends.
        at = np.flatnonzero(sight.known)
        drawn += np.interp(np.arange(width), at, (sight.top - drawn)[at])
    top = np.where(sight.known, sight.top, np.minimum(drawn, first))
    top = median_filter(top, max(1, round(_SMOOTH_CM * scale_px_cm)), mode="nearest")
    rows = np.arange(height)[:, None]
    area = (rows >= top[None]) | sight.neck
    # Where the picture shows what is there, the picture is right.
    shown = mattes.person * _below_mouth(landmarks, sight.seen.shape)
    # But not where it is emptied ever so little: there colours are made up.
    touched = (head > 0) & (head < _FREE)
    alpha = np.where(sight.free & ~touched, shown, area).astype(np.float32)
    soft = max(0.7, 0.08 * scale_px_cm)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), soft), np.float32)
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    skin = cv2.warpAffine(cue.skin_cm, to_crop, (width, height), flags=flags, borderMode=border)
    deep = rows > top[None] + 0.5 * scale_px_cm
    filled = _fill(rgb, mattes, sight, deep, np.asarray(skin, np.float32), landmarks, cue.flesh)
    return Body(alpha, filled)


def uncovered(mattes: Mattes, landmarks: F32, unit: float) -> Bool:
    """(h, w) what of the body the picture shows, however near it is to the head.

    The emptied area has a margin for stray hair; where there is none, neck and clothes are there
    to be seen right up to the jaw.
    """
    shape = mattes.hair.shape
    face = cv2.dilate(face_and_ears(landmarks, shape), disc(_JAW_CM * unit))
    strands = cv2.dilate((mattes.hair > 0.05).astype(np.uint8), disc(_STRAY_CM * unit))
    shown = _below_mouth(landmarks, shape) & (mattes.person > 0.5) & (face == 0) & (strands == 0)
    return _solid(shown, unit)


def _solid(mask: Bool, unit: float) -> Bool:
    """(h, w) a mask without its specks and thin parts, which are edges of hair."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(_SPECK_CM * unit)) > 0


def _sight(mattes: Mattes, head: F32, landmarks: F32, unit: float) -> _Sight:
    free = (head < _FREE) | uncovered(mattes, landmarks, unit)
    seen = free & (mattes.person > 0.5) & (mattes.hair < 0.3)
    seen &= _below_mouth(landmarks, seen.shape)
    open_air = free & (mattes.person < 0.3)
    ends = free & (mattes.skin < 0.4) & (mattes.hair < 0.3)
    neck = neck_area(landmarks, seen, seen & (mattes.skin > 0.5), open_air, ends, unit)
    neck &= ~over_air(free & _below_mouth(landmarks, seen.shape), open_air, unit)
    top, known = _outline(_solid(seen, unit), free, neck, landmarks, unit)
    return _Sight(seen, free, neck, unit, top, known)


def _below_mouth(landmarks: F32, shape: tuple[int, int]) -> Bool:
    row = float(landmarks[[61, 291], 1].mean())
    return np.broadcast_to(np.arange(shape[0])[:, None] > row, shape)


def _outline(seen: Bool, free: Bool, neck: Bool, landmarks: F32, unit: float) -> tuple[F32, Bool]:
    """(w,) the row where the body begins in each column, beyond the picture where it has none,
    and (w,) whether that is seen.

    A column is trusted when its topmost body pixel is seen and the pixel above it is seen too.
    Between trusted columns and the neck the shoulder is drawn as a line.
    """
    height, width = seen.shape
    chin = float(landmarks[LOW_JAW, 1].max())
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), height)
    # What begins above the chin is a raised hand or arm, and tells nothing of the shoulder.
    near = np.ones((1, 2 * max(1, round(_SLEEVE_CM * unit)) + 1), np.uint8)
    raised = cv2.dilate((first < chin).astype(np.uint8)[None], near)[0] > 0
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
    start = float(np.clip(values[known[0]] - _SHOULDER_SLOPE * known[0], highest, lowest))
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


def _skin_and_clothes(mattes: Mattes, sight: _Sight) -> tuple[Bool, Bool]:
    inner = cv2.erode(sight.seen.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = inner & (mattes.skin > np.maximum(mattes.clothes, 0.4))
    return skin, sight.seen & (mattes.skin < 0.4)


def _skin_px(mattes: Mattes, sight: _Sight) -> F32:
    """(h, w) px: how much nearer skin is than clothes, where both are hidden."""
    skin, clothes = _skin_and_clothes(mattes, sight)
    unit, neck = sight.unit, sight.neck
    # A hidden shoulder is dressed like the shoulder that is seen, not like the neck.
    beside = cv2.dilate(neck.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    from_neck = cv2.distanceTransform((~neck).astype(np.uint8), cv2.DIST_L2, 3)
    far = from_neck > _COLLAR_CM * unit
    dressed = (clothes & far).sum() > (skin & far).sum()
    outer = np.where(neck, _nearer(skin, clothes), _nearer(skin & beside, clothes & beside))
    if dressed:
        # However wide the neckline that is seen, it ends somewhere under the hair.
        outer -= 2 * np.maximum(from_neck - 0.5 * _COLLAR_CM * unit, 0)
    return outer.astype(np.float32)


def _fill(
    rgb: F32,
    mattes: Mattes,
    sight: _Sight,
    deep: Bool,
    skin_cm: F32,
    landmarks: F32,
    flesh: F32,
) -> F32:
    """Colours of skin and clothes, each continued by itself into what was hidden."""
    skin, clothes = _skin_and_clothes(mattes, sight)
    skin &= _like(rgb, _cheeks(rgb, landmarks))
    # Well below the outline: a matte's rim holds background, which would tint all that grows of it.
    clothes &= deep
    rows = np.arange(len(rgb))[:, None]
    chin = float(landmarks[LOW_JAW, 1].max())
    bare = sight.neck & (rows < chin + _BARE_CM * sight.unit)
    # An edge about as soft as a collar.
    is_skin = np.clip(skin_cm / 0.3 + 0.5, 0, 1)
    rim = np.ones((2 * round(0.5 * sight.unit) + 1,) * 2, np.uint8)
    is_skin = np.where(cv2.dilate(bare.astype(np.uint8), rim) > 0, 1.0, is_skin)
    # Skin goes on as it is seen, and further away from that as the neck is at all times.
    skins = np.broadcast_to(flesh, rgb.shape).astype(np.float32)
    if skin.sum() >= _LEAST_SKIN:
        away = cv2.distanceTransform((~skin).astype(np.uint8), cv2.DIST_L2, 3)
        share = np.exp(-away / (_COLLAR_CM * sight.unit))[..., None]
        skins = skins + share * (fill_smooth(rgb, skin.astype(np.float32)) - skins)
    if clothes.sum() < 30:
        return np.asarray(skins, np.float32)
    dress = fill_smooth(rgb, clothes.astype(np.float32))
    return (dress + is_skin[..., None] * (skins - dress)).astype(np.float32)


def _flesh(rgb: F32, mattes: Mattes, sight: _Sight, landmarks: F32) -> F32:
    """(3,) the neck's colour: what is seen of it, and a face's in the shade for what is not."""
    cheeks = _cheeks(rgb, landmarks)
    skin, _ = _skin_and_clothes(mattes, sight)
    around = np.ones((2 * round(_COLLAR_CM * sight.unit) + 1,) * 2, np.uint8)
    near = skin & (cv2.dilate(sight.neck.astype(np.uint8), around) > 0) & _like(rgb, cheeks)
    shaded = _SHADE * cheeks
    if near.sum() < _LEAST_SKIN:
        return shaded.astype(np.float32)
    # A few square centimetres say what the neck is like.
    share = near.sum() / (near.sum() + sight.unit**2)
    return (shaded + share * (np.median(rgb[near], axis=0) - shaded)).astype(np.float32)


def _cheeks(rgb: F32, landmarks: F32) -> F32:
    """(3,) the median colour of the cheeks."""
    height, width = rgb.shape[:2]
    last = [width - 1, height - 1]
    places = landmarks[_CHEEKS, :2]
    inside = ((places >= 0) & (places <= last)).all(axis=1)
    columns, rows = np.clip(places[inside if inside.any() else ...], 0, last).astype(int).T
    return np.median(cv2.blur(rgb, (3, 3))[rows, columns], axis=0).astype(np.float32)


def _like(rgb: F32, colour: F32) -> Bool:
    """(h, w) where a picture's hue is about that of a colour."""
    lab = cv2.cvtColor(rgb / np.float32(255), cv2.COLOR_RGB2LAB)
    own = cv2.cvtColor(colour[None, None] / np.float32(255), cv2.COLOR_RGB2LAB)[0, 0]
    return np.linalg.norm(lab[..., 1:] - own[1:], axis=2) < _SKIN_AB


def _nearer(skin: Bool, clothes: Bool) -> F32:
    """(h, w) px: how much nearer the next skin is than the next clothes."""
    if not skin.any() or not clothes.any():
        return np.full(skin.shape, 1e3 if skin.any() else -1e3, np.float32)
    to_skin = cv2.distanceTransform((~skin).astype(np.uint8), cv2.DIST_L2, 3)
    to_clothes = cv2.distanceTransform((~clothes).astype(np.uint8), cv2.DIST_L2, 3)
    return (to_clothes - to_skin).astype(np.float32)
