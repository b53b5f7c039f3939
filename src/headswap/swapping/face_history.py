"""What a face looks like over a shot, and where glimpses of it show something else."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8, Bool
from headswap.swapping.face_sheet import TEXELS_PER_CM, sheet_face, sheet_lively, sheet_places

# A median needs no more glimpses than this.
_MOST = 24
_LEAST = 3
_ROUNDS = 2
# How far a colour may be from what is usual, in levels of 255.
_LEVELS, _SHARE, _SPREADS, _LARGEST = 6.0, 0.05, 1.5, 45.0
# A change of brightness alone is more likely a shadow.
_SHADOW = 0.45
# A thing before a face is larger than this, comes in over the rim beside or below the cheeks and
# reaches farther in than hair that lies along it, or is held by a hand; and it stays.
_LEAST_CM2 = 2.0
_WEAK, _MOST_EXCESS, _LEAST_EXCESS_CM2 = 0.7, 1.5, 1.0
_LITTLE_EXCESS_CM2 = 0.3
_LEAST_EDGE = 0.6
_RING = np.ones((3, 3), np.uint8)
_RIM_CM, _DEEP_CM = 0.8, 1.8
_NEAR_CM, _STEP_CM = 1.5, 2.5
_LOBES = [132, 361]


@dataclass(frozen=True, slots=True, eq=False)
class FaceHistory:
    """A face's usual colours on its sheet.

    usual: (h, w, 3) float32 levels. spread: (h, w) float32, how far from them is still usual.
    known: (h, w) bool, where it was seen often enough.
    """

    usual: F32
    spread: F32
    known: Bool


def learn_face(sheets: U8, clear: Bool) -> FaceHistory:
    """The usual colours of a face, by the median over its shot.

    sheets: (n, h, w, 3) uint8, the face laid flat at n moments. clear: (n, h, w), where it is seen
    and no hand is.
    """
    chosen = np.unique(np.linspace(0, len(sheets) - 1, min(_MOST, len(sheets))).astype(int))
    levels, ok = sheets[chosen].astype(np.float32), clear[chosen]
    usual, known = _median(levels, ok)
    spread = np.zeros(usual.shape[:2], np.float32)
    for _ in range(_ROUNDS):
        lit = np.stack(
            [in_usual_light(s, usual, c & known) for s, c in zip(levels, ok, strict=True)]
        )
        usual, known = _median(lit, ok)
        away = np.abs(lit - usual).max(axis=3, keepdims=True)
        spread = 1.4826 * _median(away, ok)[0][..., 0]
    usual = np.where(known[..., None], usual, 0).astype(np.float32)
    wide = cv2.dilate(spread, np.ones((3, 3), np.uint8))
    allowed = _LEVELS + _SHARE * usual.max(axis=2) + _SPREADS * wide
    return FaceHistory(usual, np.minimum(allowed, _LARGEST).astype(np.float32), known)


def _median(levels: F32, ok: Bool) -> tuple[F32, Bool]:
    """(h, w, c) median of (n, h, w, c) where `ok` (n, h, w), and (h, w) where there is one."""
    count = ok.sum(axis=0)
    ranked = np.sort(np.where(ok[..., None], levels, np.inf), axis=0)
    middle = np.maximum(count - 1, 0) // 2
    median = np.take_along_axis(ranked, middle[None, ..., None], axis=0)[0]
    known = count >= min(_LEAST, len(levels))
    return np.where(np.isfinite(median), median, 0).astype(np.float32), known


def in_usual_light(levels: F32, usual: F32, ok: Bool) -> F32:
    """(h, w, 3) levels brought to the light in which the face is usual.

    Light is taken for a factor of each colour that varies linearly over the face; what fits it
    badly does not count.
    """
    return (levels / light_between(levels, usual, ok)).astype(np.float32)


def light_between(levels: F32, usual: F32, ok: Bool) -> F32:
    """(h, w, 3) float32: the factors that take `usual` to `levels`, linear over the picture."""
    height, width = ok.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    basis = np.stack([np.ones_like(x), x / width - 0.5, y / height - 0.5], axis=-1)
    good = ok & (usual.min(axis=2) > 4)
    factors = np.ones((height, width, 3), np.float32)
    if good.sum() < 60:
        return factors
    rows, seen, was = basis[good], levels[good], usual[good]
    weight = np.ones(len(rows), np.float32)
    fit = np.zeros((3, 3))
    for _ in range(4):
        for channel in range(3):
            a = (rows * (was[:, channel] * weight)[:, None]).astype(np.float64)
            # A little rigidity, for faces of which one side is hidden.
            stiff = np.diag([0.0, 0.05, 0.05]) * (a[:, 0] @ a[:, 0])
            fit[channel] = _solved(a, seen[:, channel] * weight, stiff)
        away = np.abs(seen - was * (rows @ fit.T)).max(axis=1)
        scale = max(4.0, 1.5 * float(np.median(away)))
        weight = (1 / (1 + (away / scale) ** 2)).astype(np.float32)
    return np.clip(basis @ fit.T, 0.2, 4.0).astype(np.float32)


def _solved(rows: F64, wanted: F32, stiff: F64) -> F64:
    normal = rows.T @ rows + stiff + 1e-6 * np.eye(3)
    return np.asarray(np.linalg.solve(normal, rows.T @ wanted), np.float64)


def strangeness(lit: F32, usual: F32, spread: F32, slack_px: int) -> F32:
    """(h, w) float32: how far colours are from what is usual there, 1 at the border.

    slack_px: how far the face may be out of its place. A change of brightness alone counts less.
    """
    around = np.ones((2 * slack_px + 1, 2 * slack_px + 1), np.uint8)
    low, high = cv2.erode(usual, around), cv2.dilate(usual, around)
    off = lit - np.clip(lit, low, high)
    direction = usual / np.maximum(np.linalg.norm(usual, axis=2, keepdims=True), 1e-3)
    bright = (off * direction).sum(axis=2)
    colour = np.linalg.norm(off - bright[..., None] * direction, axis=2)
    return ((colour + _SHADOW * np.abs(bright)) / spread).astype(np.float32)


def strange_places(sheets: U8, seen: Bool, hands: Bool) -> Bool:
    """(n, h, w): where something is before the face at each of n moments, in order of time.

    seen: (n, h, w), the places turned to us that no hair hides. hands: (n, h, w), where known
    hands are.
    """
    found: list[Bool] = []
    weak: list[Bool] = []
    smooth = smoothed(sheets)
    face = learn_face(smooth, seen & ~hands)
    for sheet, visible, hand in zip(smooth, seen, hands, strict=True):
        shown = visible & face.known & sheet_face()
        judged = shown & ~sheet_lively()
        lit = in_usual_light(sheet.astype(np.float32), face.usual, judged & ~hand)
        strange = strangeness(lit, face.usual, face.spread, 2)
        edges = np.where(cv2.erode(shown.astype(np.uint8), _RING), _new_edges(lit, face.usual), 0)
        things, little = _things(strange, edges, shown, judged, hand)
        found.append(things)
        weak.append(little)
    return _lasting(np.array(found), np.array(weak))


def smoothed(sheets: U8) -> U8:
    """(n, h, w, 3) without pores and stubble: what lies before a face is larger."""
    return np.array([cv2.blur(sheet, (3, 3)) for sheet in sheets], np.uint8)


def _new_edges(lit: F32, usual: F32) -> F32:
    """(h, w) float32 levels a texel: by how much edges are steeper than the face's own near there.

    Light comes and goes softly, things have outlines.
    """
    steep: list[F32] = []
    for levels in (lit, usual):
        grey = cv2.cvtColor(np.clip(levels, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
        along = [cv2.Sobel(grey, cv2.CV_32F, 1 - k, k, scale=0.125) for k in (0, 1)]
        steep.append(np.hypot(*along).astype(np.float32))
    return np.maximum(steep[0] - cv2.dilate(steep[1], _RING), 0)


def _things(strange: F32, edges: F32, shown: Bool, judged: Bool, hand: Bool) -> tuple[Bool, Bool]:
    weight = shown.astype(np.float32)
    mean = cv2.blur(strange * weight, (3, 3)) / np.maximum(cv2.blur(weight, (3, 3)), 1e-3)
    # Eyes and mouth say nothing alone: what is strange there counts if it hangs together with more.
    mask = (shown & (mean > _WEAK)).astype(np.uint8)
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _square(_RIM_CM)) > 0
    mask |= (whole & shown).astype(np.uint8)
    inside = cv2.distanceTransform(_framed(sheet_face()), cv2.DIST_L2, 3) / TEXELS_PER_CM
    below = np.arange(len(mask))[:, None] > sheet_places()[_LOBES, 1].mean() - TEXELS_PER_CM
    rim = sheet_face() & (inside < _RIM_CM) & below
    held = cv2.dilate(hand.astype(np.uint8), _square(_RIM_CM)) > 0
    count, labels = cv2.connectedComponents(mask)
    kept, weak = np.zeros(mask.shape, np.bool_), np.zeros(mask.shape, np.bool_)
    for label in range(1, count):
        own = labels == label
        sure = own & judged
        large = sure.sum() >= _LEAST_CM2 * TEXELS_PER_CM**2
        excess = np.clip(mean[sure] - 1, 0, _MOST_EXCESS).sum() / TEXELS_PER_CM**2
        entered = (sure & rim).any() and inside[own].max() >= _DEEP_CM
        if excess >= _LITTLE_EXCESS_CM2 and ((sure & rim).any() or (own & held).any()):
            weak |= own
        if not large or excess < _LEAST_EXCESS_CM2 or not (entered or (own & held).any()):
            continue
        solid = own.astype(np.uint8)
        outline = (cv2.dilate(solid, _RING) > 0) & (cv2.erode(solid, _RING) == 0)
        if edges[outline & shown].mean() >= _LEAST_EDGE:
            kept |= own | (_hull(own) & shown & ~judged)
    return kept, weak


def _hull(mask: Bool) -> Bool:
    """(h, w) the convex hull of a mask: a thing around a mouth covers it as well."""
    rows, columns = np.nonzero(mask)
    points = np.column_stack([columns, rows]).astype(np.int32)
    drawn = np.zeros(mask.shape, np.uint8)
    return cv2.fillConvexPoly(drawn, cv2.convexHull(points), 1) > 0


def _framed(mask: Bool) -> U8:
    """The mask with an empty border, so that distances count from the sheet's edge as well."""
    framed = mask.astype(np.uint8)
    framed[[0, -1]] = framed[:, [0, -1]] = 0
    return framed


def _lasting(found: Bool, weak: Bool) -> Bool:
    """(n, h, w) what is there at two moments running, the second about where the first was.

    weak: (n, h, w), what is kept too next to such a moment.
    """
    wide = np.array([cv2.dilate(m.astype(np.uint8), _square(_NEAR_CM)) > 0 for m in found])
    kept = np.zeros_like(found)
    for k in range(len(found)):
        for other in (k - 1, k + 1):
            if 0 <= other < len(found) and (found[k] & wide[other]).any():
                kept[k] |= _touching(found[k], wide[other])
    # One moment missed between two is filled from them.
    for k in range(1, len(kept) - 1):
        if not kept[k].any():
            kept[k] = kept[k - 1] & kept[k + 1]
    wide = np.array([cv2.dilate(m.astype(np.uint8), _square(_STEP_CM)) > 0 for m in kept])
    for k in range(len(kept)):
        for other in (k - 1, k + 1):
            if 0 <= other < len(kept) and not kept[k].any() and (weak[k] & wide[other]).any():
                kept[k] = _touching(weak[k], wide[other])
    return kept


def _touching(mask: Bool, where: Bool) -> Bool:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    own = np.unique(labels[mask & where])
    return np.isin(labels, own[own > 0])


def _square(radius_cm: float) -> U8:
    side = 2 * max(1, round(radius_cm * TEXELS_PER_CM)) + 1
    return np.ones((side, side), np.uint8)
