"""The bare skin of a face, and its tone."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.head_model import SkinTone
from headswap.vision.canonical_face import FACE_OVAL, LEFT_EYE, OUTER_LIPS, RIGHT_EYE

# What is darker than the upper face by so much is beard.
_BEARD_L = 18.0
# What is darker by so much than all but so many percent of the face is strands, or deep shade.
_STRAND_L, _LIT_SHARE = 25.0, 80
# Hair below which skin is bare, and the least part of a face that says how its skin looks: of one
# all but hidden, what the hair's matte leaves is chance.
_BARE, LEAST_BARE = 0.3, 0.2
_NOSE_BASE = 2


def skin_pixels(landmarks: F32, shape: tuple[int, int]) -> U8:
    """(h, w) uint8, 1 on bare skin of the face: its oval without eyes and mouth."""
    mask = np.zeros(shape, np.uint8)
    xy = landmarks[:, :2]
    centre = xy[FACE_OVAL].mean(axis=0)
    # A smaller oval keeps clear of fringe and beard line.
    cv2.fillPoly(mask, [(centre + 0.8 * (xy[FACE_OVAL] - centre)).round().astype(np.int32)], 1)
    for part, grow in ((RIGHT_EYE, 1.5), (LEFT_EYE, 1.5), (OUTER_LIPS, 1.25)):
        middle = xy[part].mean(axis=0)
        cv2.fillPoly(mask, [(middle + grow * (xy[part] - middle)).round().astype(np.int32)], 0)
    return mask


def bare_share(landmarks: F32, hair: F32) -> float:
    """How much, 0..1, of a face's skin is not under hair (h, w) 0..1."""
    skin = skin_pixels(landmarks, hair.shape)
    return float((skin * (hair < _BARE)).sum()) / max(1, int(skin.sum()))


def skin_tone(rgb: U8, landmarks: F32, hair: F32 | None = None) -> SkinTone:
    """Tone of the bare facial skin in a picture (h, w, 3) uint8, robust against glints.

    hair: (h, w) 0..1, what of the picture is hair, which may hang over a cheek or a forehead.
    """
    skin = skin_pixels(landmarks, rgb.shape[:2])
    if hair is not None and bare_share(landmarks, hair) > LEAST_BARE:
        skin *= hair < _BARE
    if not skin.any():
        return SkinTone(np.array([60, 12, 16], np.float32), np.array([8, 4, 4], np.float32))
    x, y, width, height = cv2.boundingRect(skin)
    face = np.s_[y : y + height, x : x + width]
    mask = skin[face] > 0
    lab = cv2.cvtColor(rgb[face].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    upper = mask.copy()
    upper[max(0, round(float(landmarks[_NOSE_BASE, 1])) - y) :] = False
    if upper.any():
        # Beards grow below the nose.
        mask &= upper | (lab[..., 0] > np.median(lab[upper][:, 0]) - _BEARD_L)
    lab = lab[mask]
    # A fringe that no matte knows, and deep shade; most of a face is lighter.
    lab = lab[lab[:, 0] > np.percentile(lab[:, 0], _LIT_SHARE) - _STRAND_L]
    middle = np.median(lab, axis=0)
    spread = 1.4826 * np.median(np.abs(lab - middle), axis=0)
    return SkinTone(middle.astype(np.float32), np.maximum(spread, 1.0).astype(np.float32))
