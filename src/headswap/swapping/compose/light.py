"""Brings a photo's colours into the light of a scene."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.compose.linear import coded, linear_of
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.tone import (
    LUMINANCE,
    Skin,
    head_tone,
    light_between,
    linear_rgb,
    saturation,
    toned_skin,
)
from headswap.swapping.head_model import SkinTone

_LEAST_CONTRAST, _MOST_CONTRAST = 0.85, 1.25
# Linear light above which colours are held back from the end of the scale.
_SHOULDER = 0.75


def tone_texture(rgb: U8, hair: F32, photo: SkinTone, scene: SkinTone, skin: Skin = "target") -> U8:
    """The texture (h, w, 3 or 4) uint8 with skin brought to the tone that is wanted in the scene.

    photo, scene: the skin of the photo and of the target. Hair, (h, w) 0..1, keeps its own colour
    and only changes its light. A fourth channel is kept.
    """
    wanted = head_tone(skin, photo.mean, scene.mean)
    light = light_between(photo.mean, scene.mean)
    linear = linear_of(rgb[..., :3])
    flesh = toned_skin(linear, photo.mean, wanted, light)
    flesh *= _contrast(flesh, photo, scene, wanted)[..., None]
    strands = linear * light
    mixed = flesh + hair[..., None] * (strands - flesh)
    grey = 1 - saturation(scene.mean)
    if grey > 0:
        mixed += grey * (cv2.transform(mixed, LUMINANCE[None])[..., None] - mixed)
    shown = coded(_held_back(mixed.astype(np.float32), linear.max(axis=2)))
    return np.dstack([shown, rgb[..., 3:]])


def _contrast(flesh: F32, photo: SkinTone, scene: SkinTone, wanted: F32) -> F32:
    """(h, w) factors that bring the spread of skin's lightness nearer the scene's."""
    power = float(np.clip(scene.spread[0] / photo.spread[0], _LEAST_CONTRAST, _MOST_CONTRAST)) - 1
    level = float(linear_rgb(wanted) @ LUMINANCE)
    lightness = cv2.transform(flesh, LUMINANCE[None])
    relative = np.clip(lightness / level, 0.2, 3.0)
    return np.power(relative, np.float32(power))


def _held_back(linear: F32, before: F32) -> F32:
    """Linear RGB in 0..1: what has become too bright keeps its hue and nears white gently.

    before: (h, w) the brightest channel in the photo; what was as bright there stays.
    """
    most = linear.max(axis=2)
    start = np.clip(before, _SHOULDER, 0.999)
    over = np.maximum(most - start, 0)
    soft = np.where(over > 0, start + (1 - start) * (1 - np.exp(-over / (1 - start))), most)
    return np.minimum(linear * (soft / np.maximum(most, 1e-6))[..., None], 1)


def light_gain(now: F32, usual: F32) -> F32:
    """(3,) factors for RGB by which light now differs from what `tone_texture` was given.

    now, usual: (3,) mean skin tone in Lab.
    """
    pair = np.stack([now, usual])[None].astype(np.float32)
    rgb = np.maximum(cv2.cvtColor(pair, cv2.COLOR_LAB2RGB)[0], 0.02)
    return np.clip(rgb[0] / rgb[1], 0.3, 3.0).astype(np.float32)


def chin_shadow(alpha: F32, scale_px_cm: float) -> F32:
    """(h, w) float32 0..1, how dark the head makes what is just below it."""
    size = (max(1, round(alpha.shape[1] / 4)), max(1, round(alpha.shape[0] / 4)))
    small = shrunk(alpha, size)
    drop = np.array([[1, 0, 0], [0, 1, 1.3 * scale_px_cm / 4]], np.float32)
    shifted = cv2.warpAffine(small, drop, size, flags=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(shifted, (0, 0), max(0.5, 0.25 * scale_px_cm))
    wide = cv2.resize(soft, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, np.float32)
