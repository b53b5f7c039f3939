"""Occluders: what is before a head keeps its own pixels on top of the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.front_layer import Occluder, occluder_of
from headswap.swapping.compose.hand_guess import Guess, hand_reach, hands_guess
from headswap.swapping.compose.hand_search import face_and_neck
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.walks import bonds_of, walked
from headswap.swapping.engines.protocol import Box
from headswap.swapping.face_history import FaceHistory, light_fit
from headswap.swapping.face_sheet import (
    FACE,
    SHEET_WH,
    facing_landmarks,
    looked_up,
    sheet_from_frame,
    sheet_lively,
    sheet_places,
    with_outward,
)
from headswap.swapping.hand_tracks import HandNow, hand_size

_WORK_PX_PER_CM = 5.5
_BEYOND_LIKELY = 0.9
_THING_GAP_CM, _GAP_LIKELY = 1.8, 0.6
_THING_GROW_CM, _THING_INNER_CM, _ABSENT = 1.6, 0.4, 1.6
# Colours are compared with those about this far away.
_NEAR_CM = 1.2
# Colours of a neighbourhood are gathered from every so many pixels.
_COARSE = 3
_EDGE_CM = 0.25
_NOISE = 8.0
_MOST_EVIDENCE, _MOST_AGAINST = 4.0, 1.6
_FAR_BEHIND, _FAR_FRONT = 50.0, 10.0
_ROUNDS = 2
# How much a pixel's own look counts beside its neighbours', and how firm the answer is made.
_PULL, _FIRM = 0.1, 2.5
_SMOOTH_CM = 0.2
# How much looks count where it is less sure what would be seen behind.
_UNSURE_WEIGHT = 0.4
_SLACK = np.ones((3, 3), np.uint8)
# How far a face's colours stray, up to 45 levels, is looked up in parts of a level.
_FINE_SPREAD = 5.0
# Light is taken to vary linearly over about this much.
_LIGHT_CM = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """A window of a crop at working size: (h, w, 3) uint8, its face's landmarks and its hands.

    unit: px per cm. texels: (h, w, 2) places on the face's sheet. on_sheet, on_face: (h, w) where
    there are any, and where they are the face's.
    """

    image: U8
    points: F32
    hands: list[HandNow]
    unit: float
    texels: F32
    on_sheet: Bool
    on_face: Bool

    def part(self, window: tuple[slice, slice]) -> _Scene:
        """Some rows and columns of it; the hands stay as they are."""
        points = self.points.copy()
        points[:, :2] -= (window[1].start, window[0].start)
        return _Scene(
            np.ascontiguousarray(self.image[window]),
            points,
            self.hands,
            self.unit,
            np.ascontiguousarray(self.texels[window]),
            np.ascontiguousarray(self.on_sheet[window]),
            np.ascontiguousarray(self.on_face[window]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Behind:
    """What is expected behind: colours between low and high (h, w, 3) uint8, off by so much.

    spread: (h, w) float32 levels. weight: (h, w) float32, how much colours count.
    """

    low: U8
    high: U8
    spread: F32
    weight: F32

    def off(self, image: U8) -> F32:
        """(h, w) float32 levels: how far colours are from what is expected."""
        over, under = cv2.subtract(image, self.high), cv2.subtract(self.low, image)
        return _largest(np.asarray(cv2.max(over, under), np.uint8))


def find_occluder(
    rgb: U8,
    landmarks: F32,
    scale_px_cm: float,
    face: FaceHistory,
    strange: F32 | None,
    hands: Sequence[HandNow],
    needed: Box,
) -> Occluder | None:
    """The hands and things before a face in a crop (h, w, 3), None if there are none.

    landmarks: (478, 3) and hands, px of the crop. strange: (h', w') 0..1 on the face's
    sheet (see `Occlusion`). needed: the part of the crop that counts. Every pixel that may be
    occluder is asked whether it looks more like the face behind, which is known from other
    frames, or like the surely covered places near it.
    """
    things = strange is not None
    window = _window(landmarks, scale_px_cm, things, hands, needed, rgb.shape[1::-1])
    if window is None:
        return None
    x0, y0, x1, y1 = window
    full = rgb[y0:y1, x0:x1]
    scene = _scene(full, landmarks, (x0, y0), scale_px_cm, hands)
    below = face_and_neck(scene.points[:, :2], scene.image.shape[:2])
    guess = hands_guess(scene.image, scene.hands, scene.unit, ~(scene.on_face | below))
    shown, near = np.zeros(scene.on_face.shape, np.float32), scene.on_face
    if strange is not None:
        planes = looked_up(with_outward(strange), scene.texels)
        shown, outward = (plane * scene.on_sheet for plane in cv2.split(planes))
        guess, near = _with_things(guess, shown, outward, scene)
    part = _part_of_interest(guess.possible, scene.unit)
    if part is None:
        return None
    scene, guess, step = scene.part(part), guess.part(part), _shrink(scale_px_cm)
    corner = (x0 + part[1].start * step, y0 + part[0].start * step)
    light = _light(rgb, landmarks, scale_px_cm, face, guess, scene, corner)
    behind = _behind(scene, face, guess.possible, light)
    if strange is not None:
        guess = _with_sure_things(guess, behind, scene, shown[part], near[part])
    if not guess.sure.any():
        return None
    alpha = _separated(scene.image, behind, guess, scene.unit)
    height, width = alpha.shape
    full = rgb[corner[1] : corner[1] + height * step, corner[0] : corner[0] + width * step]
    return occluder_of(full, scene.image, alpha, scene.unit, corner)


def _part_of_interest(possible: Bool, unit: float) -> tuple[slice, slice] | None:
    """Rows and columns where an occluder may be and what it is compared with; None for none."""
    x, y, width, height = cv2.boundingRect(possible.astype(np.uint8))
    if width == 0:
        return None
    room = round(2 * _NEAR_CM * unit) + 1
    rows = slice(max(0, y - room), min(possible.shape[0], y + height + room))
    return rows, slice(max(0, x - room), min(possible.shape[1], x + width + room))


def _window(
    landmarks: F32,
    scale: float,
    things: bool,
    hands: Sequence[HandNow],
    needed: Box,
    size_wh: tuple[int, ...],
) -> Box | None:
    """The part of a crop in which the hands and things may be, with what is near; None for none."""
    places = [landmarks[:FACE, :2]] if things else []
    reach = [_THING_GROW_CM * scale] if things else []
    for hand in hands:
        ends, beyond = hand_reach(hand.points, scale)
        places.append(ends)
        reach.append(beyond)
    if not places:
        return None
    low = np.min([p.min(axis=0) - r for p, r in zip(places, reach, strict=True)], axis=0)
    high = np.max([p.max(axis=0) + r for p, r in zip(places, reach, strict=True)], axis=0)
    near, step = _NEAR_CM * scale, _shrink(scale)
    sides: list[tuple[int, int]] = []
    for k in range(2):
        first, last = (
            max(int(low[k] - near), needed[k]),
            min(int(high[k] + near) + 1, needed[k + 2]),
        )
        if last - first < 2:
            return None
        sides.append(_whole_blocks(first, last, step, size_wh[k]))
    (x0, x1), (y0, y1) = sides
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _shrink(scale: float) -> int:
    """How many pixels of a crop are one at working size, each way."""
    return max(1, round(scale / _WORK_PX_PER_CM))


def _whole_blocks(first: int, last: int, step: int, limit: int) -> tuple[int, int]:
    """The range, made to be a multiple of a step inside the limit."""
    length = min(-(-(last - first) // step), limit // step) * step
    first = min(first, limit - length)
    return first, first + length


def _scene(
    full: U8, landmarks: F32, corner: tuple[int, int], scale: float, hands: Sequence[HandNow]
) -> _Scene:
    shrink = _shrink(scale)
    size = (full.shape[1] // shrink, full.shape[0] // shrink)
    # Pixel centres are at whole numbers before and after.
    origin = np.array(corner, np.float32) + np.float32((shrink - 1) / 2)
    factor = np.float32(1 / shrink)
    points = landmarks.copy()
    points[:, :2] = (points[:, :2] - origin) * factor
    image = shrunk(full, size)
    texels, on_sheet, on_face = sheet_from_frame(points, (size[1], size[0]))
    own = [hand.moved(-origin, float(factor)) for hand in hands]
    return _Scene(image, points, own, scale / shrink, texels, on_sheet, on_face)


def _with_things(guess: Guess, shown: F32, outward: F32, scene: _Scene) -> tuple[Guess, Bool]:
    """The guess with what is strange on the face and its surroundings, and where they are."""
    there = (shown > 0.1).astype(np.uint8)
    near = _grown(there, _THING_GROW_CM * scene.unit)
    likely = cv2.blur(shown, (2 * round(0.4 * scene.unit) + 1,) * 2)
    whole = cv2.morphologyEx(there, cv2.MORPH_CLOSE, _disc(_THING_GAP_CM * scene.unit)) > 0
    likely[whole] = np.maximum(likely[whole], _GAP_LIKELY)
    likely = np.maximum(likely, np.float32(_BEYOND_LIKELY) * outward)
    beyond = near & ~scene.on_sheet
    likely[beyond] = np.maximum(likely[beyond], _BEYOND_LIKELY)
    return Guess(guess.sure, guess.possible | near, np.maximum(guess.likely, likely)), near


def _with_sure_things(
    guess: Guess, behind: _Behind, scene: _Scene, shown: F32, near: Bool
) -> Guess:
    """The guess, sure also where a face was expected and is clearly not there."""
    absent = (behind.off(scene.image) > _ABSENT * behind.spread) & scene.on_face & near
    disc = _disc(0.3 * scene.unit)
    solid = cv2.morphologyEx(absent.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    inner = cv2.erode((shown > 0.9).astype(np.uint8), _disc(_THING_INNER_CM * scene.unit)) > 0
    return Guess(guess.sure | solid | inner, guess.possible, guess.likely)


def _light(
    rgb: U8,
    landmarks: F32,
    scale: float,
    face: FaceHistory,
    guess: Guess,
    scene: _Scene,
    corner: tuple[int, int],
) -> list[F32]:
    """Three (h, w) float32: this frame's light on the face over its usual one, by its landmarks."""
    u, v = np.minimum(sheet_places().round().astype(int), np.array(SHEET_WH) - 1).T
    seen = facing_landmarks(landmarks) & face.known[v, u] & ~sheet_lively()[v, u]
    x, y = scene.points[:FACE, :2].round().astype(int).T
    height, width = guess.possible.shape
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    seen[inside] &= ~guess.possible[y[inside], x[inside]]
    places = landmarks[:FACE, :2]
    seen &= ((places >= 0) & (places < rgb.shape[1::-1])).all(axis=1)
    # Neighbours say the same.
    seen[::2] = False
    own = np.ascontiguousarray(places[seen])
    levels = looked_up(rgb, own[:, None])[:, 0] if len(own) else own
    middle, extent = places.mean(axis=0), _LIGHT_CM * scale
    fit = light_fit(
        np.asarray(levels, np.float32), face.usual[v, u][seen], (own - middle) / np.float32(extent)
    )
    # Of the window's pixels, in the same measure.
    step = scale / scene.unit / extent
    across = (np.arange(width, dtype=np.float32) * step + (corner[0] - middle[0]) / extent)[None]
    down = (np.arange(height, dtype=np.float32) * step + (corner[1] - middle[1]) / extent)[:, None]
    planes = (np.float32(a) + np.float32(b) * across + np.float32(c) * down for a, b, c in fit)
    return [np.clip(plane, 0.2, 4.0).astype(np.float32) for plane in planes]


def _behind(scene: _Scene, face: FaceHistory, possible: Bool, light: list[F32]) -> _Behind:
    """On the face its usual colours in this frame's light, beside it those that are seen near."""
    # Four planes are looked up as fast as one.
    fine = np.clip(face.spread * _FINE_SPREAD + 0.5, 0, 255)
    both = np.asarray(cv2.merge([face.usual.astype(np.uint8), fine.astype(np.uint8)]), np.uint8)
    planes = cv2.split(looked_up(both, scene.texels))
    usual, spread = planes[:3], planes[3] / np.float32(_FINE_SPREAD)
    flags = np.dstack([face.known, sheet_lively()]).astype(np.uint8) * np.uint8(255)
    there, lively = cv2.split(looked_up(flags, scene.texels))
    known = scene.on_sheet & (there > 252)
    # Eyes and mouth look different from moment to moment, and beside a face little is known.
    surely = known & scene.on_face & (lively < 128)
    lit = [
        cv2.multiply(own, factor, dtype=cv2.CV_8U) for own, factor in zip(usual, light, strict=True)
    ]
    mean, deviation = _nearby(scene.image, ~possible, scene.unit, _FAR_BEHIND)
    expected = cv2.copyTo(cv2.merge(lit), known.astype(np.uint8), mean)
    return _Behind(
        low=np.asarray(cv2.erode(expected, _SLACK), np.uint8),
        high=np.asarray(cv2.dilate(expected, _SLACK), np.uint8),
        spread=np.asarray(np.where(known, spread, deviation), np.float32),
        weight=np.where(surely, np.float32(1), np.float32(_UNSURE_WEIGHT)),
    )


def _nearby(image: U8, where: Bool, unit: float, far: float) -> tuple[U8, F32]:
    """Mean (h, w, 3) and deviation (h, w) of the colours near each pixel, where `where`.

    far: the deviation added where none is near and the mean of all stands in.
    """
    few, solid = image[::_COARSE, ::_COARSE].astype(np.float32), where[::_COARSE, ::_COARSE]
    side = 2 * max(1, round(_NEAR_CM * unit / _COARSE)) + 1

    def blurred(plane: F32) -> F32:
        return np.asarray(cv2.blur(cv2.blur(plane, (side, side)), (side, side)), np.float32)

    whole = few[solid].mean(axis=0) if solid.any() else np.full(3, 128, np.float32)
    weight = solid.astype(np.float32)
    # A trace of the mean of all, so that there is always an answer.
    trace = np.float32(0.01)
    summed = blurred(np.asarray(cv2.merge([few * weight[..., None], weight]), np.float32))
    share = np.maximum(summed[..., 3], 0)
    mean = (summed[..., :3] + trace * whole) / (share + trace)[..., None]
    away = _largest(np.square(few - mean)) * weight
    deviation = np.sqrt(np.maximum(blurred(away), 0) / (share + trace))
    deviation += _NOISE + np.float32(far) * np.clip(1 - share / np.float32(0.05), 0, 1)
    size = image.shape[1::-1]
    wide = cv2.resize(np.clip(mean, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, np.uint8), np.asarray(cv2.resize(deviation, size), np.float32)


def _separated(image: U8, behind: _Behind, guess: Guess, unit: float) -> F32:
    """(h, w) alpha at working size."""
    prior = np.clip(guess.likely, 0.02, 0.98)
    odds = cv2.log(prior / (1 - prior))
    to_back = behind.off(image) / behind.spread
    alpha = np.asarray(guess.sure, np.float32)
    fixed = guess.sure | ~guess.possible
    bonds = bonds_of(image)
    for _ in range(_ROUNDS):
        front, spread = _nearby(image, alpha > 0.9, unit, _FAR_FRONT)
        to_front = _largest(np.asarray(cv2.absdiff(image, front), np.uint8)) / spread
        evidence = 0.5 * (to_back**2 - to_front**2) + cv2.log(behind.spread / spread)
        logit = odds + behind.weight * np.clip(evidence, -_MOST_AGAINST, _MOST_EVIDENCE)
        alpha = 1 / (1 + cv2.exp(-logit))
        alpha[guess.sure] = 1
        alpha[~guess.possible] = 0
        pull = np.float32(_PULL) * np.abs(2 * alpha - 1)
        alpha = walked(bonds, np.asarray(alpha, np.float32), fixed, np.asarray(pull, np.float32))
        # An outline is smooth.
        alpha = cv2.GaussianBlur(alpha, (0, 0), max(0.5, _SMOOTH_CM * unit))
        alpha = np.clip((alpha - np.float32(0.5)) * np.float32(_FIRM) + np.float32(0.5), 0, 1)
    count, marked = cv2.connectedComponents((alpha > 0.5).astype(np.uint8))
    labels = np.asarray(marked, np.int32)
    own = np.zeros(count, np.uint8)
    own[labels[guess.sure]] = 1
    own[0] = 0
    reach = _grown(own[labels], _EDGE_CM * unit)
    return np.asarray(alpha * reach, np.float32)


def _largest(planes: F32 | U8) -> F32:
    """(h, w) float32: the largest of three channels."""
    first, second, third = cv2.split(planes)
    return np.asarray(cv2.max(cv2.max(first, second), third), np.float32)


def _grown(mask: U8, radius_px: float) -> Bool:
    """(h, w) the pixels no farther than this from a mask."""
    away = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3)
    return np.asarray(away <= max(1.0, radius_px), np.bool_)


def touches(hand: F32, changed: Bool) -> bool:
    """Whether a hand, (21, 2) px, comes near any changed pixel of a crop."""
    reach = hand_size(hand)
    x0, y0 = np.maximum(hand.min(axis=0) - reach, 0).astype(int)
    x1, y1 = np.maximum(hand.max(axis=0) + reach, 0).astype(int)
    return bool(changed[y0:y1, x0:x1].any())


def _disc(radius_px: float) -> U8:
    side = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
