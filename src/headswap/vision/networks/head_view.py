"""HeadView: a head at a fixed place and size, upright, and what a small network is told of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8, Bool
from headswap.vision.canonical_face import FACE_OVAL
from headswap.vision.pose import fit_pose

SIZE_WH = (192, 240)
PX_PER_CM = 5.0
# Where the middle between the eyes lies: hair reaches further down than up.
EYES_XY = (96.0, 95.0)
CHANNELS = 16

_EYES = [33, 133, 362, 263]
_CHEEKS = [50, 101, 118, 4, 6, 151, 347, 330, 280]
# The oval from temple to temple over the forehead.
_BROW_ARC = [127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356]
_CROWN_CM = (1.0, 3.5)
_LEAST_SAMPLE = 20


@dataclass(frozen=True, slots=True, eq=False)
class HeadView:
    """A head turned upright, `PX_PER_CM` large, the eyes at `EYES_XY`.

    rgb: (240, 192, 3) uint8. person, inside: (240, 192) float32 0..1; inside: 0 beyond the picture.
    landmarks: (478, 3) float32, px of the view. yaw_pitch_deg: (2,).
    """

    rgb: U8
    person: F32
    inside: F32
    landmarks: F32
    yaw_pitch_deg: F64


def view_from_crop(landmarks: F32) -> F64:
    """(2, 3) affine that takes pixels of a crop to the view of the head with these landmarks."""
    pose = fit_pose(landmarks[None])
    roll = np.radians(float(pose.yaw_pitch_roll_deg()[0, 2]))
    factor = PX_PER_CM / float(pose.scale[0])
    cos, sin = factor * np.cos(roll), factor * np.sin(roll)
    turn = np.array([[cos, sin], [-sin, cos]])
    shift = np.array(EYES_XY) - turn @ landmarks[_EYES, :2].mean(axis=0)
    return np.column_stack([turn, shift])


def view_of(crop: U8, person: F32, landmarks: F32) -> HeadView:
    """The view of a head in a crop (h, w, 3) uint8 with its person matte (h, w)."""
    matrix = view_from_crop(landmarks)
    factor = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    pixels = crop
    if factor < 0.5:
        # The lens of a linear warp is too narrow for strong shrinking.
        pixels = np.asarray(cv2.blur(crop, (round(1 / factor),) * 2), np.uint8)
    flags = cv2.INTER_LINEAR
    rgb = cv2.warpAffine(pixels, matrix, SIZE_WH, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    moved = cv2.warpAffine(person, matrix, SIZE_WH, flags=flags)
    points = landmarks[:, :3].astype(np.float32).copy()
    points[:, :2] = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    points[:, 2] *= factor
    return HeadView(
        np.asarray(rgb, np.uint8),
        np.asarray(moved, np.float32),
        _inside(matrix, crop.shape),
        points,
        fit_pose(points[None]).yaw_pitch_roll_deg()[0, :2],
    )


def _inside(view_from_crop: F64, shape: tuple[int, ...]) -> F32:
    """(240, 192) 1 where the view shows the crop, 0 beyond it."""
    back: F64 = np.asarray(cv2.invertAffineTransform(view_from_crop), np.float64)
    columns, rows = np.arange(SIZE_WH[0]), np.arange(SIZE_WH[1])[:, None]
    x, y = (a * columns + b * rows + c for a, b, c in back)
    height, width = shape[:2]
    return ((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)).astype(np.float32)


def network_input(view: HeadView) -> F32:
    """(16, 240, 192) float32: pixels, person, colours seen from skin and crown, and geometry.

    Colours relative to the face's own skin and to what grows on the crown mean the same for
    every person and light; so does the place relative to the face.
    """
    width, height = SIZE_WH
    lab = np.asarray(cv2.cvtColor(view.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    sure = (view.person > 0.5) & (view.inside > 0)
    skin = _median(lab, _hull(view.landmarks[_CHEEKS, :2]) & sure)
    crown = _median(lab, _crown(view.landmarks) & sure)
    planes = np.empty((CHANNELS, height, width), np.float32)
    planes[0:3] = view.rgb.transpose(2, 0, 1) / np.float32(127.5) - 1
    planes[3], planes[4] = view.person, view.inside
    for first, middle in ((5, skin), (8, crown)):
        planes[first : first + 3] = np.clip((lab - middle) / 20, -3, 3).transpose(2, 0, 1)
    planes[11] = np.clip(_oval_distance(view.landmarks) / (6 * PX_PER_CM), -1.5, 3)
    planes[12] = ((np.arange(width, dtype=np.float32) - EYES_XY[0]) / EYES_XY[0])[None]
    planes[13] = ((np.arange(height, dtype=np.float32) - EYES_XY[1]) / EYES_XY[1])[:, None]
    planes[14], planes[15] = (np.clip(view.yaw_pitch_deg, -90, 90) / 45).astype(np.float32)
    planes[:14] *= view.inside
    return planes


def _hull(points: F32) -> Bool:
    mask = np.zeros(SIZE_WH[::-1], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.float32)).round().astype(np.int32), 1)
    return mask > 0


def _crown(points: F32) -> Bool:
    """A band around the upper half of the face, where hair grows if any does."""
    arc = points[_BROW_ARC, :2]
    middle = points[[127, 356, 10], :2].mean(axis=0)
    out = arc - middle
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-3)
    low, high = (arc + cm * PX_PER_CM * out for cm in _CROWN_CM)
    mask = np.zeros(SIZE_WH[::-1], np.uint8)
    cv2.fillPoly(mask, [np.vstack([high, low[::-1]]).round().astype(np.int32)], 1)
    return mask > 0


def _median(lab: F32, mask: Bool) -> F32:
    sample = lab[mask]
    if len(sample) < _LEAST_SAMPLE:
        return np.array([50.0, 0.0, 0.0], np.float32)
    return np.median(sample, axis=0).astype(np.float32)


def _oval_distance(points: F32) -> F32:
    """(h, w) px to the face's oval, negative inside it."""
    oval = np.zeros(SIZE_WH[::-1], np.uint8)
    cv2.fillPoly(oval, [points[FACE_OVAL, :2].round().astype(np.int32)], 1)
    outside = cv2.distanceTransform(1 - oval, cv2.DIST_L2, 3)
    return np.asarray(outside - cv2.distanceTransform(oval, cv2.DIST_L2, 3), np.float32)
