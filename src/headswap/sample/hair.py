"""Hair that is grown rather than photographed: a short cut, a beard and brows for a bare head."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64
from headswap.sample import canvas

# Upright right halves, top to bottom: (x from the middle line, y).
_HAIRLINE = ((0, 58), (12, 56), (25, 55), (32, 60), (36, 69), (37.5, 80), (41, 89), (44, 100),
             (44.5, 114), (62, 116), (62, 10), (0, 4))  # fmt: skip
_BEARD = ((0, 139), (8, 138.5), (17, 141.5), (24, 150), (32, 150), (39, 140), (42.5, 126),
          (43.5, 108), (62, 108), (62, 202), (0, 206))  # fmt: skip
_DARK = np.array([25.0, 20.0, 17.0], np.float32)
_SHINE = np.array([104.0, 88.0, 76.0], np.float32)


def _ragged(mask: F32, rng: np.random.Generator, reach: float) -> F32:
    """A soft mask whose edge is broken up by strands: noise moves where it crosses one half."""
    fine = canvas.noise(rng, mask.shape, (0.9, 1.8))
    coarse = canvas.noise(rng, mask.shape, (5.0, 5.0))
    t = (mask - 0.5) * 3.2 + 0.5 + reach * (fine * 0.8 + coarse * 0.6) * (mask > 0.02)
    return canvas.blurred(np.clip(t, 0, 1).astype(np.float32), 0.6)


def _strands(normals: F32, rng: np.random.Generator, along_xy: tuple[float, float]) -> F32:
    """(h, w, 3) colour of short dark hair under the portrait's light (upper left, in front)."""
    shape = normals.shape[:2]
    grain = canvas.noise(rng, shape, along_xy) + 0.6 * canvas.noise(rng, shape, (2.4, 2.4))
    clumps = canvas.noise(rng, shape, (7.0, 6.0))
    light = np.clip(normals @ np.array([-0.35, -0.62, 0.70], np.float32), 0.0, 1.0)
    glint = np.clip(0.42 * light**2 + 0.13 * grain + 0.05 * clumps, 0, 1)[..., None]
    return (_DARK + (_SHINE - _DARK) * glint).astype(np.float32)


def cut_mask() -> F32:
    """(h, w) where the short cut grows."""
    return canvas.polygon_mask(canvas.tilted(canvas.mirrored(_HAIRLINE)), 2.0)


def beard_mask() -> F32:
    """(h, w) where the beard grows."""
    return canvas.polygon_mask(canvas.tilted(canvas.mirrored(_BEARD)), 2.8)


def short_cut(rgb: F32, normals: F32, rng: np.random.Generator) -> F32:
    """`rgb` (h, w, 3) with close-cropped dark hair above the hairline."""
    alpha = _ragged(cut_mask(), rng, 0.42)[..., None]
    return (rgb + alpha * (_strands(normals, rng, (0.8, 1.4)) - rgb)).astype(np.float32)


def beard(rgb: F32, normals: F32, bare: F32, rng: np.random.Generator) -> F32:
    """`rgb` with a full dark beard and moustache, kept off where `bare` (h, w) is 1 (the lips)."""
    mask = beard_mask()
    alpha = 0.93 * _ragged(mask, rng, 0.42)
    skin = canvas.blurred(mask, 2.0 * canvas.SCALE)
    shadowed = rgb * (1 - 0.35 * skin[..., None])
    alpha = (alpha * (1 - bare))[..., None]
    grown = shadowed + alpha * (_strands(normals, rng, (0.8, 2.0)) - shadowed)
    return grown.astype(np.float32)


def brow(rgb: F32, ring: F64, rng: np.random.Generator) -> F32:
    """`rgb` with one thick dark brow over the portrait-coordinate `ring` (k, 2 or 3)."""
    grown = ring[:, :2].mean(0) + (ring[:, :2] - ring[:, :2].mean(0)) * (1.05, 1.05)
    mask = canvas.polygon_mask(grown, 1.0)
    alpha = 0.78 * _ragged(mask, rng, 0.38)[..., None]
    return (rgb + alpha * (_DARK + 14.0 - rgb)).astype(np.float32)
