"""Lays bodies, heads and what is held before them over a picture; each gives its alpha."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from headswap.arrays import F32, F64
from headswap.sample.body import BODY_SCALE, body
from headswap.sample.draw import HeadLayer, Placement
from headswap.sample.hand import PALM_XY, UNITS, hand
from headswap.sample.microphone import BALL_XY, microphone
from headswap.sample.motion import Motion, hand_reach, motion
from headswap.sample.person import person
from headswap.sample.spec import Identity, SampleSpec
from headswap.sample.staging import cast_of, placement

_CLOTH = {Identity.ASTRONAUT: (222.0, 92.0, 44.0), Identity.SECOND: (58.0, 96.0, 158.0)}


@lru_cache(maxsize=8)
def _body_picture(identity: Identity, halvings: int) -> F32:
    picture = body(identity).rgba
    for _ in range(halvings):
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.float32)


def put_body(
    identity: Identity, place: Placement, moment: Motion, pictures: tuple[F32, ...]
) -> F32:
    """Draws the body into each picture, in place; gives its alpha (h, w)."""
    height, width = pictures[0].shape[:2]
    halvings = max(0, int(np.floor(np.log2(BODY_SCALE / place.scale))))
    zoom = place.scale / BODY_SCALE * 2**halvings
    pivot = body(identity).pivot_xy
    lean = np.deg2rad(0.12 * moment.roll_deg)
    turn = zoom * np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    offset = np.array(place.pivot_xy) - 0.5 - turn @ (np.array(pivot) / 2**halvings - 0.5)
    shown = cv2.warpAffine(
        _body_picture(identity, halvings), np.column_stack([turn, offset]), (width, height)
    )
    alpha = shown[..., 3] / 255
    for picture in pictures:
        np.multiply(picture, 1 - alpha[..., None], out=picture)
        np.add(picture, shown[..., :3], out=picture)
    return alpha.astype(np.float32)


def put_head(layer: HeadLayer, picture: F32) -> F32:
    """Draws the head into `picture`, in place; gives its alpha (h, w) over the whole frame."""
    height, width = picture.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    x, y = layer.origin_xy
    h, w = layer.alpha.shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
    if x0 < x1 and y0 < y1:
        cut = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        alpha[y0:y1, x0:x1] = layer.alpha[cut]
        part = picture[y0:y1, x0:x1]
        part *= 1 - layer.alpha[cut][..., None]
        part += layer.rgb[cut]
    return alpha


def put_hand(spec: SampleSpec, index: int, picture: F32) -> F32:
    """Draws the first person's raised hand, in place; gives its alpha (h, w)."""
    reach, identity, place = _raised(spec, index)
    red, green, blue = (float(v) for v in person(identity).skin_rgb)
    shown = hand((red, green, blue), _CLOTH[identity])
    below = (spec.size_wh[1] - place.pivot_xy[1]) / place.scale + 90.0
    start, end = np.array([120.0, below]), np.array([6.0, -8.0])
    target = np.array(place.pivot_xy) + place.scale * (start + reach * (end - start))
    return _put(shown, PALM_XY, target, 26 - 40 * reach, 1.05 * place.scale / UNITS, picture)


def put_microphone(spec: SampleSpec, index: int, picture: F32) -> F32:
    """Draws a microphone at the first person's mouth, in place; gives its alpha (h, w)."""
    reach, _, place = _raised(spec, index)
    below = (spec.size_wh[1] - place.pivot_xy[1]) / place.scale + 40.0
    start, end = np.array([60.0, below]), np.array([8.0, -10.0])
    target = np.array(place.pivot_xy) + place.scale * (start + reach * (end - start))
    return _put(microphone(), BALL_XY, target, -12.0, place.scale / UNITS, picture)


def _raised(spec: SampleSpec, index: int) -> tuple[float, Identity, Placement]:
    """How far up a thing is now, whose face it goes to, and where that face is at rest."""
    shot = int(index >= spec.cut_frame)
    first, last = (spec.cut_frame, spec.frame_count) if shot else (0, spec.cut_frame)
    cast = cast_of(spec, shot)
    slot = len(cast) - 1 if shot else 0
    reach = hand_reach((index - first) / max(1, last - 1 - first))
    return reach, cast[slot], placement(spec, shot, slot, motion(0.0, 0, 1, 0), (0.0, 0.0))


def _put(
    shown: F32,
    middle_xy: tuple[float, float],
    target_xy: F64,
    angle_deg: float,
    scale: float,
    picture: F32,
) -> F32:
    """Lays a premultiplied drawing over `picture`, its middle at the target; gives its alpha."""
    angle = np.deg2rad(angle_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offset = target_xy - turn @ np.array(middle_xy)
    layer = cv2.warpAffine(shown, np.column_stack([turn, offset]), picture.shape[1::-1])
    alpha = layer[..., 3] / 255
    picture *= 1 - alpha[..., None]
    picture += layer[..., :3]
    return alpha.astype(np.float32)
