"""Hands: palms found in a picture, and the 21 points of each hand, either pack."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.vision.networks.crop import RotatedSquare, to_frame
from headswap.vision.networks.faces import letterbox, merge_overlapping
from headswap.vision.networks.plane import unit_range
from headswap.vision.runtime import LiteRtSession
from headswap.vision.store import ModelStore

POINTS = 21
WRIST, INDEX_ROOT, MIDDLE_ROOT, RING_ROOT = 0, 5, 9, 13
# What the hand's turn and size are taken from: wrist, thumb, and each finger's first two joints.
_TRUNK = np.array([0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18])
_PALM_PX, _HAND_PX = 192, 224
_PALM_POINTS = 7
# The publisher's own square around a palm and around a hand: side, and shift along the fingers.
_PALM_MARGIN, _PALM_SHIFT = 2.6, 0.5
_HAND_MARGIN, _HAND_SHIFT = 2.0, 0.1
# Below this presence a palm was none. Squares are alike if they differ by no more than this: shift
# over side, sides, and turn.
_NO_HAND = 0.1
_SHIFTED, _GROWN, _TURNED_DEG = 0.08, 1.15, 12.0


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One hand of a picture.

    points: (21, 2) float32 px: wrist, then thumb to little finger from root to tip.
    presence: 0..1, the network's confidence that this is a hand.
    """

    points: F32
    presence: float

    def __post_init__(self) -> None:
        if self.points.shape != (POINTS, 2) or self.points.dtype != np.float32:
            raise ValueError(
                f"Hand.points is {self.points.dtype}{self.points.shape}, not float32{(POINTS, 2)}"
            )


class HandFinder:
    """MediaPipe's palm detector and hand landmarks (Zhang et al. 2020, "MediaPipe Hands")."""

    PALM_MODEL = "palm_detection_full.tflite"
    HAND_MODEL = "hand_landmark_full.tflite"

    def __init__(self, store: ModelStore, min_score: float = 0.2, threads: int = 1) -> None:
        anchors = _anchors()
        outputs = [(1, len(anchors), 2 * (2 + _PALM_POINTS)), (1, len(anchors), 1)]
        self._palms = LiteRtSession(
            store.path(self.PALM_MODEL), (1, _PALM_PX, _PALM_PX, 3), outputs, threads=threads
        )
        self._hand = LiteRtSession(
            store.path(self.HAND_MODEL),
            (1, _HAND_PX, _HAND_PX, 3),
            [(1, 3 * POINTS), (1, 1), (1, 1), (1, 3 * POINTS)],
            threads=threads,
        )
        self._anchors = anchors
        self._min_score = min_score

    def find(self, image: U8) -> list[Hand]:
        """The hands of a (h, w, 3) uint8 RGB image, the surest palm first."""
        found: list[Hand] = []
        for square in self._squares(image):
            hand = self._points(image, square)
            if hand.presence < _NO_HAND:
                continue
            # A palm's square is rough; the points that were found in it make a better one.
            better = _around_hand(hand.points)
            found.append(hand if _alike(square, better) else self._points(image, better))
        return found

    def again(self, image: U8, points: F32) -> Hand:
        """A hand that was about at those points, (21, 2) px, at another moment."""
        return self._points(image, _around_hand(points))

    def _squares(self, image: U8) -> list[RotatedSquare]:
        letter, image_from_letter = letterbox(image, _PALM_PX)
        values, logits = self._palms.run(unit_range(letter))
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        chosen = np.flatnonzero(scores >= self._min_score)
        places = values[0, chosen].reshape(-1, 2 + _PALM_POINTS, 2)
        centers, half = places[:, 0] + self._anchors[chosen], places[:, 1] / 2
        corners = np.stack([centers - half, centers + half], axis=1)
        points = places[:, 2:] + self._anchors[chosen][:, None]
        scale, shift = np.diag(image_from_letter[:, :2]), image_from_letter[:, 2]
        boxes = ((corners - 0.5) * scale + shift).reshape(-1, 4).astype(np.float32)
        placed: F32 = ((points - 0.5) * scale + shift).astype(np.float32)
        merged = merge_overlapping(boxes, placed, scores[chosen].astype(np.float32), 0.3)
        return [_around_palm(box, own) for box, own in zip(merged[0], merged[1], strict=True)]

    def _points(self, image: U8, square: RotatedSquare) -> Hand:
        points, presence, _, _ = self._hand.run(unit_range(square.crop(image, _HAND_PX)))
        placed = to_frame(points.reshape(POINTS, 3), square.frame_from_crop(_HAND_PX))
        return Hand(np.ascontiguousarray(placed[:, :2]), float(presence[0, 0]))


def hand_size(points: F32) -> float:
    """Length of a hand's palm in px, also where it points at the camera."""
    palm = float(np.linalg.norm(points[9] - points[0]))
    return max(palm, 1.4 * float(np.linalg.norm(points[17] - points[5])))


def hands_apart(a: F32, b: F32) -> float:
    """Mean distance of two hands' points, (21, 2) px each, over the hand's size."""
    size = max(hand_size(a), hand_size(b), 1.0)
    return float(np.linalg.norm(a - b, axis=1).mean()) / size


def _alike(a: RotatedSquare, b: RotatedSquare) -> bool:
    moved = math.dist(a.center_xy, b.center_xy) / max(a.size_px, 1.0)
    grown = max(a.size_px, b.size_px) / max(min(a.size_px, b.size_px), 1.0)
    turned = abs(math.remainder(a.angle_rad - b.angle_rad, 2 * math.pi))
    return moved < _SHIFTED and grown < _GROWN and turned < math.radians(_TURNED_DEG)


def _anchors() -> F32:
    """(2016, 2) px: cell centres of the palm detector's maps, one entry for each anchor."""
    parts: list[F32] = []
    for side, at_each in ((24, 2), (12, 6)):
        cells = (np.arange(side) + 0.5) * (_PALM_PX / side)
        across, down = np.meshgrid(cells, cells)
        centers = np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)
        parts.append(np.repeat(centers, at_each, axis=0))
    return np.concatenate(parts)


def _around_palm(box_xyxy: F32, points: F32) -> RotatedSquare:
    """The square of a whole hand whose palm was found; points: wrist first, middle root third."""
    low, high = box_xyxy[:2], box_xyxy[2:]
    side = float((high - low).max())
    return _square((low + high) / 2, points[2] - points[0], side, _PALM_SHIFT, _PALM_MARGIN)


def _around_hand(points: F32) -> RotatedSquare:
    """The square in which the points of a hand are looked for again."""
    roots = (points[INDEX_ROOT + 1] + points[RING_ROOT + 1]) / 2
    along = (roots + points[MIDDLE_ROOT + 1]) / 2 - points[WRIST]
    angle = _turn(along)
    cos, sin = math.cos(angle), math.sin(angle)
    to_hand = np.array([[cos, sin], [-sin, cos]])
    placed = points[_TRUNK] @ to_hand.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    center = to_hand.T @ ((low + high) / 2)
    return _square(
        np.asarray(center, np.float32), along, float((high - low).max()), _HAND_SHIFT, _HAND_MARGIN
    )


def _square(
    center_xy: F32 | F64, along: F32, side: float, shift: float, margin: float
) -> RotatedSquare:
    """A square turned so that `along` points up in it, its middle moved along by shift sides."""
    angle = _turn(along)
    x = float(center_xy[0]) + shift * side * math.sin(angle)
    y = float(center_xy[1]) - shift * side * math.cos(angle)
    return RotatedSquare((x, y), margin * side, angle)


def _turn(along: F32) -> float:
    return math.atan2(float(along[1]), float(along[0])) + math.pi / 2
