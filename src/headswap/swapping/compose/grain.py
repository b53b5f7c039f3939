"""Grain: how strong and how fine the noise of a shot is, and as much of it put on what is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.compose.mixing import roughen

# Flat patches show the noise; the flattest are often clipped or smoothed away by the encoder.
_PATCH_PX = 8
_FLAT_FROM, _FLAT_TO = 0.03, 0.2
_DARKEST, _BRIGHTEST = 12.0, 243.0
_LEAST_PATCHES = 12
# Weaker grain is not seen, stronger is texture that was mistaken for it (levels of 255).
LEAST_GRAIN, _MOST_GRAIN = 0.35, 6.0
_SIZES_PX = (0.0, 0.4, 0.55, 0.7, 0.9, 1.2)
_TILE_PX = 256


@dataclass(frozen=True, slots=True)
class Grain:
    """strength: standard deviation of luma, in levels. size_px: sigma of the blur that makes it."""

    strength: float
    size_px: float


def grain_of(rgb: U8) -> Grain:
    """The grain of a picture (h, w, 3) uint8, from its flat patches, robust against texture."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    size = (grey.shape[1] // _PATCH_PX, grey.shape[0] // _PATCH_PX)
    if min(size) < 3:
        return Grain(0.0, 0.0)
    grey = grey[: size[1] * _PATCH_PX, : size[0] * _PATCH_PX]
    # What lights and curved surfaces do is slower than grain.
    rest = grey - cv2.GaussianBlur(grey, (0, 0), 2.0)
    energy = cv2.resize(rest * rest, size, interpolation=cv2.INTER_AREA)
    level = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    usable = (level > _DARKEST) & (level < _BRIGHTEST)
    usable[[0, -1]] = usable[:, [0, -1]] = False
    if usable.sum() < _LEAST_PATCHES:
        return Grain(0.0, 0.0)
    low, high = np.quantile(energy[usable], [_FLAT_FROM, _FLAT_TO])
    flat = usable & (energy >= low) & (energy <= high)
    wide = cv2.resize(flat.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    inside = wide[:, 1:] & wide[:, :-1]
    beside = float((rest[:, 1:] * rest[:, :-1])[inside > 0].mean())
    whole = float((rest**2)[wide > 0].mean())
    known = beside / max(whole, 1e-6)
    size_px = min(_SIZES_PX, key=lambda s: abs(_looked_at(s)[1] - known))
    strength = float(np.sqrt(whole)) / _looked_at(size_px)[0]
    return Grain(min(strength, _MOST_GRAIN), size_px)


def put_grain(rgb: U8, where: F32, grain: Grain, corner_xy: tuple[int, int], frame: int) -> None:
    """Puts grain on a picture (h, w, 3) in place where (h, w) 0..1 says.

    corner_xy: where the picture lies in the frame. The grain of a pixel depends on its place in the
    frame and the frame's number alone.
    """
    if grain.strength < LEAST_GRAIN:
        return
    # Two numbers without a common factor with the tile take its windows about evenly.
    left = (corner_xy[0] + 97 * frame) % _TILE_PX
    top = (corner_xy[1] + 151 * frame) % _TILE_PX
    roughen(rgb, _tile(grain.size_px), left, top, where, grain.strength)


@lru_cache(maxsize=len(_SIZES_PX))
def _tile(size_px: float) -> F32:
    """(n, n) luma noise of mean 0 and deviation 1 that repeats at its edges."""
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((_TILE_PX, _TILE_PX)).astype(np.float32)
    if size_px > 0:
        pad = 8
        wide = cv2.copyMakeBorder(noise, pad, pad, pad, pad, cv2.BORDER_WRAP)
        noise = cv2.GaussianBlur(wide, (0, 0), size_px)[pad:-pad, pad:-pad]
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


@lru_cache(maxsize=len(_SIZES_PX))
def _looked_at(size_px: float) -> tuple[float, float]:
    """Deviation and neighbours' correlation of a unit noise of that size, as `grain_of` sees it."""
    noise = _tile(size_px)
    rest = noise - cv2.GaussianBlur(noise, (0, 0), 2.0)
    whole = float((rest**2).mean())
    return whole**0.5, float((rest[:, 1:] * rest[:, :-1]).mean()) / whole
