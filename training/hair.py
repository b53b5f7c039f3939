"""Hair: caps that grow on a skull, curtains that hang from it, tails; their colours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32
from headswap.vision.canonical_face import FACE_OVAL
from training.heads import Ball, Head, eyes_offset, surface_of
from training.stage import HEIGHT, UNIT, WIDTH, X_CM, Y_CM, Canvas, ellipse, fill, lit, own_field
from training.texture import curve, smooth, strands

_KINDS = ("bald", "stubble", "short", "bob", "long", "tied", "afro", "curls")


@dataclass(frozen=True, slots=True)
class Style:
    """What grows on a head, by lot."""

    kind: str
    thick_cm: float
    side_cm: float
    hairline: float
    temple: float
    nape: float
    length_cm: float
    fringe_cm: float
    rough: float
    curl: float


def choose_style(rng: np.random.Generator) -> Style:
    kind = str(rng.choice(_KINDS, p=[0.05, 0.06, 0.27, 0.13, 0.25, 0.1, 0.05, 0.09]))
    u = rng.uniform
    thick, side, length, rough, curl = {
        "bald": (0.05, 0.05, 0, 0.1, 0),
        "stubble": (u(0.15, 0.6), u(0.05, 0.4), 0, 0.15, 0),
        "short": (u(0.6, 3.8), u(0.2, 1.6), 0, u(0.2, 0.7), u(0, 0.4)),
        "bob": (u(0.8, 3.0), u(0.6, 3.0), u(7, 16), u(0.2, 0.6), u(0, 0.6)),
        "long": (u(0.6, 2.6), u(0.3, 2.6), u(14, 34), u(0.15, 0.6), u(0, 0.7)),
        "tied": (u(0.2, 1.4), u(0.1, 0.6), 0, u(0.1, 0.35), 0),
        "afro": (u(2.5, 8), u(2, 8), u(2, 8), u(0.3, 0.8), 1.0),
        "curls": (u(1.5, 5), u(1.5, 5), u(4, 22), u(0.5, 1.2), u(0.5, 1.0)),
    }[kind]
    fringe = u(1.0, 6.5) if kind not in {"bald", "stubble", "tied"} and rng.random() < 0.45 else 0.0
    line = rng.normal(-0.60, 0.06) if rng.random() < 0.85 else u(-0.95, -0.7)
    if kind == "bald" and rng.random() < 0.5:
        line, thick, side = -2.0, 0.05, u(0.2, 0.6)
    return Style(
        kind, thick, side, float(line), u(-0.45, -0.1), u(0.35, 0.75), length, fringe, rough, curl
    )


@dataclass(frozen=True, slots=True, eq=False)
class HairLook:
    tone: F32
    tips: F32
    contrast: float
    shine: float
    curl: float

    def paint(self, flow: F32, light: F32, down: F32, rng: np.random.Generator) -> F32:
        """(h, w, 3) hair seen under a light (h, w); down (h, w) 0 at the root, 1 at the tip."""
        fine = strands(flow, self.curl, rng)
        tone = self.tone + np.clip(down, 0, 1)[..., None] * (self.tips - self.tone)
        level = light * (1 + self.contrast * fine)
        glint = self.shine * np.clip(light - 0.75, 0, 1) * np.clip(1 + fine, 0, 2)
        return np.maximum(tone * level[..., None] + 140 * glint[..., None], 2).astype(np.float32)


def choose_look(style: Style, rng: np.random.Generator) -> HairLook:
    tone = _hair_colour(rng)
    tips = tone.copy()
    if rng.random() < 0.25:
        tips = tone + rng.uniform(0, 0.5) * (_hair_colour(rng) - tone)
    return HairLook(tone, tips, rng.uniform(0.04, 0.26), rng.uniform(0, 0.9) ** 2, style.curl)


def _hair_colour(rng: np.random.Generator) -> F32:
    tones = np.array(
        [(16, 13, 12), (35, 26, 22), (58, 40, 30), (88, 60, 42), (120, 86, 58), (158, 120, 80),
         (196, 162, 112), (216, 196, 160), (120, 52, 28), (150, 70, 36), (110, 108, 106),
         (170, 168, 166), (212, 210, 206)],
        np.float32,
    )  # fmt: skip
    chance = np.array([5, 5, 4, 3, 2.5, 2, 2, 1, 1, 1, 1.5, 1.5, 1])
    tone = tones[rng.choice(len(tones), p=chance / chance.sum())] * rng.uniform(0.75, 1.25)
    if rng.random() < 0.03:
        tone = rng.uniform(30, 220, 3).astype(np.float32)
    return np.clip(tone + rng.normal(0, 4, 3), 5, 235).astype(np.float32)


def _cap(head: Head, style: Style, rng: np.random.Generator) -> tuple[F32, F32, Ball]:
    """Alpha (h, w) of the hair on the skull, its strand coordinates, and its surface."""
    radii = head.radii + np.array(
        [style.side_cm, style.thick_cm, 0.5 * (style.thick_cm + style.side_cm)]
    )
    ball = surface_of(head, radii)
    x, y, z = ball.where[..., 0], ball.where[..., 1], ball.where[..., 2]
    azimuth = np.arctan2(np.abs(x), -z)
    stops = [0.0, 0.55, 1.05, 1.45, 1.75, 2.1, np.pi]
    ear = float(rng.uniform(-0.1, 0.35))
    line = style.hairline
    temple = min(line + rng.uniform(0.0, 0.45), style.temple) if rng.random() < 0.7 else line
    limits = [line, temple if line > -1.5 else -0.6, style.temple, ear, ear - rng.uniform(0, 0.3),
              style.nape - 0.1, style.nape]  # fmt: skip
    limit = np.interp(azimuth, stops, limits).astype(np.float32)
    limit += np.where(x > 0, 1, -1) * np.float32(rng.normal(0, 0.05)) * (azimuth < 1)
    ragged = own_field(rng, 3.0) * 0.03 + own_field(rng, 12.0) * 0.05
    grown = np.clip((limit + ragged - y) * rng.uniform(9, 30) + 0.5, 0, 1)
    # A parting lets some scalp shine through thin hair.
    if rng.random() < 0.25 and style.kind != "bald":
        part = np.abs(x - rng.uniform(-0.45, 0.45)) < rng.uniform(0.01, 0.03)
        grown *= 1 - 0.6 * (part & (z < 0.3) & (y < -0.4))
    edge = style.rough * (own_field(rng, 2.0) + 1.3 * own_field(rng, 14.0))
    if style.curl > 0.6:
        edge += 0.6 * style.rough * own_field(rng, 7.0)
    margin = (1 - np.sqrt(np.maximum(ball.level, 1e-6))) * float(radii[:2].mean()) + 0.35 * edge
    alpha = np.clip(margin * rng.uniform(2, 6) + 0.5, 0, 1) * grown
    along = np.stack([np.arctan2(x, 0.9 - y) * 90, np.arctan2(z, 0.9 - y) * 12], axis=2)
    return alpha.astype(np.float32), along.astype(np.float32), ball


def draw_cap(
    at: Canvas,
    head: Head,
    style: Style,
    look: HairLook,
    way: F32,
    strength: float,
    rng: np.random.Generator,
) -> None:
    alpha, along, ball = _cap(head, style, rng)
    if style.kind in {"stubble", "bald"}:
        alpha = alpha * rng.uniform(0.55, 0.95)
    light = lit(ball.normal, way, strength)
    if style.fringe_cm > 0:
        low = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
        reach = round(style.fringe_cm * UNIT)
        # Strands hang from the hairline, some longer than others, more to one side.
        lean = rng.uniform(-0.8, 0.8)
        lengths = np.clip(
            0.75 + 0.35 * curve(rng, WIDTH, 9) + lean * np.linspace(-0.6, 0.6, WIDTH), 0.05, 1.2
        )
        hang = np.zeros_like(alpha)
        front = np.clip(_front(head) * 3, 0, 1)
        for k in range(0, reach, 2):
            moved = np.roll(low * front, (k, round(lean * k * 0.5)), (0, 1))
            moved[:k] = 0
            hang = np.maximum(hang, moved * (k < lengths * reach)[None])
        hang *= np.clip(_front(head) * 4, 0, 1) * np.clip((3.0 - Y_CM) / 2, 0, 1)
        hang = np.clip(hang + 0.25 * own_field(rng, 3) * (hang > 0.02), 0, 1)
        alpha = np.maximum(alpha, smooth(hang, 1.0))
    shadow = smooth(np.roll(alpha, 3, 0), 3.0)
    at.shade(1 - rng.uniform(0, 0.4) * shadow)
    at.lay(look.paint(along, light, np.zeros_like(alpha), rng), alpha, "hair")


def _front(head: Head) -> F32:
    """(h, w) 1 in the middle of the face, falling to 0 at its sides."""
    left, right = head.points[FACE_OVAL, 0].min(), head.points[FACE_OVAL, 0].max()
    across = (X_CM - (left + right) / 2) / ((right - left) / 2)
    return np.clip(1 - across**2, 0, 1).astype(np.float32)


def curtain(
    head: Head, style: Style, side: int, behind: bool, rng: np.random.Generator
) -> tuple[F32, F32, F32]:
    """Alpha, strand coordinates (h, w, 2) and roundness (h, w) of the hair hanging at one side."""
    top, end = float(head.middle[1]) + rng.uniform(-3, 2), style.length_cm + rng.normal(0, 0.8)
    base = float(head.middle[0]) + side * (head.radii[0] + style.side_cm * rng.uniform(0.8, 1.1))
    y = np.linspace(Y_CM[0, 0], Y_CM[-1, 0], HEIGHT)
    down = np.clip((y - top) / max(end - top, 1), 0, 1)
    outer = base + side * (
        rng.uniform(-2.0, 3.0) * down + rng.uniform(-0.5, 2.2) * np.sin(np.pi * down)
    )
    cover = rng.uniform(-0.6, 3.5) if not behind else rng.uniform(5, 8)
    inner = base - side * (style.side_cm + cover + rng.uniform(-1.5, 4) * down
                           + rng.uniform(0, 1.5) * np.sin(np.pi * down))  # fmt: skip
    sway = curve(rng, HEIGHT, 30) * (0.3 + 1.2 * style.rough) + style.curl * 0.5 * np.sin(
        y * rng.uniform(0.6, 1.8) + rng.uniform(0, 6)
    )
    outer, inner = outer + sway, inner + 0.6 * sway + 0.3 * curve(rng, HEIGHT, 20)
    across = (X_CM - inner[:, None]) / (outer - inner)[:, None]
    span = np.abs(outer - inner)[:, None]
    ragged = style.rough * (0.4 * own_field(rng, 2.5) + 0.5 * own_field(rng, 10.0))
    margin = np.minimum(across, 1 - across) * span + ragged
    tips = end + curve(rng, WIDTH, 12)[None] * rng.uniform(0.3, 2.0) - Y_CM
    margin = np.minimum(margin, tips)
    alpha = np.clip(margin * rng.uniform(1.5, 5) + 0.5, 0, 1) * np.clip(
        (Y_CM - top) / 2 + 0.5, 0, 1
    )
    flow = np.stack([across * span * 11, Y_CM * 2.2 + 20 * side], axis=2)
    roundness = np.sqrt(np.clip(1 - (2 * np.clip(across, 0, 1) - 1) ** 2, 0, 1))
    return alpha.astype(np.float32), flow.astype(np.float32), roundness.astype(np.float32)


def curtain_back(head: Head, style: Style, rng: np.random.Generator) -> tuple[F32, F32, F32]:
    half = head.radii[0] + style.side_cm * rng.uniform(0.6, 1.1)
    end = style.length_cm + rng.normal(0, 1)
    y0 = float(head.middle[1])
    down = np.clip((Y_CM - y0) / max(end - y0, 1), 0, 1)
    wide = half * (1 + rng.uniform(-0.25, 0.35) * down)
    x = X_CM - np.float32(head.middle[0]) - curve(rng, HEIGHT, 40)[:, None] * 0.4
    margin = wide - np.abs(x) + style.rough * (0.5 * own_field(rng, 10) + 0.4 * own_field(rng, 3))
    margin = np.minimum(margin, end + 1.0 * curve(rng, WIDTH, 12)[None] - Y_CM)
    margin = np.minimum(margin, (Y_CM - y0) + 1)
    flow = np.stack([x * 11, Y_CM * 2.2], axis=2).astype(np.float32)
    round_ = np.sqrt(np.clip(1 - (x / np.maximum(wide, 1)) ** 2, 0, 1))
    return np.clip(margin * 3 + 0.5, 0, 1).astype(np.float32), flow, round_.astype(np.float32)


def draw_tail(at: Canvas, head: Head, look: HairLook, rng: np.random.Generator) -> None:
    """A bun or a ponytail behind the head."""
    at_cm = head.turn @ np.array(
        [rng.normal(0, 1.5), rng.uniform(-11, 2), 13.0 + rng.uniform(0, 3)]
    ) - eyes_offset(head)
    flow = np.stack([(X_CM - at_cm[0]) * 10, (Y_CM - at_cm[1]) * 3], axis=2).astype(np.float32)
    if rng.random() < 0.5:
        alpha = fill(
            ellipse(at_cm[0], at_cm[1], rng.uniform(2.5, 4.5), rng.uniform(2.5, 4.5), 0), 2.0
        )
    else:
        long = rng.uniform(8, 26)
        swing = rng.normal(0, 5) + head.turn[0, 2] * 4
        t = np.linspace(0, 1, 20)
        half = rng.uniform(1.5, 3.0) * np.sqrt(1 - t**3)
        x = at_cm[0] + swing * t**1.5
        y = at_cm[1] + long * t
        alpha = fill(
            np.vstack([np.column_stack([x - half, y]), np.column_stack([x + half, y])[::-1]]), 2.0
        )
    light = np.full((HEIGHT, WIDTH), rng.uniform(0.5, 1), np.float32)
    at.lay(look.paint(flow, light, np.zeros_like(light), rng), alpha, "hair")


def towards_tip(style: Style) -> F32:
    return np.clip(Y_CM / max(style.length_cm, 6.0), 0, 1)


def side_light(roundness: F32, way: F32, strength: float) -> F32:
    return (1 - strength * 0.6 + strength * 0.7 * roundness).astype(np.float32)
