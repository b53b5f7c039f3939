"""Lips of a photo without what is seen between them."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, I32, U8, Mat
from headswap.vision.canonical_face import INNER_LIPS, OUTER_LIPS

# Lips nearer to each other than this touch; the line between them is theirs.
_TOUCH_CM = 0.12
# How far teeth reach beyond the contour that is found, by its error and by the photo's own blur,
# and over how much the lips' own colour then begins.
_SPREAD_CM, _SOFT_CM = 0.08, 0.12
# A lip this much brighter than it usually is glints, and begins to look like teeth.
_GLINT = 1.25
# Where lips touch no light comes: how dark their inner edge is, and how wide that is.
_SEAM, _SEAM_CM = 0.4, 0.07
# Both rings run along the upper lip and back along the lower one.
_CORNER = 10


def without_teeth(rgb: U8, landmarks: F32, px_per_cm: float) -> U8:
    """(h, w, 3) uint8: the photo, the lips' own colours going on where its mouth is open.

    landmarks: (478, 3) float32 px. A mouth is drawn with the teeth of the frame. Of the photo's,
    some would stick to lips that are closed, as a bright line where there is to be a dark one.
    """
    outer, inner = landmarks[OUTER_LIPS, :2], landmarks[INNER_LIPS, :2]
    gap = float(np.linalg.norm(inner[_CORNER // 2] - inner[_CORNER + _CORNER // 2]))
    if gap < _TOUCH_CM * px_per_cm:
        return rgb
    reach = max(1, round(_SPREAD_CM * px_per_cm))
    x0, y0 = np.maximum(np.floor(outer.min(axis=0)).astype(int) - 2 * reach, 0).tolist()
    x1, y1 = np.ceil(outer.max(axis=0)).astype(int) + 2 * reach
    part = rgb[y0:y1, x0:x1].astype(np.float32)
    if part.size == 0:
        return rgb
    outer, inner = outer - [x0, y0], inner - [x0, y0]
    mouth = _filled(inner, part)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    teeth = cv2.dilate(mouth, disc)
    own = _own(part, outer, inner, teeth)
    seam = _SEAM * np.exp(-np.square(_outside(mouth) / (_SEAM_CM * px_per_cm)))
    weight = np.exp(-np.square(_outside(teeth) / (_SOFT_CM * px_per_cm)))
    bright = part.mean(axis=2) / np.maximum(own.mean(axis=2), 1.0)
    # Skin beside the lips is bright too.
    lip = cv2.erode(_filled(outer, part), disc) / np.float32(255)
    lip = cv2.GaussianBlur(lip, (0, 0), _SOFT_CM * px_per_cm)
    weight = np.maximum(weight, lip * np.clip(3 * (bright - _GLINT), 0, 1))[..., None]
    done = rgb.copy()
    mixed = (part + weight * (own - part)) * (1 - seam[..., None])
    done[y0:y1, x0:x1] = np.clip(mixed, 0, 255).round()
    return done


def _own(part: F32, outer: F32, inner: F32, teeth: Mat) -> F32:
    """(h, w, 3) the usual colour of the nearer lip, by rings (20, 2) px of lips and mouth."""
    height, width = part.shape[:2]
    colours: list[F32] = []
    far: list[Mat] = []
    for half in (np.arange(_CORNER + 1), np.append(np.arange(_CORNER, 2 * _CORNER), 0)):
        lip = _filled(np.vstack([outer[half], inner[half][::-1]]), part)
        seen = part[(lip > 0) & (teeth == 0)]
        # Of a lip too thin to be seen beside teeth, or beyond the photo, what is around it.
        seen = seen if len(seen) else part.reshape(-1, 3)
        colours.append(np.median(seen, axis=0).astype(np.float32))
        line = np.full((height, width), 255, np.uint8)
        cv2.polylines(line, [_pixels(inner[half])], False, 0)
        far.append(cv2.distanceTransform(line, cv2.DIST_L2, 5))
    share = (far[1] / np.maximum(far[0] + far[1], 1e-3))[..., None]
    return np.asarray(share * colours[0] + (1 - share) * colours[1], np.float32)


def _filled(ring_xy: F32, part: F32) -> U8:
    mask: U8 = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(mask, [_pixels(ring_xy)], 255)
    return mask


def _pixels(points_xy: F32) -> I32:
    return points_xy.round().astype(np.int32)


def _outside(mask: Mat) -> Mat:
    """(h, w) px from an area, 0 in it."""
    return cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5)
