"""Brings a photo's colours into the light of a scene."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.head_model import SkinTone

# Hair keeps its own colour: it follows the skin's change of lightness as a factor raised to this,
# and takes on this share of the cast. What a change of tone owes to light and what to skin cannot
# be told apart, so both stay well below 1.
_HAIR_LIGHTNESS, _HAIR_CAST = 0.6, 0.4


def tone_texture(rgb: U8, hair: F32, photo: SkinTone, scene: SkinTone) -> U8:
    """The texture (h, w, 3 or 4) uint8 with skin brought from the photo's tone to the scene's.

    Works in CIE Lab: mean and spread of skin (Reinhard et al., IEEE CG&A 2001); hair, (h, w) 0..1,
    follows only in part, because its own colour is the person's. A fourth channel is kept.
    """
    lab = cv2.cvtColor(rgb[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    contrast = np.clip(scene.spread / photo.spread, [0.75, 0.85, 0.85], [1.25, 1.2, 1.2])
    skin = (lab - photo.mean) * contrast.astype(np.float32) + scene.mean
    # The pupil's black and the eye's white stay at the ends of the scale.
    exposure = float(np.clip(scene.mean[0] / max(photo.mean[0], 1.0), 0.25, 1.6))
    dark = np.clip(lab[..., :1] / 25, 0, 1)
    skin[..., :1] = dark * skin[..., :1] + (1 - dark) * lab[..., :1] * min(exposure, 1.0)
    strands = lab.copy()
    strands[..., 0] *= exposure**_HAIR_LIGHTNESS
    # Dark hair sends back little light, so a cast shows little on it.
    cast = (scene.mean[1:] - photo.mean[1:]) * _HAIR_CAST
    strands[..., 1:] += cast * np.clip(strands[..., :1] / 50, 0.1, 1.0)
    mixed = skin + hair[..., None] * (strands - skin)
    mixed[..., 0] = np.clip(mixed[..., 0], 0, 100)
    back = cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB)
    toned = np.clip(back * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.dstack([toned, rgb[..., 3:]])


def light_gain(now: F32, usual: F32) -> F32:
    """(3,) factors for RGB by which light now differs from what `tone_texture` was given.

    now, usual: (3,) mean skin tone in Lab.
    """
    pair = np.stack([now, usual])[None].astype(np.float32)
    rgb = np.maximum(cv2.cvtColor(pair, cv2.COLOR_LAB2RGB)[0], 0.02)
    return np.clip(rgb[0] / rgb[1], 0.3, 3.0).astype(np.float32)


def chin_shadow(alpha: F32, scale_px_cm: float) -> F32:
    """(h, w) float32 0..1, how dark the head makes what is just below it."""
    drop = round(1.3 * scale_px_cm)
    shifted = np.zeros_like(alpha)
    shifted[drop:] = alpha[: len(alpha) - drop]
    small = cv2.resize(shifted, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, 0.25 * scale_px_cm))
    wide = cv2.resize(soft, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, np.float32)
