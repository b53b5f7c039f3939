"""Things before a face: where glimpses show something else than the face, and how it moves."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.face_history import in_usual_light, learn_face, smoothed, strangeness
from headswap.swapping.face_sheet import (
    SHEET_WH,
    TEXELS_PER_CM,
    sheet_face,
    sheet_inner,
    sheet_lively,
    sheet_places,
)

# A thing before a face is larger than this, comes in over the rim beside or below the cheeks and
# reaches farther in than hair that lies along it, or is held by a hand; and it stays.
_LEAST_CM2 = 2.0
_WEAK, _MOST_EXCESS, _LEAST_EXCESS_CM2 = 0.7, 1.5, 1.0
_LITTLE_EXCESS_CM2 = 0.3
_LEAST_EDGE = 1.0
_FEW_TEXELS = 8
_RING = np.ones((3, 3), np.uint8)
_RIM_CM, _DEEP_CM = 0.8, 1.8
_NEAR_CM, _STEP_CM = 1.5, 2.5
# So far it goes on beside the face, and so fast it moves from one moment to the next.
_HANGS_CM, _FASTEST_CM, _WAY = 6.0, 5.0, 2.0
# Skin in its own shade is darker and fuller in colour, for the light that comes there has been on
# skin before. So many times it may have been; how far shade is off that in logarithms of levels;
# and what share of a thing may look so.
_TURNED, _OFF, _LEAST_LEVEL = (0.3, 3.0), 0.12, 4.0
_BRIGHTER, _MOST_SHADE = 0.05, 0.4
# How much less surely it is known a moment before or after.
_CARRIED = 0.85
# What is carried is strange there too in so much of it, or its way is not known.
_AGREED = 0.25
_LOBES = [132, 361]


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
        known = visible & face.known
        lit = in_usual_light(
            sheet.astype(np.float32), face.usual, known & sheet_inner() & ~sheet_lively() & ~hand
        )
        strange = strangeness(lit, face.usual, face.spread, 2)
        things, little = _things(strange, lit, face.usual, known, hand)
        found.append(things)
        weak.append(little)
    return _lasting(np.array(found), np.array(weak))


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


def _things(strange: F32, lit: F32, usual: F32, known: Bool, hand: Bool) -> tuple[Bool, Bool]:
    """(h, w) what is a thing before the face with all that hangs together with it, and what may be.

    strange: (h, w), see `strangeness`. known: (h, w), where it says something.
    """
    shown = known & sheet_inner()
    judged = shown & ~sheet_lively()
    weight = shown.astype(np.float32)
    mean = cv2.blur(strange * weight, (3, 3)) / np.maximum(cv2.blur(weight, (3, 3)), 1e-3)
    # Eyes and mouth say nothing alone: what is strange there counts if it hangs together with more.
    mask = (shown & (mean > _WEAK)).astype(np.uint8)
    kept, weak = np.zeros(mask.shape, np.bool_), np.zeros(mask.shape, np.bool_)
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _square(_RIM_CM)) > 0
    mask |= (whole & shown).astype(np.uint8)
    loose = _around(strange, known)
    rim, inside = _rim()
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    held: Bool | None = None
    edges: F32 | None = None
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < _FEW_TEXELS:
            continue
        own = labels == label
        sure = own & judged
        excess = np.clip(mean[sure] - 1, 0, _MOST_EXCESS).sum() / TEXELS_PER_CM**2
        if excess < _LITTLE_EXCESS_CM2:
            continue
        if held is None:
            held = cv2.dilate(hand.astype(np.uint8), _square(_RIM_CM)) > 0
        in_hand, at_rim = bool((own & held).any()), bool((sure & rim).any())
        if in_hand or at_rim:
            weak |= own
        entered = at_rim and inside[own].max() >= _DEEP_CM
        large = sure.sum() >= _LEAST_CM2 * TEXELS_PER_CM**2
        if not large or excess < _LEAST_EXCESS_CM2 or not (entered or in_hand):
            continue
        if not in_hand and _shaded(lit[sure], usual[sure]).mean() > _MOST_SHADE:
            continue
        solid = own.astype(np.uint8)
        outline = (cv2.dilate(solid, _RING) > 0) & (cv2.erode(solid, _RING) == 0)
        if edges is None:
            # The border of what is known is none, and a mouth that opens has edges of its own.
            within = cv2.erode(shown.astype(np.uint8), _RING)
            edges = np.where(within, _new_edges(lit, usual), np.float32(0))
        if edges[outline & judged].mean() >= _LEAST_EDGE:
            kept |= own | (_hull(own) & shown & ~judged)
    return kept, weak | loose


def _shaded(lit: F32, usual: F32) -> Bool:
    """(n,) whether colours (n, 3) are those that are usual there, in shade.

    Light between folds of a skin takes on its colour (Langer 2001, how interreflections affect
    colour appearance): usual levels times a power of their tint, and darker.
    """
    darker = np.log(np.maximum(lit, _LEAST_LEVEL) / np.maximum(usual, _LEAST_LEVEL))
    tint = np.log(np.maximum(usual, _LEAST_LEVEL))
    level, tint = darker.mean(axis=1), tint - tint.mean(axis=1, keepdims=True)
    apart = darker - level[:, None]
    times = (apart * tint).sum(axis=1) / np.maximum(np.square(tint).sum(axis=1), 1e-4)
    off = np.abs(apart - times[:, None] * tint).max(axis=1)
    turned = (times > _TURNED[0]) & (times < _TURNED[1])
    return turned & (off < _OFF) & (level < _BRIGHTER)


def _around(strange: F32, known: Bool) -> Bool:
    """(h, w) what is strange beside and below a face, larger than crumbs."""
    beside = known & ~sheet_inner() & _below()
    mask = (beside & (cv2.blur(strange, (3, 3)) > 1)).astype(np.uint8)
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, _RING) > 0


@cache
def _below() -> Bool:
    """(h, w) what is no higher than the middle of the ears."""
    height = sheet_places()[_LOBES, 1].mean() - TEXELS_PER_CM
    rows = np.arange(SHEET_WH[1])[:, None] > height
    return np.broadcast_to(rows, SHEET_WH[::-1])


@cache
def _rim() -> tuple[Bool, F32]:
    """(h, w) the rim over which things come before a face, and how far inside it a texel is, cm."""
    inside = cv2.distanceTransform(_framed(sheet_face()), cv2.DIST_L2, 3) / TEXELS_PER_CM
    return sheet_face() & (inside < _RIM_CM) & _below(), np.asarray(inside, np.float32)


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


def _lasting(found: Bool, loose: Bool) -> Bool:
    """(n, h, w) what is there at two moments running, the second about where the first was.

    loose: (n, h, w), what is kept too where it hangs together with that, or just before and after.
    """
    kept = np.zeros_like(found)
    for k in range(len(found)):
        if not found[k].any():
            continue
        for other in (k - 1, k + 1):
            if 0 <= other < len(found) and found[other].any():
                kept[k] |= _touching(found[k], _wide(found[other], _NEAR_CM))
    # One moment missed between two is filled from them.
    for k in range(1, len(kept) - 1):
        if not kept[k].any():
            kept[k] = kept[k - 1] & kept[k + 1]
    sure = [bool(mask.any()) for mask in kept]
    for k, own in enumerate(sure):
        if own:
            near = _wide(kept[k], _HANGS_CM)
            kept[k] |= _touching((kept[k] | loose[k]) & near, _wide(kept[k], 0))
    for k in range(len(kept)):
        for other in (k - 1, k + 1):
            if 0 <= other < len(kept) and not sure[k] and sure[other]:
                hanging = _touching(loose[k], _wide(kept[other], _STEP_CM))
                kept[k] |= hanging & _wide(kept[other], _HANGS_CM)
    return kept


def shifts_between(sheets: U8, things: Bool) -> F32:
    """(n, 2) float32: how many texels to the right and down a thing moves until the next moment.

    sheets: (n, h, w, 3). things: (n, h, w), where it is.
    """
    shifts = np.zeros((len(sheets), 2), np.float32)
    reach = round(_FASTEST_CM * TEXELS_PER_CM)
    for k in range(len(sheets) - 1):
        if not (things[k].any() and things[k + 1].any()):
            continue
        x, y, width, height = cv2.boundingRect(things[k].astype(np.uint8))
        own = np.s_[y : y + height, x : x + width]
        padded = np.pad(sheets[k + 1], ((reach, reach), (reach, reach), (0, 0)), mode="edge")
        searched = padded[y : y + height + 2 * reach, x : x + width + 2 * reach]
        mask = np.repeat(things[k][own].astype(np.uint8)[..., None], 3, axis=2)
        gaps = cv2.matchTemplate(searched, sheets[k][own], cv2.TM_SQDIFF, mask=mask)
        away = np.arange(-reach, reach + 1, dtype=np.float32)
        # What is smooth fits anywhere: then the shorter way is the likelier.
        gaps = gaps / mask.sum() + _WAY * (away[:, None] ** 2 + away[None] ** 2)
        down, right = divmod(int(gaps.argmin()), gaps.shape[1])
        shifts[k] = right - reach, down - reach
    return shifts


def shifted(mask: F32, by_xy: F32) -> F32:
    """(h, w) float32: a mask on the sheet moved by so many texels."""
    motion = np.array([[1, 0, by_xy[0]], [0, 1, by_xy[1]]], np.float64)
    return np.asarray(cv2.warpAffine(mask, motion, SHEET_WH), np.float32)


def carried(strange: Bool, things: Bool, shifts: F32) -> U8:
    """(n, h, w) uint8: 255 where something strange is, less where it would be by moments near.

    A thing that looks like the face in places is known there from when it was elsewhere.
    things: (n, h, w), what of it keeps its shape. shifts: see `shifts_between`.
    """
    levels = strange.astype(np.float32)
    thing = [bool(own.any()) for own in things]
    for order, back in ((range(1, len(levels)), 1), (range(len(levels) - 2, -1, -1), -1)):
        one_way = things.astype(np.float32)
        for k in order:
            way = shifts[k - 1] if back == 1 else -shifts[k]
            if thing[k] and thing[k - back]:
                near = shifted(one_way[k - back], way) * np.float32(_CARRIED)
                there = near > _CARRIED**2
                if (strange[k] & there).sum() > _AGREED * there.sum():
                    np.maximum(one_way[k], near, out=one_way[k])
        np.maximum(levels, one_way, out=levels)
    return np.asarray(np.round(levels * 255), np.uint8)


def _wide(mask: Bool, reach_cm: float) -> Bool:
    return cv2.dilate(mask.astype(np.uint8), _square(reach_cm)) > 0


def _touching(mask: Bool, where: Bool) -> Bool:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    own = np.unique(labels[mask & where])
    return np.isin(labels, own[own > 0])


def _square(radius_cm: float) -> U8:
    side = 2 * max(1, round(radius_cm * TEXELS_PER_CM)) + 1
    return np.ones((side, side), np.uint8)
