"""The beard of a cut-out head: what of it stands over the jaw line."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.closed_form import agreed_alpha
from headswap.vision.canonical_face import FACE_OVAL, JAW

# A strip over the jaw line of which so much must be beard; how far beards are looked for.
_STRIP_CM, _BEARDED = 1.2, 0.5
_LONGEST_CM, _ASIDE_CM = 4.0, 1.6
# Where the beard itself is taken for clothes they are no bound, so it may reach less far.
_MISTAKEN, _SHORT_CM = 0.3, 2.2
# Lab distances within which a pixel is like the cheeks. A beard's own colours are those of the
# strip without the rarest, and a little more.
_LIKE_CHEEK = np.array([22.0, 14.0, 14.0], np.float32)
# Skin in shade has as much colour as the cheeks, or more; hair seldom has.
# Pictures without colour tell nothing by it.
_MOST_COLOUR, _COLOURLESS = 1.15, 8.0
_RAREST, _MORE = 2.0, np.array([2.0, 1.5, 1.5], np.float32)
# Skin shows between hairs; so far apart they are still one beard. How soft its ends are.
_BETWEEN_CM, _ENDS_CM = 0.3, 0.4


def beard_over_jaw(crop: U8, clothes: F32, person: F32, points: F32, px_per_cm: float) -> F32:
    """(h, w) 0..1: a beard that hangs below the jaw line or stands off it, 0 without one.

    Its edge is right against the neck; against the background the person's own edge counts.

    crop: (h, w, 3) uint8, a face upright. clothes, person: (h, w) 0..1. points: (478, 3) px.
    """
    lab = np.asarray(cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    strip = _along_jaw(points, person.shape, px_per_cm)
    skin = _cheek(lab, points)
    unlike = np.abs((lab - skin) / _LIKE_CHEEK).max(axis=2) > 1
    most = _MOST_COLOUR * max(float(np.hypot(skin[1], skin[2])), _COLOURLESS)
    unlike &= np.hypot(lab[..., 1], lab[..., 2]) < most
    shaded = unlike & (lab[..., 0] < skin[0]) & strip
    if shaded.sum() < _BEARDED * strip.sum():
        return np.zeros(person.shape, np.float32)
    low, high = np.percentile(lab[shaded], [_RAREST, 100 - _RAREST], axis=0)
    like = ((lab > low - _MORE) & (lab < high + _MORE)).all(axis=2) & unlike
    away_cm = _away(points, person.shape, px_per_cm)
    mistaken = float(clothes[shaded].mean()) > _MISTAKEN
    like &= (away_cm < _SHORT_CM) if mistaken else (away_cm < _LONGEST_CM) & (clothes < 0.5)
    like &= person > 0.5
    solid = _one_piece(like | strip, strip, px_per_cm)
    ends = max(1.0, _ENDS_CM * px_per_cm)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    soft = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), max(0.5, 0.06 * px_per_cm))
    open_ = (inside < ends) & (outside < ends)
    guess = np.where(outside >= ends, 0, np.where(inside >= ends, 1, soft)).astype(np.float32)
    return agreed_alpha(crop, guess, open_)


def _along_jaw(points: F32, shape: tuple[int, ...], px_per_cm: float) -> Bool:
    strip = np.zeros(shape, np.uint8)
    jaw = points[JAW[3:-3], :2]
    up = np.array([0, _STRIP_CM * px_per_cm])
    cv2.fillPoly(strip, [np.vstack([jaw, (jaw - up)[::-1]]).round().astype(np.int32)], 1)
    return strip > 0


def _cheek(lab: F32, points: F32) -> F32:
    """(3,) the skin's Lab colour."""
    height, width = lab.shape[:2]
    x, y = np.clip(points[[50, 280, 4], :2].round().astype(int), 0, [width - 1, height - 1]).T
    return np.asarray(np.median(lab[y, x], axis=0), np.float32)


def _away(points: F32, shape: tuple[int, ...], px_per_cm: float) -> F32:
    """(h, w) how far from the face in cm; far where no beard grows: over the lobes, far aside."""
    height, width = shape
    face = np.zeros((height, width), np.uint8)
    oval = points[FACE_OVAL, :2]
    cv2.fillConvexPoly(face, cv2.convexHull(oval).astype(np.int32), 1)
    away = cv2.distanceTransform(1 - face, cv2.DIST_L2, 5) / np.float32(px_per_cm)
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    aside = np.maximum(oval[:, 0].min() - columns, columns - oval[:, 0].max()) / px_per_cm
    lobes = float(points[[132, 361], 1].mean())
    grows = (aside < _ASIDE_CM) & (rows > lobes - px_per_cm)
    return np.where(grows, away, 2 * _LONGEST_CM).astype(np.float32)


def _one_piece(like: Bool, strip: Bool, px_per_cm: float) -> U8:
    """(h, w) 0 or 1: what is like the beard and connected with it, without holes and specks."""

    def disc(radius_cm: float) -> U8:
        size = 2 * max(1, round(radius_cm * px_per_cm)) + 1
        return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)

    closed = cv2.morphologyEx(like.astype(np.uint8), cv2.MORPH_CLOSE, disc(_BETWEEN_CM / 2))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc(_BETWEEN_CM))
    count, labels = cv2.connectedComponents(opened)
    met = np.bincount(labels[strip], minlength=count)
    met[0] = 0
    return ((labels == int(met.argmax())) & bool(met.any())).astype(np.uint8)
