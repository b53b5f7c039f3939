"""The shade under a photo's chin, which would come along with the head as a dark rim."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool

# What is this much darker than a chin so far above the jaw line lies in its shade.
_SHADED, _SHADED_OVER, _CHIN_CM = 0.78, 0.2, (0.8, 1.9)
# So much of the chin's light is left there: an edge it must have.
_LEFT = 0.6
_SHADE_SOFT_CM, _SHADE_FADE_CM, _CHIN_SOFT_CM = 0.06, 0.3, 0.5


def without_chin_shade(crop: U8, line: F32, ends: F32, strands: F32, px_per_cm: float) -> U8:
    """The crop (h, w, 3) without the shade under its chin, or a collar in it, along the jaw line.

    Where it is far darker than the chin right above it takes that chin's colour; strands (h, w)
    0..1, hair and beard, keep theirs. line: (w,) the row of the jaw line; ends: (2,) the columns
    between which it is the chin's.
    """
    height, width = crop.shape[:2]
    low, high = (reach * px_per_cm for reach in _CHIN_CM)
    x0, x1 = np.clip(np.sort(ends).round(), 0, width).astype(int)
    y0 = max(0, round(float(line[x0:x1].min(initial=height) - high)))
    y1 = min(height, round(float(line[x0:x1].max(initial=0) + low)))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return crop
    window = np.s_[y0:y1, x0:x1]
    part = crop[window].astype(np.float32)
    above = line[x0:x1] - y0 - np.arange(y1 - y0, dtype=np.float32)[:, None]
    soft = max(1.0, _CHIN_SOFT_CM * px_per_cm)
    chin = _means(part, (above > low) & (above < high), soft)
    luma = cv2.GaussianBlur(part, (0, 0), max(0.5, _SHADE_SOFT_CM * px_per_cm))
    luma = cv2.cvtColor(luma, cv2.COLOR_RGB2GRAY)
    lit = np.maximum(cv2.cvtColor(chin, cv2.COLOR_RGB2GRAY), 8)
    share = np.clip((_SHADED - luma / lit) / _SHADED_OVER, 0, 1)
    share *= np.clip((low - above) / (_SHADE_FADE_CM * px_per_cm), 0, 1)
    aside = np.arange(x1 - x0, dtype=np.float32)
    share *= np.clip(np.minimum(aside, aside[::-1]) / soft, 0, 1) * (1 - strands[window])
    part += share[..., None] * (_LEFT * chin - part)
    result = crop.copy()
    result[window] = np.clip(part + 0.5, 0, 255).astype(np.uint8)
    return result


def _means(rgb: F32, where: Bool, soft_px: float) -> F32:
    """(1, w, 3) the mean colour of each column of a picture (h, w, 3) where, evened out."""
    weight = where.astype(np.float32)[..., None]
    every = (rgb * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    even = cv2.GaussianBlur(every[None], (0, 0), soft_px, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(even, np.float32)
