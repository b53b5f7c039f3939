"""How much a drawn head is to be softened in each frame, to be as sharp as the scene's face."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, F64, I64, U8
from headswap.swapping.calibration import MOUTH_RGB, state_at
from headswap.swapping.compose.sharpness import blur_between, softness
from headswap.swapping.engines.mesh import pose_vertices
from headswap.swapping.engines.protocol import Engine
from headswap.swapping.head_model import FACE_VERTICES, HeadModel
from headswap.swapping.motion import Motion
from headswap.swapping.shades import apart, nearest

_SAMPLES = 6
# Twice the size says as little of the softness as so many degrees of a turn.
_DOUBLE_DEG = 20.0
_ROOM_PX = 8
# Key frames over which the middle one counts: eyes close and hands pass.
_KEYS = 5
# A lens and an encoder leave no face of few pixels as sharp as it can be drawn, and halos of
# sharpening are taken for more; so heads up to the first size are softened by so much at least.
_LEAST_PX, _SMALL_PX_CM = 0.5, (5.0, 9.0)
# Softer than this a face is hardly one any more: hair and shade before it were measured.
_MOST_CM = 0.3


def drawn_softness(motion: Motion, head: HeadModel, engine: Engine) -> F32:
    """(k,) px: how soft the head is in each frame before it is softened, see `softness`."""
    size = _DOUBLE_DEG * np.log2(motion.pose.scale)[:, None]
    places = np.column_stack([motion.pose.yaw_pitch_roll_deg()[:, :2], size - np.median(size)])
    found = {i: _drawn(motion, i, head, engine) for i in apart(places, motion.seen, _SAMPLES)}
    at = [i for i, soft in found.items() if not np.isnan(soft)]
    if not at:
        return np.full(len(places), np.nan, np.float32)
    known = np.array([found[i] for i in at])
    return (nearest(places, at) @ known).astype(np.float32)


def _drawn(motion: Motion, i: int, head: HeadModel, engine: Engine) -> float:
    state = state_at(motion, i, float(motion.pose.scale[i]), np.zeros(3))
    face = pose_vertices(head, state)[:FACE_VERTICES, :2]
    low, high = np.floor(face.min(axis=0)) - _ROOM_PX, np.ceil(face.max(axis=0)) + _ROOM_PX
    state = state_at(motion, i, state.scale, np.append(-low, 0.0))
    width, height = (high - low).astype(int).tolist()
    mouth: U8 = np.full((height, width, 3), MOUTH_RGB, np.uint8)
    layer = engine.draw(head, state, (0, 0, width, height), mouth)
    return softness(layer.rgb, face - low - layer.box_xyxy[:2], state.scale)


def settled_blur(frames: I64, at: I64, seen_px: F64, drawn_px: F64, scale_px_cm: F64) -> F32:
    """(k,) the blur (sigma in px) of the head in each of `frames`, where it is so large, (k,).

    at: (n,) key frames; seen_px, drawn_px: (n,) how soft face and head are in them, nan where not
    known. The middle one of key frames near in time counts.
    """
    least = np.interp(scale_px_cm, _SMALL_PX_CM, (_LEAST_PX, 0.0)).astype(np.float32)
    known = ~np.isnan(seen_px + drawn_px)
    if not known.any():
        return least
    blur = blur_between(seen_px[known], drawn_px[known])
    framed = np.pad(blur, _KEYS // 2, mode="reflect")
    steady = np.median(np.lib.stride_tricks.sliding_window_view(framed, _KEYS), axis=1)
    blur = np.minimum(np.interp(frames, at[known], steady), _MOST_CM * scale_px_cm)
    return np.maximum(least, blur).astype(np.float32)
