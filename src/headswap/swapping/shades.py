"""What a photo's own light makes of its head as it turns: how light it is drawn, and from where.

A cheek in the photo's shade is drawn dark wherever it turns to, while the scene's light stays where
it is. So the drawn head is looked at in a few poses as the survey looks at the scene's heads.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.arrays import F32, F64, U8, Bool
from headswap.swapping.calibration import DRAWN_PX_PER_CM, drawn_head, picture_of
from headswap.swapping.compose.light import light_gain
from headswap.swapping.compose.shading import light_of, turned_light
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.head_model import HeadModel
from headswap.swapping.motion import Motion
from headswap.swapping.skin import skin_tone
from headswap.vision.networks.landmarks import FaceLandmarks

_SAMPLES = 8
_ALL = 255
# Poses so far apart say little of each other; nearer ones than the second number, all the same.
_ALIKE_DEG = 10.0
_CLOSE_DEG = 2.0
_MAX_YAW_DEG = 55.0
# More than this is a shadow on half of a face, which no factor for the whole of it takes away.
_DARKEST, _BRIGHTEST = 0.8, 1.25


def shades_of(
    motion: Motion, head: HeadModel, engine: Engine, landmarks: FaceLandmarks
) -> tuple[F32, F32]:
    """How a head is lit in each frame when it is drawn with nothing but the photo's light.

    (k, 3) its skin's tone, as factors of coded RGB against the photo's. (k, 9) the light on it, in
    camera axes (see `light_of`): that of the photo turned with it, corrected by what is measured.
    """
    angles = motion.pose.yaw_pitch_roll_deg()[:, :2]
    turned = np.stack([turned_light(head.light, turn) for turn in motion.pose.rotation])
    strands = _hair_alone(head)
    at: list[int] = []
    looks: list[F64] = []
    for i in apart(angles, motion.seen, _SAMPLES):
        drawn = drawn_head(motion, i, head, engine, landmarks)
        if drawn is None:
            continue
        # All that is no bare skin: a strand over the cheek is no shade on it.
        level = picture_of(motion, i, strands, engine, _ALL)[..., 0]
        hair = (level / _ALL).astype(np.float32)
        tone = light_gain(skin_tone(drawn.rgb, drawn.landmarks, hair).mean, head.skin.mean)
        light = light_of(drawn.rgb, drawn.landmarks, DRAWN_PX_PER_CM, hair)
        at.append(i)
        looks.append(np.concatenate([np.log(tone), light - turned[i]]).astype(np.float64))
    if not at:
        return np.ones((len(turned), 3), np.float32), turned
    found = (nearest(angles, at) @ np.array(looks)).astype(np.float32)
    tones = np.clip(np.exp(found[:, :3]), _DARKEST, _BRIGHTEST)
    return tones, turned + found[:, 3:]


def _hair_alone(head: HeadModel) -> HeadModel:
    """The head painted with how much hair there is, 0 to 255."""

    def painted(hair: F32, alpha: U8) -> U8:
        level = np.round(hair * _ALL).astype(np.uint8)
        return np.dstack([level, level, level, alpha])

    return replace(
        head,
        texture=painted(head.hair, head.texture[..., 3]),
        back_texture=painted(head.back_hair, head.back_texture[..., 3]),
    )


def apart(places_deg: F64, seen: Bool, count: int) -> list[int]:
    """At most so many frames, by number, that lie far from each other and show the face.

    places_deg: (k, n) yaw, pitch, and what else is to vary.
    """
    usable = np.flatnonzero((np.abs(places_deg[:, 0]) < _MAX_YAW_DEG) & seen)
    chosen: list[int] = []
    gap = np.abs(places_deg).sum(axis=1)
    while len(chosen) < min(count, len(usable)):
        # First the most turned one, then always what is farthest from all others.
        chosen.append(int(usable[gap[usable].argmax()]))
        away = np.linalg.norm(places_deg - places_deg[chosen[-1]], axis=1)
        gap = away if len(chosen) == 1 else np.minimum(gap, away)
        if gap[usable].max() < _CLOSE_DEG:
            break
    return chosen


def nearest(places_deg: F64, at: list[int]) -> F64:
    """(k, s) how much each frame takes from the frames `at`, by nearness of their places (k, n).

    Weighted, so that nothing overshoots between them.
    """
    away = np.linalg.norm(places_deg[:, None] - places_deg[at][None], axis=2) / _ALIKE_DEG
    nearness = np.exp(-0.5 * (away**2 - away.min(axis=1, keepdims=True) ** 2))
    return np.asarray(nearness / nearness.sum(axis=1, keepdims=True), np.float64)
