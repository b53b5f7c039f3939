"""How a face moves: jaw, lids and smile as displacements of a head's surface points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64

JAW_HINGE_YZ = (124.0, 6.0)
JAW_OPEN_DEG = 19.0


@dataclass(frozen=True, slots=True)
class Expression:
    """jaw_open, blink and smile, each in 0..1; smile 1 is the portrait's own face."""

    jaw_open: float = 0.0
    blink: float = 0.0
    smile: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FaceFeatures:
    """The measured contours that move, each (k, 3) float64 in portrait pixels.

    Lips and eyes run corner, upper edge, corner, lower edge, as in `measures`.
    """

    lips_inner: F64
    eye_left: F64
    eye_right: F64


@dataclass(frozen=True, slots=True, eq=False)
class FaceRig:
    """Per surface point: what a relaxed mouth and closed lids add, and how far the jaw takes it."""

    relax: F32
    lids: F32
    jaw: F32

    def pose(self, points: F32, face: Expression) -> F32:
        """`points` (n, 3) with the expression put on."""
        moved = points + (1.0 - face.smile) * self.relax + face.blink * self.lids
        return swing_jaw(moved.astype(np.float32), self.jaw, face.jaw_open)


def swing_jaw(points: F32, weight: F32, jaw_open: float) -> F32:
    """Points (n, 3) turned about the jaw's hinge by their share (n,) of the opening."""
    angle = weight * np.float32(np.deg2rad(JAW_OPEN_DEG) * jaw_open)
    y, z = points[:, 1] - JAW_HINGE_YZ[0], points[:, 2] - JAW_HINGE_YZ[1]
    out = points.copy()
    out[:, 1] = JAW_HINGE_YZ[0] + y * np.cos(angle) + z * np.sin(angle)
    out[:, 2] = JAW_HINGE_YZ[1] + z * np.cos(angle) - y * np.sin(angle)
    return out


def build_rig(rest: F64, features: FaceFeatures) -> FaceRig:
    """The rig of a surface whose points lie at portrait coordinates `rest` (n, 2)."""
    relax = np.zeros((len(rest), 3))
    lips = features.lips_inner
    relax[:, 1] = _closing(rest, lips, seam=0.5, above_px=9.0, below_px=11.0)
    for corner, inward in ((lips[0], 1.0), (lips[len(lips) // 2], -1.0)):
        away = np.hypot(rest[:, 0] - corner[0], rest[:, 1] - corner[1])
        pull = np.exp(-0.5 * (away / 9.0) ** 2)
        relax[:, 0] += inward * 2.6 * pull
        relax[:, 1] += 2.2 * pull
    lids = np.zeros((len(rest), 3))
    for eye in (features.eye_left, features.eye_right):
        lids[:, 1] += _closing(rest, eye, seam=0.8, above_px=7.5, below_px=4.0)
    return FaceRig(
        relax.astype(np.float32),
        lids.astype(np.float32),
        _jaw_weight(rest, lips).astype(np.float32),
    )


def _contours(ring: F64, x: F64) -> tuple[F64, F64]:
    """Upper and lower edge of a ring (corner, upper, corner, lower) at each `x`."""
    half = len(ring) // 2
    upper, lower = ring[: half + 1], np.vstack([ring[half:], ring[:1]])[::-1]
    return np.interp(x, upper[:, 0], upper[:, 1]), np.interp(x, lower[:, 0], lower[:, 1])


def _closing(rest: F64, ring: F64, seam: float, above_px: float, below_px: float) -> F64:
    """(n,) how far down each point goes when the edges meet at `seam` (0 upper, 1 lower)."""
    x, y = rest[:, 0], rest[:, 1]
    top, bottom = _contours(ring, x)
    meet = top + seam * (bottom - top)
    reach_above = np.clip(1 - ((top - y) / above_px) ** 2, 0, 1) ** 2
    reach_below = np.clip(1 - ((y - bottom) / below_px) ** 2, 0, 1) ** 2
    return np.where(
        y < top,
        (meet - top) * reach_above,
        np.where(y > bottom, (meet - bottom) * reach_below, meet - y),
    )


def _jaw_weight(rest: F64, lips: F64) -> F64:
    """(n,) 1 for what hangs on the jaw, 0 above the mouth, soft beside the mouth's corners."""
    x, y = rest[:, 0], rest[:, 1]
    top, bottom = _contours(lips, x)
    half = len(lips) // 2
    beyond = np.maximum(lips[0, 0] - x, x - lips[half, 0])
    slack = np.clip(beyond + 1.0, 0.0, 14.0)
    t = np.clip((y - (top - slack)) / np.maximum(bottom - top + 2 * slack, 1e-3), 0, 1)
    return t * t * (3 - 2 * t)
