"""How a person moves: their neutral face, and smooth pose, expression and gaze for every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64, I32, I64, Bool
from headswap.swapping.eyes import eye_coordinates
from headswap.swapping.smoothing import gaussian_mean
from headswap.vision.canonical_face import (
    LEFT_EYE,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_IRIS,
    canonical_face,
)
from headswap.vision.expression import closed, expression_offset
from headswap.vision.gaps import longest_gap
from headswap.vision.networks.blendshapes import NAMES
from headswap.vision.pose import Pose, fit_pose
from headswap.vision.scene import Track

FACE = 468
_GAZE_BLENDSHAPES = [i for i, name in enumerate(NAMES) if name.startswith("eyeLook")]
# Frames; enough to remove the landmark network's tremble, too little to be seen as lag.
_POSE_SIGMA = 1.5
_FACE_SIGMA = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """One head through consecutive frames of a shot, every frame from `first` on.

    pose: (k frames). expression_cm: (k, 468, 3) float32 from the person's neutral. gaze: (k, 2, 2)
    float32, right and left iris along and across the eye. landmarks: (k, 478, 3) float32 px.
    seen: (k,) bool, False where the face was not found and the values are bridged: carried along
    with the head, or interpolated.
    """

    first: int
    pose: Pose
    expression_cm: F32
    gaze: F32
    landmarks: F32
    seen: Bool


def neutral_face(tracks: list[Track]) -> F64:
    """(468, 3) float64 cm: a person's face at rest, from all their tracks.

    Frames count the more the less they show an expression and the less they are turned; those in
    which no face was found, not at all.
    """
    shapes, weights = [], []
    for track in tracks:
        pose = fit_pose(track.landmarks)
        offset = expression_offset(track.blendshapes)
        shapes.append(pose.to_head(track.landmarks)[:, :FACE] - offset)
        yaw, pitch, _ = np.radians(pose.yaw_pitch_roll_deg()).T
        activity = np.delete(track.blendshapes, _GAZE_BLENDSHAPES, axis=1).sum(axis=1)
        weight = np.exp(-1.5 * activity) * np.cos(yaw) ** 8 * np.cos(pitch) ** 4
        weights.append(weight * (track.presence > 0) + 1e-9)
    shape, weight = np.concatenate(shapes), np.concatenate(weights)
    return np.einsum("k,kni->ni", weight / weight.sum(), shape)


def continuous(tracks: list[Track], rate: float) -> list[Track]:
    """A person's tracks, joined over gaps that are bridged and parted at longer ones."""
    parts = [part for track in tracks for part in _parted(track, rate)]
    parts.sort(key=lambda part: (part.shot, int(part.frames[0])))
    joined: list[Track] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is not None and last.shot == part.shot:
            gap = int(part.frames[0] - last.frames[-1])
            if 0 < gap <= longest_gap(rate) + 1:
                joined[-1] = _concatenated(last, part)
                continue
            if gap <= 0:
                # Two views of one person at once cannot both be right; the first is kept.
                after = np.flatnonzero(part.frames > last.frames[-1])
                if len(after):
                    joined[-1] = _concatenated(last, _picked(part, after))
                continue
        joined.append(part)
    return joined


def _parted(track: Track, rate: float) -> list[Track]:
    cuts = np.flatnonzero(np.diff(track.frames) > longest_gap(rate) + 1) + 1
    return [_picked(track, places) for places in np.split(np.arange(len(track.frames)), cuts)]


def _picked(track: Track, places: I64) -> Track:
    return Track(
        shot=track.shot,
        frames=track.frames[places],
        boxes_xyxy=track.boxes_xyxy[places],
        landmarks=track.landmarks[places],
        blendshapes=track.blendshapes[places],
        presence=track.presence[places],
    )


def _concatenated(a: Track, b: Track) -> Track:
    return Track(
        shot=a.shot,
        frames=np.concatenate([a.frames, b.frames]),
        boxes_xyxy=np.concatenate([a.boxes_xyxy, b.boxes_xyxy]),
        landmarks=np.concatenate([a.landmarks, b.landmarks]),
        blendshapes=np.concatenate([a.blendshapes, b.blendshapes]),
        presence=np.concatenate([a.presence, b.presence]),
    )


def follow(track: Track, neutral: F64) -> Motion:
    """The motion of one track, its gaps bridged, smoothed with look-ahead."""
    landmarks, seen = bridge(track)
    pose = _smooth_pose(fit_pose(landmarks, neutral))
    smooth: F32 = gaussian_mean(landmarks, _FACE_SIGMA).astype(np.float32)
    own = fit_pose(smooth, neutral)
    gaze = gaze_of(smooth)
    return Motion(
        first=int(track.frames[0]),
        pose=pose,
        # A mouth that is open all the time does not rest; lips on lips are the same in everybody.
        expression_cm=_expression(smooth, own, closed(neutral)),
        gaze=gaussian_mean(gaze, _FACE_SIGMA).astype(np.float32),
        landmarks=smooth,
        seen=seen,
    )


def _expression(landmarks: F32, pose: Pose, neutral: F64) -> F32:
    """(k, 468, 3) cm by which each face differs from itself at rest."""
    gain = mobility()[:, None]
    expression = np.empty((len(landmarks), FACE, 3), np.float32)
    # Frame by frame: in float64 a long clip at once would be several times the clip's landmarks.
    for i, face in enumerate(landmarks[:, :FACE]):
        at = Pose(pose.rotation[i : i + 1], pose.scale[i : i + 1], pose.shift[i : i + 1])
        expression[i] = (at.to_head(face[None])[0] - neutral) * gain
    return expression


def bridge(track: Track) -> tuple[F32, Bool]:
    """Landmarks for every frame from the track's first to its last, and which were seen."""
    frames = np.arange(track.frames[0], track.frames[-1] + 1)
    seen = np.isin(frames, track.frames[track.presence > 0])
    place = np.interp(frames, track.frames, np.arange(len(track.frames)))
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(track.frames) - 1)
    part = (place - low)[:, None, None].astype(np.float32)
    return track.landmarks[low] * (1 - part) + track.landmarks[high] * part, seen


def mobility() -> F64:
    """(468,) 0..1: how much of a landmark's own motion is taken for expression.

    Bone does not move: at nose bridge, temples and forehead rim what is left after the rigid fit
    is the landmark network's noise and the other person's shape seen from another side.
    """
    face = canonical_face().vertices_cm
    x, y = np.abs(face[:, 0]), face[:, 1]
    gain = np.ones(FACE)
    gain *= np.clip((8.0 - np.hypot(x, np.maximum(0.0, -y - 2.0))) / 2.5, 0.25, 1.0)
    bridge_of_nose = (x < 1.6) & (y > -3.5) & (y < 1.5)
    gain[bridge_of_nose] *= 0.4
    return gain


def _smooth_pose(pose: Pose) -> Pose:
    """Gaussian smoothing over time; rotations as averaged matrices brought back to SO(3)."""
    mean = gaussian_mean(pose.rotation, _POSE_SIGMA)
    u, _, vt = np.linalg.svd(mean)
    fix = np.ones((len(mean), 3))
    fix[:, 2] = np.sign(np.linalg.det(u @ vt))
    return Pose(
        rotation=(u * fix[:, None]) @ vt,
        scale=gaussian_mean(pose.scale, 2 * _POSE_SIGMA),
        shift=gaussian_mean(pose.shift, _POSE_SIGMA),
    )


def gaze_of(landmarks: F32) -> F32:
    """(k, 2, 2) of landmarks (k, 478, 3): both irises' places, as in `Motion`."""
    return np.stack(
        [_gaze(landmarks, RIGHT_EYE, RIGHT_IRIS), _gaze(landmarks, LEFT_EYE, LEFT_IRIS)], 1
    )


def _gaze(landmarks: F32, ring: I32, iris: I32) -> F32:
    parts = ((face[ring], face[iris[:1]]) for face in landmarks)
    places = [eye_coordinates(a.astype(np.float64), b.astype(np.float64)) for a, b in parts]
    return np.array([[along[0], across[0]] for along, across in places], np.float32)
