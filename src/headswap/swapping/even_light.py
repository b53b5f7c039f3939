"""Takes out of a photo's skin what only hard or coloured light made of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.compose.linear import coded, linear_of
from headswap.swapping.compose.tone import LUMINANCE
from headswap.swapping.cutout import Cutout
from headswap.swapping.matting import fill_smooth
from headswap.vision.canonical_face import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)

# What is broader than this is light, or where blood is near; features and pores are finer.
_BROAD_CM = 0.5
# How far broad skin may stray from its usual, in e-folds of linear light: in lightness; then, with
# that taken out, in red, green and blue, to more and to less of them. Faces in even light stay
# within it: cheeks and noses are red, but where skin is blue that is the sky's or a wall's.
_LEVEL = 0.8
_MORE = np.array([0.3, 0.2, 0.05], np.float32)
_LESS = np.array([0.4, 0.3, 0.3], np.float32)
# Keeps black from counting as much as all else.
_BLACK = 0.004
_OVAL, _AROUND, _AROUND_LIPS = 0.95, 1.6, 1.2
_SURELY, _LEAST_CM2 = 0.7, 4.0
# Beyond the face all goes back to what it was over this.
_FADE_CM = 4.0


def in_even_light(cutout: Cutout, strands: F32) -> Cutout:
    """The cut-out with its skin as a broad light without colour shows it, or nearly so.

    A shade lit by the sky is blue, one beside hair is red, and a glint is white; under another
    light these would be blotches. strands: (h, w) 0..1, hair, beard and brows, which stay.
    """
    unit = cutout.px_per_cm
    bare = _bare(cutout, strands)
    if bare.sum() < _LEAST_CM2 * unit**2:
        return cutout
    linear = linear_of(cutout.rgb)
    logs = np.log(linear + np.float32(_BLACK))
    share = cv2.GaussianBlur(bare, (0, 0), _BROAD_CM * unit)
    broad = cv2.GaussianBlur(logs * bare[..., None], (0, 0), _BROAD_CM * unit)
    broad /= np.maximum(share, 1e-4)[..., None]
    change = _towards_usual(broad - np.median(logs[bare > 0], axis=0))
    change = fill_smooth(change, np.clip(2 * share - 0.4, 0, 1).astype(np.float32))
    far = cv2.distanceTransform((bare == 0).astype(np.uint8), cv2.DIST_L2, 5) / (_FADE_CM * unit)
    change *= (np.clip(1 - far, 0, 1) * (1 - strands))[..., None]
    return replace(cutout, rgb=coded(np.clip(linear * np.exp(change), 0, 1).astype(np.float32)))


def _towards_usual(off: F32) -> F32:
    """(h, w, 3) e-folds by which skin that is so far off its usual is brought nearer to it."""
    level = cv2.transform(off, LUMINANCE[None])[..., None]
    hue = off - level
    most = np.where(hue > 0, _MORE, _LESS)
    bounded = most * np.tanh(hue / most)
    bounded -= cv2.transform(bounded, LUMINANCE[None])[..., None]
    return (_LEVEL * np.tanh(level / _LEVEL) + bounded - off).astype(np.float32)


def _bare(cutout: Cutout, strands: F32) -> F32:
    """(h, w) 0..1: skin of the face without eyes, brows and lips; 0 where it is not sure."""
    mask = np.zeros(strands.shape, np.uint8)
    points = cutout.landmarks[:, :2]
    _fill(mask, points[FACE_OVAL], _OVAL, 1)
    for part in (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW):
        _fill(mask, points[part], _AROUND, 0)
    _fill(mask, points[OUTER_LIPS], _AROUND_LIPS, 0)
    bare = (1 - strands) * cutout.alpha * mask
    bare[bare < _SURELY] = 0
    return np.asarray(cv2.erode(bare, np.ones((3, 3), np.uint8)), np.float32)


def _fill(mask: U8, outline: F32, grow: float, value: int) -> None:
    middle = outline.mean(axis=0)
    grown = (middle + grow * (outline - middle)).round().astype(np.int32)
    cv2.fillPoly(mask, [cv2.convexHull(grown)], value)
