"""Occluders: what is before a head keeps its own pixels on top of the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8, Bool
from headswap.swapping.engines.protocol import Box
from headswap.swapping.face_history import FaceHistory, light_between
from headswap.swapping.face_sheet import sheet_from_frame
from headswap.swapping.hand_tracks import drawn_arm, drawn_hand, hand_size

_WORK_PX_PER_CM = 6.0
_FINGER_CM = 0.75
# Thickness of a hand, over what its joints tell, that is surely and that may be hand.
_SURE, _USUAL, _POSSIBLE = 0.6, 1.12, 1.7
_ARM_SIZES = 3.0
# A forearm's width over its usual one, and how likely it is there.
_ARM_LIKELY = ((0.9, 0.7), (1.3, 0.35))
_BEYOND_LIKELY = 0.9
_THING_GROW_CM, _THING_INNER_CM, _ABSENT = 1.6, 0.4, 1.6
# Colours are compared with those about this far away.
_NEAR_CM = 1.2
_EDGE_CM = 0.25
_NOISE = 8.0
_MOST_EVIDENCE = 4.0
_FAR_BEHIND, _FAR_FRONT = 50.0, 10.0
_ROUNDS = 2
# What is beside a face is known less surely than the face.
_BESIDE_WEIGHT = 0.4
_SLACK = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Where an occluder may be, (h, w) each: surely, possibly (bool), and how likely (float32)."""

    sure: Bool
    possible: Bool
    likely: F32


@dataclass(frozen=True, slots=True, eq=False)
class Occluder:
    """What is before a head, in a window of the crop.

    window: rows and columns. alpha: (h, w) float32 0..1. rgb: (h, w, 3) uint8, its own colours,
    at a soft edge freed of what was behind.
    """

    window: tuple[slice, slice]
    alpha: F32
    rgb: U8


def find_occluder(
    rgb: U8,
    landmarks: F32,
    scale_px_cm: float,
    face: FaceHistory,
    strange: F32 | None,
    hands: Sequence[F32],
    needed: Box,
) -> Occluder | None:
    """The hands and things before a face in a crop (h, w, 3), None if there are none.

    landmarks: (478, 3), hands: (21, 2) each, px of the crop. strange: (h', w') 0..1 on the face's
    sheet (see `Occlusion`). needed: the part of the crop that counts. Every pixel that may be
    occluder is asked whether it looks more like the face behind, which is known from other
    frames, or like the surely covered places near it.
    """
    left, top, right, bottom = needed
    rgb = rgb[top:bottom, left:right]
    shrink = max(1.0, scale_px_cm / _WORK_PX_PER_CM)
    size = (max(1, round(rgb.shape[1] / shrink)), max(1, round(rgb.shape[0] / shrink)))
    unit = scale_px_cm / shrink
    factor = np.array([size[0] / rgb.shape[1], size[1] / rgb.shape[0]], np.float32)
    corner = np.array([left, top], np.float32)
    points = landmarks.copy()
    points[:, :2] = (points[:, :2] - corner) * factor
    texels, on_face = sheet_from_frame(points, (size[1], size[0]))
    image = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    guess = _hands_guess([(hand - corner) * factor for hand in hands], on_face.shape, unit)
    shown = np.zeros(on_face.shape, np.float32)
    if strange is not None:
        shown = cv2.remap(strange, texels[..., 0], texels[..., 1], cv2.INTER_LINEAR) * on_face
        guess = _with_things(guess, shown, on_face, unit)
    if not guess.possible.any():
        return None
    behind, spread, known = _behind(image, face, texels, on_face, guess.possible, unit)
    if strange is not None:
        guess = _with_sure_things(guess, image, behind, spread, on_face, shown, unit)
    if not guess.sure.any():
        return None
    x, y, width, height = cv2.boundingRect(guess.possible.astype(np.uint8))
    part = np.s_[y : y + height, x : x + width]
    cut = Guess(guess.sure[part], guess.possible[part], guess.likely[part])
    weight = np.where(known[part], np.float32(1), np.float32(_BESIDE_WEIGHT))
    alpha = _separated(image[part], behind[part], spread[part], weight, cut, unit)
    rows = slice(round(y / factor[1]), round((y + height) / factor[1]))
    columns = slice(round(x / factor[0]), round((x + width) / factor[0]))
    sharp, colours = _enlarged(rgb[rows, columns], image[part], alpha, unit)
    window = (_moved(rows, top), _moved(columns, left))
    return Occluder(window, sharp, colours)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _hands_guess(hands: Sequence[F32], shape: tuple[int, int], unit: float) -> Guess:
    sure, possible = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    likely = np.zeros(shape, np.float32)
    finger = _FINGER_CM * unit
    for hand in hands:
        sure |= drawn_hand(hand, shape, _SURE, finger)
        possible |= drawn_hand(hand, shape, _POSSIBLE, finger)
        middle = drawn_hand(hand, shape, _USUAL, finger).astype(np.float32)
        likely = np.maximum(likely, cv2.GaussianBlur(middle, (0, 0), 0.35 * finger))
        for width, share in _ARM_LIKELY:
            arm = drawn_arm(hand, shape, _ARM_SIZES, width)
            possible |= arm
            likely = np.maximum(likely, np.float32(share) * arm)
    return Guess(sure > 0, possible > 0, np.asarray(likely, np.float32))


def _with_things(guess: Guess, shown: F32, on_face: Bool, unit: float) -> Guess:
    """The guess with what is strange on the face, and what of it goes on beyond the face's rim."""
    there = (shown > 0.1).astype(np.uint8)
    possible = cv2.dilate(there, _disc(_THING_GROW_CM * unit)) > 0
    likely = cv2.blur(shown, (2 * round(0.4 * unit) + 1,) * 2)
    beyond = possible & ~on_face
    likely[beyond] = np.maximum(likely[beyond], _BEYOND_LIKELY)
    return Guess(guess.sure, guess.possible | possible, np.maximum(guess.likely, likely))


def _with_sure_things(
    guess: Guess,
    image: F32,
    behind: F32,
    spread: F32,
    on_face: Bool,
    shown: F32,
    unit: float,
) -> Guess:
    """The guess, sure also where a face was expected and is clearly not there."""
    low, high = cv2.erode(behind, _SLACK), cv2.dilate(behind, _SLACK)
    off = _largest(np.abs(image - np.clip(image, low, high)))
    near = cv2.dilate((shown > 0.1).astype(np.uint8), _disc(_THING_GROW_CM * unit)) > 0
    absent = (off > _ABSENT * spread) & on_face & near
    solid = cv2.morphologyEx(absent.astype(np.uint8), cv2.MORPH_OPEN, _disc(0.3 * unit)) > 0
    inner = cv2.erode((shown > 0.9).astype(np.uint8), _disc(_THING_INNER_CM * unit)) > 0
    return Guess(guess.sure | solid | inner, guess.possible, guess.likely)


def _behind(
    image: F32, face: FaceHistory, texels: F32, on_face: Bool, possible: Bool, unit: float
) -> tuple[F32, F32, Bool]:
    """Colours (h, w, 3) expected behind, (h, w) how far off they may be, and where from the face.

    On the face they are its usual ones in this frame's light, beside it those that are seen near.
    """
    x, y = texels[..., 0], texels[..., 1]
    usual = np.asarray(cv2.remap(face.usual, x, y, cv2.INTER_LINEAR), np.float32)
    there = cv2.remap(face.known.astype(np.float32), x, y, cv2.INTER_LINEAR)
    known = on_face & (there > 0.99)
    coarse = np.s_[::3, ::3]
    light = light_between(image[coarse], usual[coarse], (known & ~possible)[coarse])
    light = cv2.resize(light, (x.shape[1], x.shape[0]), interpolation=cv2.INTER_LINEAR)
    spread = cv2.remap(face.spread, x, y, cv2.INTER_LINEAR)
    mean, deviation = _nearby(image, ~possible, unit, _FAR_BEHIND)
    behind = np.where(known[..., None], usual * light, mean)
    allowed = np.where(known, spread, deviation)
    return behind.astype(np.float32), allowed.astype(np.float32), known


def _nearby(image: F32, where: Bool, unit: float, far: float) -> tuple[F32, F32]:
    """Mean (h, w, 3) and deviation (h, w) of the colours near each pixel, where `where`.

    far: the deviation added where none is near and the mean of all stands in.
    """
    side = 2 * max(1, round(_NEAR_CM * unit)) + 1
    solid = where.astype(np.float32)

    def blurred(plane: F32) -> F32:
        return np.asarray(cv2.blur(cv2.blur(plane, (side, side)), (side, side)), np.float32)

    whole = image[where].mean(axis=0) if where.any() else np.full(3, 128, np.float32)
    share = np.maximum(blurred(solid), 0)
    # A trace of the mean of all, so that there is always an answer.
    trace = np.float32(0.01)
    mean = (blurred(image * solid[..., None]) + trace * whole) / (share + trace)[..., None]
    away = _largest(np.square(image - mean)) * solid
    deviation = np.sqrt(np.maximum(blurred(away), 0) / (share + trace))
    deviation += _NOISE + np.float32(far) * np.clip(1 - share / np.float32(0.05), 0, 1)
    return mean.astype(np.float32), deviation.astype(np.float32)


def _separated(image: F32, behind: F32, spread: F32, weight: F32, guess: Guess, unit: float) -> F32:
    """(h, w) alpha at working size; weight: (h, w), how much colours count."""
    alpha = np.asarray(guess.sure, np.float32)
    for _ in range(_ROUNDS):
        alpha = _compared(image, behind, spread, weight, guess, alpha > 0.9, unit)
    solid = (alpha > 0.5).astype(np.uint8)
    _, labels = cv2.connectedComponents(solid)
    own = np.unique(labels[guess.sure])
    joined = np.isin(labels, own[own > 0]).astype(np.uint8)
    reach = cv2.dilate(joined, _disc(_EDGE_CM * unit))
    return np.asarray(alpha * reach, np.float32)


def _compared(
    image: F32,
    behind: F32,
    spread: F32,
    weight: F32,
    guess: Guess,
    inside: Bool,
    unit: float,
) -> F32:
    """(h, w) alpha by what a pixel looks more like: what is behind, or `inside` near it."""
    front, front_spread = _nearby(image, inside, unit, _FAR_FRONT)
    low, high = cv2.erode(behind, _SLACK), cv2.dilate(behind, _SLACK)
    to_back = _largest(np.abs(image - np.clip(image, low, high))) / spread
    to_front = _largest(np.abs(image - front)) / front_spread
    evidence = 0.5 * (to_back**2 - to_front**2) + np.log(spread / front_spread)
    evidence = weight * np.clip(evidence, -_MOST_EVIDENCE, _MOST_EVIDENCE)
    prior = np.clip(guess.likely, 0.02, 0.98)
    logit = np.log(prior / (1 - prior)) + evidence
    alpha = 1 / (1 + np.exp(-logit))
    alpha[guess.sure] = 1
    alpha[~guess.possible] = 0
    alpha = cv2.GaussianBlur(alpha, (0, 0), max(0.5, 0.12 * unit))
    return np.asarray(alpha, np.float32)


def _enlarged(full: U8, image: F32, alpha: F32, unit: float) -> tuple[F32, U8]:
    """Alpha and colours at full size, the edge drawn to the picture's (He et al., PAMI 2013)."""
    grey = np.asarray(cv2.cvtColor(image / np.float32(255), cv2.COLOR_RGB2GRAY), np.float32)
    side = 2 * max(1, round(_EDGE_CM * unit)) + 1

    def mean(plane: F32 | F64) -> F32:
        return np.asarray(cv2.blur(plane, (side, side)), np.float32)

    mean_grey, mean_alpha = mean(grey), mean(alpha)
    covariance = mean(grey * alpha) - mean_grey * mean_alpha
    slope = covariance / (mean(grey * grey) - mean_grey**2 + np.float32(4e-4))
    offset = mean_alpha - slope * mean_grey
    solid = (alpha > 0.95).astype(np.float32)
    share = mean(solid)[..., None]
    inner = mean(image * solid[..., None]) / np.maximum(share, np.float32(1e-3))
    inner = np.where(share > 0.02, inner, image).astype(np.uint8)
    size = (full.shape[1], full.shape[0])
    wide = cv2.resize(cv2.merge([mean(slope), mean(offset)]), size)
    guide = cv2.cvtColor(full, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    # A little steeper: the means have softened it.
    sharp = np.clip((wide[..., 0] * guide + wide[..., 1]) * np.float32(1.2) - np.float32(0.1), 0, 1)
    # Where the edge mixes, the colour of what is just inside it stands in.
    own = np.clip(sharp * 2 - 1, 0, 1)
    colours = cv2.blendLinear(np.ascontiguousarray(full), cv2.resize(inner, size), own, 1 - own)
    return np.asarray(sharp, np.float32), np.asarray(colours, np.uint8)


def _largest(planes: F32) -> F32:
    """(h, w) the largest of three channels."""
    first, second, third = cv2.split(planes)
    return np.asarray(cv2.max(cv2.max(first, second), third), np.float32)


def touches(hand: F32, changed: Bool) -> bool:
    """Whether a hand, (21, 2) px, comes near any changed pixel of a crop."""
    reach = hand_size(hand)
    x0, y0 = np.maximum(hand.min(axis=0) - reach, 0).astype(int)
    x1, y1 = np.maximum(hand.max(axis=0) + reach, 0).astype(int)
    return bool(changed[y0:y1, x0:x1].any())


def put_in_front(occluder: Occluder, pixels: U8, changed: Bool) -> None:
    """Lays an occluder over a crop (h, w, 3) in place; what it covers wholly is unchanged."""
    window, alpha = occluder.window, occluder.alpha
    under = np.ascontiguousarray(pixels[window])
    pixels[window] = cv2.blendLinear(occluder.rgb, under, alpha, 1 - alpha)
    changed[window] &= alpha < 1 - 1 / 512


def _disc(radius_px: float) -> U8:
    side = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
