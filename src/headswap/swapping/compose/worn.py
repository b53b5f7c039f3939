"""What is worn on a head that is to come off: hats, caps, scarves, bands."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, U8, Bool
from headswap.swapping.compose.likeness import colour_cells, how_usual
from headswap.swapping.compose.removal import disc, face_and_ears, work_size
from headswap.vision.mattes import Mattes
from headswap.vision.pose import fit_pose

_BROW, _CHIN = 9, 152
# Between brows and crown, half way to the back.
_MIDDLE_CM = np.array([[0.0, -6.0, 6.0]])
# How far a hat reaches: to the side and above the brows; what is wider is no hat.
_ASIDE_CM, _ABOVE_CM, _WIDEST_CM = 18.0, 27.0, 34.0
# Hats are often half taken for background, and with holes.
_PERSON, _PERSON_SURE, _HOLE_CM = 0.15, 0.5, 0.8
_SKIN = 0.5
_TOUCH_CM, _LEAST_TOUCH_CM, _OFF_MIDDLE_CM = 1.0, 4.0, 6.0
# What stands out less above hair is hair. So much of it is seen as a hat, that high above the brows
# and no further to the side, where a hand may be; above its brim a hat is round.
_HAIR_CM, _LEAST_CM2 = 1.2, 8.0
_CROWN_CM, _BRIM_CM = (8.0, 9.0), 3.0
# A brim's colours are so many times as usual in the hat as behind it.
_ALIKE, _SOFT_CM = 3.0, 0.25
# So much of the upper skull is covered by a hat.
_COVERED = 0.4
# From so far to the side on an arm may be raised, if that much of it is seen beside the face.
_ARM_CM, _ARM_CM2 = 9.5, 6.0


def headgear(
    rgb: U8, mattes: Mattes, landmarks: F32, scale_px_cm: float, others: Sequence[F32]
) -> F32:
    """(h, w) float32 0..1: what of a crop (h, w, 3) is worn on a head, above the brows.

    That is what is person there, sits on the skull and is neither a hand nor wider than a hat, nor
    nearer to somebody else; and what goes on from it in its colours, as a brim does. mattes: `hair`
    the head's own. landmarks: (478, 3) px; others: the same of other people in the crop.
    """
    height, width = mattes.hair.shape
    size = work_size((width, height), scale_px_cm)
    ratio = np.float32(size[0] / width)
    points, unit = landmarks * ratio, scale_px_cm * float(ratio)
    person, hair, skin = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (mattes.person, mattes.hair, mattes.skin)
    )
    skull = face_and_ears(points, hair.shape)
    aside, above = _from_brows(points, unit, hair.shape)
    on_top = np.asarray(cv2.dilate(skull, disc(_TOUCH_CM * unit)), np.uint8) > 0
    there = (person > _PERSON) & ((skin < _SKIN) | on_top)
    there = cv2.morphologyEx(there.astype(np.uint8), cv2.MORPH_CLOSE, disc(_HOLE_CM * unit)) > 0
    there &= (above > 0) & (above < _ABOVE_CM) & (np.abs(aside) < _ASIDE_CM)
    there &= _no_arm((person > _PERSON_SURE) & (hair < 0.12), aside, above, unit)
    mine = np.ones(hair.shape, np.bool_)
    for other in others:
        theirs = face_and_ears(other * ratio, hair.shape)
        mine &= _away(theirs) > _away(skull)
    there &= mine
    known = cv2.dilate(((hair > 0.12) | (skull > 0)).astype(np.uint8), disc(_HAIR_CM * unit)) > 0
    hat = np.zeros(hair.shape, np.float32)
    bald = (person > _PERSON_SURE) & (above > _BRIM_CM) & (hair < 0.12)
    upper = (skull > 0) & (above > _BRIM_CM)
    # What covers most of the skull and is neither hair nor skin is cloth, however flat.
    cloth = upper & bald & (skin < _SKIN)
    if cloth.sum() < _COVERED * upper.sum():
        cloth[:] = False
    _, labels = cv2.connectedComponents(there.astype(np.uint8))
    for label in np.unique(labels[on_top & there]):
        part = labels == label
        crown = part & ~known & (above > _CROWN_CM[0]) & (np.abs(aside) < _CROWN_CM[1])
        if crown.sum() > _LEAST_CM2 * unit**2 and _sits(part, on_top, aside):
            hat[part] = 1
            # The matte often has only some of it; a hat has no dents, and two sides.
            cv2.fillConvexPoly(hat, _both_sides(part & (above > _BRIM_CM), points), 1.0)
            cloth |= part & bald
    if cloth.any():
        near = mine & (np.abs(aside) < _ASIDE_CM) & (above > 0) & (above < _ABOVE_CM)
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        hat[_continued(small, cloth, person < _PERSON, near, unit)] = 1
    return np.asarray(cv2.resize(hat, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _continued(rgb: U8, cloth: Bool, behind: Bool, near: Bool, unit: float) -> Bool:
    """(h, w) what hangs together with a hat's cloth and has its colours more than those behind."""
    cells = colour_cells(rgb)
    soft = _SOFT_CM * unit
    ratio = how_usual(cells, cloth, soft) / how_usual(cells, behind, soft)
    alike = (near & ((ratio > _ALIKE) | cloth)).astype(np.uint8)
    _, labels = cv2.connectedComponents(alike)
    mine = np.unique(labels[cloth])
    return np.isin(labels, mine[mine > 0])


def _axes(points: F32) -> tuple[F64, F64]:
    """(2,) px the middle of the skull, between brows and crown, and (2,) the way up."""
    up = (points[_BROW, :2] - points[_CHIN, :2]).astype(np.float64)
    middle = fit_pose(points[None]).to_frame(_MIDDLE_CM)[0, 0, :2]
    return middle.astype(np.float64), up / max(float(np.linalg.norm(up)), 1e-3)


def _from_brows(points: F32, unit: float, shape: tuple[int, int]) -> tuple[F64, F64]:
    """(h, w) cm to the side of the skull's axis, and above the brows, as the head is tilted."""
    (middle_x, middle_y), up = _axes(points)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64)
    aside = ((y - middle_y) * up[0] - (x - middle_x) * up[1]) / unit
    return aside, ((x - points[_BROW, 0]) * up[0] + (y - points[_BROW, 1]) * up[1]) / unit


def _no_arm(other: Bool, aside: F64, above: F64, unit: float) -> Bool:
    """(h, w) where no arm or somebody else is: on a side where they are, near the axis only.

    other: (h, w) what is person and not the head's hair.
    """
    allowed = np.ones(other.shape, np.bool_)
    for beyond in (aside, -aside):
        beside = (beyond > _ARM_CM) & (beyond < _ASIDE_CM) & (above < -2) & (above > -7)
        # What goes on beside the face is no brim.
        if (beside & other).sum() > _ARM_CM2 * unit**2:
            allowed &= beyond < _ARM_CM
    return allowed


def _sits(part: Bool, on_top: Bool, aside: F64) -> bool:
    """Whether a part of a picture lies broadly on the skull, about in the middle."""
    touching, all_of_it = aside[part & on_top], aside[part]
    broad = float(np.ptp(touching)) >= _LEAST_TOUCH_CM
    narrow = float(np.ptp(all_of_it)) <= _WIDEST_CM
    return broad and narrow and abs(float(all_of_it.mean())) < _OFF_MIDDLE_CM


def _both_sides(part: Bool, points: F32) -> I32:
    """(n, 1, 2) the outline of a part and of what is opposite it on the head."""
    middle, up = _axes(points)
    side = np.array([-up[1], up[0]])
    rim = np.argwhere(part)[:, ::-1].astype(np.float64)
    opposite = rim - 2 * ((rim - middle) @ side)[:, None] * side
    both = np.vstack([rim, opposite]).round().astype(np.int32)
    return np.asarray(cv2.convexHull(both), np.int32)


def _away(skull: U8) -> F32:
    return np.asarray(cv2.distanceTransform(np.uint8(1) - skull, cv2.DIST_L2, 3), np.float32)
