"""Corrects a head's pose and place by looking at what was drawn.

Two faces in the same pose are not measured the same: a rigid fit takes a long nose or a deep jaw
for a turn. So the new head is drawn as planned in a few poses, measured like any face, and turned
and moved back by what it is off; the rest varies smoothly with the pose itself and is fitted so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from headswap.arrays import F32, F64, U8
from headswap.swapping.engines.protocol import Engine, HeadState
from headswap.swapping.head_model import HeadModel
from headswap.swapping.motion import Motion
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.pose import Pose, fit_pose

_SAMPLES = 14
# Part of the error that is taken back. All of it would serve the measured pose best, but likeness
# suffers: part of what looks like a turn is the shape of the new face.
_PART = 0.9
_FURTHER_NOD, _NOD_DEG = 0.3, 8.0
# By less than this the network itself is off about where a drawn face is.
_BLUNT_CM = 0.12
# The point between the eyes, about which heads are turned.
_EYES_CM = np.array([[0.0, -2.4, -2.0]])
_MAX_YAW_DEG = 55.0
_MIN_PRESENCE = 0.5
# Faces are drawn this large for measuring, whatever their size in the video.
DRAWN_PX_PER_CM = 10.0
_CANVAS_CM = (40, 46)
_CENTRE_PX = DRAWN_PX_PER_CM * np.array([0.5 * _CANVAS_CM[0], 0.45 * _CANVAS_CM[1], 0.0])
_BACKDROP = 128
# What is seen between open lips.
MOUTH_RGB = (70, 35, 35)
# How strongly the correction is held to a constant where poses hardly vary.
_RIDGE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn head, (h, w, 3) uint8, and the landmarks (478, 3) float32 px that are found on it."""

    rgb: U8
    landmarks: F32


def calibrated(motion: Motion, head: HeadModel, engine: Engine, landmarks: FaceLandmarks) -> Motion:
    """The motion with its poses corrected for this head; unchanged if it cannot be measured."""
    samples = spread(motion, _SAMPLES)
    found = [(i, _off(motion, i, head, engine, landmarks)) for i in samples]
    known = [(i, off) for i, off in found if off is not None]
    if len(known) < 2:
        return motion
    off = _fitted(motion, [i for i, _ in known], np.array([off for _, off in known]))
    back = _PART * off[:, :3]
    # A nod seen from the places of landmarks alone is smaller than their depths make it, so
    # that one is not made larger still.
    pitch = motion.pose.yaw_pitch_roll_deg()[:, 1]
    nodding = np.clip(np.sign(back[:, 0]) * pitch / _NOD_DEG, 0, 1)
    back[:, 0] *= 1 - (1 - _FURTHER_NOD) * nodding
    rotation = Rotation.from_rotvec(-back).as_matrix() @ motion.pose.rotation
    return replace(motion, pose=_moved_back(_turned(motion.pose, rotation), off[:, 3:]))


def spread(motion: Motion, count: int) -> list[int]:
    """At most so many frames, by number within the motion, that spread over the poses it takes."""
    yaw = motion.pose.yaw_pitch_roll_deg()[:, 0]
    usable = np.flatnonzero((np.abs(yaw) < _MAX_YAW_DEG) & motion.seen)
    if len(usable) == 0:
        return []
    order = usable[np.argsort(yaw[usable], kind="stable")]
    places = np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)
    return [int(i) for i in order[np.unique(places)]]


def _off(
    motion: Motion,
    i: int,
    head: HeadModel,
    engine: Engine,
    landmarks: FaceLandmarks,
) -> F64 | None:
    """How the drawn head is off the pose seen in the frame, or None.

    (5,): a rotation vector, and how far it is to the right and down, in cm.
    """
    found = drawn_head(motion, i, head, engine, landmarks)
    if found is None:
        return None
    drawn, seen = (
        fit_pose(found.landmarks[None]),
        fit_pose(_moved(motion, i, DRAWN_PX_PER_CM, _CENTRE_PX)[None]),
    )
    turn = Rotation.from_matrix(drawn.rotation[0] @ seen.rotation[0].T).as_rotvec()
    place = (drawn.to_frame(_EYES_CM) - seen.to_frame(_EYES_CM))[0, 0, :2]
    return np.concatenate([turn, place / DRAWN_PX_PER_CM])


def drawn_head(
    motion: Motion,
    i: int,
    head: HeadModel,
    engine: Engine,
    landmarks: FaceLandmarks,
) -> Drawn | None:
    """The head as it is drawn in the motion's frame i, in the photo's light; None if not found."""
    picture = picture_of(motion, i, head, engine)
    state = state_at(motion, i, DRAWN_PX_PER_CM, _CENTRE_PX)
    mesh = landmarks.find(picture, roi_from_landmarks(state.landmarks))
    return Drawn(picture, mesh.landmarks) if mesh.presence >= _MIN_PRESENCE else None


def picture_of(
    motion: Motion, i: int, head: HeadModel, engine: Engine, backdrop: int = _BACKDROP
) -> U8:
    """(h, w, 3) the head as it is drawn in the motion's frame i, before a grey of this level."""
    width, height = (round(side * DRAWN_PX_PER_CM) for side in _CANVAS_CM)
    state = state_at(motion, i, DRAWN_PX_PER_CM, _CENTRE_PX)
    picture: U8 = np.full((height, width, 3), backdrop, np.uint8)
    mouth: U8 = np.full_like(picture, MOUTH_RGB)
    layer = engine.draw(head, state, (0, 0, width, height), mouth)
    x0, y0, x1, y1 = layer.box_xyxy
    over = layer.rgb * layer.alpha[..., None] + backdrop * (1 - layer.alpha[..., None])
    picture[y0:y1, x0:x1] = np.clip(over, 0, 255)
    return picture


def state_at(motion: Motion, i: int, px_per_cm: float, shift_px: F64) -> HeadState:
    """The head's state in the motion's frame i, as large as this and elsewhere."""
    return HeadState(
        rotation=motion.pose.rotation[i],
        scale=px_per_cm,
        shift=shift_px,
        expression_cm=motion.expression_cm[i],
        gaze=motion.gaze[i],
        landmarks=_moved(motion, i, px_per_cm, shift_px),
    )


def _moved(motion: Motion, i: int, px_per_cm: float, shift_px: F64) -> F32:
    """The frame's landmarks (478, 3), scaled and shifted to where the head is drawn."""
    factor = px_per_cm / motion.pose.scale[i]
    return ((motion.landmarks[i] - motion.pose.shift[i]) * factor + shift_px).astype(np.float32)


def _fitted(motion: Motion, at: list[int], off: F64) -> F64:
    """(k, n) for all frames of what is off, (s, n), at some: linear in yaw and pitch.

    By ridge regression.
    """
    angles = np.radians(motion.pose.yaw_pitch_roll_deg()[:, :2])
    angles = np.clip(angles, -np.radians(_MAX_YAW_DEG), np.radians(_MAX_YAW_DEG))
    # Squared as well: near profile the network errs more than in proportion.
    features = np.column_stack([np.ones(len(angles)), angles, angles[:, :1] ** 2])
    a = features[at]
    penalty = np.diag([0.0, _RIDGE, _RIDGE, _RIDGE])
    return features @ np.linalg.solve(a.T @ a + penalty, a.T @ off)


def _turned(pose: Pose, rotation: F64) -> Pose:
    """The pose with other rotations about the point between the eyes, which stays in place."""
    before = pose.to_frame(_EYES_CM)[:, 0]
    turned = replace(pose, rotation=rotation)
    return replace(turned, shift=pose.shift + before - turned.to_frame(_EYES_CM)[:, 0])


def _moved_back(pose: Pose, off_cm: F64) -> Pose:
    """The pose moved by what of (k, 2) cm, to the right and down, is more than measuring errs."""
    far = np.linalg.norm(off_cm, axis=1, keepdims=True)
    sure = off_cm * np.maximum(0, 1 - _BLUNT_CM / np.maximum(far, 1e-9))
    shift = pose.shift.copy()
    shift[:, :2] -= pose.scale[:, None] * sure
    return replace(pose, shift=shift)
