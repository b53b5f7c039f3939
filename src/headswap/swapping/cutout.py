"""Cuts a head out of a photo: an upright crop, its mattes, and the alpha of what is the head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.swapping.beard import beard_over_jaw
from headswap.swapping.chin_shade import without_chin_shade
from headswap.swapping.matting import (
    fill_smooth,
    refined_alpha,
    segmented,
    unmix_foreground,
    without_wisps,
)
from headswap.vision.canonical_face import FACE_OVAL, JAW
from headswap.vision.guided import guided_filter
from headswap.vision.mattes import MatteReader
from headswap.vision.pose import fit_pose

# How far the crop reaches from between the eyes, in centimetres of the canonical face.
_LEFT_RIGHT_CM, _UP_CM, _DOWN_CM = 21.0, 20.0, 34.0
_FEATHER_BELOW_JAW_CM = 0.7
_CROWN_RADIUS_CM = 9.5
# Background kept beside the head, to tell its colours from the head's.
_MARGIN_CM = 2.0
# How far inside and outside of its edge a matte may be wrong; how soft an edge is, and a hairy one.
_INNER_CM, _OUTER_CM = 0.4, 0.6
_SOFT_CM, _STRAY_CM = 0.2, 0.3
# Between strands of hair the background shows so far inside.
_GAPS_CM = 0.8
# The person network looks a second time, at so much around the face: closer, it is more exact.
_CLOSE_CM, _CLOSE_FADE_CM = 18.0, 2.0
_SPREAD_CM = 1.5
# How far from the middle a hat and the ears reach; the widest gap between face and hair.
_HAT_HALF_CM, _EARS_HALF_CM, _CREVICE_CM = 16.0, 11.0, 0.4
# Half the width of what may be a wisp.
_WISP_CM = 0.3
# The face's outline is known by so much; further inside all is face.
_OVAL_CM = 0.9
# Landmarks between which the jaw line is a chin's.
_UNDER_CHIN = (136, 365)
# Scale at which the person is parted from the background, before the edge is made exact.
_CUT_PX_PER_CM = 11.0


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A head, upright, cut from a photo.

    rgb: (h, w, 3) uint8 foreground colours. alpha, hair: (h, w) float32 0..1.
    landmarks: (478, 3) float32 in crop pixels. px_per_cm: scale of the crop.
    """

    rgb: U8
    alpha: F32
    hair: F32
    landmarks: F32
    px_per_cm: float


def cut_head(photo: U8, landmarks: F32, mattes: MatteReader, px_per_cm: float) -> Cutout:
    """The head of a photo's face.

    photo: (h, w, 3) uint8; landmarks: (478, 3) float32 in its pixels; px_per_cm: scale wanted.
    """
    crop, inside, points = upright_crop(photo, landmarks, px_per_cm)
    planes = mattes.read(crop, points)
    close = _seen_closer(planes.person, crop, points, mattes, px_per_cm)
    radius = max(1, round(0.17 * px_per_cm))
    found = _sharpen(guided_filter(crop, planes.hair, radius, 3e-4))
    hair = found * _unlike_skin(crop, points)
    beard = beard_over_jaw(crop, planes.clothes, close, points, px_per_cm)
    strands = np.maximum(hair, beard)
    person = _silhouette(crop, np.maximum(close, planes.hair), strands, px_per_cm)
    # Fair hair may look like skin; below the lobes that would let hands and neck be hair.
    sides = found * (np.arange(len(found))[:, None] < points[[132, 361], 1].mean())
    tresses = _against(person, np.maximum(hair, sides.astype(np.float32)), px_per_cm)
    head = _head_region(planes.clothes, person, tresses, points, px_per_cm)
    head = np.maximum(head, np.minimum(beard, person))
    alpha = finished_crown((head * inside).astype(np.float32), inside, px_per_cm)
    alpha = without_wisps(_main_part(alpha, points), strands, _WISP_CM * px_per_cm)
    under = points[list(_UNDER_CHIN), 0]
    crop = without_chin_shade(crop, _jaw_limit(points, crop.shape[1]), under, strands, px_per_cm)
    x0, y0, x1, y1 = _around(alpha, points, _MARGIN_CM * px_per_cm)
    crop, alpha, hair = crop[y0:y1, x0:x1], alpha[y0:y1, x0:x1], hair[y0:y1, x0:x1]
    points = points - np.array([x0, y0, 0], np.float32)
    rgb = np.clip(_pure(unmix_foreground(crop, alpha), alpha), 0, 255).astype(np.uint8)
    return Cutout(rgb, alpha, (hair * alpha).astype(np.float32), points, px_per_cm)


def _seen_closer(person: F32, crop: U8, points: F32, mattes: MatteReader, px_per_cm: float) -> F32:
    """The person matte (h, w), around the face as a closer look shows it."""
    height, width = person.shape
    reach = _CLOSE_CM * px_per_cm
    middle = points[:, :2].mean(axis=0)
    x0, y0 = np.maximum(np.round(middle - reach), 0).astype(int)
    x1, y1 = np.minimum(np.round(middle + reach), [width, height]).astype(int)
    view = np.s_[y0:y1, x0:x1]
    close = mattes.person(np.ascontiguousarray(crop[view]))
    aside, down = np.abs(np.arange(x0, x1) - middle[0]), np.abs(np.arange(y0, y1) - middle[1])
    share = np.clip(
        (reach - np.maximum(aside[None], down[:, None])) / (_CLOSE_FADE_CM * px_per_cm), 0, 1
    )
    seen = person.copy()
    seen[view] += share.astype(np.float32) * (close - seen[view])
    return seen


def _silhouette(crop: U8, coarse: F32, hair: F32, px_per_cm: float) -> F32:
    """(h, w) 0..1: the person against the background, as exactly as the picture's colours tell."""
    y, x = np.nonzero(coarse > 0.5)
    if len(x) == 0:
        return coarse
    margin = round(_SPREAD_CM * px_per_cm) + 2
    window = np.s_[
        max(0, y.min() - margin) : y.max() + margin, max(0, x.min() - margin) : x.max() + margin
    ]
    part = np.ascontiguousarray(crop[window])
    cut = segmented(
        part,
        coarse[window],
        _INNER_CM * px_per_cm,
        _OUTER_CM * px_per_cm,
        max(1.0, px_per_cm / _CUT_PX_PER_CM),
    )
    # Strands stand off further than an edge of skin is soft.
    stray = cv2.GaussianBlur(hair[window], (0, 0), 0.2 * px_per_cm) > 0.03
    reach = np.where(stray, np.float32(_STRAY_CM), np.float32(_SOFT_CM)) * px_per_cm
    exact = np.zeros_like(coarse)
    gaps = np.where(stray, np.float32(_GAPS_CM * px_per_cm), np.float32(0))
    exact[window] = refined_alpha(
        part, cut, _SOFT_CM * px_per_cm, reach.astype(np.float32), gaps.astype(np.float32)
    )
    return exact


def _against(person: F32, hair: F32, px_per_cm: float) -> F32:
    """Hair (h, w) 0..1 whose edge against the background is the person's own."""
    solid = (person > 0.5).astype(np.uint8)
    within = cv2.distanceTransform(solid, cv2.DIST_L2, 5) < _OUTER_CM * px_per_cm
    size = 2 * max(1, round(_SOFT_CM * 2 * px_per_cm)) + 1
    wide = cv2.dilate(hair, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.where(within, np.minimum(person, wide), hair).astype(np.float32)


def _around(alpha: F32, points: F32, margin_px: float) -> tuple[int, int, int, int]:
    """The box of all that is head, with a margin, inside the crop: the rest need not be kept."""
    ys, xs = np.nonzero(alpha > 0)
    height, width = alpha.shape
    low = np.minimum(points[:, :2].min(axis=0), [xs.min(initial=width), ys.min(initial=height)])
    high = np.maximum(points[:, :2].max(axis=0), [xs.max(initial=0), ys.max(initial=0)])
    x0, y0 = np.maximum(np.floor(low - margin_px), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high + margin_px) + 1, [width, height]).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def upright_crop(photo: U8, landmarks: F32, px_per_cm: float) -> tuple[U8, F32, F32]:
    """The crop, where it lies inside the photo (0..1), and the landmarks in it."""
    pose = fit_pose(landmarks[None])
    roll = float(pose.yaw_pitch_roll_deg()[0, 2])
    scale = px_per_cm / float(pose.scale[0])
    source = photo
    # Shrinking by more than two would alias; halve the photo first.
    shrink = 1.0
    while scale / shrink < 0.5:
        source = cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        shrink *= 0.5
    eyes = landmarks[[33, 133, 362, 263], :2].mean(axis=0)
    turn: F64 = np.asarray(cv2.getRotationMatrix2D((0.0, 0.0), roll, scale), np.float64)
    size = (round(2 * _LEFT_RIGHT_CM * px_per_cm), round((_UP_CM + _DOWN_CM) * px_per_cm))
    middle = np.array([_LEFT_RIGHT_CM * px_per_cm, _UP_CM * px_per_cm])
    turn[:, 2] = middle - turn[:, :2] @ eyes
    from_source = turn.copy()
    from_source[:, :2] /= shrink
    crop = cv2.warpAffine(
        source, from_source, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    ones = np.ones(source.shape[:2], np.float32)
    inside = cv2.warpAffine(ones, from_source, size, flags=cv2.INTER_LINEAR)
    points = landmarks.copy()
    points[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    points[:, 2] = landmarks[:, 2] * scale
    return crop.astype(np.uint8), np.floor(inside + 1e-3), points.astype(np.float32)


def _head_region(clothes: F32, person: F32, hair: F32, points: F32, px_per_cm: float) -> F32:
    """(h, w) 0..1: hair, and of the person what lies above the jaw line and is not clothes."""
    height, width = person.shape
    limit = _jaw_limit(points, width)
    ys = np.arange(height, dtype=np.float32)[:, None]
    feather = _FEATHER_BELOW_JAW_CM * px_per_cm
    above = np.clip(1 - (ys - limit) / feather, 0, 1)
    # A hat or glasses may be taken for clothes; above the brows everything belongs to the head.
    brow = float(points[[105, 334], 1].mean())
    dressed = clothes * np.clip((ys - brow) / feather, 0, 1)
    aside = np.abs(np.arange(width)[None] - points[[234, 454], 0].mean()) / px_per_cm
    # Hats are wide; beside the ears there are only shoulders.
    reach = np.where(ys < brow, _HAT_HALF_CM, _EARS_HALF_CM) - aside
    reach = np.clip(reach, 0, 1)
    bare = person * (1 - dressed) * above * reach
    face = _face(person, points, px_per_cm)
    # Clothes found with confidence are no hair, except over the brows.
    tresses = hair * (1 - np.clip(dressed * 1.6 - 0.6, 0, 1))
    # Tips that hang down alone are mostly wisps of the neck's shade.
    hanging = np.clip((ys - float(points[[132, 361], 1].mean())) / feather, 0, 1)
    tresses = tresses + hanging * (np.clip((tresses - 0.5) / 0.35, 0, 1) - tresses)
    head = np.maximum.reduce([bare, face, tresses]).astype(np.float32)
    # Between face and hair no thin line of neither stays.
    size = 2 * max(1, round(_CREVICE_CM * px_per_cm)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    closed = cv2.morphologyEx(head, cv2.MORPH_CLOSE, disc)
    above_chin = (ys < float(points[152, 1])) & (cv2.dilate(tresses, disc) > 0.3)
    return np.where(above_chin, np.maximum(head, np.minimum(closed, person - dressed)), head)


def _face(person: F32, points: F32, px_per_cm: float) -> F32:
    """(h, w) 0..1: what the landmarks surround; near its outline only what is person."""
    oval = np.zeros(person.shape, np.uint8)
    cv2.fillConvexPoly(oval, cv2.convexHull(points[FACE_OVAL, :2]).astype(np.int32), 1)
    within = cv2.distanceTransform(oval, cv2.DIST_L2, 5) > _OVAL_CM * px_per_cm
    soft = cv2.GaussianBlur(oval.astype(np.float32), (0, 0), 0.12 * px_per_cm)
    return np.where(within, soft, np.minimum(soft, person)).astype(np.float32)


def _jaw_limit(points: F32, width: int) -> F32:
    """(width,) float32: the row of the jaw line in each column; beyond the ears, the lobes' row."""
    jaw = points[JAW, :2]
    order = np.argsort(jaw[:, 0])
    columns = np.arange(width)
    row = np.interp(columns, jaw[order, 0], jaw[order, 1]).astype(np.float32)
    left, right = jaw[order[0], 0], jaw[order[-1], 0]
    lobes = float(points[[132, 361], 1].mean())
    row[(columns <= left) | (columns >= right)] = lobes
    return np.maximum(row, lobes)


def finished_crown(alpha: F32, inside: F32, px_per_cm: float) -> F32:
    """The alpha with a crown drawn where the photo's upper edge cut it off, else unchanged.

    inside: (h, w) 0..1, where the crop lies in the photo; above, the crop mirrors the photo.
    """
    rows = np.flatnonzero(inside[:, inside.shape[1] // 2] > 0)
    if len(rows) == 0 or rows[0] == 0:
        return alpha
    top = int(rows[0])
    columns = np.flatnonzero(alpha[min(top + 2, len(alpha) - 1)] > 0.5)
    if len(columns) < 8:
        return alpha
    half, middle = (columns[-1] - columns[0]) / 2, (columns[-1] + columns[0]) / 2
    # The crown is the segment of a circle over the cut, as wide as heads are.
    radius = max(_CROWN_RADIUS_CM * px_per_cm, float(half))
    sunk = np.sqrt(radius**2 - half**2)
    up = top + 2 - np.arange(len(alpha))[:, None] + sunk
    along = np.arange(alpha.shape[1])[None] - middle
    cap = np.clip((radius - np.hypot(along, up)) / (0.2 * px_per_cm) + 0.5, 0, 1)
    above = np.arange(len(alpha))[:, None] < top + 2
    return np.where(above, np.maximum(alpha, cap), alpha).astype(np.float32)


def _pure(foreground: F32, alpha: F32) -> F32:
    """Foreground colours whose thin edge is led over into those of the solid inside.

    Where little of the head is in a pixel the unmixing has little to go by, and a turned head
    shows such pixels stretched.
    """
    solid = cv2.erode((alpha > 0.97).astype(np.float32), np.ones((3, 3), np.uint8))
    inside = fill_smooth(foreground, solid)
    trust = np.clip((alpha - 0.45) / 0.5, 0, 1)[..., None]
    return (inside + trust * (foreground - inside)).astype(np.float32)


def _unlike_skin(crop: U8, points: F32) -> F32:
    """(h, w) 0..1: 0 on the colour of the face's skin, so that a bald crown is not called hair."""
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    x, y = points[[151, 108, 337, 50, 280, 4], :2].round().astype(int).T
    height, width = crop.shape[:2]
    skin = np.median(lab[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], axis=0)
    # Lightness counts little: a scalp shines or lies in shade.
    off = (lab - skin) * np.array([0.35, 1, 1], np.float32)
    far = cv2.blur(np.sqrt(np.einsum("yxc,yxc->yx", off, off)), (7, 7))
    return np.clip((far - 4) / 5, 0, 1).astype(np.float32)


def _sharpen(matte: F32) -> F32:
    """Pulls nearly 0 and nearly 1 all the way, so that no veil of background remains."""
    return np.clip((matte - 0.08) / 0.8, 0, 1)


def _main_part(alpha: F32, points: F32) -> F32:
    """Only the part connected with the face; specks elsewhere are not this head."""
    count, labels = cv2.connectedComponents((alpha > 0.15).astype(np.uint8))
    if count <= 2:
        return alpha
    height, width = alpha.shape
    x, y = np.clip(points[:468, :2].round().astype(int), 0, [width - 1, height - 1]).T
    found = np.bincount(labels[y, x], minlength=count)
    found[0] = 0
    keep = labels == int(found.argmax())
    soft = cv2.dilate(keep.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(soft, alpha, 0).astype(np.float32)
