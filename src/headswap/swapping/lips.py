"""Lips of a photo without what is seen between them."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.canonical_face import INNER_LIPS

# Lips nearer to each other than this touch; the line between them is theirs.
_TOUCH_CM = 0.12
# How far teeth reach beyond the contour that is found, by its error and by the photo's own blur.
_SPREAD_CM = 0.12
# Where lips touch no light comes: how dark their inner edge is, and how wide that is.
_SEAM, _SEAM_CM = 0.4, 0.07
_MIDDLE_UP, _MIDDLE_DOWN = 13, 14


def without_teeth(rgb: U8, landmarks: F32, px_per_cm: float) -> U8:
    """(h, w, 3) uint8: the photo, the lips' own colours going on where its mouth is open.

    landmarks: (478, 3) float32 px. A mouth is drawn with the teeth of the frame. Of the photo's,
    some would stick to lips that are closed, as a bright line where there is to be a dark one.
    """
    gap = landmarks[_MIDDLE_DOWN, :2] - landmarks[_MIDDLE_UP, :2]
    if float(np.linalg.norm(gap)) < _TOUCH_CM * px_per_cm:
        return rgb
    ring = landmarks[INNER_LIPS, :2].astype(np.float32)
    reach = max(1, round(_SPREAD_CM * px_per_cm))
    low = np.floor(ring.min(axis=0)).astype(int) - 4 * reach - 2
    high = np.ceil(ring.max(axis=0)).astype(int) + 4 * reach + 3
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, [rgb.shape[1], rgb.shape[0]])
    part = np.ascontiguousarray(rgb[y0:y1, x0:x1])
    open_mouth = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(open_mouth, [(ring - [x0, y0]).round().astype(np.int32)], 255)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    filled = cv2.inpaint(part, cv2.dilate(open_mouth, disc), reach, cv2.INPAINT_TELEA)
    away_cm = cv2.distanceTransform(255 - open_mouth, cv2.DIST_L2, 5) / px_per_cm
    light = 1 - _SEAM * np.exp(-np.square(away_cm / _SEAM_CM))
    done = rgb.copy()
    done[y0:y1, x0:x1] = np.round(filled * light[..., None])
    return done
