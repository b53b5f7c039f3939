"""A head as a closed surface: front from measured points, back rounded off behind the outline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import gaussian_filter1d

from headswap.arrays import F32, F64, I32

AROUND = 224
FRONT = 88
BACK = 40
BACK_DEG = 162.0  # the last ring's angle; what lies behind it is never seen
EYE_TO_CAMERA = 1100.0  # camera distance in portrait pixels, about two metres


@dataclass(frozen=True, slots=True, eq=False)
class HeadMesh:
    """A surface over the portrait: `points` (n, 3) float32 in portrait pixels (z to the viewer),
    `uv` (n, 2) float32 the portrait pixel each point shows, `triangles` (m, 3) int32.
    """

    points: F32
    uv: F32
    triangles: I32

    def __post_init__(self) -> None:
        n = len(self.points)
        if self.points.shape != (n, 3) or self.uv.shape != (n, 2) or self.triangles.shape[1] != 3:
            raise ValueError("HeadMesh wants points (n, 3), uv (n, 2) and triangles (m, 3)")

    def normals(self) -> F32:
        """(n, 3) float32 unit normals, pointing out of the head."""
        a, b, c = (self.points[self.triangles[:, k]] for k in range(3))
        face = np.cross(b - a, c - a)
        total = np.zeros_like(self.points)
        for k in range(3):
            np.add.at(total, self.triangles[:, k], face)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        return (total / np.maximum(length, 1e-6)).astype(np.float32)


def undo_perspective(points: F64 | F32, centre: F64) -> F64:
    """Points (n, 3) moved so that, seen from the front, the camera shows them where they were."""
    out = np.array(points, np.float64)
    out[:, :2] = centre + (out[:, :2] - centre) * (1.0 - out[:, 2:] / EYE_TO_CAMERA)
    return out


def outline_radius(outline: F64, centre: F64, angles: F64, blur: float) -> F64:
    """(k,) distance from `centre` to a star-shaped closed `outline` (n, 2) at each angle (rad)."""
    closed = np.vstack([outline, outline[:1]]) - centre
    steps = np.linspace(0.0, 1.0, 24, endpoint=False)[:, None]
    dense = np.concatenate([a + (b - a) * steps for a, b in pairwise(closed)])
    around = np.arctan2(dense[:, 1], dense[:, 0])
    order = np.argsort(around)
    radius = np.interp(
        angles, around[order], np.hypot(dense[:, 0], dense[:, 1])[order], period=2 * np.pi
    )
    return gaussian_filter1d(radius, blur, mode="wrap") if blur else radius


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """The plain rounded head: rings about `centre` (2,) that widen to the outline and close behind.

    angles, radius, rim: (AROUND,) direction, distance and depth of the outline; top_z: depth of
    the centre; back_z: of the hindmost ring.
    """

    centre: F64
    angles: F64
    radius: F64
    rim: F64
    top_z: float
    back_z: float

    def reach(self) -> F64:
        """(AROUND, 2) from the centre to the outline."""
        return self.radius[:, None] * np.column_stack([np.cos(self.angles), np.sin(self.angles)])

    def points(self, phi: F64) -> F64:
        """(len(phi) * AROUND, 3) the rings at those angles from the viewer's axis (rad)."""
        xy = self.centre + np.sin(phi)[:, None, None] * self.reach()
        ahead = phi[:, None] <= np.pi / 2
        depth = np.where(ahead, self.top_z - self.rim, self.rim - self.back_z)
        z = self.rim + depth * np.cos(phi)[:, None]
        return np.concatenate([xy, z[..., None]], axis=2).reshape(-1, 3)

    def depth_at(self, xy: F64) -> F64:
        """(n,) depth of the front at portrait coordinates (n, 2)."""
        offset = xy - self.centre
        at = np.arctan2(offset[:, 1], offset[:, 0])
        far = np.interp(at, self.angles, self.radius, period=2 * np.pi)
        share = np.hypot(offset[:, 0], offset[:, 1]) / far
        edge = np.interp(at, self.angles, self.rim, period=2 * np.pi)
        return edge + (self.top_z - edge) * np.sqrt(np.clip(1.0 - share**2, 0.0, 1.0))


def build_mesh(
    outline: F64,
    centre: F64,
    anchors: F64,
    *,
    rim_z: F64,
    back_z: float,
    inset_px: float,
    blur: float = 0.6,
) -> HeadMesh:
    """The closed surface inside `outline` (n, 2) that passes near `anchors` (k, 3).

    rim_z: (n,) depth of the outline's points. back_z: depth of the hindmost point.
    inset_px: how far inside the outline its colours are taken, to stay clear of the background.
    blur: how far the outline is smoothed, in steps of the surface's rings.
    """
    angles = np.linspace(-np.pi, np.pi, AROUND, endpoint=False)
    offset = outline - centre
    at = np.arctan2(offset[:, 1], offset[:, 0])
    order = np.argsort(at)
    rim = np.interp(angles, at[order], rim_z[order], period=2 * np.pi)
    nearest = np.argmin(np.hypot(anchors[:, 0] - centre[0], anchors[:, 1] - centre[1]))
    rings = _Rings(
        centre,
        angles,
        outline_radius(outline, centre, angles, blur),
        gaussian_filter1d(rim, 4.0, mode="wrap"),
        float(anchors[nearest, 2]),
        back_z,
    )
    front_phi = np.deg2rad(np.linspace(0, 90, FRONT + 1)[1:])
    back_phi = np.deg2rad(np.linspace(90, BACK_DEG, BACK + 1)[1:])
    front = np.vstack([[*centre, rings.top_z], rings.points(front_phi)])
    front[:, 2] += _bend(rings, anchors)(front[:, :2])
    # Behind the outline the surface shows the colours just inside it, mirrored.
    shown = 1.0 - inset_px / rings.radius
    mirrored = shown * (1.0 - 0.45 * (back_phi / (np.pi / 2) - 1.0))[:, None]
    uv = np.vstack(
        [
            centre[None],
            centre + (front[1:, :2] - centre) * np.tile(shown, FRONT)[:, None],
            centre + (mirrored[:, :, None] * rings.reach()).reshape(-1, 2),
        ]
    )
    points = np.vstack([front, rings.points(back_phi)])
    return HeadMesh(
        points.astype(np.float32), uv.astype(np.float32), _triangles(FRONT + BACK, AROUND)
    )


def _bend(rings: _Rings, anchors: F64) -> RBFInterpolator:
    """What to add to the plain depth so that it meets the anchors, and nothing at the outline."""
    rim = rings.centre + rings.reach()[::3]
    return RBFInterpolator(
        np.vstack([anchors[:, :2], rim]),
        np.concatenate([anchors[:, 2] - rings.depth_at(anchors[:, :2]), np.zeros(len(rim))]),
        smoothing=4.0,
    )


def ring_angle_deg(count: int) -> F64:
    """(count,) for each point of a `build_mesh` surface, its ring: 0 nearest, 90 on the outline."""
    rings = np.concatenate(
        [np.linspace(0, 90, FRONT + 1)[1:], np.linspace(90, BACK_DEG, BACK + 1)[1:]]
    )
    return np.concatenate([[0.0], np.repeat(rings, AROUND)])[:count]


def _triangles(rings: int, around: int) -> I32:
    """Index rows for a fan about point 0, then `rings` rings of `around` points."""
    here = np.arange(around)
    after = (here + 1) % around
    rows = [np.stack([np.zeros_like(here), 1 + here, 1 + after], axis=1)]
    for r in range(rings - 1):
        a, b = 1 + r * around, 1 + (r + 1) * around
        rows.append(np.stack([a + here, b + here, b + after], axis=1))
        rows.append(np.stack([a + here, b + after, a + after], axis=1))
    return np.concatenate(rows).astype(np.int32)
