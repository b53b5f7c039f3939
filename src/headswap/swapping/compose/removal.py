"""Where the old head is: the area of a frame that must not survive the swap."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8, Bool
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.engines.protocol import Box
from headswap.vision.canonical_face import FACE_OVAL
from headswap.vision.mattes import Mattes
from headswap.vision.pose import fit_pose

# Landmarks that bone holds: what a 2-D motion between two frames is fitted to.
_STABLE = np.array([33, 133, 362, 263, 168, 6, 4, 127, 356, 10, 67, 297, 152, 58, 288])
_HAIR = 0.12
_SURE_HAIR = 0.3
# Nearer to its edge than this, what is taken for clothes may be jaw or ear.
_CLOTHES, _SEAM_CM, _EARS = 0.5, 0.3, [234, 454]
_HANGING = 0.7
# A ponytail: how sure its hair must be beside the hair on top, by how much it is taken for clothes;
# and how much of it is person without being skin, clothes, or less hair than the least.
_TIED = ((0.2, 0.6, 0.8, 0.9), (0.45, 0.46, 0.6, 1.1))
_REST, _REST_HAIR, _REST_TIED = 0.6, 0.06, 0.25
# How far the nose stands off the middle of a face, over its width, where its back is seen.
_TURNED = 0.12
_TAIL_CM = 9.0
_ROOT_CM = 1.5
_GROW_CM = 0.5
_FRIZZ_CM = 1.1
_WORN_CM = 2.0
_COLLAR_CM = 1.5
_GAP_CM = 1.0
_FADE_CM = 1.2
_WORK_PX_PER_CM = 6.0
_SOFT_CM = 0.3
# Left, top, right, bottom.
Cut: TypeAlias = tuple[bool, bool, bool, bool]


def follow_head(from_landmarks: F32, to_landmarks: F32) -> F64:
    """(2, 3) similarity `to_from` that takes a head's pixels from one frame to another."""
    a = from_landmarks[_STABLE, :2].astype(np.float64)
    b = to_landmarks[_STABLE, :2].astype(np.float64)
    am, bm = a.mean(axis=0), b.mean(axis=0)
    za = (a - am) @ np.array([1, 1j])
    zb = (b - bm) @ np.array([1, 1j])
    ratio = np.vdot(za, zb) / np.vdot(za, za).real
    turn = np.array([[ratio.real, -ratio.imag], [ratio.imag, ratio.real]])
    return np.column_stack([turn, bm - turn @ am])


def work_size(size_wh: tuple[int, int], scale_px_cm: float) -> tuple[int, int]:
    """The size at which areas with margins in centimetres are worked out: no finer than needed."""
    shrink = max(1.0, scale_px_cm / _WORK_PX_PER_CM)
    return max(1, round(size_wh[0] / shrink)), max(1, round(size_wh[1] / shrink))


def head_area(
    hair: F32,
    person: F32,
    clothes: F32,
    landmarks: F32,
    scale_px_cm: float,
    size_wh: tuple[int, int],
    cut: Cut = (False, False, False, False),
) -> F32:
    """(h, w) float32 0..1 of `size_wh`: hair, skull, face and ears, with a margin and a soft rim.

    hair (see `own_hair`), person, clothes: 0..1, of that size or smaller; landmarks: (478, 3) px
    and scale_px_cm px per cm at that size. cut: the sides at which the area is led to nothing.
    """
    work = work_size(size_wh, scale_px_cm)
    if hair.shape[1] > work[0]:
        hair, person, clothes = (shrunk(plane, work) for plane in (hair, person, clothes))
    height, width = hair.shape
    ratio = np.array([width / size_wh[0], height / size_wh[1], width / size_wh[0]], np.float32)
    unit = scale_px_cm * width / size_wh[0]
    area = _faded(_head_area(hair, person, clothes, landmarks * ratio, unit), cut, unit)
    return np.asarray(cv2.resize(area, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)


def _head_area(hair: F32, person: F32, clothes: F32, landmarks: F32, unit: float) -> F32:
    skull = undressed(clothes, landmarks, unit)
    cloth = dressed(clothes, landmarks)
    tresses = (hair > _HAIR).astype(np.uint8)
    wide = np.asarray(cv2.dilate(tresses, disc(_FRIZZ_CM * unit)), np.uint8)
    # Stray hair reaches far over a background, but on a body the margin would eat collar and neck.
    chin = float(landmarks[152, 1])
    below = (np.arange(len(hair))[:, None] > chin) | cloth
    wide[(person > 0.5) & (hair < 0.05) & below] = 0
    # Glasses, hats and jewels stand off the skull; what is person there belongs to the head.
    beyond = cv2.distanceTransform(1 - skull, cv2.DIST_L2, 3)
    worn = ((beyond <= _WORN_CM * unit) & (person > 0.5) & ~below).astype(np.uint8)
    whole = _whole(skull | tresses | worn, (person > 0.5) & ~cloth, chin, unit)
    solid = np.asarray(cv2.dilate(whole, disc(_GROW_CM * unit)), np.uint8) | wide
    soft = max(0.6, _SOFT_CM * unit)
    return np.asarray(cv2.GaussianBlur(solid.astype(np.float32), (0, 0), soft), np.float32)


def dressed(clothes: F32, landmarks: F32) -> Bool:
    """(h, w) where clothes (h, w) 0..1 are a body's: below the middle of the ears, where no hat is.

    Under a head that is bent a collar is seen beside the jaw.
    """
    ears = float(landmarks[_EARS, 1].mean())
    return (clothes > _CLOTHES) & (np.arange(len(clothes))[:, None] > ears)


def undressed(clothes: F32, landmarks: F32, unit: float) -> U8:
    """(h, w) uint8, 1 on face, ears and skull, less clothes (h, w) 0..1 beside a jaw."""
    head = face_and_ears(landmarks, clothes.shape)
    cloth = cv2.erode(dressed(clothes, landmarks).astype(np.uint8), disc(_SEAM_CM * unit))
    head[(cloth > 0) & (_face(landmarks, clothes.shape) == 0)] = 0
    return head


def _whole(solid: U8, body: Bool, chin: float, unit: float) -> U8:
    """(h, w) uint8: a head without holes, and without narrow gaps on the body, above the chin.

    Through a hat nothing is seen, and between jaw and ponytail only what lies in their shade.
    """
    last = min(len(solid), max(0, round(chin)) + 1)
    upper = np.ascontiguousarray(solid[:last])
    gaps = disc(_GAP_CM * unit)
    # With room around it, or closing would stop at the edge of the picture.
    room = gaps.shape[0]
    framed = cv2.copyMakeBorder(solid, room, room, room, room, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, gaps)[room:-room, room:-room]
    upper |= np.asarray(closed[:last] * body[:last], np.uint8)
    outlines, _ = cv2.findContours(upper, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(upper, outlines, -1, 1, cv2.FILLED)
    return np.vstack([upper, solid[last:]])


def cut_sides(box: Box, size_wh: tuple[int, int]) -> Cut:
    """Left, top, right and bottom: whether a box ends there before its frame does.

    Hair may be wider than the box; a soft end is seen less than a straight cut.
    """
    return box[0] > 0, box[1] > 0, box[2] < size_wh[0], box[3] < size_wh[1]


def _faded(area: F32, cut: Cut, unit: float) -> F32:
    """The area led to nothing at some sides."""
    reach = max(2.0, _FADE_CM * unit)
    across = _edge_fade(area.shape[1], cut[0], cut[2], reach)
    down = _edge_fade(area.shape[0], cut[1], cut[3], reach)
    return (area * np.minimum(across, down[:, None])).astype(np.float32, copy=False)


def _edge_fade(length: int, at_start: bool, at_end: bool, reach: float) -> F32:
    """(n,) 0..1, rising from 0 at those ends of a row that are faded."""
    places = np.arange(length, dtype=np.float32)
    rising = np.minimum(places if at_start else np.inf, places[::-1] if at_end else np.inf)
    return np.broadcast_to(np.clip(rising / reach, 0, 1), length).astype(np.float32)


def own_hair(mattes: Mattes, landmarks: F32, scale_px_cm: float) -> F32:
    """(h, w) float32 0..1: the hair that hangs together with this face.

    Jewels, folds and other people's hair, which the network may also call hair, are left out.
    """
    height, width = mattes.hair.shape
    size = work_size((width, height), scale_px_cm)
    ratio = size[0] / width
    points, unit = landmarks * np.float32(ratio), scale_px_cm * ratio
    hair, person, skin, clothes = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (mattes.hair, mattes.person, mattes.skin, mattes.clothes)
    )
    rows = np.arange(size[1])[:, None]
    # Beside the neck a ponytail is taken for clothes; below the chin dark cloth is taken for hair.
    below = rows > points[152, 1] + _COLLAR_CM * unit
    dressed = np.clip(clothes * 2 - 0.6, 0, 1) * ((hair < 0.5) | below)
    bare = np.clip(skin * 2 - 0.6, 0, 1) * (hair < 0.6)
    left = (1 - np.maximum(dressed, bare)).astype(np.float32)
    # Hair grows on the skull: what does not hang together with hair above the lobes is not hair.
    skull = cv2.dilate(face_and_ears(points, hair.shape), disc(_ROOT_CM * unit))
    below_lobes = rows > points[[132, 361], 1].mean()
    roots = (skull > 0) & ~below_lobes
    # A dark collar is half taken for hair; where hair hangs down it is about as sure as on top.
    top = float(np.percentile(hair[roots], 90)) if roots.any() else 1.0
    hanging = np.where(below_lobes, max(_SURE_HAIR, _HANGING * top), _SURE_HAIR)
    solid = (hair * left > hanging).astype(np.uint8)
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disc(0.25 * unit))
    _, labels = cv2.connectedComponents(solid)
    mine = np.unique(labels[roots & (solid > 0)])
    own = np.isin(labels, mine[mine > 0]).astype(np.uint8)
    behind = _behind_face(points, hair.shape)
    tail = _tied(hair, (person, skin, clothes), own, (skull > 0) & below_lobes, top, behind, unit)
    left = np.maximum(left * cv2.dilate(own, disc(_FRIZZ_CM * unit)), tail > 0)
    kept = cv2.resize(left, (width, height), interpolation=cv2.INTER_LINEAR)
    sure = cv2.resize(tail * np.float32(_SURE_HAIR), (width, height))
    return np.asarray(np.maximum(mattes.hair * kept, sure), np.float32)


def _tied(
    hair: F32,
    others: tuple[F32, F32, F32],
    own: U8,
    beside: Bool,
    top: float,
    behind: Bool,
    unit: float,
) -> Bool:
    """(h, w) hair that hangs behind ear and neck, which the network knows less surely.

    others: person, skin and clothes, each (h, w). own: (h, w) what is surely the head's hair.
    beside: where what hangs together with the head may begin. top: how sure the hair on top is.
    behind: where the back of the head is; most of what is taken lies there.
    """
    person, skin, clothes = others
    # Person, but neither skin nor clothes, and hair at least by a little.
    rest = (person > 0.4) & (skin < 0.25) & (clothes < 0.25) & (hair > _REST_HAIR)
    maybe = ((hair > _SURE_HAIR) & (skin < 0.6)) | rest
    _, labels = cv2.connectedComponents((maybe & (own == 0)).astype(np.uint8))
    found = np.zeros(hair.shape, np.bool_)
    near = (cv2.dilate(own, np.ones((5, 5), np.uint8)) > 0) | beside
    for label in np.unique(labels[near & (labels > 0)]):
        part = labels == label
        # A tail is narrow; more of what looks like hair there is a shoulder.
        wide = np.ptp(np.flatnonzero(part.any(axis=0))) > _TAIL_CM * unit
        if wide or behind[part].mean() < 0.5:
            continue
        # The less it looks like clothes the less it must look like hair.
        wanted = top * np.interp(clothes[part].mean(), *_TIED)
        like_hair = float(hair[part].mean())
        if like_hair > wanted or (rest[part].mean() > _REST and like_hair > _REST_TIED):
            found |= part
    return found


def _behind_face(landmarks: F32, shape: tuple[int, ...]) -> Bool:
    """(h, w) the side of a picture that the back of a turned head is on; nothing of a frontal one.

    From the front a ponytail hangs unseen behind the neck.
    """
    right, left, nose = (float(landmarks[i, 0]) for i in (234, 454, 1))
    middle = (right + left) / 2
    turned = (nose - middle) / max(abs(left - right), 1.0)
    columns = np.arange(shape[1])[None] - middle
    away = -np.sign(turned) * columns > 0.3 * abs(left - right)
    return np.broadcast_to(away & (abs(turned) > _TURNED), shape)


def skin_and_eyes(landmarks: F32, shape: tuple[int, ...]) -> U8:
    """(h, w) uint8, 1 on the face inside its oval."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [landmarks[FACE_OVAL, :2].round().astype(np.int32)], 1)
    return mask


def _face(landmarks: F32, shape: tuple[int, ...]) -> U8:
    """(h, w) uint8, 1 on the face, whose lips and nose stand out beyond the oval when turned."""
    mask = skin_and_eyes(landmarks, shape)
    whole = cv2.convexHull(landmarks[:468, :2].astype(np.float32))
    cv2.fillConvexPoly(mask, whole.round().astype(np.int32), 1)
    return mask


def face_and_ears(landmarks: F32, shape: tuple[int, int]) -> U8:
    """(h, w) uint8, 1 on face, ears and skull, as far as they are seen from this side."""
    mask = _face(landmarks, shape)
    xy = landmarks[FACE_OVAL, :2]
    skull = fit_pose(landmarks[None]).to_frame(_SKULL_CM)[0, :, :2]
    upper = np.vstack([xy[_UPPER], skull]).astype(np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(upper).round().astype(np.int32), 1)
    return mask


def _skull_points() -> F64:
    """(n, 3) cm in head space: an ellipsoid for the skull, both ears, and glasses.

    Mean adult breadth, height and length of the cranial vault; the ears from brow to nose base.
    """
    angle, lift = np.meshgrid(np.linspace(0, 2 * np.pi, 16, endpoint=False), [-0.9, -0.5, 0, 0.5])
    around = np.cos(lift)
    vault = np.column_stack(
        [
            (7.4 * around * np.cos(angle)).ravel(),
            (8.6 * np.sin(lift)).ravel() - 4.0,
            (9.0 * around * np.sin(angle)).ravel() + 5.0,
        ]
    )
    ears = [[s * x, y, z] for s in (-1, 1) for x, z in ((7.6, 2.5), (9.6, 6.5)) for y in (-3.4, 4)]
    glasses = [[side, y, -3.5] for side in (-7.2, 7.2) for y in (-3.8, 0.2)]
    return np.vstack([vault, ears, glasses])


def _upper_oval() -> I32:
    """Places in FACE_OVAL that lie above the lobes: the jaw needs no ears added."""
    lower = {361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132}
    return np.array([i for i, number in enumerate(FACE_OVAL) if int(number) not in lower])


_UPPER = _upper_oval()
_SKULL_CM = _skull_points()


def disc(radius_px: float) -> U8:
    """A round structuring element of that radius, of one pixel at least."""
    size = 2 * max(1, round(radius_px)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
