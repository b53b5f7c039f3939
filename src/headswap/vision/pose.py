"""Head pose: the rigid motion and scale that take a face shape to the landmarks of a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64
from headswap.vision.canonical_face import canonical_face


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Weak-perspective poses of one head in k frames: pixels = scale * rotation @ cm + shift.

    rotation: (k, 3, 3) float64. scale: (k,) float64, pixels per centimetre.
    shift: (k, 3) float64, pixels.
    """

    rotation: F64
    scale: F64
    shift: F64

    def __post_init__(self) -> None:
        k = len(self.scale)
        if self.rotation.shape != (k, 3, 3) or self.shift.shape != (k, 3):
            raise ValueError("Pose arrays disagree about the number of frames")

    def to_head(self, points_px: F32) -> F64:
        """Landmarks (k, n, 3) in pixels, taken into head space (centimetres, facing us)."""
        centred = (points_px - self.shift[:, None]) / self.scale[:, None, None]
        return np.einsum("kij,kni->knj", self.rotation, centred)

    def to_frame(self, points_cm: F64) -> F64:
        """Points (k, n, 3) or (n, 3) of head space, taken into frame pixels: (k, n, 3)."""
        points = np.broadcast_to(points_cm, (len(self.scale), *points_cm.shape[-2:]))
        turned = np.einsum("kij,knj->kni", self.rotation, points)
        return turned * self.scale[:, None, None] + self.shift[:, None]

    def yaw_pitch_roll_deg(self) -> F64:
        """Angles (k, 3) in degrees; 0 faces the camera, yaw > 0 turns to the image's right."""
        r = self.rotation
        # Rolled last: a head that only nods and turns has no roll.
        yaw = np.arctan2(r[:, 2, 0], np.hypot(r[:, 2, 1], r[:, 2, 2]))
        pitch = np.arctan2(-r[:, 2, 1], r[:, 2, 2])
        roll = np.arctan2(r[:, 1, 0], r[:, 0, 0])
        return np.degrees(np.stack([yaw, pitch, roll], axis=1))


def fit_pose(points_px: F32, shape_cm: F32 | F64 | None = None, weights: F32 | None = None) -> Pose:
    """The least-squares pose of a shape in each frame (Umeyama, PAMI 1991).

    points_px: (k, n, 3) with n >= 468. shape_cm: (468, 3), the canonical face when absent.
    weights: (468,), the canonical mesh's weights for rigid fits when absent.
    """
    mesh = canonical_face()
    shape = np.asarray(mesh.vertices_cm if shape_cm is None else shape_cm, np.float64)[:468]
    w = np.asarray(mesh.rigid_weights if weights is None else weights, np.float64)
    used = w > 0
    w = w[used] / w[used].sum()
    source, target = shape[used], points_px[:, :468][:, used].astype(np.float64)
    source_mean = w @ source
    target_mean = np.einsum("n,kni->ki", w, target)
    a = source - source_mean
    b = target - target_mean[:, None]
    u, d, vt = np.linalg.svd(np.einsum("n,kni,nj->kij", w, b, a))
    sign = np.ones_like(d)
    sign[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt
    scale = (d * sign).sum(1) / (w @ (a**2).sum(1))
    shift = target_mean - scale[:, None] * np.einsum("kij,j->ki", rotation, source_mean)
    return Pose(rotation=rotation, scale=scale, shift=shift)
