"""The measures themselves: arrays in, one number out."""

from __future__ import annotations

import math

import cv2
import numpy as np

from headswap.arrays import F32, F64, I64, U8, Bool

LEFT_EYE_OUTER, RIGHT_EYE_OUTER = 263, 33
FOREHEAD, CHIN = 10, 152


def turn_between_deg(a: F64, b: F64) -> F64:
    """(k,) the angle of the rotation that leads from a to b, both (k, 3, 3)."""
    trace = np.einsum("kij,kij->k", a, b)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def face_height_px(landmarks: F32) -> F32:
    """(...) forehead to chin in depth too, so that nodding does not shrink it; from (..., n, 3)."""
    return np.linalg.norm(landmarks[..., FOREHEAD, :] - landmarks[..., CHIN, :], axis=-1)


def runs_of(frames: I64, length: int) -> I64:
    """(m,) positions in `frames` at which `length` consecutive frame numbers begin."""
    starts = np.arange(max(len(frames) - length + 1, 0))
    return starts[frames[starts + length - 1] - frames[starts] == length - 1]


def landmark_acceleration(landmarks: F32, frames: I64) -> float:
    """Mean length of the landmarks' second differences, in distances between the eyes.

    landmarks: (k, n, 3) px with n >= 468. frames: (k,) rising; only three frames in a row count.
    nan when there are none.
    """
    at = runs_of(frames, 3)
    if not len(at):
        return math.nan
    points = landmarks[:, :468, :2].astype(np.float64)
    second = points[at + 2] - 2 * points[at + 1] + points[at]
    eyes = np.linalg.norm(
        landmarks[at + 1, LEFT_EYE_OUTER] - landmarks[at + 1, RIGHT_EYE_OUTER], axis=1
    )
    return float((np.linalg.norm(second, axis=2).mean(axis=1) / eyes).mean())


def ratio(result: float, source: float) -> float:
    """result / source; 1 when neither moves, infinite when only the result does."""
    if math.isnan(result) or math.isnan(source):
        return math.nan
    if source == 0:
        return 1.0 if result == 0 else math.inf
    return result / source


def psnr_db(squared_error: float, samples: int) -> float:
    """Peak signal to noise ratio for 8 bits; infinite for equal pictures, nan for no samples."""
    if samples == 0:
        return math.nan
    if squared_error == 0:
        return math.inf
    return 10 * math.log10(255**2 * samples / squared_error)


def squared_error(a: U8, b: U8, where: Bool) -> tuple[float, int]:
    """Sum of squared differences of two RGB images inside a mask, and the number of samples."""
    mask = where.astype(np.uint8)
    chosen = cv2.countNonZero(mask)
    if chosen == 0:
        return 0.0, 0
    return float(cv2.norm(a, b, cv2.NORM_L2SQR, mask)), 3 * chosen


def far_from(center_xy: F32, radius_px: float, size_wh: tuple[int, int]) -> Bool:
    """(h, w) True where a pixel lies beyond the radius."""
    x = np.arange(size_wh[0], dtype=np.float32) - center_xy[0]
    y = np.arange(size_wh[1], dtype=np.float32) - center_xy[1]
    return (x**2)[None, :] + (y**2)[:, None] > radius_px**2


def outside_box(box_xyxy: F32, grow: float, size_wh: tuple[int, int]) -> Bool:
    """(h, w) True outside the box enlarged `grow` times about its middle."""
    center, half = (box_xyxy[:2] + box_xyxy[2:]) / 2, (box_xyxy[2:] - box_xyxy[:2]) / 2 * grow
    x, y = np.arange(size_wh[0]), np.arange(size_wh[1])
    inside_x = (x >= center[0] - half[0]) & (x <= center[0] + half[0])
    inside_y = (y >= center[1] - half[1]) & (y <= center[1] + half[1])
    return ~(inside_y[:, None] & inside_x[None, :])


def aligned_luma(image: U8, landmarks: F32, side_px: int, faces: float) -> U8:
    """(side_px, side_px) luma of a square of `faces` face heights that turns with the face."""
    points = landmarks[:468, :2]
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    eyes = landmarks[LEFT_EYE_OUTER, :2] - landmarks[RIGHT_EYE_OUTER, :2]
    angle = math.atan2(float(eyes[1]), float(eyes[0]))
    scale = float(face_height_px(landmarks)) * faces / side_px
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    half = (side_px - 1) / 2
    frame_from_crop = np.array(
        [
            [cos, -sin, center[0] - cos * half + sin * half],
            [sin, cos, center[1] - sin * half - cos * half],
        ]
    )
    crop = cv2.warpAffine(
        image,
        frame_from_crop,
        (side_px, side_px),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def mean_change(a: U8, b: U8) -> float:
    """Mean absolute difference of two images, in levels."""
    return float(cv2.absdiff(a, b).mean())
