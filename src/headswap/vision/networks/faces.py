"""Faces: what a face detector found in one image, and the merging of overlapping boxes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.vision.networks.crop import RotatedSquare
from headswap.vision.networks.roi import roi_from_detection


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Detected faces, best first.

    boxes_xyxy: (n, 4) float32, px of the given image; a box may reach over its edge.
    keypoints: (n, k, 2) float32, px: the person's right eye (left in an image that is not
    mirrored), left eye, nose tip, then what the detector adds.
    scores: (n,) float32 in 0..1.
    margin, drop: what turns this detector's box into the square that the landmark network wants:
    side over the box's longer side, and the shift towards the chin in that longer side.
    """

    boxes_xyxy: F32
    keypoints: F32
    scores: F32
    margin: float = 1.5
    drop: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.scores)
        for name, array, shape in (
            ("boxes_xyxy", self.boxes_xyxy, (n, 4)),
            ("keypoints", self.keypoints, (n, *self.keypoints.shape[1:2], 2)),
            ("scores", self.scores, (n,)),
        ):
            if array.shape != shape or array.dtype != np.float32:
                raise ValueError(f"Faces.{name} is {array.dtype}{array.shape}, not float32{shape}")

    def __len__(self) -> int:
        return len(self.scores)

    def square(self, index: int) -> RotatedSquare:
        """Where to look for the landmarks of face `index`, the line of its eyes level."""
        return roi_from_detection(
            self.boxes_xyxy[index], self.keypoints[index], self.margin, self.drop
        )


def letterbox(image: U8, side_px: int) -> tuple[U8, F64]:
    """The image scaled into the middle of a black square, and `image_from_square` (2, 3)."""
    height, width = image.shape[:2]
    scale = side_px / max(height, width)
    new_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((side_px, side_px, 3), dtype=np.uint8)
    x0, y0 = (side_px - new_wh[0]) // 2, (side_px - new_wh[1]) // 2
    square[y0 : y0 + new_wh[1], x0 : x0 + new_wh[0]] = cv2.resize(
        image, new_wh, interpolation=interpolation
    )
    sx, sy = width / new_wh[0], height / new_wh[1]
    # Pixel centres are integers, so scaling goes about the corner at -0.5.
    return square, np.array(
        [[sx, 0, (0.5 - x0) * sx - 0.5], [0, sy, (0.5 - y0) * sy - 0.5]], dtype=np.float64
    )


def merge_overlapping(
    boxes_xyxy: F32, keypoints: F32, scores: F32, overlap: float
) -> tuple[F32, F32, F32]:
    """Boxes, keypoints and scores, one for each cluster of boxes that overlap its best (IoU).

    Box and points are the cluster's means weighted by score, which steadies them from frame to
    frame (the weighted suppression of BlazeFace, Bazarevsky et al. 2019).
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[tuple[F32, F32, float]] = []
    while len(order):
        best = order[0]
        near = _overlaps(boxes_xyxy[best], boxes_xyxy[order]) > overlap
        near[0] = True
        cluster, order = order[near], order[~near]
        weights = scores[cluster] / scores[cluster].sum()
        kept.append(
            (
                np.tensordot(weights, boxes_xyxy[cluster], 1),
                np.tensordot(weights, keypoints[cluster], 1),
                float(scores[best]),
            )
        )
    n, k = len(kept), keypoints.shape[1]
    return (
        np.array([box for box, _, _ in kept], dtype=np.float32).reshape(n, 4),
        np.array([points for _, points, _ in kept], dtype=np.float32).reshape(n, k, 2),
        np.array([score for _, _, score in kept], dtype=np.float32),
    )


def _overlaps(box: F32, boxes: F32) -> F32:
    """(n,) intersection over union of one box with each of the others."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / np.maximum(np.prod(box[2:] - box[:2]) + areas - shared, 1e-9)
