"""Crossing: what of a crop belongs to somebody who stands before the person it is about."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.removal import face_and_ears, own_hair, work_size
from headswap.vision.mattes import Mattes

# Somebody's hair and shoulders, by the head's size: beyond these their matte is another's.
_SHOULDERS_CM, _SLOPE = 23.0, 1.3
_NECK_CM = 6.0
_MARGIN_CM = 0.45
_SURE = 0.4
_SOFT_CM = 0.15


def person_in_front(
    mattes: Mattes,
    other: tuple[F32, float],
    own: tuple[F32, float],
    surely_nearer: bool,
) -> U8:
    """(h, w) uint8 0..255, at working size: head and shoulders of the other person of a crop.

    mattes: all hair and everybody. other, own: each (478, 3) landmarks in px of the crop, and px
    per cm. Unless the other is surely nearer, what may be the own head is left out.
    """
    shape = mattes.hair.shape
    size = work_size((shape[1], shape[0]), own[1])
    ratio = size[0] / shape[1]
    small = Mattes(
        *(
            np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
            for plane in (mattes.person, mattes.hair, mattes.skin, mattes.clothes)
        )
    )
    face, unit = other[0] * np.float32(ratio), other[1] * ratio
    mine, my_unit = own[0] * np.float32(ratio), own[1] * ratio
    outline = (size[1], size[0])
    skull, my_skull = face_and_ears(face, outline) > 0, face_and_ears(mine, outline) > 0
    # Where the hair of two heads touches, each has what is nearer to it.
    theirs = _away(skull, unit) <= _away(my_skull, my_unit)
    head = ((own_hair(small, face, unit) > _SURE) & theirs) | (skull & (small.person > _SURE))
    my_head = my_skull | ((own_hair(small, mine, my_unit) > _SURE) & ~theirs)
    body = _shoulders(face, unit, outline) & (small.person > _SURE) & ~my_head
    whole = (head if surely_nearer else head & ~my_head) | body
    side = 2 * max(1, round(_MARGIN_CM * unit)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    grown = cv2.dilate(whole.astype(np.uint8) * np.uint8(255), disc)
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), max(0.5, 0.15 * unit)), np.uint8)


def face_in_front(landmarks: F32, shape: tuple[int, int], unit: float) -> F32:
    """(h, w) 0..1: face, ears and skull of somebody, landmarks (478, 3) px of the crop."""
    face = face_and_ears(landmarks, shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(face, (0, 0), max(0.6, _SOFT_CM * unit)), np.float32)


def _away(skull: Bool, unit: float) -> F32:
    """(h, w) cm to a skull."""
    away = cv2.distanceTransform((~skull).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(away / np.float32(unit), np.float32)


def _shoulders(face: F32, unit: float, shape: tuple[int, int]) -> Bool:
    """(h, w): below a chin, as wide as a neck and then as shoulders are."""
    chin = face[152, :2]
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    below = (y - chin[1]) / unit
    half = np.minimum(_NECK_CM + _SLOPE * below, _SHOULDERS_CM)
    return (below > 0) & (np.abs(x - chin[0]) < half * unit)
