"""What stays under the head: the portrait's suit and neck, cut out, the neck carried on upwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.sample import canvas
from headswap.sample.draw import PIVOT
from headswap.sample.person import person
from headswap.sample.spec import Identity

BODY_SCALE = 2
TOP = 120  # first portrait row of the body picture
# Suit, helmet ring and helmet, clockwise from where the ring meets the neck, by eye.
_SUIT = (
    (187, 149.5), (196, 158), (250, 176), (256.5, 174.5), (270, 182), (284, 194), (296, 212.5),
    (303, 230), (305, 236), (317, 241), (329, 249.5), (340, 262), (349, 279), (356, 304),
    (360.5, 330), (362.5, 350), (375, 347.5), (395, 344.5), (420, 346), (444, 353), (466, 368),
    (482, 389), (492, 417), (497, 450), (498, 480), (498, 520), (30, 520), (25, 490), (22, 462),
    (20.5, 420), (24, 380), (28, 350), (34, 320), (41, 291), (46, 276), (53, 266), (61, 256),
    (73, 241), (95, 223), (110, 209), (116, 206), (113.5, 200), (113.5, 189), (117, 186),
    (123.5, 181), (128.5, 172), (140, 159.5), (155, 152), (170, 149.3),
)  # fmt: skip
# Skin of the neck that the portrait shows, and the whole neck behind the head.
_NECK_SEEN = (
    (188, 159), (193, 166), (200, 172), (206, 176.5), (213, 180.5), (222, 183), (231, 182.5),
    (240, 179.5), (248, 173.5), (253.5, 168), (252.5, 177), (250, 181.5), (243, 186),
    (235, 187.8),
    (222, 186.5), (210, 184.2), (198, 180.5), (190.5, 173.5),
)  # fmt: skip
_NECK = (
    (185, 150), (187, 140), (194, 131), (206, 126), (222, 124.5), (238, 126), (249, 131),
    (256, 140), (258, 150), (258, 166), (257.5, 180), (254, 184.5), (244.5, 188.5),
    (235, 190), (222, 187.7), (210, 185.3), (197.5, 181.8), (188.5, 175), (185.6, 165),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A body's picture, premultiplied `rgba` (h, w, 4) float32 of 0..255, `BODY_SCALE` pixels to a
    portrait pixel from portrait row `TOP` on; `pivot_xy` is the head's pivot in it.
    """

    rgba: F32
    pivot_xy: tuple[float, float]


@cache
def body(identity: Identity) -> Body:
    """The body of that identity: the second one wears blue and is turned the other way."""
    photo = canvas.photograph()
    rgb = canvas.enlarged(photo, (0, TOP, 512, 512), BODY_SCALE).astype(np.float32)
    alpha = _cut_mask(_SUIT, rgb.shape[:2], 0.8)
    neck, neck_alpha = _neck()
    rgb += neck_alpha[..., None] * (neck - rgb)
    alpha = np.maximum(alpha, neck_alpha)
    pivot = ((PIVOT[0] + 0.5) * BODY_SCALE, (PIVOT[1] + 0.5 - TOP) * BODY_SCALE)
    if identity is Identity.SECOND:
        rgb = _second_look(rgb, neck_alpha)
        rgb, alpha = rgb[:, ::-1], alpha[:, ::-1]
        pivot = (rgb.shape[1] - pivot[0], pivot[1])
    return Body(np.dstack([rgb * alpha[..., None], 255 * alpha]).astype(np.float32), pivot)


def _cut_mask(
    polygon: tuple[tuple[float, float], ...], shape: tuple[int, ...], soft_px: float
) -> F32:
    """(h, w) float32 mask of a portrait-coordinate polygon in the body picture."""
    points = (np.array(polygon) + 0.5 - (0, TOP)) * BODY_SCALE - 0.5
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    inside = canvas.eroded(mask.astype(np.float32) / 255, 1)
    return canvas.blurred(inside, soft_px)


def _neck() -> tuple[F32, F32]:
    """Colour (h, w, 3) and alpha (h, w) of the whole neck, in the body picture."""
    box = (canvas.LEFT, canvas.TOP, canvas.LEFT + canvas.WIDTH, canvas.TOP + canvas.HEIGHT)
    rgb = canvas.enlarged(canvas.photograph(), box, canvas.SCALE).astype(np.float32)
    seen = canvas.polygon_mask(np.array(_NECK_SEEN), 0.0)
    filled = canvas.spread(rgb, canvas.eroded(seen, 2), 2.0)
    filled += 2.0 * canvas.noise(np.random.default_rng(3), seen.shape, (1.3, 1.3))[..., None]
    grid = canvas.portrait_grid()
    across = (grid[..., 0] - 221.5) / 35.0
    rounded = 1.05 - 0.28 * np.clip(np.abs(across), 0, 1) ** 3
    under_chin = 1.0 - 0.30 * np.clip((176.0 - grid[..., 1]) / 20.0, 0, 1)
    keep = canvas.blurred(seen, 1.5 * canvas.SCALE)
    filled *= (keep + (1 - keep) * rounded * under_chin)[..., None]
    alpha = canvas.polygon_mask(np.array(_NECK), 0.25)
    step = BODY_SCALE / canvas.SCALE
    move = np.array([[step, 0, canvas.LEFT * BODY_SCALE], [0, step, -TOP * BODY_SCALE]], np.float64)
    size = (512 * BODY_SCALE, (512 - TOP) * BODY_SCALE)
    moved = cv2.warpAffine(np.dstack([filled, alpha]), move, size).astype(np.float32)
    return moved[..., :3], moved[..., 3]


def _second_look(rgb: F32, neck: F32) -> F32:
    """Blue cloth where the suit is orange, the second person's skin on the neck."""
    picture: U8 = np.clip(rgb, 0, 255).astype(np.uint8)
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(np.float32)
    hue, strong = hsv[..., 0], hsv[..., 1]
    away = np.abs(((hue - 7 + 90) % 180) - 90)
    orange = np.clip((15 - away) / 5, 0, 1) * np.clip((strong - 95) / 50, 0, 1)
    orange = cv2.GaussianBlur(orange, (0, 0), 0.8)
    light = rgb @ np.array([0.45, 0.45, 0.10], np.float32)
    cloth = light[..., None] * np.array([0.36, 0.62, 1.02], np.float32)
    out = rgb + (orange * (1 - neck))[..., None] * (cloth - rgb)
    skin = person(Identity.SECOND).skin_rgb / person(Identity.ASTRONAUT).skin_rgb
    # Take in the rim of lit skin that the portrait shows just outside the neck's outline.
    around = np.asarray(cv2.dilate(neck, np.ones((9, 9), np.uint8)), np.float32)
    flesh = np.maximum(neck, canvas.blurred(around * ((light > 60) & (strong < 130)), 0.8))
    out += flesh[..., None] * (rgb * skin * np.float32(0.95) - out)
    return out.astype(np.float32)
