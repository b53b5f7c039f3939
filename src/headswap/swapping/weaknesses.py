"""What a photo lacks though a head can be made from it: told to whoever may choose a better one."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.swapping.cutout import upright_crop
from headswap.vision.canonical_face import FACE_OVAL, LEFT_EYE, RIGHT_EYE
from headswap.vision.mattes import MatteReader
from headswap.vision.pose import fit_pose

Weakness = Literal["small", "half_turned", "blurred", "dark", "bright", "cut_off", "eyes_hidden"]

CHIN = 152
# Of the face, as `MIN_FACE_PX` counts it: below, a head drawn at 720p is softer than the video.
_SMALL_PX = 140
_YAW_DEG, _PITCH_DEG = 25.0, 20.0
# The scale at which all is judged; a photo of a smaller one is judged at its own.
_PX_PER_CM = 12.0
# Finest detail over coarser: photos have 0.14 to 0.7, and 0.04 to 0.06 when all that is finer than
# a millimetre of the head is blurred away.
_LEAST_DETAIL = 0.07
# CIE L: the lightest twentieth of a face. Dark skin in ordinary light has glints of 60 and more.
_LEAST_LIGHT = 40.0
_BURNT, _MOST_BURNT = 250, 0.2
# How far from the middle a head reaches, and how much of it may touch the photo's edge.
_HALF_HEAD_CM, _TOUCHING_CM = 11.0, 3.0
# Round both eyes: how much darker than the skin dark glasses are, and no shadow is.
_ROUND_EYE_CM, _DARKER_L = 1.6, 30.0


def weaknesses(photo: U8, landmarks: F32, mattes: MatteReader) -> list[Weakness]:
    """What is weak in a photo (h, w, 3) uint8 whose face has these landmarks (478, 3) px."""
    pose = fit_pose(landmarks[None])
    yaw, pitch, _ = np.abs(pose.yaw_pitch_roll_deg()[0])
    scale = min(_PX_PER_CM, float(pose.scale[0]))
    crop, inside, points = upright_crop(photo, landmarks, scale)
    oval = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(points[FACE_OVAL, :2]).astype(np.int32), 1)
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lightness = lab[..., 0].astype(np.float32)
    face = lightness[oval > 0]
    person = mattes.person(crop)
    found: dict[Weakness, bool] = {
        "small": float(np.ptp(landmarks[FACE_OVAL, 1])) < _SMALL_PX,
        "half_turned": bool(yaw > _YAW_DEG or pitch > _PITCH_DEG),
        "blurred": _detail(crop, oval, scale) < _LEAST_DETAIL,
        "dark": float(np.percentile(face, 95)) < _LEAST_LIGHT,
        "bright": float((crop[oval > 0].min(axis=1) >= _BURNT).mean()) > _MOST_BURNT,
        "cut_off": _touching_cm(person, inside, points, scale) > _TOUCHING_CM,
        "eyes_hidden": _eyes_hidden(lightness, float(np.median(face)), points, scale),
    }
    return [name for name, is_so in found.items() if is_so]


def _detail(crop: U8, oval: U8, scale: float) -> float:
    """Energy of the finest detail inside the face over that of detail some times as coarse."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    middle = cv2.GaussianBlur(grey, (0, 0), 1.0)
    size = max(3, int(0.7 * scale))
    within = cv2.erode(oval, np.ones((size, size), np.uint8)) > 0
    if not within.any():
        return 1.0
    fine = (grey - middle)[within]
    coarse = (middle - cv2.GaussianBlur(grey, (0, 0), 4.0))[within]
    # Noise of a quarter of a level keeps flat faces from dividing by nothing.
    return float((fine**2).mean() / ((coarse**2).mean() + 0.25))


def _touching_cm(person: F32, inside: F32, points: F32, scale: float) -> float:
    """How much of the head, chin and above, lies along the photo's edge."""
    solid = (inside > 0).astype(np.uint8)
    # What lies beyond the crop says nothing about the photo's edge.
    eroded = cv2.erode(solid, np.ones((5, 5), np.uint8), borderValue=1)
    edge = (solid > 0) & (eroded == 0) & (person > 0.5)
    aside = np.abs(np.arange(edge.shape[1]) - points[:, 0].mean()) < _HALF_HEAD_CM * scale
    edge &= aside[None]
    edge[round(float(points[CHIN, 1])) :] = False
    # The line along the edge is two pixels wide.
    return float(edge.sum()) / 2 / scale


def _eyes_hidden(lightness: F32, skin: float, points: F32, scale: float) -> bool:
    """If it is dark round both eyes, as behind dark glasses."""
    round_eyes: list[float] = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        place = np.zeros(lightness.shape, np.uint8)
        x, y = points[eye, :2].mean(axis=0).round().astype(int).tolist()
        cv2.circle(place, (x, y), max(1, round(_ROUND_EYE_CM * scale)), 1, -1)
        round_eyes.append(float(np.median(lightness[place > 0])) if place.any() else skin)
    return max(round_eyes) < skin - _DARKER_L
