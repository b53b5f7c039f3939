"""Expected: what would be seen where an occluder is, by the face's history and by what is near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.hand_guess import Guess
from headswap.swapping.face_history import FaceHistory, light_fit
from headswap.swapping.face_sheet import (
    FACE,
    SHEET_WH,
    facing_landmarks,
    looked_up,
    sheet_lively,
    sheet_places,
)
from headswap.swapping.hand_tracks import HandNow

# Colours are compared with those about this far away.
NEAR_CM = 1.2
# Colours of a neighbourhood are gathered from every so many pixels.
_COARSE = 3
_NOISE, _FAR_BEHIND = 8.0, 50.0
# Two colours so far apart are told from each other; what has less than such a share of the front's
# is behind.
_TOLD, _MIXED = 90.0, 0.25
_SUM = np.ones((1, 3), np.float32)
# How much looks count where it is less sure what would be seen behind.
_UNSURE_WEIGHT = 0.4
_SLACK = np.ones((3, 3), np.uint8)
# How far a face's colours stray, up to 45 levels, is looked up in parts of a level.
_FINE_SPREAD = 5.0
# Light is taken to vary linearly over about this much.
_LIGHT_CM = 18.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
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

    def part(self, window: tuple[slice, slice]) -> Scene:
        """Some rows and columns of it; the hands stay as they are."""
        points = self.points.copy()
        points[:, :2] -= (window[1].start, window[0].start)
        return Scene(
            np.ascontiguousarray(self.image[window]),
            points,
            self.hands,
            self.unit,
            np.ascontiguousarray(self.texels[window]),
            np.ascontiguousarray(self.on_sheet[window]),
            np.ascontiguousarray(self.on_face[window]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """What is expected behind: colours between low and high (h, w, 3) uint8, off by so much.

    spread: (h, w) float32 levels. weight: (h, w) float32, how much colours count. beside: (h, w)
    where it is what is seen around, and only a hand can be before it.
    """

    low: U8
    high: U8
    spread: F32
    weight: F32
    beside: Bool

    def seen(self, image: U8, front: U8, possible: Bool) -> Bool:
        """(h, w) where it is seen, beside a face and going on to where nothing else can be.

        front: (h, w, 3) the colours of what is in front. Only where both differ clearly.
        """
        back = cv2.addWeighted(self.low, 0.5, self.high, 0.5, 0.0)
        way = cv2.subtract(front, back, dtype=cv2.CV_32F)
        step = cv2.subtract(image, back, dtype=cv2.CV_32F)
        length = cv2.transform(cv2.multiply(way, way), _SUM)
        along = cv2.transform(cv2.multiply(way, step), _SUM)
        told = (along < _MIXED * length) & (length > _TOLD**2) & self.beside
        # Folds inside a hand are as dark as hair beside it.
        count, marked = cv2.connectedComponents((told | ~possible).astype(np.uint8))
        labels = np.asarray(marked, np.int32)
        beyond = np.zeros(count, np.bool_)
        beyond[labels[~possible]] = True
        return told & beyond[labels]

    def off(self, image: U8) -> F32:
        """(h, w) float32 levels: how far colours are from what is expected."""
        over, under = cv2.subtract(image, self.high), cv2.subtract(self.low, image)
        return largest(np.asarray(cv2.max(over, under), np.uint8))


def light_on(
    rgb: U8,
    landmarks: F32,
    scale: float,
    face: FaceHistory,
    guess: Guess,
    scene: Scene,
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


def behind_of(
    scene: Scene, face: FaceHistory, possible: Bool, by_hand: Bool, light: list[F32]
) -> Behind:
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
    mean, deviation = nearby(scene.image, ~possible, scene.unit, _FAR_BEHIND)
    expected = cv2.copyTo(cv2.merge(lit), known.astype(np.uint8), mean)
    return Behind(
        low=np.asarray(cv2.erode(expected, _SLACK), np.uint8),
        high=np.asarray(cv2.dilate(expected, _SLACK), np.uint8),
        spread=np.asarray(np.where(known, spread, deviation), np.float32),
        weight=np.where(surely, np.float32(1), np.float32(_UNSURE_WEIGHT)),
        beside=by_hand & ~scene.on_face,
    )


def nearby(image: U8, where: Bool, unit: float, far: float) -> tuple[U8, F32]:
    """Mean (h, w, 3) and deviation (h, w) of the colours near each pixel, where `where`.

    far: the deviation added where none is near and the mean of all stands in.
    """
    few, solid = image[::_COARSE, ::_COARSE].astype(np.float32), where[::_COARSE, ::_COARSE]
    side = 2 * max(1, round(NEAR_CM * unit / _COARSE)) + 1

    def blurred(plane: F32) -> F32:
        return np.asarray(cv2.blur(cv2.blur(plane, (side, side)), (side, side)), np.float32)

    whole = few[solid].mean(axis=0) if solid.any() else np.full(3, 128, np.float32)
    weight = solid.astype(np.float32)
    # A trace of the mean of all, so that there is always an answer.
    trace = np.float32(0.01)
    summed = blurred(np.asarray(cv2.merge([few * weight[..., None], weight]), np.float32))
    share = np.maximum(summed[..., 3], 0)
    mean = (summed[..., :3] + trace * whole) / (share + trace)[..., None]
    away = largest(np.square(few - mean)) * weight
    deviation = np.sqrt(np.maximum(blurred(away), 0) / (share + trace))
    deviation += _NOISE + np.float32(far) * np.clip(1 - share / np.float32(0.05), 0, 1)
    size = image.shape[1::-1]
    wide = cv2.resize(np.clip(mean, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, np.uint8), np.asarray(cv2.resize(deviation, size), np.float32)


def largest(planes: F32 | U8) -> F32:
    """(h, w) float32: the largest of three channels."""
    first, second, third = cv2.split(planes)
    return np.asarray(cv2.max(cv2.max(first, second), third), np.float32)
