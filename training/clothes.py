"""What people wear, and what they hold before themselves."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32
from training.heads import Head, eyes_offset, surface_of
from training.stage import (
    HEIGHT,
    WIDTH,
    X_CM,
    Y_CM,
    Canvas,
    ellipse,
    fill,
    light_from,
    lit,
    own_field,
)
from training.texture import colour, smooth


def draw_body(
    at: Canvas, head: Head, skin: F32, way: F32, strength: float, rng: np.random.Generator
) -> None:
    """Neck, shoulders and what they wear."""
    chin = float(head.points[152, 1])
    foot = float(head.middle[0] * 0.6 + rng.normal(0, 0.6))
    half, base = rng.uniform(4.2, 6.6), chin + rng.uniform(3.0, 6.5)
    neck_top = float(head.middle[1] + 2)
    mid = float(head.middle[0] * 0.9 + 0.1 * head.points[152, 0])
    neck = np.array([(mid - half * 0.95, neck_top), (mid + half * 0.95, neck_top),
                     (foot + half, base - 1), (foot + half * 1.7, base + 2.0),
                     (foot - half * 1.7, base + 2.0), (foot - half, base - 1)])  # fmt: skip
    wide = rng.uniform(15, 27)
    drop = rng.uniform(2.0, 6.5)
    lean = rng.normal(0, 1.2)
    left = [(foot - half * 0.8, base - 0.5), (foot - half * 1.6, base + 1.2),
            (foot - wide * 0.7, base + drop * 0.6 + lean),
            (foot - wide, base + drop + lean + 1.5), (foot - wide * 1.08, 60)]  # fmt: skip
    right = [(foot + wide * 1.08, 60), (foot + wide, base + drop - lean + 1.5),
             (foot + wide * 0.7, base + drop * 0.6 - lean),
             (foot + half * 1.6, base + 1.2), (foot + half * 0.8, base - 0.5)]  # fmt: skip
    shoulders = np.array(left + right)
    torso = fill(shoulders, 2.0)
    neck_mask = fill(neck, 1.5)
    across = np.clip((X_CM - foot) / wide, -1, 1)
    round_ = (1 - strength * 0.5) + strength * 0.5 * (1 - (across - way[0]) ** 2 * 0.6)
    flesh = skin * (round_ * (1 + 0.03 * own_field(rng, 20)))[..., None]
    under = np.clip(1 - (Y_CM - chin + 1) / rng.uniform(2.5, 7), 0, 1)
    flesh *= (1 - rng.uniform(0.1, 0.55) * under)[..., None]
    at.lay(flesh.astype(np.float32), np.maximum(neck_mask, torso), "skin")
    if rng.random() < 0.03:
        return
    cloth = colour(rng, X_CM - foot, Y_CM)
    cloth *= (round_ * (1 + rng.uniform(0.02, 0.16) * own_field(rng, 16)))[..., None]
    depth = rng.choice(
        [rng.uniform(-2.5, 0.5), rng.uniform(0.5, 6), rng.uniform(5, 16)], p=[0.4, 0.4, 0.2]
    )
    open_ = rng.uniform(0.5, 1.6) * half
    edge = (
        base
        + depth
        - (depth + rng.uniform(0, 2))
        * np.clip(np.abs(X_CM - foot) / max(open_, 1), 0, 3) ** rng.uniform(0.8, 2.4)
    )
    dressed = np.clip((Y_CM - edge) * 4 + 0.5, 0, 1)
    if rng.random() < 0.08:
        dressed *= np.clip((Y_CM - base - rng.uniform(3, 12)) * 3, 0, 1)
    at.lay(
        cloth.astype(np.float32), np.maximum(torso, neck_mask * (depth < 0)) * dressed, "clothes"
    )
    if rng.random() < 0.35:
        second = colour(rng, X_CM - foot, Y_CM)
        gap = rng.uniform(0.15, 1.0) * np.maximum(Y_CM - base + rng.uniform(0, 4), 0)
        jacket = (
            torso
            * np.clip((np.abs(X_CM - foot) - gap) * 3 + 0.5, 0, 1)
            * np.clip((Y_CM - base + 1) * 2, 0, 1)
        )
        jacket *= np.clip((np.abs(X_CM - foot) - half * rng.uniform(0.6, 1.2)) * 3 + 0.5, 0, 1)
        at.lay(
            (second * round_[..., None]).astype(np.float32), jacket.astype(np.float32), "clothes"
        )
    if rng.random() < 0.25:
        collar = np.exp(-((np.abs(X_CM - foot) - half * 0.8) ** 2) / rng.uniform(1, 6)) * np.clip(
            1 - np.abs(Y_CM - base) / rng.uniform(1, 3.5), 0, 1)  # fmt: skip
        hood = (
            colour(rng, X_CM - foot, Y_CM) if rng.random() < 0.4 else cloth * rng.uniform(0.7, 1.2)
        )
        at.lay(
            np.asarray(hood, np.float32), np.clip(collar * 4, 0, 1).astype(np.float32), "clothes"
        )


def draw_hat(at: Canvas, head: Head, rng: np.random.Generator) -> None:
    extra = rng.uniform(0.8, 2.5)
    ball = surface_of(head, head.radii + extra)
    y, z = ball.where[..., 1], ball.where[..., 2]
    limit = rng.uniform(-0.65, -0.3) + rng.uniform(-0.15, 0.2) * z
    cloth = colour(rng, X_CM, Y_CM) * lit(ball.normal, light_from(rng), 0.4)[..., None]
    alpha = np.clip((1 - ball.level) * 20, 0, 1) * np.clip((limit - y) * 20, 0, 1)
    if rng.random() < 0.5:
        rim = head.turn @ np.array([0, -8.6 * 0.5 - 4, -7.5 - extra]) - eyes_offset(head)
        alpha = np.maximum(
            alpha, fill(ellipse(rim[0], rim[1], rng.uniform(6, 12), rng.uniform(0.8, 2.5), 0), 1.0)
        )
    at.lay(cloth.astype(np.float32), alpha.astype(np.float32), "clothes")


def draw_hand(at: Canvas, skin: F32, rng: np.random.Generator) -> None:
    x, y = rng.uniform(-12, 12), rng.uniform(-8, 24)
    tilt = rng.uniform(-60, 60)
    mask = fill(ellipse(x, y, rng.uniform(3, 5), rng.uniform(4, 6), tilt), 1.5)
    for k in range(4):
        angle = np.radians(tilt - 30 + 20 * k)
        fx, fy = x + 6.5 * np.sin(angle), y - 6.5 * np.cos(angle)
        mask = np.maximum(
            mask, fill(ellipse(fx, fy, 0.9, rng.uniform(2.5, 4), np.degrees(angle)), 1.2)
        )
    rgb = skin * rng.uniform(0.75, 1.1) * (1 + 0.1 * own_field(rng, 12))[..., None]
    at.lay(rgb.astype(np.float32), mask, "skin")


def draw_headphones(at: Canvas, head: Head, rng: np.random.Generator) -> None:
    ball = surface_of(head, head.radii + rng.uniform(0.5, 2.5))
    band = (
        (np.abs(ball.where[..., 2] - rng.uniform(-0.1, 0.2)) < rng.uniform(0.04, 0.12))
        & (ball.level < 1)
        & (ball.where[..., 1] < 0.3)
    )
    tone = np.ones((HEIGHT, WIDTH, 3), np.float32) * rng.uniform(5, 230)
    at.lay(tone, smooth(band.astype(np.float32), 1.0), "clothes")
