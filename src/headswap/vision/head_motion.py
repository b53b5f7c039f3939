"""Where a head goes in pictures that show no face: followed by the motion of what is seen of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8

CORNERS = 90
LEAST_CORNERS = 8
WINDOW = (13, 13)
PYRAMID = 3
# Corners that do not come back to where they were when followed back are not believed.
BACK_PX = 1.0
INLIER_PX = 1.5
# From one picture to the next a head turns and grows less than this.
LARGEST_GROWTH = 1.08
LARGEST_TURN_DEG = 8.0
# Where too few corners are found, the whole head is sought as far as this, in its heights.
SEARCH_HEADS = 0.4
LEAST_LIKENESS = 0.55
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.02)


@dataclass(frozen=True, slots=True)
class HeadPlace:
    """An upright ellipse over face and hair, in px of a picture."""

    x: float
    y: float
    across: float
    up: float

    @classmethod
    def of(cls, landmarks: F32) -> HeadPlace:
        """The head around a mesh (478, 3), however far it is turned."""
        low, high = landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)
        wide, tall = (float(side) for side in high - low)
        wide = max(wide, 0.75 * tall)
        x, y = (float(v) for v in (low + high) / 2)
        return cls(x, y - 0.12 * tall, 0.52 * wide, 0.68 * tall)

    def mask(self, size_wh: tuple[int, int]) -> U8:
        """(h, w) uint8, 255 inside."""
        width, height = size_wh
        mask = np.zeros((height, width), np.uint8)
        center = (round(self.x), round(self.y))
        cv2.ellipse(mask, center, (round(self.across), round(self.up)), 0, 0, 360, 255, -1)
        return mask

    def box(self, size_wh: tuple[int, int]) -> tuple[int, int, int, int] | None:
        """Its bounds inside the picture; None where less than a quarter of it is left."""
        x0, x1 = max(0, round(self.x - self.across)), min(size_wh[0], round(self.x + self.across))
        y0, y1 = max(0, round(self.y - self.up)), min(size_wh[1], round(self.y + self.up))
        whole = 4 * self.across * self.up
        if x1 - x0 < 8 or y1 - y0 < 8 or (x1 - x0) * (y1 - y0) < 0.25 * whole:
            return None
        return x0, y0, x1, y1


def followed_head(
    pictures: Sequence[U8], landmarks: F32, is_there: Callable[[U8, HeadPlace, int], bool]
) -> list[F32]:
    """Landmarks (478, 3) for the pictures after the first, until the head is lost from sight.

    pictures: (h, w, 3) uint8 of one size, in the order to follow. landmarks: in the first of them.
    is_there: whether a head can be seen at a place of a picture, given the picture's number.

    Corners on the head, by pyramidal Lucas-Kanade forth and back (Kalal, Mikolajczyk and Matas
    2010), give a similarity; where there are too few, the head as a whole is sought by normalised
    correlation.
    """
    found: list[F32] = []
    before = _luma(pictures[0]) if len(pictures) else np.zeros((1, 1), np.uint8)
    for number, picture in enumerate(pictures[1:], start=1):
        after = _luma(picture)
        place = HeadPlace.of(landmarks)
        step = _by_corners(before, after, place)
        if step is None:
            step = _as_a_whole(before, after, place)
        if step is None:
            break
        landmarks = moved_landmarks(landmarks, step)
        if not is_there(picture, HeadPlace.of(landmarks), number):
            break
        found.append(landmarks)
        before = after
    return found


def moved_landmarks(landmarks: F32, similarity: F64) -> F32:
    """Landmarks (478, 3) under a similarity (2, 3) of the picture; depth grows along."""
    moved = landmarks.astype(np.float64)
    moved[:, :2] = landmarks[:, :2] @ similarity[:, :2].T + similarity[:, 2]
    moved[:, 2] *= np.sqrt(abs(np.linalg.det(similarity[:, :2])))
    return moved.astype(np.float32)


def _luma(picture: U8) -> U8:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _by_corners(before: U8, after: U8, place: HeadPlace) -> F64 | None:
    """The similarity (2, 3) that the corners on the head agree on, or None."""
    mask = place.mask((before.shape[1], before.shape[0]))
    corners = cast(
        "F32 | None", cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 3, mask=mask, blockSize=5)
    )
    if corners is None or len(corners) < LEAST_CORNERS:
        return None
    there = corners.reshape(-1, 2)
    here, known = _sought(before, after, there)
    again, back = _sought(after, before, here)
    sure = known & back & (np.linalg.norm(again - there, axis=1) < BACK_PX)
    if sure.sum() < LEAST_CORNERS:
        return None
    fitted = cv2.estimateAffinePartial2D(
        there[sure], here[sure], method=cv2.RANSAC, ransacReprojThreshold=INLIER_PX
    )
    # The stubs do not know that a failed fit is None.
    similarity, inliers = cast("tuple[F64 | None, U8]", fitted)
    if similarity is None or inliers.sum() < max(LEAST_CORNERS, 0.4 * sure.sum()):
        return None
    growth = float(np.hypot(similarity[0, 0], similarity[1, 0]))
    turn = abs(float(np.degrees(np.arctan2(similarity[1, 0], similarity[0, 0]))))
    if turn > LARGEST_TURN_DEG or not 1 / LARGEST_GROWTH < growth < LARGEST_GROWTH:
        return None
    return similarity


def _sought(before: U8, after: U8, points: F32) -> tuple[F32, np.ndarray]:
    """Points (n, 2) found again in the next picture, and which of them (n,) were."""
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, points.copy(), winSize=WINDOW, maxLevel=PYRAMID, criteria=STOP
    )
    return np.asarray(found, np.float32), np.asarray(status).ravel() > 0


def _as_a_whole(before: U8, after: U8, place: HeadPlace) -> F64 | None:
    """The shift (2, 3) to where the head looks most alike, or None."""
    size_wh = (before.shape[1], before.shape[0])
    box = place.box(size_wh)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    reach = round(2 * SEARCH_HEADS * place.up)
    left, top = min(x0, reach), min(y0, reach)
    area = after[y0 - top : y1 + reach, x0 - left : x1 + reach]
    head = before[y0:y1, x0:x1]
    if float(head.std()) < 1.0:
        return None
    likeness = cv2.matchTemplate(area, head, cv2.TM_CCOEFF_NORMED)
    _, best, _, at = cv2.minMaxLoc(likeness)
    if best < LEAST_LIKENESS:
        return None
    return np.array([[1.0, 0.0, at[0] - left], [0.0, 1.0, at[1] - top]])
