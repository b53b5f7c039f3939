"""The head behind the face: a closed surface over temples, crown, back and jaw, fitted to a photo.

A photo shows a head's outline; what lies behind it has the proportions that heads have. Each level
of the head is a horizontal section, two arcs a side: from the face's edge to the widest point, and
from there to the middle of the back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator

from headswap.arrays import F32, F64, I32, U8
from headswap.swapping.cutout import Cutout
from headswap.vision.canonical_face import FACE_OVAL

# Centimetres in head space. Mean heads are 15 broad, 19 long and widest a little behind the ears
# (Farkas, "Anthropometry of the head and face", 1994).
WIDEST_Z_CM = 4.8
BACK_CM = 9.0
_HALF_BREADTH_CM = (6.3, 11.0)
_HALF_LENGTH_CM = 8.5
_HAIR_OVER_CM = 7.4
_MOST_HAIR_CM = 2.2
# Rows of the surface, and steps along each half of a row.
_CROWN_ROWS, _ROW_CM, _FRONT_STEPS, _BACK_STEPS = 10, 0.8, 8, 12
# The surface starts this far inside the face's edge, which is drawn over it.
_TUCK_CM = 0.3
_UNDER_FACE_CM = np.array([3.2, 1.6])
UNDER_FACE_COLUMNS = len(_UNDER_FACE_CM)
_INSET_CM, _WITHIN_CM = 0.35, 0.1
_SMOOTH_CM = 0.7
_OCCIPUT_CM = -2.0
# Nobody's crown is lower over it.
_LEAST_CROWN_CM = 4.0
_NAPE_DRAWS_IN_CM, _NAPE_HALF_CM, _EARS_HALF_CM = 3.0, 5.6, 7.0
# Exponents of the crown's profile and of the back's sections; 2 would be an ellipse.
_ROUND, _BLUNT = 2.15, 2.4
# So far down from the top the crown is led to its outline.
_DOME_CM = 5.0
_EAR_ABOVE_CM, _EAR_BELOW_CM = 2.8, 3.6
_COVERED = 0.55
_LONG_HAIR_CM = 16.0
_BALD = 0.15
_TURNED_RAD = 0.25

# From the forehead's middle down one side of the face to the chin, and where on this way the ear
# begins and its lobe hangs.
_RIGHT_EDGE = np.concatenate([FACE_OVAL[:1], FACE_OVAL[:17:-1]])
_LEFT_EDGE = FACE_OVAL[:19]
_HIGH_TEMPLE, _TRAGUS, LOBE = 5, 8, 10
ToPhoto = Callable[[F64], F64]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a photo says of one side of a head.

    sign: -1 for the picture's left, 1 for its right. edge: (n, 3) cm, the face's edge from the
    forehead down. covered: hair lies over the ear. ear_out_cm: how far the ear stands off.
    hair_to_cm: the level down to which hair hangs. sideburn_cm: the level at which hair before the
    ear ends.
    """

    sign: int
    edge: F64
    covered: bool
    ear_out_cm: float
    hair_to_cm: float
    sideburn_cm: float

    @property
    def tragus(self) -> F64:
        """(3,) cm: the point of the face's edge just before the ear."""
        return np.asarray(self.edge[_TRAGUS], np.float64)

    @property
    def lobe_cm(self) -> float:
        return float(self.edge[LOBE, 1])


@dataclass(frozen=True, slots=True, eq=False)
class Skull:
    """A surface as a grid of rows (crown first) and columns (left side's edge, back, right's).

    points: (r, c, 3) float64 cm in head space. sides: left and right. bald: nearly no hair.
    """

    points: F64
    sides: tuple[Side, Side]
    bald: bool

    def triangles(self) -> I32:
        """(t, 3) int32 indices into the flattened grid, clockwise seen from outside."""
        rows, columns = self.points.shape[:2]
        at = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
        a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
        upper = np.stack([a, c, b], axis=-1).reshape(-1, 3)
        lower = np.stack([a, d, c], axis=-1).reshape(-1, 3)
        return np.concatenate([upper, lower])


def fit_skull(
    cutout: Cutout, face_cm: F64, to_photo: ToPhoto, yaw_rad: float, pitch_rad: float
) -> Skull:
    """The skull behind a face.

    face_cm: (468, 3) in head space; to_photo: takes (n, 3) cm to (n, 2) pixels of the cut-out.
    yaw_rad, pitch_rad: how the photo's head is turned and nods.
    """
    outline = _Outline(cutout, to_photo, yaw_rad)
    top = outline.top_cm(pitch_rad)
    right = _side(-1, face_cm[_RIGHT_EDGE], cutout, outline, to_photo)
    left = _side(1, face_cm[_LEFT_EDGE], cutout, outline, to_photo)
    sides = _agreed(right, left, yaw_rad)
    chin = max(float(side.edge[-1, 1]) for side in sides)
    bottom = max([chin, *(side.hair_to_cm for side in sides)])
    levels = _levels(top, bottom)
    surface = LinearNDInterpolator(face_cm[:, :2], face_cm[:, 2])
    halves = [_half(side, levels, outline, face_cm, surface, top) for side in sides]
    points = np.concatenate([halves[0], halves[1][:, -2::-1]], axis=1)
    return Skull(points, sides, _is_bald(cutout, face_cm, to_photo))


def _levels(top: float, bottom: float) -> F64:
    """Heights (r,) of the rows, denser at the crown."""
    turn = top + 6.0
    crown = top + (turn - top) * (1 - np.cos(np.linspace(0.03, np.pi / 2, _CROWN_ROWS)))
    rest = np.arange(turn, bottom + _ROW_CM, _ROW_CM)[1:]
    return np.concatenate([crown, rest])


class _Outline:
    """The cut-out's outline, level by level of the head."""

    def __init__(self, cutout: Cutout, to_photo: ToPhoto, yaw_rad: float) -> None:
        size = 2 * max(1, round(0.6 * cutout.px_per_cm)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        solid = (cutout.alpha > 0.5).astype(np.uint8)
        self._solid: U8 = np.asarray(cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc), np.uint8)
        within = cv2.distanceTransform(self._solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        self._inner: U8 = (within > _WITHIN_CM * cutout.px_per_cm).astype(np.uint8)
        self._hair = cutout.hair
        self._unit = cutout.px_per_cm
        axis = to_photo(np.array([[0.0, 0.0, WIDEST_Z_CM], [0.0, 1.0, WIDEST_Z_CM]]))
        self._origin, self._step = axis[0], axis[1] - axis[0]
        self._yaw = yaw_rad

    def top_cm(self, pitch_rad: float) -> float:
        """The crown's level; of a head that nods the outline shows what is before or behind it."""
        x = round(float(self._origin[0]))
        reach = round(4 * self._unit)
        near = self._solid[:, max(0, x - reach) : x + reach]
        rows = np.flatnonzero(near.any(axis=1))
        first = float(rows[0]) if len(rows) else float(self._origin[1] - 12 * self._unit)
        seen = (first - float(self._origin[1])) / float(self._step[1])
        reach = (_OCCIPUT_CM - seen) * np.cos(pitch_rad)
        if reach <= _LEAST_CROWN_CM:
            return seen
        inner = max(_LEAST_CROWN_CM**2, reach**2 - (_HALF_LENGTH_CM * np.sin(pitch_rad)) ** 2)
        return _OCCIPUT_CM - float(np.sqrt(inner) / np.cos(pitch_rad))

    def row(self, level: float) -> tuple[F32, U8, float]:
        """Hair (w,), solidity (w,) and the axis' column of the picture row at a level."""
        at = self._origin + level * self._step
        y = int(np.clip(round(float(at[1])), 0, len(self._solid) - 1))
        return self._hair[y], self._solid[y], float(at[0])

    def reach_cm(self, level: float, sign: int) -> float:
        """How far the outline is from the axis on one side, 0 where there is nothing."""
        _, solid, axis = self.row(level)
        return self._reach(solid, axis, sign)

    def _reach(self, solid: U8, axis: float, sign: int) -> float:
        columns = np.flatnonzero(solid)
        if len(columns) == 0:
            return 0.0
        outermost = columns[-1] if sign > 0 else columns[0]
        return max(0.0, sign * (float(outermost) - axis) / self._unit)

    def breadth_cm(self, level: float, top: float, sign: int) -> float:
        """Half the breadth of the section at a level: the axis of an ellipse seen turned.

        It lies within the outline on all sides, except that its top is the outline's.
        """
        lower = level + _WITHIN_CM * float(np.clip((top + _DOME_CM - level) / _DOME_CM, 0, 1))
        at = self._origin + lower * self._step
        y = int(np.clip(round(float(at[1])), 0, len(self._inner) - 1))
        reach = self._reach(self._inner[y], float(at[0]), sign)
        length = _HALF_LENGTH_CM * float(_crown(np.array([level]), top)[0])
        inner = max(0.0, reach**2 - (length * np.sin(self._yaw)) ** 2)
        return float(np.sqrt(inner) / np.cos(self._yaw))

    def hair_share(self, low: float, high: float, sign: int, from_cm: float) -> float:
        """How much of what lies outside a distance from the axis is hair, between two levels."""
        total = hairy = 0.0
        for level in np.arange(low, high, 0.3):
            hair, solid, axis = self.row(float(level))
            off = sign * (np.arange(len(hair)) - axis) / self._unit
            there = (solid > 0) & (off > from_cm)
            total += float(there.sum())
            hairy += float(hair[there].sum())
        return hairy / total if total > 10 else 0.0

    def hair_end_cm(self, start: float, sign: int) -> float:
        """The level down to which hair hangs without a break on one side."""
        level = start
        while level < start + _LONG_HAIR_CM:
            hair, _, axis = self.row(level)
            off = sign * (np.arange(len(hair)) - axis) / self._unit
            wide = float(((hair > 0.5) & (off > 3.0)).sum()) / self._unit
            if wide < 0.7:
                break
            level += 0.5
        return level


def _agreed(right: Side, left: Side, yaw_rad: float) -> tuple[Side, Side]:
    """The sides; one that the photo hardly saw is taken to be like the other."""

    def like(side: Side, other: Side) -> Side:
        return replace(
            side,
            covered=other.covered,
            ear_out_cm=other.ear_out_cm,
            sideburn_cm=other.sideburn_cm,
            hair_to_cm=max(side.hair_to_cm, other.hair_to_cm) if other.covered else side.lobe_cm,
        )

    if yaw_rad > _TURNED_RAD:
        return right, like(left, right)
    if yaw_rad < -_TURNED_RAD:
        return like(right, left), left
    return right, left


def _side(sign: int, edge: F64, cutout: Cutout, outline: _Outline, to_photo: ToPhoto) -> Side:
    edge = edge.copy()
    edge[:, 1] = np.maximum.accumulate(edge[:, 1])
    tragus = edge[_TRAGUS]
    at = to_photo(edge)
    axis = outline.row(float(tragus[1]))[2]
    edge_off = sign * (float(at[_TRAGUS, 0]) - axis) / cutout.px_per_cm
    low, high = float(tragus[1]) - 1.5, float(tragus[1]) + 1.8
    strip = outline.reach_cm(float(tragus[1]), sign) - edge_off
    covered = strip > 0.3 and outline.hair_share(low, high, sign, edge_off + 0.25) > _COVERED
    lobe = float(edge[LOBE, 1])
    hair_to = outline.hair_end_cm(lobe, sign) if covered else lobe
    return Side(
        sign=sign,
        edge=edge,
        covered=bool(covered),
        ear_out_cm=float(np.clip(strip - _INSET_CM, 0.5, 2.0)),
        hair_to_cm=float(hair_to) if hair_to > lobe + 1.0 else lobe,
        sideburn_cm=_sideburn(sign, edge, at, cutout),
    )


def _sideburn(sign: int, edge: F64, at: F64, cutout: Cutout) -> float:
    """The lowest level at which the photo shows hair beside the face's edge."""
    height, width = cutout.hair.shape
    found = float(edge[_TRAGUS, 1]) - _EAR_ABOVE_CM
    for k in range(_HIGH_TEMPLE, LOBE):
        x = round(float(at[k, 0]) + sign * 0.25 * cutout.px_per_cm)
        y = round(float(at[k, 1]))
        if 0 <= x < width and 0 <= y < height and cutout.hair[y, x] > 0.5:
            found = max(found, float(edge[k, 1]))
    return found


def _half(
    side: Side,
    levels: F64,
    outline: _Outline,
    face_cm: F64,
    surface: Callable[[F64], F64],
    top: float,
) -> F64:
    """(r, c, 3) points of one side, from the face's edge to the middle of the back."""
    x_edge = np.interp(levels, side.edge[:, 1], np.abs(side.edge[:, 0]), left=0.0)
    z_edge = np.interp(levels, side.edge[:, 1], side.edge[:, 2])
    hanging = (levels > side.lobe_cm) & (levels < side.hair_to_cm + 1)
    # Hair that hangs beside the jaw and the neck, not before them.
    x_edge = np.where(hanging, np.maximum(x_edge, abs(side.edge[LOBE, 0]) - 1.2), x_edge)
    z_edge = np.where(hanging, np.maximum(z_edge, side.edge[LOBE, 2] - 0.5), z_edge)
    breadth = _breadths(side, levels, outline, x_edge, top)
    forehead = face_cm[FACE_OVAL[0]]
    up = np.clip((forehead[1] - levels) / (forehead[1] - top), 0, 1)
    fall = np.sqrt(1 - np.minimum(up, 1 - 1e-6) ** 2)
    above = levels < forehead[1]
    z_edge = np.where(above, WIDEST_Z_CM + (forehead[2] - WIDEST_Z_CM) * fall, z_edge)
    x_edge = np.maximum(np.where(above, 0.0, x_edge - _TUCK_CM), 0.0)
    z_edge = z_edge + _TUCK_CM
    z_back = WIDEST_Z_CM + _depths(side, levels, breadth, top)
    turn = np.linspace(0, np.pi / 2, _FRONT_STEPS, endpoint=False)[None]
    x_front = x_edge[:, None] + (breadth - x_edge)[:, None] * np.sin(turn)
    z_front = z_edge[:, None] + (WIDEST_Z_CM - z_edge)[:, None] * (1 - np.cos(turn))
    turn = np.linspace(0, np.pi / 2, _BACK_STEPS + 1)[None]
    # From above a skull is blunter behind than an ellipse.
    x_rear = breadth[:, None] * np.cos(turn) ** (2 / _BLUNT)
    z_rear = WIDEST_Z_CM + (z_back - WIDEST_Z_CM)[:, None] * np.sin(turn) ** (2 / _BLUNT)
    # Under the rim of the face as well, for where the photo saw that too flatly.
    x_face = np.maximum(x_edge[:, None] - _UNDER_FACE_CM, np.minimum(x_edge, 1.0)[:, None])
    y_face = np.broadcast_to(levels[:, None], x_face.shape)
    z_face = surface(np.stack([side.sign * x_face, y_face], axis=-1)) + _TUCK_CM
    z_face = np.where(np.isnan(z_face) | above[:, None], z_edge[:, None], z_face)
    x_face = np.where(above[:, None], x_edge[:, None], x_face)
    x = side.sign * np.concatenate([x_face, x_front, x_rear], axis=1)
    z = np.concatenate([z_face, z_front, z_rear], axis=1)
    # Closed at the top.
    x[0], z[0] = 0.0, WIDEST_Z_CM
    y = np.broadcast_to(levels[:, None], x.shape)
    return np.stack([x, y, z], axis=-1)


def _breadths(side: Side, levels: F64, outline: _Outline, x_edge: F64, top: float) -> F64:
    """(r,) half breadths; where an ear stands off, the head's beneath it."""
    seen = np.array([outline.breadth_cm(float(y), top, side.sign) for y in levels])
    low, high = _HALF_BREADTH_CM
    tragus = float(side.tragus[1])
    full = levels > tragus - 6.0
    seen = np.where(full & (levels < tragus), np.clip(seen, low, high), np.minimum(seen, high))
    # Below the ears a head is as wide as the neck it stands on.
    nape = np.interp(levels, [tragus - 1, side.lobe_cm + 0.5], [_EARS_HALF_CM, _NAPE_HALF_CM])
    behind_ear = np.minimum(x_edge + 0.15, nape)
    if not side.covered:
        ear_top = tragus - _EAR_ABOVE_CM
        at_top = float(np.interp(ear_top, levels, seen))
        down = np.clip((levels - ear_top) / (_EAR_ABOVE_CM + 1.0), 0, 1)
        bare = at_top + (behind_ear - at_top) * down
        seen = np.where(levels > ear_top, bare, seen)
    hanging = (levels > side.lobe_cm) & (levels < side.hair_to_cm)
    bare_jaw = x_edge + 0.15 if side.covered else behind_ear
    seen = np.where(
        levels > side.lobe_cm, np.where(hanging, np.maximum(seen, bare_jaw), bare_jaw), seen
    )
    rows = np.arange(levels[0], levels[-1], 0.1)
    fine = np.interp(rows, levels, np.maximum(seen, 0.0))
    size = 2 * round(_SMOOTH_CM / 0.1) + 1
    padded = np.pad(fine, size // 2, mode="edge")
    smooth = np.convolve(padded, np.ones(size) / size, mode="valid")
    smoothed = np.interp(levels, rows, smooth[: len(rows)])
    # The crown is round; smoothing would make a plateau of it.
    return np.asarray(
        np.where(levels < levels[0] + 2.0, np.maximum(seen, 0.05), smoothed), np.float64
    )


def _depths(side: Side, levels: F64, breadth: F64, top: float) -> F64:
    """(r,) how far the back lies behind the widest section."""
    extra = np.clip(breadth[np.argmin(np.abs(levels + 6.0))] - _HAIR_OVER_CM, 0, _MOST_HAIR_CM)
    most = BACK_CM + float(extra)
    down = np.clip((levels - _OCCIPUT_CM) / 7.0, 0, 1)
    nape = 1 - (1 - np.cos(np.pi * down)) / 2 * (_NAPE_DRAWS_IN_CM / most)
    return np.asarray(most * _crown(levels, top) * nape, np.float64)


def _crown(levels: F64, top: float) -> F64:
    """(r,) how long a section is over the longest, above that."""
    up = np.clip((_OCCIPUT_CM - levels) / (_OCCIPUT_CM - top), 0, 1)
    return np.asarray((1 - np.minimum(up, 1 - 1e-6) ** _ROUND) ** (1 / _ROUND), np.float64)


def _is_bald(cutout: Cutout, face_cm: F64, to_photo: ToPhoto) -> bool:
    """Whether there is next to no hair over the brows, outside the face."""
    height, width = cutout.alpha.shape
    oval = np.zeros((height, width), np.uint8)
    cv2.fillPoly(oval, [cutout.landmarks[FACE_OVAL, :2].round().astype(np.int32)], 1)
    brow = float(cutout.landmarks[[105, 334], 1].mean())
    there = (cutout.alpha > 0.9) & (oval == 0) & (np.arange(height)[:, None] < brow)
    return bool(there.any() and float(cutout.hair[there].mean()) < _BALD)
