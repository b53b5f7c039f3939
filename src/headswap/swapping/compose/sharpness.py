"""How sharp a face is in a frame, and the blur that makes a drawn head as soft."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import U8, Mat

# Blurs tried, in pixels of standard deviation; more than the last is a face nobody recognises.
_PATCH_PX = 12
_BLURS_PX = (0.0, 0.5, 0.7, 0.9, 1.2, 1.6, 2.1, 2.8, 3.6)
# Edges: levels they must rise by within a window, which is wide enough for the softest; how many
# there must be, from which percentile on they are the sharp ones, and what is too wide for one.
_LEAST_RISE, _WINDOW_PX, _LEAST_EDGES, _SHARP_SHARE, _WIDEST_PX = 20, 15, 40, 80, 6.0
# Edges of one face are softer than those of another by up to so much of their width, a blur
# of 1 px adds so much to the square of it, and a first guess is corrected by such a factor at most.
_ALIKE, _BLURRED, _STEP = 0.92, 1.9, 1.3


def matching_blur(drawn: U8, seen: U8, mask: U8) -> float:
    """The Gaussian blur (sigma in px) that makes `drawn` as soft as `seen` within a mask.

    drawn, seen: (h, w, 3) uint8; mask: (h, w) uint8. The softer answer of two counts: fine detail
    tells small differences, but takes the edges of a coarse encoder's blocks for detail; the width
    of the sharpest strong edges tells large ones, where a face is large enough to have them.
    """
    if mask.sum() < 200:
        return 0.0
    left, top, width, height = cv2.boundingRect(mask)
    part = np.s_[top : top + height, left : left + width]
    old, new = (cv2.cvtColor(rgb[part].copy(), cv2.COLOR_RGB2GRAY) for rgb in (seen, drawn))
    inside = mask[part].copy()
    return max(_by_detail(new, old, inside), _by_edges(new, old, inside))


def _by_detail(drawn: Mat, seen: Mat, mask: U8) -> float:
    """The blur after which fine detail is as strong beside coarse."""
    wanted = _sharpness(seen.astype(np.float32), mask)
    grey = drawn.astype(np.float32)
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
    """Energy of the finest detail relative to detail twice and four times as coarse.

    So neither contrast nor make-up counts.
    """
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


def _by_edges(drawn: Mat, seen: Mat, mask: U8) -> float:
    """The blur after which the sharpest edges are as wide; 0 where there are too few."""
    wanted, before = _edge_width(seen, mask), _edge_width(drawn, mask)
    if wanted is None or before is None or _ALIKE * wanted <= before:
        return 0.0
    wanted *= _ALIKE
    blur = float(np.sqrt((wanted**2 - before**2) / _BLURRED))
    after = _edge_width(np.asarray(cv2.GaussianBlur(drawn, (0, 0), blur)), mask)
    if after is not None and after > before:
        # Squares of widths add up, roughly; one step more makes it exact enough.
        blur *= min(_STEP, float(np.sqrt((wanted**2 - before**2) / (after**2 - before**2))))
    return min(blur, _BLURS_PX[-1])


def _edge_width(grey: Mat, mask: U8) -> float | None:
    """How wide the sharpest strong edges are, as the blur of a step, in px; None without enough.

    grey: (h, w) uint8. What an edge rises by over its steepest slope (Marziliano et al., "A
    no-reference perceptual blur metric", 2002, measure widths likewise).
    """
    across, down = (cv2.Scharr(grey, cv2.CV_32F, *way) / 32 for way in ((1, 0), (0, 1)))
    # OpenCV's own magnitude differs in the last bit with where in memory its pictures lie.
    slope = np.sqrt(across * across + down * down)
    window = np.ones((_WINDOW_PX, _WINDOW_PX), np.uint8)
    rise = cv2.subtract(cv2.dilate(grey, window), cv2.erode(grey, window))
    steepest = slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8))
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8))
    # Beside an edge there are ripples that rise by next to nothing themselves.
    steep = steepest & (slope > rise / (np.sqrt(2 * np.pi) * _WIDEST_PX))
    y, x = np.nonzero(steep & (rise > _LEAST_RISE) & (inside > 0))
    if len(y) < _LEAST_EDGES:
        return None
    sharpest = float(np.percentile(slope[y, x] / rise[y, x], _SHARP_SHARE))
    return 1 / (sharpest * float(np.sqrt(2 * np.pi)))
