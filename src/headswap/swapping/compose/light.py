"""Brings a photo's colours into the light of a scene."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.tone import (
    LUMINANCE,
    Skin,
    head_tone,
    light_between,
    linear_rgb,
    saturation,
    skin_matrix,
)
from headswap.swapping.head_model import SkinTone

_LEAST_CONTRAST, _MOST_CONTRAST = 0.75, 1.25
# Linear light above which colours are held back from the end of the scale.
_SHOULDER = 0.75
_STEPS = 4095


def tone_texture(rgb: U8, hair: F32, photo: SkinTone, scene: SkinTone, skin: Skin = "target") -> U8:
    """The texture (h, w, 3 or 4) uint8 with skin brought to the tone that is wanted in the scene.

    photo, scene: the skin of the photo and of the target. Hair, (h, w) 0..1, keeps its own colour
    and only changes its light. A fourth channel is kept.
    """
    wanted = head_tone(skin, photo.mean, scene.mean)
    light = light_between(photo.mean, scene.mean)
    linear = np.asarray(cv2.LUT(rgb[..., :3], _LINEAR), np.float32)
    matrix = skin_matrix(photo, wanted, light).astype(np.float32)
    flesh = np.maximum(cv2.transform(linear, matrix), 0)
    flesh *= _contrast(flesh, photo, scene, wanted)[..., None]
    strands = linear * light
    mixed = flesh + hair[..., None] * (strands - flesh)
    grey = 1 - saturation(scene.mean)
    if grey > 0:
        mixed += grey * (cv2.transform(mixed, LUMINANCE[None])[..., None] - mixed)
    shown = _held_back(mixed.astype(np.float32), linear.max(axis=2))
    coded = np.round(shown * _STEPS).astype(np.int32)
    return np.dstack([_CODED[coded], rgb[..., 3:]])


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


def _decoded(values: F64) -> F32:
    """Linear light of sRGB values 0..1 (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def _encoded(linear: F64) -> F32:
    """sRGB values 0..1 of linear light."""
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    ).astype(np.float32)


_LINEAR = _decoded(np.arange(256, dtype=np.float64) / 255)
_CODED: U8 = np.round(_encoded(np.arange(_STEPS + 1, dtype=np.float64) / _STEPS) * 255).astype(
    np.uint8
)
