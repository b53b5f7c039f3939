"""Occluders: what is before a head keeps its own pixels on top of the new one."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.expected import (
    NEAR_CM,
    Behind,
    Scene,
    behind_of,
    largest,
    light_on,
    nearby,
)
from headswap.swapping.compose.front_layer import Occluder, occluder_of
from headswap.swapping.compose.hand_guess import Guess, hand_reach, hands_guess
from headswap.swapping.compose.hand_search import face_and_neck
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.walks import bonds_of, walked
from headswap.swapping.engines.protocol import Box
from headswap.swapping.face_history import FaceHistory
from headswap.swapping.face_sheet import FACE, looked_up, sheet_from_frame, with_outward
from headswap.swapping.hand_tracks import HandNow, hand_size

_WORK_PX_PER_CM = 5.5
_BEYOND_LIKELY = 0.9
_THING_GAP_CM, _GAP_LIKELY = 1.8, 0.6
_THING_GROW_CM, _THING_INNER_CM, _ABSENT = 1.6, 0.4, 1.6
_EDGE_CM = 0.25
_MOST_EVIDENCE, _MOST_AGAINST = 4.0, 1.6
_FAR_FRONT = 10.0
_ROUNDS = 2
# How much a pixel's own look counts beside its neighbours', and how firm the answer is made.
_PULL, _FIRM = 0.1, 2.5
_SMOOTH_CM = 0.2


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
    by_hand = guess.possible
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
    light = light_on(rgb, landmarks, scale_px_cm, face, guess, scene, corner)
    behind = behind_of(scene, face, guess.possible, by_hand[part], light)
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
    room = round(2 * NEAR_CM * unit) + 1
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
    near, step = NEAR_CM * scale, _shrink(scale)
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
) -> Scene:
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
    return Scene(image, points, own, scale / shrink, texels, on_sheet, on_face)


def _with_things(guess: Guess, shown: F32, outward: F32, scene: Scene) -> tuple[Guess, Bool]:
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


def _with_sure_things(guess: Guess, behind: Behind, scene: Scene, shown: F32, near: Bool) -> Guess:
    """The guess, sure also where a face was expected and is clearly not there."""
    absent = (behind.off(scene.image) > _ABSENT * behind.spread) & scene.on_face & near
    disc = _disc(0.3 * scene.unit)
    solid = cv2.morphologyEx(absent.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    inner = cv2.erode((shown > 0.9).astype(np.uint8), _disc(_THING_INNER_CM * scene.unit)) > 0
    return Guess(guess.sure | solid | inner, guess.possible, guess.likely)


def _separated(image: U8, behind: Behind, guess: Guess, unit: float) -> F32:
    """(h, w) alpha at working size."""
    prior = np.clip(guess.likely, 0.02, 0.98)
    odds = cv2.log(prior / (1 - prior))
    to_back = behind.off(image) / behind.spread
    front, _ = nearby(image, guess.sure, unit, _FAR_FRONT)
    bare = behind.seen(image, front, guess.possible) | ~guess.possible
    sure = guess.sure & ~bare
    alpha = np.asarray(sure, np.float32)
    fixed = sure | bare
    bonds = bonds_of(image)
    for _ in range(_ROUNDS):
        front, spread = nearby(image, alpha > 0.9, unit, _FAR_FRONT)
        to_front = largest(np.asarray(cv2.absdiff(image, front), np.uint8)) / spread
        evidence = 0.5 * (to_back**2 - to_front**2) + cv2.log(behind.spread / spread)
        logit = odds + behind.weight * np.clip(evidence, -_MOST_AGAINST, _MOST_EVIDENCE)
        alpha = 1 / (1 + cv2.exp(-logit))
        alpha[sure] = 1
        alpha[bare] = 0
        pull = np.float32(_PULL) * np.abs(2 * alpha - 1)
        alpha = walked(bonds, np.asarray(alpha, np.float32), fixed, np.asarray(pull, np.float32))
        # An outline is smooth.
        alpha = cv2.GaussianBlur(alpha, (0, 0), max(0.5, _SMOOTH_CM * unit))
        alpha = np.clip((alpha - np.float32(0.5)) * np.float32(_FIRM) + np.float32(0.5), 0, 1)
    count, marked = cv2.connectedComponents((alpha > 0.5).astype(np.uint8))
    labels = np.asarray(marked, np.int32)
    own = np.zeros(count, np.uint8)
    own[labels[sure]] = 1
    own[0] = 0
    reach = _grown(own[labels], _EDGE_CM * unit)
    return np.asarray(alpha * reach, np.float32)


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
