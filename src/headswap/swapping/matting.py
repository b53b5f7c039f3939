"""Edges and colours of a cut-out: sharper mattes, foreground colours freed of the background."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool, Mat
from headswap.swapping.closed_form import agreed_alpha

# Rounds of finding alpha from colours and colours from alpha, and how far apart the colours (of
# 255) of front and back must be to be believed.
_PASSES = 3
_CUT_ROUNDS = 2
_ALIKE = 24.0
# A gap between strands is so near the background's colour, as a part of the way to the head's,
# where these are so far apart.
_GAP, _APART = 0.55, 80.0
# A wisp has at most so much of hair, and is nowhere so surely there.
_STRAND, _SURELY = 0.3, 0.85


def unmix_foreground(rgb: U8, alpha: F32, radii_px: tuple[int, ...] = (90, 6)) -> F32:
    """Foreground colours (h, w, 3) float32 0..255 of a picture mixed with what was behind.

    Blur-fusion estimate, coarse radius first (Forte 2021, "Approximate fast foreground colour
    estimation"). Where alpha is 1 the picture's own colour comes back.
    """
    image = rgb.astype(np.float32)
    a = alpha[..., None].astype(np.float32)
    foreground, background = image, image
    for radius in radii_px:
        size = (2 * radius + 1, 2 * radius + 1)
        weight = cv2.blur(alpha, size)[..., None]
        front = cv2.blur(foreground * a, size) / (weight + 1e-5)
        back = cv2.blur(background * (1 - a), size) / (1 - weight + 1e-5)
        residual = image - a * front - (1 - a) * back
        foreground = np.clip(front + a * residual, 0, 255)
        background = np.clip(back, 0, 255)
    return np.where(a >= 0.999, image, foreground)


def fill_smooth(values: Mat, weight: Mat) -> F32:
    """`values` where `weight` is 1, and a smooth continuation of them where it is 0.

    values: (h, w, c) float32; weight: (h, w) float32 0..1. A pull-push pyramid (Gortler et al.,
    SIGGRAPH 1996): linear in the number of pixels, exact where the weight is 1.
    """
    weighted = values * weight[..., None]
    levels: list[tuple[Mat, Mat]] = [(weighted, weight)]
    while min(levels[-1][1].shape) > 2:
        v, w = levels[-1]
        size = ((v.shape[1] + 1) // 2, (v.shape[0] + 1) // 2)
        v = cv2.resize(cv2.GaussianBlur(v, (5, 5), 1.0), size, interpolation=cv2.INTER_AREA)
        w = cv2.resize(cv2.GaussianBlur(w, (5, 5), 1.0), size, interpolation=cv2.INTER_AREA)
        # Saturating the weight lets a little knowledge fill a whole coarse cell.
        gain = np.minimum(1.0, w * 4.0) / np.maximum(w, 1e-6)
        levels.append((v.reshape(*w.shape, -1) * gain[..., None], w * gain))
    v, w = levels[-1]
    filled = v / np.maximum(w, 1e-6)[..., None]
    for v, w in reversed(levels[:-1]):
        up = cv2.resize(filled, (w.shape[1], w.shape[0]), interpolation=cv2.INTER_LINEAR)
        filled = v + (1.0 - w)[..., None] * up.reshape(v.shape)
    return np.asarray(filled, np.float32)


def segmented(rgb: U8, coarse: F32, inner_px: float, outer_px: float, shrink: float) -> F32:
    """(h, w) 0..1: a coarse alpha whose edge is laid where the picture's colours part.

    rgb: (h, w, 3) uint8. coarse is believed further than inner_px inside and outer_px outside of
    where it is one half; between, a graph cut decides with the colours of both sides (Rother et
    al., "GrabCut", SIGGRAPH 2004), on a picture made smaller by `shrink`. The edge is soft by about
    a pixel of that.
    """
    height, width = coarse.shape
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    solid = (cv2.resize(coarse, size, interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    inside, outside = _distances(solid)
    labels = np.where(solid > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inside > inner_px / shrink] = cv2.GC_FGD
    labels[outside > outer_px / shrink] = cv2.GC_BGD
    if not ((labels == cv2.GC_FGD).any() and (labels == cv2.GC_BGD).any()):
        return coarse
    # The cut starts from random clusters; the same photo is to give the same head.
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    unused = (0, 0, 0, 0)
    cv2.grabCut(small, labels, unused, *models, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    kept = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    soft = cv2.GaussianBlur(kept, (0, 0), 0.8)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def refined_alpha(
    rgb: U8,
    coarse: F32,
    inner_px: float,
    outer_px: F32 | float,
    gaps_px: F32 | float = 0.0,
) -> F32:
    """(h, w) 0..1: a nearly right alpha made exact by the picture's colours along its edge.

    rgb: (h, w, 3) uint8. coarse: (h, w) 0..1, right further than inner_px inside and outer_px
    outside of where it is one half; but for gaps of the background's colour, which can lie gaps_px
    inside. In between each pixel is placed on the line from the background's to the foreground's
    colour around it (as in Chuang et al., "A Bayesian approach to digital matting", CVPR 2001, with
    smooth local means), then neighbours are made to agree.
    """
    inside, outside = _distances((coarse > 0.5).astype(np.uint8))
    deep = inside > np.maximum(inner_px, gaps_px)
    alpha, like_back = _by_colours(rgb.astype(np.float32), coarse, deep, outside, outer_px)
    edge = (inside <= inner_px) & (outside <= outer_px)
    gaps = like_back & (inside > inner_px) & (alpha < 1)
    wide = cv2.dilate(gaps.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    unsure = edge | (wide & (inside > 0))
    return agreed_alpha(rgb, np.where(unsure | (inside == 0), alpha, 1).astype(np.float32), unsure)


def _by_colours(
    image: F32, coarse: F32, deep: Bool, outside: F32, outer_px: F32 | float
) -> tuple[F32, Bool]:
    """(h, w) alpha by the colours around each pixel, and where it is of the background's colour.

    deep: where all is foreground. outside: how far outside of it a pixel is, px.
    """
    front, back = deep.astype(np.float32), (outside > outer_px).astype(np.float32)
    # Elsewhere it is settled, and that is most of the picture.
    open_ = np.flatnonzero((front == 0) & (back == 0))
    own, guess, out = (
        plane.reshape(-1, *plane.shape[2:])[open_] for plane in (image, coarse, outside)
    )
    alpha, like_back = guess, np.zeros(len(open_), np.bool_)
    for _ in range(_PASSES):
        near, far = (_continued(image, part).reshape(-1, 3)[open_] for part in (front, back))
        span = near - far
        size = (span * span).sum(axis=1)
        share = np.clip(((own - far) * span).sum(axis=1) / np.maximum(size, 1), 0, 1)
        # Where both look alike the colours say nothing.
        trust = size / (size + _ALIKE**2)
        is_front, is_back = front.ravel()[open_] > 0, back.ravel()[open_] > 0
        alpha = guess + trust * (share - guess)
        alpha = np.where(is_front, 1, np.where(is_back, 0, alpha)).astype(np.float32)
        # What is sure by now tells the colours nearer the edge.
        sure = trust > 0.6
        front.ravel()[open_] = is_front | (sure & (alpha > 0.97) & (out == 0))
        back.ravel()[open_] = is_back | (sure & (alpha < 0.03) & (out > 0))
        off = own - far
        like_back = ((off * off).sum(axis=1) < _GAP**2 * size) & (size > _APART**2)
    whole, behind = deep.astype(np.float32), np.zeros(deep.shape, np.bool_)
    whole.ravel()[open_], behind.ravel()[open_] = alpha, like_back
    return whole, behind


def without_wisps(alpha: F32, strands: F32, radius_px: float) -> F32:
    """The alpha (h, w) without thin faint spurs that are no strands, traces of what lay behind.

    strands: (h, w) 0..1. radius_px: half the width of a spur. What is thin and surely there, an
    earring or a frame of glasses, stays.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(radius_px)) + 1,) * 2)
    solid = cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_OPEN, disc)
    spurs = (alpha > 0) & (cv2.dilate(solid, disc) == 0) & (strands < _STRAND)
    count, labels = cv2.connectedComponents(spurs.astype(np.uint8))
    surest = np.zeros(count, np.float32)
    np.maximum.at(surest, labels.ravel(), alpha.ravel())
    return np.where(spurs & (surest[labels] < _SURELY), 0, alpha).astype(np.float32)


def _distances(solid: U8) -> tuple[F32, F32]:
    """(h, w) how far inside and how far outside of the solid part a pixel is, px."""
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    return np.asarray(inside, np.float32), np.asarray(
        cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5), np.float32
    )


def _continued(image: F32, known: F32) -> F32:
    """Colours where known (0 or 1), smoothly continued elsewhere, worked out at half the size."""
    height, width = known.shape
    size = ((width + 1) // 2, (height + 1) // 2)
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    shown = cv2.copyTo(image, known.astype(np.uint8))
    total = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    filled = fill_smooth(total / np.maximum(weight, 1e-6)[..., None], weight)
    return np.asarray(
        cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
