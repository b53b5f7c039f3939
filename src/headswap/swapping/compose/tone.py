"""Which tone the skin of head and neck is to have: the target's, the photo's, or one between."""

from __future__ import annotations

from typing import Literal, TypeAlias

import cv2
import numpy as np

from headswap.arrays import F32, F64

Skin: TypeAlias = Literal["target", "photo", "blend"]

# How much of the way from the target's tone to the photo's, lit by the scene, the head goes.
_PHOTO_SHARE: dict[Skin, float] = {"target": 0.0, "blend": 0.5, "photo": 1.0}
# The middle of human skin in evenly lit photographs (CIE Lab), and how far people stray from it.
# Within that range a difference may as well be skin as light, and each is believed by a share; what
# lies beyond it is light.
_USUAL = np.array([55.0, 13.0, 17.0], np.float32)
_RANGE = np.array([20.0, 5.0, 6.0], np.float32)
_LIGHT_SHARE = np.array([0.35, 0.5, 0.5], np.float32)
# How much more of a darkness without colour is the light's, and the chroma at which none is.
_DIM_SHARE, _COLOURFUL = 0.5, 15.0
# Less chroma than this is a film without colour, or nearly so.
_COLOURLESS = 8.0
_LEAST_GAIN, _MOST_GAIN = 0.05, 5.0
# A photo whose skin has so little more red than blue is grey.
_GREY = 0.05
_LEVEL_SHARE, _CAST_SHARE = 0.7, 0.5
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def owed_to_light(tone: F32) -> F32:
    """(3,) Lab: the part of a skin's tone (3,) that is the light's and not the skin's."""
    off = tone - _USUAL
    within = np.clip(off, -_RANGE, _RANGE)
    share = _LIGHT_SHARE.copy()
    # Dark skin has colour; what is dark without any is in the dark.
    if off[0] < 0:
        share[0] += _DIM_SHARE * (1 - np.clip(np.hypot(tone[1], tone[2]) / _COLOURFUL, 0, 1))
    return (share * within + (off - within)).astype(np.float32)


def lit_tone(photo: F32, scene: F32) -> F32:
    """(3,) Lab: the photo's skin as it would look in the light that the scene's skin is in."""
    lit = photo - owed_to_light(photo) + owed_to_light(scene)
    lit[1:] *= saturation(scene)
    return np.clip(lit, [2, -60, -60], [97, 60, 60]).astype(np.float32)


def head_tone(skin: Skin, photo: F32, scene: F32) -> F32:
    """(3,) Lab: the tone the head's skin is to have.

    photo, scene: (3,) Lab, mean skin of the photo's and of the target's face.
    """
    mixed = scene + _PHOTO_SHARE[skin] * (lit_tone(photo, scene) - scene)
    return mixed.astype(np.float32)


def saturation(scene: F32) -> float:
    """0 where a scene's skin shows that it has no colour at all, 1 in ordinary ones."""
    return float(np.clip(np.hypot(scene[1], scene[2]) / _COLOURLESS, 0, 1))


def light_between(photo: F32, scene: F32) -> F32:
    """(3,) factors of linear RGB from the photo's light to the scene's, guessed from their skin."""
    before = linear_rgb(_USUAL + owed_to_light(photo))
    after = linear_rgb(_USUAL + owed_to_light(scene))
    # Both are seen less in what is not skin: in part they were the skin's own.
    level = float((after @ LUMINANCE) / (before @ LUMINANCE)) ** _LEVEL_SHARE
    cast = after / before * (before @ LUMINANCE) / (after @ LUMINANCE)
    return np.clip(level * cast**_CAST_SHARE, _LEAST_GAIN, _MOST_GAIN).astype(np.float32)


def toned_skin(linear: F32, photo: F32, wanted: F32, light: F32) -> F32:
    """Linear RGB (h, w, 3) of a photo's skin, brought from one tone to another.

    photo, wanted: (3,) Lab; light: (3,), as by `light_between`. Skin sends back its own colour and,
    in glints, the light's (Shafer, "Using color to separate reflection components", 1985); each
    goes its own way. What is neither, such as lips, goes with the skin.
    """
    before, after = linear_rgb(photo), linear_rgb(wanted)
    gain = (after / before).astype(np.float32)
    flesh = linear * gain
    # A grey photo says nothing of what is skin and what is light.
    if before[0] - before[2] < _GREY * before[0]:
        return flesh
    # Red and blue tell how much white there is beside the skin's own colour.
    weights = np.array([[-before[2], 0.0, before[0]]]) / (before[0] - before[2])
    white = cv2.transform(linear, weights.astype(np.float32))
    # Glints are lighter than skin; what is white and is not may as well be in a bluish shade.
    brighter = cv2.transform(linear, LUMINANCE[None]) - np.float32(before @ LUMINANCE)
    glint = np.clip(np.minimum(white, brighter), 0, None)
    return (flesh + glint[..., None] * (light - gain)).astype(np.float32)


def linear_rgb(lab: F32) -> F64:
    """(3,) linear RGB of a Lab colour, never quite black."""
    pixel = np.asarray(lab, np.float32).reshape(1, 1, 3)
    return np.maximum(cv2.cvtColor(pixel, cv2.COLOR_LAB2LRGB)[0, 0].astype(np.float64), 0.002)
