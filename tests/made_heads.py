"""Faces and heads made without a network: landmarks in a known pose, and a painted head."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from headswap.arrays import F32, F64, U8
from headswap.swapping.compose.body_cue import GRID_WH, BodyCue
from headswap.swapping.compose.grain import Grain
from headswap.swapping.compose.shading import LIGHT
from headswap.swapping.cutout import Cutout
from headswap.swapping.engines.protocol import Box, HeadLayer, HeadState
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.motion import Motion
from headswap.swapping.plan import Appearance
from headswap.swapping.reference import build_head
from headswap.vision.canonical_face import (
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_IRIS,
    canonical_face,
)
from headswap.vision.pose import Pose
from headswap.vision.scene import BLENDSHAPES, LANDMARKS, Track

PX_PER_CM = 6.0
SIZE_WH = (252, 324)
# The middle of the painted head's space in its picture.
MIDDLE_XY = (126.0, 136.0)
HAIR_RGB, SKIN_RGB, BEHIND_RGB = (70, 45, 30), (205, 160, 135), (40, 120, 60)


def turned(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0) -> F64:
    """(3, 3) rotation: yaw turns the nose to the right of the picture, pitch up, roll clockwise."""
    angles = [-pitch_deg, -yaw_deg, roll_deg]
    return Rotation.from_euler("XYZ", angles, degrees=True).as_matrix()


def shut_face() -> F64:
    """(468, 3) cm: the canonical face, which parts its lips, with them shut."""
    face = canonical_face().vertices_cm.astype(np.float64)
    upper, lower = INNER_LIPS[1:10], INNER_LIPS[:10:-1]
    face[upper] = face[lower] = (face[upper] + face[lower]) / 2
    return face


def with_irises(face: F64) -> F64:
    """(478, d): a face's 468 points and an iris 0.6 cm wide in the middle of each eye."""
    points = np.zeros((LANDMARKS, face.shape[1]))
    points[:FACE_VERTICES] = face
    ring = np.array([[0, 0], [1, 0], [0, -1], [-1, 0], [0, 1]]) * 0.6
    for lids, iris in ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)):
        points[iris] = face[lids].mean(axis=0)
        points[iris, :2] += ring
    return points


def one_pose(rotation: F64, scale: float, shift: tuple[float, float, float]) -> Pose:
    """The pose of one frame."""
    return Pose(rotation[None], np.array([scale]), np.array([shift], np.float64))


def face_at(x: float, y: float, scale: float = PX_PER_CM, rotation: F64 | None = None) -> F32:
    """(478, 3) float32 landmarks of a shut face: scale px per cm, its middle at (x, y)."""
    pose = one_pose(np.eye(3) if rotation is None else rotation, scale, (x, y, 0.0))
    return pose.to_frame(with_irises(shut_face()))[0].astype(np.float32)


def track_of(landmarks: F32, frames: list[int], shot: int = 0) -> Track:
    """A track of landmarks (k, 478, 3) at those frames, without expression."""
    k = len(frames)
    xy = landmarks[..., :2]
    return Track(
        shot=shot,
        frames=np.array(frames, np.int32),
        boxes_xyxy=np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1).astype(np.float32),
        landmarks=landmarks.astype(np.float32),
        blendshapes=np.zeros((k, BLENDSHAPES), np.float32),
        presence=np.ones(k, np.float32),
    )


def motion_of(landmarks: F32, rotation: F64, first: int = 0) -> Motion:
    """A motion without expression of faces (k, 478, 3), all `PX_PER_CM` large and so turned."""
    k = len(landmarks)
    # The nose's landmarks say where the middle is.
    middle = landmarks[:, 1] - PX_PER_CM * rotation @ shut_face()[1]
    return Motion(
        first=first,
        pose=Pose(np.repeat(rotation[None], k, 0), np.full(k, PX_PER_CM), middle.astype(float)),
        expression_cm=np.zeros((k, FACE_VERTICES, 3), np.float32),
        gaze=np.full((k, 2, 2), 0.5, np.float32),
        landmarks=landmarks,
        seen=np.ones(k, np.bool_),
    )


def appearance_of(motion: Motion, number: int = 0, obj_id: int = 0, shot: int = 0) -> Appearance:
    """One that may change 10 cm around the eyes."""
    return Appearance(
        number=number,
        obj_id=obj_id,
        shot=shot,
        motion=motion,
        reach_cm=np.tile([-10.0, -10.0, 10.0, 10.0], (len(motion.landmarks), 1)),
        lights=np.zeros((len(motion.landmarks), LIGHT), np.float32),
        drawn_tones=np.ones((len(motion.landmarks), 3), np.float32),
        drawn_lights=np.zeros((len(motion.landmarks), LIGHT), np.float32),
        drawn_soft_px=np.ones(len(motion.landmarks), np.float32),
        blur_px=np.zeros(len(motion.landmarks), np.float32),
        tones=np.full((len(motion.landmarks), 3), 60, np.float32),
        tone_spread=np.ones(3, np.float32),
        jaw=np.full(3, 60, np.float32),
        neck=np.full(3, 60, np.float32),
        grain=Grain(0.0, 0.0),
        bodies={},
    )


def flat_cue(top_cm: float = 8.0, skin_cm: float = 1.0, sure: float = 1.0) -> BodyCue:
    """A body with a level outline and the same label everywhere."""
    columns, rows = GRID_WH
    return BodyCue(
        np.full(columns, top_cm, np.float32),
        np.full(columns, sure, np.float32),
        np.full((rows, columns), skin_cm, np.float32),
        np.array(SKIN_RGB, np.float32),
    )


def ellipse(center_xy: tuple[float, float], radii_xy: tuple[float, float], soft: float = 1) -> F32:
    """(h, w) float32 of SIZE_WH: 1 in an ellipse, with an edge `soft` px wide."""
    width, height = SIZE_WH
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((x - center_xy[0]) / radii_xy[0], (y - center_xy[1]) / radii_xy[1])
    inside = (1 - away) * min(radii_xy) / soft + 0.5
    return np.clip(inside, 0, 1).astype(np.float32)


def painted_cutout() -> Cutout:
    """A frontal head with a face of skin in a cap of hair, `PX_PER_CM` large, eyes drawn dark."""
    x, y = MIDDLE_XY
    alpha = ellipse((x, y - 1.6 * PX_PER_CM), (9 * PX_PER_CM, 11.4 * PX_PER_CM), soft=2)
    face = ellipse((x, y + 0.8 * PX_PER_CM), (7.4 * PX_PER_CM, 8.6 * PX_PER_CM), soft=3)
    hair = (alpha * (1 - face)).astype(np.float32)
    landmarks = face_at(x, y)
    width, height = SIZE_WH
    # Shading tells places apart, so that a shifted or mirrored head is found out.
    shade = np.linspace(-25, 25, width)[None, :, None] + np.linspace(-15, 15, height)[:, None, None]
    rgb = face[..., None] * SKIN_RGB + (1 - face[..., None]) * HAIR_RGB + shade
    picture = np.clip(rgb, 0, 255).astype(np.uint8)
    for iris in (RIGHT_IRIS, LEFT_IRIS):
        center = landmarks[iris[0], :2].round().astype(int).tolist()
        cv2.circle(picture, center, 3, (10, 10, 10), -1)
    return Cutout(picture, alpha, hair, landmarks, PX_PER_CM)


def painted_head() -> HeadModel:
    """The head model of `painted_cutout`, at rest."""
    return build_head(painted_cutout(), np.zeros(BLENDSHAPES, np.float32))


def state_at(
    head: HeadModel, x: float, y: float, rotation: F64 | None = None, scale: float = PX_PER_CM
) -> HeadState:
    """The head at rest with its middle at (x, y) of a frame, looking as in its photo."""
    turn = np.eye(3) if rotation is None else rotation
    return HeadState(
        rotation=turn,
        scale=scale,
        shift=np.array([x, y, 0.0]),
        expression_cm=np.zeros((FACE_VERTICES, 3), np.float32),
        gaze=np.stack([eye.gaze for eye in head.eyes]),
        landmarks=face_at(x, y, scale, turn),
    )


def layer_of(box_xyxy: Box, rgb: U8, alpha: F32) -> HeadLayer:
    """A layer whose surface nobody knows."""
    return HeadLayer(box_xyxy, rgb, alpha, np.zeros(rgb.shape, np.float32))


def noise_picture(size_wh: tuple[int, int], seed: int = 0, blur_px: float = 1.0) -> U8:
    """(h, w, 3) uint8 coloured noise with detail about `blur_px` fine."""
    rng = np.random.default_rng(seed)
    raw = rng.standard_normal((size_wh[1], size_wh[0], 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(raw, (0, 0), blur_px)
    return np.clip(128 + 45 * smooth / smooth.std(), 0, 255).astype(np.uint8)
