"""Drawn people with known hair, skin and clothes, as varied as code can make them.

Nobody is copied: a head is the mean face, bent at random, on an ellipsoid; hair grows on a thicker
ellipsoid and hangs down as curtains; clothes, light, background and camera are drawn by lot.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.head_view import EYES_XY, PX_PER_CM, SIZE_WH
from training.backdrops import backdrop
from training.clothes import draw_body, draw_hand, draw_hat, draw_headphones
from training.faces import draw_face
from training.hair import (
    choose_look,
    choose_style,
    curtain,
    curtain_back,
    draw_cap,
    draw_tail,
    side_light,
    towards_tip,
)
from training.heads import Head, pose_head
from training.stage import HEIGHT, WIDTH, X_CM, Y_CM, Canvas, light_from
from training.texture import grain, smooth


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One picture: rgb (h, w, 3) uint8, landmarks (478, 3) px; planes (4, h, w) uint8: hair, skin,
    clothes, person; inside (h, w) uint8 0 or 1, as the product's crop would be cut.
    """

    rgb: U8
    landmarks: F32
    planes: U8
    inside: U8


def draw(rng: np.random.Generator) -> Drawn:
    """A picture of somebody by lot."""
    head, style = pose_head(rng), choose_style(rng)
    look = choose_look(style, rng)
    way, strength = light_from(rng), float(rng.uniform(0.1, 0.75))
    skin = np.array([232, 190, 165], np.float32) * np.array(
        [1.0, rng.uniform(0.92, 1.04), rng.uniform(0.85, 1.08)]
    )
    deep = rng.uniform(0.65, 1.05) if rng.random() < 0.6 else rng.uniform(0.22, 0.7)
    skin = (skin * deep ** np.array([0.8, 1.05, 1.2])).astype(np.float32)
    size = (HEIGHT, WIDTH)
    at = Canvas(backdrop(rng, (WIDTH, HEIGHT)), *(np.zeros(size, np.float32) for _ in range(4)))
    hanging = []
    if style.length_cm > 0:
        for side in (-1, 1):
            front = rng.random() < 0.6
            hanging.append((front, *curtain(head, style, side, not front, rng)))
        back = curtain_back(head, style, rng)
        at.lay(
            look.paint(back[1], back[2] * rng.uniform(0.45, 0.9), towards_tip(style), rng),
            back[0],
            "hair",
        )
    if style.kind == "tied" or rng.random() < 0.05:
        draw_tail(at, head, look, rng)
    for front, alpha, flow, round_ in hanging:
        if not front:
            at.lay(
                look.paint(flow, side_light(round_, way, strength), towards_tip(style), rng),
                alpha,
                "hair",
            )
    draw_body(at, head, skin, way, strength, rng)
    draw_face(at, head, skin, look.tone, way, strength, rng)
    if style.kind != "bald" or style.side_cm > 0.1:
        draw_cap(at, head, style, look, way, strength, rng)
    for front, alpha, flow, round_ in hanging:
        if front:
            shadow = smooth(np.roll(alpha, (2, int(-2 * way[0])), (0, 1)), 4.0)
            at.shade(1 - rng.uniform(0, 0.4) * shadow)
            at.lay(
                look.paint(flow, side_light(round_, way, strength), towards_tip(style), rng),
                alpha,
                "hair",
            )
    if rng.random() < 0.07:
        draw_hat(at, head, rng)
    if rng.random() < 0.12:
        draw_hand(at, skin, rng)
    if rng.random() < 0.06:
        draw_headphones(at, head, rng)
    return _finished(at, head, rng)


def _finished(at: Canvas, head: Head, rng: np.random.Generator) -> Drawn:
    """The picture as a camera would have taken it, and the crop's edges."""
    rgb = np.clip(at.rgb, 0, 300)
    gain = rng.uniform(0.35, 1.3) if rng.random() < 0.5 else rng.uniform(0.8, 1.1)
    rgb = rgb * gain * rng.normal(1, 0.06, 3)
    rgb = 255 * np.clip(rgb / 255, 0, 1) ** rng.uniform(0.75, 1.35)
    if rng.random() < 0.35:
        slope = 1 + rng.uniform(-0.5, 0.5) * X_CM / 20 + rng.uniform(-0.3, 0.3) * Y_CM / 25
        rgb = rgb * np.clip(slope, 0.2, 2)[..., None]
    grey = 1.0 if rng.random() < 0.07 else rng.uniform(-0.25, 0.5)
    rgb = rgb + grey * (rgb.mean(axis=2, keepdims=True) - rgb)
    rgb = rgb + rng.uniform(0, 40) * (rng.random() < 0.3)
    planes = np.stack([at.hair, at.skin, at.clothes, at.person])
    small = np.asarray(cv2.resize(rgb, SIZE_WH, interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.6:
        small = smooth(small, rng.uniform(0.3, 1.8))
    if rng.random() < 0.12:
        kernel = np.zeros((9, 9), np.float32)
        cv2.line(kernel, (0, int(rng.integers(0, 9))), (8, int(rng.integers(0, 9))), 1.0, 1)
        small = cv2.filter2D(small, -1, kernel / kernel.sum())
    small = small + grain(rng, small.shape) * rng.uniform(0, 9) * (rng.random() < 0.8)
    picture = np.clip(small, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, packed = cv2.imencode(
            ".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))]
        )
        picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    reduced = np.stack([cv2.resize(p, SIZE_WH, interpolation=cv2.INTER_AREA) for p in planes])
    points = head.points * PX_PER_CM
    points[:, :2] += EYES_XY
    points += rng.normal(0, 1.2, 3) + rng.normal(0, 0.35, points.shape)
    points[:, :2] = (points[:, :2] - EYES_XY) * rng.normal(1, 0.015) + EYES_XY
    return Drawn(
        np.ascontiguousarray(picture),
        points.astype(np.float32),
        np.clip(reduced * 255 + 0.5, 0, 255).astype(np.uint8),
        _inside(rng),
    )


def _inside(rng: np.random.Generator) -> U8:
    """Where the view lies in the crop: videos end below the chin or close above the head."""
    inside = np.ones(SIZE_WH[::-1], np.uint8)
    if rng.random() < 0.6:
        inside[round(EYES_XY[1] + PX_PER_CM * rng.uniform(9, 29)) :] = 0
    if rng.random() < 0.2:
        inside[: max(0, round(EYES_XY[1] - PX_PER_CM * rng.uniform(6, 19)))] = 0
    if rng.random() < 0.15:
        inside[:, : max(0, round(EYES_XY[0] - PX_PER_CM * rng.uniform(7, 20)))] = 0
    if rng.random() < 0.15:
        inside[:, round(EYES_XY[0] + PX_PER_CM * rng.uniform(7, 20)) :] = 0
    return inside
