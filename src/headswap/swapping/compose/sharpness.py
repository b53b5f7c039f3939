"""How sharp a face is in a frame, and the blur that makes a drawn head as soft."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import U8, Mat

# Blurs tried, in pixels of standard deviation; more than the last is a face nobody recognises.
_PATCH_PX = 12
_BLURS_PX = (0.0, 0.5, 0.7, 0.9, 1.2, 1.6, 2.1, 2.8, 3.6)


def matching_blur(drawn: U8, seen: U8, mask: U8) -> float:
    """The Gaussian blur (sigma in px) that makes `drawn` as soft as `seen` within a mask.

    drawn, seen: (h, w, 3) uint8; mask: (h, w) uint8. Sharpness is the
    energy of the finest detail relative to detail twice and four times as coarse, so that neither
    contrast nor make-up counts.
    """
    if mask.sum() < 200:
        return 0.0
    wanted = _sharpness(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY).astype(np.float32), mask)
    grey = cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY).astype(np.float32)
    before, before_blur = _sharpness(grey, mask), 0.0
    if before <= wanted:
        return 0.0
    for blur in _BLURS_PX[1:]:
        after = _sharpness(cv2.GaussianBlur(grey, (0, 0), blur), mask)
        if after <= wanted:
            part = (before - wanted) / max(before - after, 1e-6)
            return before_blur + part * (blur - before_blur)
        before, before_blur = after, blur
    return _BLURS_PX[-1]


def _sharpness(grey: Mat, mask: U8) -> float:
    middle = cv2.GaussianBlur(grey, (0, 0), 1.0)
    fine, coarse = grey - middle, middle - cv2.GaussianBlur(grey, (0, 0), 4.0)
    # The median over patches: a sharp hand before a soft face must not decide.
    size = (max(2, grey.shape[1] // _PATCH_PX), max(2, grey.shape[0] // _PATCH_PX))
    inside = (mask > 0).astype(np.float32)
    energies = [
        cv2.resize(band * band * inside, size, interpolation=cv2.INTER_AREA)
        for band in (fine, coarse)
    ]
    whole = cv2.resize(inside, size, interpolation=cv2.INTER_AREA) > 0.6
    if not whole.any():
        return 0.0
    # Half a level of noise keeps flat, dark faces from dividing by nothing.
    return float(np.median(energies[0][whole] / (energies[1][whole] + 0.25)))
