"""The photo of each identity that a swap can use."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.sample import canvas
from headswap.sample.body import BODY_SCALE, body
from headswap.sample.draw import Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.person import person
from headswap.sample.spec import Identity

_PHOTO_BOX = (98, 0, 348, 250)  # head and collar, clear of flag and models
_PHOTO_SCALE = 3
PORTRAIT_WH = (640, 720)
_SCALE = 2.7


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPortrait:
    """A portrait that was drawn: rgb (h, w, 3) uint8; alpha (h, w) float32 0..1 of its head alone;
    behind (h, w) float32 0..1, 1 where the background and not the body is behind the head.
    """

    rgb: U8
    alpha: F32
    behind: F32


def portrait(identity: Identity) -> U8:
    """(h, w, 3) uint8 frontal photo, face over 200 px from brow to chin, on a plain background.

    The astronaut's is the photograph itself, smiling; the second identity's has a closed mouth.
    """
    if identity is Identity.ASTRONAUT:
        return canvas.enlarged(canvas.photograph(), _PHOTO_BOX, _PHOTO_SCALE)
    width, height = PORTRAIT_WH
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(x / width - 0.42, y / height - 0.35)[..., None]
    wall = np.array([168, 174, 178], np.float32) * (1.12 - 0.5 * away)
    return drawn_portrait(identity, wall.astype(np.float32)).rgb


def drawn_portrait(identity: Identity, background: F32) -> DrawnPortrait:
    """The drawn portrait of that identity before a background (720, 640, 3) float32 of 0..255."""
    height, width = background.shape[:2]
    if (width, height) != PORTRAIT_WH:
        raise ValueError(f"background is {width}x{height}, not {PORTRAIT_WH[0]}x{PORTRAIT_WH[1]}")
    picture = background.copy()
    place = Placement(0.0, 0.0, 0.0, (0.5 * width, 0.66 * height), _SCALE)
    torso = body(identity)
    zoom = _SCALE / BODY_SCALE
    offset = np.array(place.pivot_xy) - 0.5 - zoom * (np.array(torso.pivot_xy) - 0.5)
    move = np.array([[zoom, 0, offset[0]], [0, zoom, offset[1]]])
    below = cv2.warpAffine(torso.rgba, move, PORTRAIT_WH)
    picture = picture * (1 - below[..., 3:] / 255) + below[..., :3]
    head = draw_head(person(identity), place, Expression())
    x0, y0 = head.origin_xy
    h, w = head.alpha.shape
    part = picture[y0 : y0 + h, x0 : x0 + w]
    part[:] = part * (1 - head.alpha[..., None]) + head.rgb
    alpha = np.zeros((height, width), np.float32)
    alpha[y0 : y0 + h, x0 : x0 + w] = head.alpha
    picture += np.random.default_rng(5).standard_normal((height, width, 1), dtype=np.float32)
    rgb = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return DrawnPortrait(rgb, alpha, (1 - below[..., 3] / 255).astype(np.float32))
