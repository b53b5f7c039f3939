"""Hand search: where a fast hand is in a frame, beside the straight way between two looks at it."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, Bool
from headswap.media import Frame
from headswap.swapping.hand_tracks import HandNow, drawn_hand, hand_size
from headswap.vision.canonical_face import FACE_OVAL

# A hand that may be astray by less than this, in its sizes, stays; none is sought farther off.
_LEAST, _MOST = 0.08, 0.8
# A small picture tells it: so large is a hand there.
_HAND_PX = 14
_USUAL, _FINGER_SHARE = 1.12, 0.08
# What a way of one size costs, and how much better its colours must fit.
_COST, _GAIN = 0.25, 0.06
# Before a face it is not told where a hand is: so much of it has to be elsewhere.
_LEAST_TOLD = 0.75
_LOBES, _CHIN = (132, 361), 152


def found_in(frame: Frame, hand: HandNow, face: F32) -> HandNow:
    """A hand where its colours are in a frame, near where it was taken to be.

    face: (478, 3) px of the frame, the landmarks of a face, which may have a hand's colours.
    """
    size = hand_size(hand.points)
    if hand.astray < _LEAST or size < 2:
        return hand
    shrink = max(1, int(size / _HAND_PX))
    reach = max(1, round(min(hand.astray, _MOST) * size / shrink))
    room = (reach + 2) * shrink
    low, high = hand.points.min(axis=0) - room, hand.points.max(axis=0) + room
    x0, y0 = np.maximum(low, 0).astype(int).tolist()
    x1, y1 = np.minimum(high, (frame.width, frame.height)).astype(int).tolist()
    if x1 - x0 < shrink or y1 - y0 < shrink:
        return hand
    rgb = frame.rgb((x0, y0, x1, y1))
    few = cv2.resize(rgb, ((x1 - x0) // shrink, (y1 - y0) // shrink), interpolation=cv2.INTER_AREA)
    corner, times = np.array([x0, y0], np.float32), np.float32(1 / shrink)
    told = ~face_and_neck((face[:, :2] - corner) * times, (few.shape[0], few.shape[1]))
    alike = hand.alike(np.asarray(few, np.uint8))
    off = _best_way((hand.points - corner) * times, alike, told, reach)
    return hand if off is None else hand.moved(off * np.float32(shrink))


def face_and_neck(points: F32, shape: tuple[int, int]) -> Bool:
    """(h, w) where a face, landmarks (n, 2) px, and what is below it have a hand's colours too."""
    mask = np.zeros(shape, np.uint8)
    oval = np.clip(points[FACE_OVAL], -16000, 16000).round().astype(np.int32)
    cv2.fillPoly(mask, [oval], 1)
    left, right, chin = points[_LOBES[0], 0], points[_LOBES[1], 0], points[_CHIN, 1]
    top = max(0, int(chin - (right - left) / 12))
    mask[top:, max(0, int(left)) : max(0, int(right))] = 1
    return mask > 0


def _best_way(points: F32, alike: F32, told: Bool, reach: int) -> F32 | None:
    """(2,) the way on which a hand lies best on what is alike, and what is beside it not.

    told: (h, w) where colours tell; elsewhere they are taken for what there is at the start.
    """
    low = np.floor(points.min(axis=0)).astype(int) - 2
    width, height = (np.ceil(points.max(axis=0)).astype(int) + 2 - low).tolist()
    mask = np.zeros((height, width), np.uint8)
    drawn_hand(points - low.astype(np.float32), mask, _USUAL, _FINGER_SHARE * hand_size(points))
    pad = reach + height + width
    x, y = (low + pad - reach).tolist()
    window = np.s_[y : y + height + 2 * reach, x : x + width + 2 * reach]
    # Beyond the picture nothing is known.
    known = np.pad(told, pad)[window]
    here = np.pad(alike, pad)[window]
    if known.shape != (height + 2 * reach, width + 2 * reach):
        return None
    start = np.s_[reach : reach + height, reach : reach + width]
    if float(known[start][mask > 0].mean()) < _LEAST_TOLD:
        return None
    score = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for side, sign in ((mask, 1), (1 - mask, -1)):
        weight = side.astype(np.float32) / max(float(side.sum()), 1)
        counted = weight * known[start]
        usual = float((here[start] * counted).sum() / max(float(counted.sum()), 1e-3))
        plane = np.where(known, here, np.float32(usual)).astype(np.float32)
        score += np.float32(sign) * cv2.matchTemplate(plane, weight, cv2.TM_CCORR)
    way = np.arange(-reach, reach + 1, dtype=np.float32) / np.float32(hand_size(points))
    score -= np.float32(_COST) * (way[:, None] ** 2 + way[None] ** 2)
    down, right = divmod(int(score.argmax()), score.shape[1])
    if score[down, right] < score[reach, reach] + _GAIN:
        return None
    return np.array([right - reach, down - reach], np.float32)
