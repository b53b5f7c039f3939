"""The canvas that people are drawn on: layers with known kinds, in centimetres about the eyes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64
from headswap.vision.networks.head_view import EYES_XY, PX_PER_CM, SIZE_WH
from training.texture import field, smooth

WIDTH, HEIGHT = SIZE_WH
UNIT = PX_PER_CM
# Textures are given for ten pixels to a centimetre.
FINE = PX_PER_CM / 10
_YS, _XS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
# Centimetres from between the eyes.
X_CM = (_XS - EYES_XY[0]) / np.float32(UNIT)
Y_CM = (_YS - EYES_XY[1]) / np.float32(UNIT)


@dataclass(slots=True, eq=False)
class Canvas:
    """What is drawn so far, nearer over farther."""

    rgb: F32
    hair: F32
    skin: F32
    clothes: F32
    person: F32

    def lay(self, rgb: F32, alpha: F32, kind: str) -> None:
        """Lays a layer over all that is there; kind: hair, skin, clothes, worn or other."""
        a = alpha[..., None]
        self.rgb += a * (rgb - self.rgb)
        for name in ("hair", "skin", "clothes"):
            plane: F32 = getattr(self, name)
            plane += alpha * ((1.0 if name == kind else 0.0) - plane)
        if kind != "other":
            self.person += alpha * (1 - self.person)

    def shade(self, factor: F32) -> None:
        self.rgb *= factor[..., None]


def own_field(rng: np.random.Generator, sigma_px: float) -> F32:
    return field(rng, (HEIGHT, WIDTH), sigma_px * FINE)


def fill(points_cm: F64, soft_px: float = 1.0) -> F32:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    xy = points_cm[:, :2] * UNIT + np.array(EYES_XY)
    cv2.fillPoly(mask, [np.round(xy * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    plane = mask.astype(np.float32) / 255
    return smooth(plane, soft_px * FINE) if soft_px * FINE > 0.4 else plane


def ellipse(x: float, y: float, a: float, b: float, tilt_deg: float) -> F64:
    t = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    c, s = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    return np.column_stack(
        [x + a * np.cos(t) * c - b * np.sin(t) * s, y + a * np.cos(t) * s + b * np.sin(t) * c]
    )


def light_from(rng: np.random.Generator) -> F32:
    way = np.array([rng.normal(0, 0.8), rng.normal(-0.5, 0.5), -rng.uniform(0.3, 1.2)])
    return (way / np.linalg.norm(way)).astype(np.float32)


def lit(normal: F32, way: F32, strength: float) -> F32:
    return (1 - strength + strength * 1.3 * np.maximum(0, normal @ way)).astype(np.float32)
