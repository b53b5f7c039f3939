"""How the camera moved: per frame, the similarity that the background made since its shot began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from headswap.arrays import F32, F64, I32, U8, Bool

WIDTH_PX = 480
CORNERS = 200
# Window of the corner measure, and its least value (smaller eigenvalue of the gradients, as
# `cornerMinEigenVal` scales it): what lies below is the noise of an empty wall.
BLOCK_PX = 5
LEAST_TEXTURE = 1.2e-4
# The best corners of each cell of this grid are followed: one busy object must not outvote a
# quiet background.
CELLS_XY = (8, 5)
CORNERS_PER_CELL = 6
# The corners that agree must lie in so many of the 3 x 2 regions of the picture.
LEAST_REGIONS = 3
# Fewer followed corners than this say nothing sure about the camera.
LEAST_CORNERS = 20
# So many that have not moved show that the camera has not.
LEAST_AT_REST = 10
# A key frame without enough corners is not replaced again before so many frames.
KEY_FRAMES = 6
# Below this share of its corners found again, the key frame has gone out of sight.
KEPT_SHARE = 0.5
INLIER_PX = 1.0
# Corners this near to where a motion puts them (in the small picture) agree with it.
AGREE_PX = 0.35
# A camera whose corners of the picture never leave their place by more than this is still;
# as a share of the picture's width.
STILL_SHARE = 0.0011
STEADY_FRAMES = 15

PATCH_WH = (15, 15)
PYRAMID = 3
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)


@dataclass(slots=True, eq=False)
class _Key:
    """A frame that others are compared with: its small luma, corners, and place in the shot."""

    luma: U8
    corners: F32
    key_from_first: F64
    age: int = 0


class CameraMotion:
    """Follows the background through frames given in order; call `next` once for each.

    Corners of a key frame are sought in each new frame (pyramidal Lucas-Kanade, Bouguet 2001) and
    a similarity is fitted by RANSAC. The key is renewed only when too few corners are found, so
    error does not add up from frame to frame.
    """

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        # A whole factor: averaging over whole blocks is several times faster.
        self._factor = max(1, round(width / WIDTH_PX))
        self._scale = 1 / self._factor
        self._small_wh = (max(1, width // self._factor), max(1, height // self._factor))
        self._key: _Key | None = None
        self._last: tuple[U8, F64] | None = None

    def next(self, luma: U8, new_shot: bool, people_xyxy: F32) -> F32:
        """`frame_from_first` (2, 3) float32 in source pixels; the identity where a shot begins.

        luma: (h, w) uint8. people_xyxy: (n, 4) boxes in source pixels that are not background.
        When the background cannot be followed the camera is taken to rest.
        """
        small = self._shrunk(luma)
        boxes = people_xyxy * self._scale
        if new_shot or self._key is None or self._last is None:
            moved = np.eye(3)
            self._key = self._new_key(small, boxes, moved)
        else:
            self._key.age += 1
            moved = self._follow(self._key, small, boxes, self._last[1])
            if moved is None and self._key.age >= KEY_FRAMES:
                self._key = self._new_key(self._last[0], boxes, self._last[1])
                moved = self._follow(self._key, small, boxes, self._last[1], must=False)
            if moved is None:
                moved = self._last[1]
        self._last = (small, moved)
        return self._in_source(moved)

    def _shrunk(self, luma: U8) -> U8:
        (width, height), factor = self._small_wh, self._factor
        if factor == 1:
            return luma
        whole = luma[: height * factor, : width * factor]
        return np.asarray(
            cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )

    def _new_key(self, small: U8, boxes: F32, key_from_first: F64) -> _Key:
        mask = np.full(small.shape, 255, np.uint8)
        for x0, y0, x1, y1 in np.round(boxes).astype(int):
            mask[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 0
        found = cast(
            "F32 | None",
            cv2.goodFeaturesToTrack(small, 3 * CORNERS, 0.003, 8, mask=mask, blockSize=BLOCK_PX),
        )
        corners = np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2)
        texture = np.asarray(cv2.cornerMinEigenVal(small, BLOCK_PX))
        columns, rows = corners.astype(int).T
        corners = corners[texture[rows, columns] > LEAST_TEXTURE]
        return _Key(small, _spread(corners, self._small_wh), key_from_first)

    def _follow(
        self, key: _Key, small: U8, boxes: F32, guess_from_first: F64, must: bool = True
    ) -> F64 | None:
        """`frame_from_first` (3, 3) in small pixels, or None when `key` is not seen well enough.

        must: ask for `KEPT_SHARE` of the corners, else any `LEAST_CORNERS` will do.
        """
        if len(key.corners) < LEAST_CORNERS:
            return None
        first_from_key = np.linalg.inv(key.key_from_first)
        there, here = _found_again(key, small, guess_from_first @ first_from_key, boxes)
        wanted = max(LEAST_CORNERS, KEPT_SHARE * len(key.corners) if must else 0)
        frame_from_key = self._fitted(there, here, wanted)
        at_rest = _agreeing(first_from_key, there, here)
        if frame_from_key is None:
            return np.eye(3) if at_rest >= max(LEAST_AT_REST, 0.4 * len(here)) else None
        # A camera that never moved, unless clearly more corners speak for a motion.
        moving = _agreeing(frame_from_key, there, here)
        if at_rest >= LEAST_AT_REST and moving < 1.5 * at_rest + 5:
            return np.eye(3)
        return frame_from_key @ key.key_from_first

    def _fitted(self, there: F32, here: F32, wanted: float) -> F64 | None:
        """The similarity (3, 3) that `wanted` corners, well spread, agree on, or None."""
        if len(here) < wanted:
            return None
        fitted = cv2.estimateAffinePartial2D(
            there,
            here,
            method=cv2.RANSAC,
            ransacReprojThreshold=INLIER_PX,
            maxIters=300,
            confidence=0.995,
        )
        # The stubs do not know that a failed fit is None.
        similarity, inliers = cast("tuple[F64 | None, U8]", fitted)
        if similarity is None or inliers.sum() < wanted:
            return None
        regions = _cells(there[inliers.ravel() > 0], self._small_wh, (3, 2))
        if len(np.unique(regions)) < LEAST_REGIONS:
            return None
        return np.vstack([similarity, [0.0, 0.0, 1.0]]).astype(np.float64)

    def _in_source(self, moved: F64) -> F32:
        result = moved[:2].copy()
        # Pixel centres are integers: scaling goes about the corner at -0.5.
        middle = 0.5 * self._scale - 0.5
        offset = moved[:2, :2] @ np.array([middle, middle]) + moved[:2, 2]
        result[:, 2] = (offset + 0.5) / self._scale - 0.5
        return result.astype(np.float32)


def _found_again(key: _Key, small: U8, guess: F64, boxes: F32) -> tuple[F32, F32]:
    """Corners (n, 2) of the key frame and their places in the new one, people left out."""
    start = _apply(guess, key.corners).astype(np.float32)
    followed = cv2.calcOpticalFlowPyrLK(
        key.luma,
        small,
        key.corners,
        start,
        winSize=PATCH_WH,
        maxLevel=PYRAMID,
        criteria=STOP,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    found, status = np.asarray(followed[0], np.float32), np.asarray(followed[1])
    seen = (status.ravel() > 0) & ~_inside(found, boxes)
    return key.corners[seen], found[seen]


def _agreeing(frame_from_key: NDArray[np.floating[Any]], there: F32, here: F32) -> int:
    """How many corners lie where the motion puts them."""
    return int((np.linalg.norm(_apply(frame_from_key, there) - here, axis=1) < AGREE_PX).sum())


def _apply(transform: NDArray[np.floating[Any]], points: F32) -> F64:
    return points @ transform[:2, :2].T + transform[:2, 2]


def _cells(points: F32, size_wh: tuple[int, int], grid_xy: tuple[int, int]) -> I32:
    """(n,) the number of the grid cell in which each point lies."""
    share = points / np.array(size_wh, np.float32) * np.array(grid_xy, np.float32)
    column, row = np.minimum(share.astype(np.int32), np.array(grid_xy) - 1).T
    return (row * grid_xy[0] + column).astype(np.int32)


def _spread(corners: F32, size_wh: tuple[int, int]) -> F32:
    """At most `CORNERS_PER_CELL` of the corners, given best first, in each cell of the grid."""
    cells = _cells(corners, size_wh, CELLS_XY)
    kept = np.zeros(len(corners), np.bool_)
    for cell in np.unique(cells):
        kept[np.flatnonzero(cells == cell)[:CORNERS_PER_CELL]] = True
    return corners[kept][:CORNERS]


def people_boxes(faces_xyxy: F32, size_wh: tuple[int, int]) -> F32:
    """(2n, 4) float32 boxes that hold the head, and the body below it, of n faces; in pixels."""
    x0, y0, x1, y1 = faces_xyxy.reshape(-1, 4).T
    wide, tall, middle = x1 - x0, y1 - y0, (x0 + x1) / 2
    bottom = np.maximum(y1, np.float32(size_wh[1]))
    heads = [middle - wide, y0 - 0.7 * tall, middle + wide, y1 + 0.3 * tall]
    bodies = [middle - 2.4 * wide, y1, middle + 2.4 * wide, bottom]
    return np.concatenate([np.stack(heads, axis=1), np.stack(bodies, axis=1)]).astype(np.float32)


def settle(frame_from_first: F32, size_wh: tuple[int, int]) -> F32:
    """The (n, 2, 3) motions of one shot, exactly the identity if the camera stayed still.

    Frames before the first real motion become the identity too.
    """
    width, height = size_wh
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    moved = np.einsum("nij,cj->nci", frame_from_first[:, :, :2], corners)
    moved += frame_from_first[:, None, :, 2] - corners
    # The corner that went farthest: a turn about the middle must not pass as rest.
    distance = np.linalg.norm(_steady(moved), axis=2).max(axis=1)
    beyond = np.flatnonzero(distance > STILL_SHARE * width)
    still_until = int(beyond[0]) if len(beyond) else len(distance)
    settled = frame_from_first.copy()
    settled[:still_until] = np.eye(2, 3, dtype=np.float32)
    return settled


def _steady(moved: F64) -> F64:
    """Medians over `STEADY_FRAMES` of (n, 4, 2) displacements: noise goes, slow motion stays."""
    half = STEADY_FRAMES // 2
    padded = np.pad(moved, ((half, half), (0, 0), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, STEADY_FRAMES, axis=0)
    return np.median(windows, axis=-1)


def _inside(points: F32, boxes_xyxy: F32) -> Bool:
    within = np.zeros(len(points), np.bool_)
    for x0, y0, x1, y1 in boxes_xyxy:
        x, y = points[:, 0], points[:, 1]
        within |= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    return within
