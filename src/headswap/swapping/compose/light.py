"""Brings a photo's colours into the light of a scene."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.head_model import SkinTone

# How much of the skin's shift hair takes on: lightness, and colour (the cast of the light).
_HAIR_LIGHTNESS, _HAIR_COLOUR = 0.35, 0.5


def tone_texture(rgb: U8, hair: F32, photo: SkinTone, scene: SkinTone) -> U8:
    """The texture (h, w, 3 or 4) uint8 with skin brought from the photo's tone to the scene's.

    Works in CIE Lab: mean and spread of skin (Reinhard et al., IEEE CG&A 2001); hair, (h, w) 0..1,
    follows only in part, because its own colour is the person's. A fourth channel is kept.
    """
    lab = cv2.cvtColor(rgb[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    contrast = np.clip(scene.spread / photo.spread, [0.75, 0.85, 0.85], [1.25, 1.2, 1.2])
    skin = (lab - photo.mean) * contrast.astype(np.float32) + scene.mean
    shift = scene.mean - photo.mean
    shift = shift * np.array([_HAIR_LIGHTNESS, _HAIR_COLOUR, _HAIR_COLOUR], np.float32)
    # Dark hair cannot lose light it does not send back.
    gain = np.clip(lab[..., :1] / 50, 0.1, 1.0)
    hairy = lab + shift * gain
    mixed = skin + hair[..., None] * (hairy - skin)
    # Whites of eyes and teeth and black pupils keep their place at the ends of the scale.
    mixed[..., 0] = np.clip(mixed[..., 0], 0, 100)
    back = cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB)
    toned = np.clip(back * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.dstack([toned, rgb[..., 3:]])


def chin_shadow(alpha: F32, scale_px_cm: float) -> F32:
    """(h, w) float32 0..1, how dark the head makes what is just below it."""
    drop = round(1.3 * scale_px_cm)
    shifted = np.zeros_like(alpha)
    shifted[drop:] = alpha[: len(alpha) - drop]
    small = cv2.resize(shifted, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, 0.25 * scale_px_cm))
    return np.asarray(cv2.resize(soft, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR))
