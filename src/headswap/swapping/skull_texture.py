"""What the skull looks like: the photo where it saw it, and hair and skin continued elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, I32, I64, U8, Bool
from headswap.swapping.cutout import Cutout
from headswap.swapping.ear import EAR_SIZE_WH, ear_sheet, painted_ear
from headswap.swapping.matting import fill_smooth
from headswap.swapping.skull import LOBE, UNDER_FACE_COLUMNS, Side, Skull, ToPhoto

# Finer than this the sides of a head are never looked at.
_MAX_PX_PER_CM = 12.0
_COLUMN_CM, _ROW_CM = 0.95, 0.85
# How squarely the photo must have seen a surface to be believed.
_BLIND_AT, _SURE_AT = 0.1, 0.3
_SOFT_CM = 0.35
# From this trust on a row has begun to be seen.
_BEGUN = 0.9
# Hair below which skin is bare, trust that says something of its light, levels by which the darkest
# does not count, and the most one side of a face is lighter than the other (in e-folds); what is
# finer than this is no light.
_BARE, _ENOUGH, _DARK, _MOST_LIGHTER, _SHADE_CM = 0.1, 0.5, 8.0, 0.7, 0.8
_RIM_CM, _THIN_CM = 0.2, 0.4
# Rows of the grid around its top in which columns are led together.
_TOP_ROWS = 2.5
# Strands are finer than this; what is coarser is light and the hair's colour.
_STRAND_CM = 1.0
_FADES_OVER_CM = 6.0
_SHORTEST_RUN_CM, _LONGEST_RUN_CM = 1.0, 5.0
_EAR_FROM_CM, _EAR_TO_CM = 0.9, 3.4
_EAR_ABOVE_CM = 2.6
_NAPE_SOFT_CM = 1.6
_EAR_BELOW_TRAGUS_CM = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class SkullTexture:
    """rgba: (h, w, 4) uint8 over the rows and columns of the skull's grid; hair: (h, w) 0..1."""

    rgba: U8
    hair: F32

    def uv(self, rows: int, columns: int) -> F32:
        """(rows * columns, 2) place in the texture of each point of the grid."""
        height, width = self.hair.shape
        u, v = np.meshgrid(np.linspace(0, width - 1, columns), np.linspace(0, height - 1, rows))
        return np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32)


def paint_skull(
    skull: Skull, cutout: Cutout, to_photo: ToPhoto, towards_photo: F64
) -> SkullTexture:
    """The skull's texture.

    towards_photo: (3,) unit, head space, from the head to the photo's camera.
    """
    unit = min(cutout.px_per_cm, _MAX_PX_PER_CM)
    places = _enlarged(skull.points, unit)
    facing = _normals(places) @ towards_photo
    seen = _from_photo(places, facing, cutout, to_photo)
    mirrored = _in_the_same_light(
        _Seen(*(plane[:, ::-1] for plane in (seen.rgb, seen.hair, seen.trust))), seen, unit
    )
    trust = np.maximum(seen.trust, mirrored.trust)
    own = seen.trust / np.maximum(seen.trust + mirrored.trust * (1 - seen.trust), 1e-6)
    rgb = np.asarray(mirrored.rgb + own[..., None] * (seen.rgb - mirrored.rgb), np.float32)
    shown_hair = mirrored.hair + own * (seen.hair - mirrored.hair)
    label = _hair_label(skull, places)
    hair = (label + trust * (shown_hair - label)).astype(np.float32)
    bare = trust if skull.bald else trust * (shown_hair < 0.1)
    skin = fill_smooth(rgb, bare.astype(np.float32))
    strands = _continued(rgb, (trust > 0.6) & (shown_hair > 0.85), unit)
    unseen = skin + label[..., None] * (strands - skin) if strands is not None else skin
    painted = unseen + trust[..., None] * (rgb - unseen)
    painted = _even_at_top(painted, hair, len(skull.points))
    alpha = _alpha(skull, places, np.maximum(label, hair))
    rgba = np.dstack([np.clip(painted + 0.5, 0, 255), np.round(alpha * 255)]).astype(np.uint8)
    return SkullTexture(rgba, hair)


def _even_at_top(painted: F32 | F64, hair: F32, rows: int) -> F32:
    """Colours (h, w, 3) that agree where all columns meet, on bare skin.

    rows: of the skull's grid.
    """
    row = np.arange(len(painted), dtype=np.float32) * (rows - 1) / (len(painted) - 1)
    share = np.clip(1 - row / _TOP_ROWS, 0, 1)[:, None] * (1 - hair)
    mean = painted.mean(axis=1, keepdims=True)
    return np.asarray(painted + share[..., None] * (mean - painted), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The photo carried over to the texture: colours (h, w, 3), hair and trust (h, w)."""

    rgb: F32
    hair: F32
    trust: F32


def _in_the_same_light(mirrored: _Seen, seen: _Seen, unit: float) -> _Seen:
    """The mirrored side, as light as the seen one where both show bare skin, and on from there.

    One cheek of a photo is in its shade; put on the other side, it would end in a straight line.
    """
    both = seen.trust * mirrored.trust * (seen.hair < _BARE) * (mirrored.hair < _BARE)
    if both.max() < _ENOUGH:
        return mirrored
    lighter = np.log((seen.rgb + _DARK) / (mirrored.rgb + _DARK))
    broad = _broad(lighter.astype(np.float32), both.astype(np.float32), _SHADE_CM * unit)
    gain = np.exp(np.clip(broad, -_MOST_LIGHTER, _MOST_LIGHTER))
    gain = 1 + (1 - mirrored.hair)[..., None] * (gain - 1)
    return _Seen((mirrored.rgb * gain).astype(np.float32), mirrored.hair, mirrored.trust)


def _broad(values: F32, weight: F32, sigma: float) -> F32:
    """Values (h, w, c) without what is finer than `sigma` px, also where their weight is 0."""
    share = cv2.GaussianBlur(weight, (0, 0), sigma)
    blurred = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma)
    smooth = (blurred / np.maximum(share, 1e-6)[..., None]).astype(np.float32)
    return fill_smooth(smooth, np.clip(share * 2, 0, 1))


def _enlarged(points: F64, unit: float) -> F64:
    """The grid's points (h, w, 3) for each pixel of the texture."""
    rows, columns = points.shape[:2]
    size = (round((columns - 1) * _COLUMN_CM * unit) + 1, round((rows - 1) * _ROW_CM * unit) + 1)
    u = np.linspace(0, columns - 1, size[0], dtype=np.float32)
    v = np.linspace(0, rows - 1, size[1], dtype=np.float32)
    map_x, map_y = np.meshgrid(u, v)
    planes = points.astype(np.float32)
    return cv2.remap(planes, map_x, map_y, cv2.INTER_LINEAR).astype(np.float64)


def _normals(places: F64) -> F64:
    along, down = np.gradient(places, axis=1), np.gradient(places, axis=0)
    normal = np.cross(along, down)
    length = np.linalg.norm(normal, axis=2, keepdims=True)
    return np.asarray(normal / np.maximum(length, 1e-9), np.float64)


def _from_photo(places: F64, facing: F64, cutout: Cutout, to_photo: ToPhoto) -> _Seen:
    height, width = places.shape[:2]
    at = to_photo(places.reshape(-1, 3)).reshape(height, width, 2).astype(np.float32)
    solid = cv2.distanceTransform((cutout.alpha > 0.95).astype(np.uint8), cv2.DIST_L2, 5)
    # At its edge hair lets the background through.
    thin = np.where(cutout.hair > 0.5, np.float32(_THIN_CM), np.float32(_RIM_CM))
    solid = (solid > thin * cutout.px_per_cm).astype(np.float32) * 255
    planes = np.dstack([cutout.rgb, cutout.hair * 255, solid]).astype(np.float32)
    found = cv2.remap(planes, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    squarely = np.clip((facing - _BLIND_AT) / (_SURE_AT - _BLIND_AT), 0, 1)
    trust = (squarely * (found[..., 4] > 250)).astype(np.float32)
    # Strands have gaps between them; skin has none.
    trust = np.where(found[..., 3] < 0.5 * 255, _unbroken(trust), trust)
    trust = np.minimum(trust, cv2.blur(trust, (5, 5)))
    return _Seen(
        np.asarray(found[..., :3], np.float32),
        np.asarray(found[..., 3] / np.float32(255), np.float32),
        trust,
    )


def _unbroken(trust: F32) -> F32:
    """Trust (h, w) without what a photo seems to see again behind what it saw too flatly.

    Each half of a row leads from the face's edge to the back. Beyond the outline of a turned head
    lies its rim once more: light and background mixed.
    """
    middle = trust.shape[1] // 2
    halves = [trust[:, :middle], trust[:, middle:][:, ::-1]]
    cut: list[F32] = []
    for half in halves:
        begun = np.maximum.accumulate(half, axis=1) > _BEGUN
        cut.append(np.minimum.accumulate(np.where(begun, half, 1), axis=1).astype(np.float32))
        cut[-1][~begun] = half[~begun]
    return np.concatenate([cut[0], cut[1][:, ::-1]], axis=1)


def _per_side(skull: Skull, places: F64) -> list[tuple[Side, Bool]]:
    left = places[..., 0] < 0
    return [(skull.sides[0], left), (skull.sides[1], ~left)]


def _hair_label(skull: Skull, places: F64) -> F32:
    """(h, w) 0..1: where heads of this kind have hair."""
    label = np.zeros(places.shape[:2], np.float32)
    if skull.bald:
        return label
    y, z = places[..., 1], places[..., 2]
    for side, here in _per_side(skull, places):
        y0, z0 = side.tragus[1:]
        above_ear = y0 - _EAR_ABOVE_CM
        line = [
            (z0 - 0.4, side.sideburn_cm),
            (z0 + 0.5, side.sideburn_cm),
            (z0 + _EAR_FROM_CM, above_ear),
            (z0 + _EAR_TO_CM, above_ear + 0.6),
            (z0 + _EAR_TO_CM + 1.2, y0 + 1.6),
            (z0 + _EAR_TO_CM + 3.2, side.lobe_cm + 0.9),
            (z0 + 30.0, side.lobe_cm + 1.6),
        ]
        if side.covered:
            line = [(z0 - 0.6, above_ear), (z0 + 0.3, side.hair_to_cm + 30.0)]
        lowest = np.interp(z, *np.array(line).T)
        soft = np.clip((lowest - y) / _SOFT_CM + 0.5, 0, 1)
        label = np.where(here, soft, label).astype(np.float32)
    return label * _beside_face(skull, places)


def _beside_face(skull: Skull, places: F64) -> F32:
    """(h, w) 0 under the rim of the face, 1 outside it."""
    width = places.shape[1]
    columns = skull.points.shape[1]
    column = np.arange(width) * (columns - 1) / (width - 1)
    inwards = np.minimum(column, columns - 1 - column)
    outside = np.clip((inwards - UNDER_FACE_COLUMNS + 0.6) / 0.5, 0, 1)
    above = places[..., 1] < skull.sides[0].edge[0, 1]
    return np.where(above, 1.0, outside[None]).astype(np.float32)


def _alpha(skull: Skull, places: F64, hair: F32) -> F32:
    """(h, w) 0..1: the surface ends at the jaw and the nape, or where hair ends."""
    y, z = places[..., 1], places[..., 2]
    alpha = np.zeros(places.shape[:2], np.float32)
    for side, here in _per_side(skull, places):
        z0 = float(side.tragus[2])
        jaw = [(float(p[2]), float(p[1]) + 0.2) for p in side.edge[LOBE + 1 :]]
        behind = [
            (float(side.edge[LOBE + 1, 2]) + 0.9, float(side.edge[LOBE + 1, 1]) + 0.1),
            (z0 + 2.0, side.lobe_cm + 0.8),
            (z0 + 3.0, side.lobe_cm + 0.5),
            (z0 + 5.0, side.lobe_cm + 1.0),
            (z0 + 30.0, side.lobe_cm + 1.8),
        ]
        line = np.array(sorted(jaw + behind))
        lowest = np.interp(z, line[:, 0], line[:, 1])
        # Behind the ear it goes over into the neck.
        soft = np.interp(z, [z0 + 2.0, z0 + 5.0], [0.5, _NAPE_SOFT_CM])
        solid = np.clip((lowest - y) / soft + 0.5, 0, 1)
        if side.hair_to_cm > side.lobe_cm:
            tress = np.clip((side.hair_to_cm - y) / 2.5, 0, 1) * hair
            solid = np.maximum(solid, tress)
        alpha = np.where(here, solid, alpha).astype(np.float32)
    return alpha


def _continued(rgb: F32, source: Bool, unit: float) -> F32 | None:
    """Hair (h, w, 3) over the whole texture, or None if there is none to continue.

    Colour and shade are led on smoothly; the strands upon them run to and fro over what was seen,
    row by row.
    """
    if source.sum() < (1.5 * unit) ** 2:
        return None
    weight = source.astype(np.float32)
    broad = fill_smooth(rgb, weight)
    sigma = _STRAND_CM * unit
    share = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    smooth = cv2.GaussianBlur(rgb * weight[..., None], (0, 0), sigma) / np.maximum(share, 1e-3)
    strands = (rgb - smooth) * weight[..., None]
    places = _to_and_fro(source, round(_SHORTEST_RUN_CM * unit), round(_LONGEST_RUN_CM * unit))
    # Rows without strands of their own run to and fro over those that have some.
    rows = _folded(places[:, 0] >= 0, 0, len(source))
    if rows is None:
        return broad
    detail = strands[rows[:, None], places[rows]]
    # The same strands over and over would be seen; they fade into the colour of the hair.
    away = cv2.distanceTransform((~source).astype(np.uint8), cv2.DIST_L2, 3)
    detail /= 1 + (away / (_FADES_OVER_CM * unit))[..., None]
    coarse = cv2.GaussianBlur(broad, (0, 0), sigma)
    return (coarse + detail).astype(np.float32)


def _to_and_fro(source: Bool, shortest: int, longest: int) -> I64:
    """(h, w) the column each pixel takes its strands from, -1 where its row has none."""
    places = np.full(source.shape, -1, np.int64)
    for y, row in enumerate(source):
        found = _folded(row, shortest, longest)
        if found is not None:
            places[y] = found
    return places


def _folded(known: Bool, shortest: int, longest: int) -> I64 | None:
    """(n,) where each place is taken from: itself, or the nearest known run, to and fro.

    shortest, longest: how long a run must be, and how much of it is used. None without a run.
    """
    at = np.flatnonzero(known)
    if len(at) == 0:
        return None
    breaks = np.flatnonzero(np.diff(at) > 1)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]]
    good = ends - starts >= shortest
    if not good.any():
        return None
    starts, ends = starts[good], ends[good]
    here = np.arange(len(known))
    gap = np.maximum(starts[None] - here[:, None], here[:, None] - ends[None])
    run = gap.argmin(axis=1)
    low, high = starts[run], ends[run]
    off = np.where(here < low, low - here, np.where(here > high, here - high, 0))
    length = np.maximum(np.minimum(high - low, longest), 1)
    folded = off % (2 * length)
    back = np.where(folded <= length, folded, 2 * length - folded)
    inside = np.where(here < low, low + back, np.where(here > high, high - back, here))
    return np.clip(inside, low, high).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Back:
    """All of a head that is not its front: surface and texture.

    vertices_cm: (n, 3). uv: (n, 2) px. triangles: (t, 3). rgba: (h, w, 4) uint8. hair: (h, w).
    """

    vertices_cm: F64
    uv: F32
    triangles: I32
    rgba: U8
    hair: F32


def with_ears(skull: Skull, painted: SkullTexture) -> Back:
    """The skull with ears where no hair covers them, their pictures below its own."""
    rows, columns = skull.points.shape[:2]
    vertices, uv = [skull.points.reshape(-1, 3)], [painted.uv(rows, columns)]
    triangles = [skull.triangles()]
    height, width = painted.hair.shape
    ear_width, ear_height = EAR_SIZE_WH
    rgba = np.zeros((height + ear_height, max(width, 2 * ear_width), 4), np.uint8)
    rgba[:height, :width] = painted.rgba
    for number, side in enumerate(skull.sides):
        if side.covered:
            continue
        front = side.tragus + np.array([-0.1 * side.sign, _EAR_BELOW_TRAGUS_CM, 0.35])
        points, places, faces = ear_sheet(side.sign, front, side.ear_out_cm)
        left = number * ear_width
        rgba[height:, left : left + ear_width] = painted_ear(_skin_beside(skull, painted, side))
        rgba[height:, left : left + ear_width, 3] = 255
        triangles.append(faces + np.int32(sum(map(len, vertices))))
        vertices.append(points)
        uv.append(places + np.array([left, height], np.float32))
    hair = np.zeros(rgba.shape[:2], np.float32)
    hair[:height, :width] = painted.hair
    return Back(np.vstack(vertices), np.vstack(uv), np.vstack(triangles), rgba, hair)


def _skin_beside(skull: Skull, painted: SkullTexture, side: Side) -> F64:
    """(3,) the skin's colour just before an ear."""
    rows, columns = skull.points.shape[:2]
    height, width = painted.hair.shape
    levels = skull.points[:, 0, 1]
    near = np.flatnonzero(np.abs(levels - side.tragus[1] - 1.0) < 1.6) * (height - 1) // (rows - 1)
    beside = round(5 * (width - 1) / (columns - 1))
    part = (
        np.s_[near[0] : near[-1] + 1, :beside]
        if side.sign < 0
        else np.s_[near[0] : near[-1] + 1, -beside:]
    )
    bare = painted.hair[part] < 0.3
    colours = painted.rgba[part][..., :3]
    return np.asarray(
        np.median(colours[bare] if bare.any() else colours.reshape(-1, 3), axis=0), np.float64
    )
