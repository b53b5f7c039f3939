"""Noise, strands and cloth for drawn people."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32, F64

_TILE = 512


def smooth(plane: F32, sigma_px: float) -> F32:
    """The plane under a Gaussian."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma_px), np.float32)


def grain(rng: np.random.Generator, shape: tuple[int, ...]) -> F32:
    """Camera noise of deviation 1, sometimes coarser than a pixel, with some of it in colour."""
    light = rng.standard_normal((*shape[:2], 1), dtype=np.float32)
    if rng.random() < 0.5:
        light = smooth(light, 0.8)[..., None] * 2
    return light + 0.4 * rng.standard_normal(shape, dtype=np.float32)


def field(rng: np.random.Generator, shape: tuple[int, int], sigma_px: float) -> F32:
    """(h, w) float32 of mean 0 and deviation 1, smooth over about sigma_px."""
    step = max(1, int(sigma_px / 2))
    small = (shape[0] // step + 3, shape[1] // step + 3)
    raw = rng.standard_normal(small, dtype=np.float32)
    soft = smooth(raw, max(0.5, sigma_px / step))
    soft /= max(float(soft.std()), 1e-6)
    return np.asarray(cv2.resize(soft, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def curve(rng: np.random.Generator, count: int, sigma: float) -> F32:
    """(count,) smooth noise of deviation 1."""
    raw = rng.standard_normal(count + 8 * int(sigma)).astype(np.float32)
    soft = smooth(raw[None], sigma)[0][4 * int(sigma) :][:count]
    return soft / max(float(soft.std()), 1e-6)


@cache
def _tile() -> F32:
    raw = np.random.default_rng(11).standard_normal((_TILE, _TILE)).astype(np.float32)
    wide = cv2.copyMakeBorder(raw, 64, 64, 64, 64, cv2.BORDER_WRAP)
    fine = cv2.GaussianBlur(wide, (0, 0), 1.0, sigmaY=8)[64:-64, 64:-64]
    broad = cv2.GaussianBlur(wide, (0, 0), 5, sigmaY=20)[64:-64, 64:-64]
    return (0.8 * fine / fine.std() + 0.5 * broad / broad.std()).astype(np.float32)


def noise_at(places: F32) -> F32:
    """(h, w) strand noise at places (h, w, 2)."""
    wrapped = np.mod(places, _TILE).astype(np.float32)
    return np.asarray(
        cv2.remap(
            _tile(), wrapped[..., 0], wrapped[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        ),
        np.float32,
    )


def strands(flow: F32, curl: float, rng: np.random.Generator) -> F32:
    """(h, w) lightness of hair that runs along the second coordinate of flow (h, w, 2)."""
    moved = flow + rng.uniform(0, _TILE, 2).astype(np.float32)
    if curl > 0:
        bend = 9 * curl * field(rng, flow.shape[:2], 3.0)
        moved = moved + np.stack([bend, 0.5 * bend], axis=2)
    return noise_at(moved)


def _tone(rng: np.random.Generator) -> F64:
    if rng.random() < 0.4:
        return rng.uniform(8, 60) * rng.normal(1, 0.1, 3)
    if rng.random() < 0.4:
        return rng.uniform(150, 245) * rng.normal(1, 0.05, 3)
    return rng.uniform(20, 220, 3)


def colour(rng: np.random.Generator, x_cm: F32, y_cm: F32) -> F32:
    """(h, w, 3) cloth: plain, striped, checked, knitted or printed."""
    shape = x_cm.shape
    first, second = _tone(rng), _tone(rng)
    kind = rng.random()
    if kind < 0.5:
        mix = 0.08 * field(rng, shape, 2.0)
    elif kind < 0.65:
        angle = rng.uniform(0, np.pi)
        mix = np.sin(
            (np.cos(angle) * x_cm + np.sin(angle) * y_cm) * rng.uniform(1, 7)
        ) > rng.uniform(-0.5, 0.8)
    elif kind < 0.75:
        wide = rng.uniform(1, 4)
        mix = 0.5 * (np.sin(x_cm * wide) > 0.3) + 0.5 * (np.sin(y_cm * wide) > 0.3)
    elif kind < 0.88:
        mix = 0.3 * noise_at(np.stack([x_cm * 9, y_cm * rng.uniform(3, 9)], axis=2))
    else:
        mix = field(rng, shape, rng.uniform(4, 20)) > rng.uniform(0, 1.2)
    mixed = first + np.clip(np.asarray(mix, np.float32), -0.5, 1)[..., None] * (second - first)
    return np.clip(mixed, 3, 255).astype(np.float32)
