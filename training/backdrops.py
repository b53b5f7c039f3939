"""What stands behind drawn people: walls, rooms, blurred lights, and scikit-image's pictures."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import skimage.data

from headswap.arrays import F32, U8
from training.texture import field, smooth

# Pictures that scikit-image carries under free licences and that show nobody's face.
_NAMES = ("brick", "grass", "gravel", "coffee", "rocket", "hubble_deep_field", "chelsea", "coins",
          "immunohistochemistry", "page", "moon")  # fmt: skip


@cache
def _pictures() -> tuple[U8, ...]:
    found: list[U8] = []
    for name in _NAMES:
        picture = np.asarray(getattr(skimage.data, name)(), np.uint8)
        found.append(np.dstack([picture] * 3) if picture.ndim == 2 else picture[..., :3])
    return tuple(found)


def backdrop(rng: np.random.Generator, size_wh: tuple[int, int]) -> F32:
    """(h, w, 3) float32 0..255 by lot."""
    width, height = size_wh
    kind = rng.random()
    if kind < 0.3:
        out = _wall(rng, width, height)
    elif kind < 0.55:
        out = _picture(rng, width, height)
    else:
        out = _room(rng, width, height)
    if rng.random() < 0.6:
        out = smooth(out, rng.uniform(1, 14))
    if rng.random() < 0.12:
        out = out * rng.uniform(0, 0.25)
    return np.clip(out, 0, 255).astype(np.float32)


def _wall(rng: np.random.Generator, width: int, height: int) -> F32:
    tone = (
        rng.uniform(10, 245) * rng.normal(1, 0.12, 3)
        if rng.random() < 0.7
        else rng.uniform(0, 255, 3)
    )
    x, y = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
    slope = 1 + rng.uniform(-0.35, 0.35) * x + rng.uniform(-0.35, 0.35) * y
    uneven = 1 + rng.uniform(0, 0.08) * field(rng, (height, width), 40)
    return (tone * (slope * uneven)[..., None]).astype(np.float32)


def _picture(rng: np.random.Generator, width: int, height: int) -> F32:
    source = _pictures()[rng.integers(len(_pictures()))]
    side = rng.uniform(0.3, 1.0) * min(source.shape[:2])
    h, w = int(side), int(min(side * width / height, source.shape[1]))
    y, x = rng.integers(0, source.shape[0] - h + 1), rng.integers(0, source.shape[1] - w + 1)
    part = cv2.resize(source[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_LINEAR)
    part = part.astype(np.float32) * rng.normal(1, 0.2, 3) * rng.uniform(0.4, 1.2)
    return np.asarray(part[:, ::-1] if rng.random() < 0.5 else part, np.float32)


def _room(rng: np.random.Generator, width: int, height: int) -> F32:
    out = _wall(rng, width, height)
    for _ in range(int(rng.integers(3, 30))):
        tone = rng.uniform(0, 255, 3) if rng.random() < 0.6 else rng.uniform(0, 255) * np.ones(3)
        shade = tuple(float(v) for v in tone)
        x, y = int(rng.integers(-40, width)), int(rng.integers(-40, height))
        w, h = int(rng.integers(6, width)), int(rng.integers(6, height))
        draw = rng.random()
        if draw < 0.5:
            cv2.rectangle(out, (x, y), (x + w, y + h // 2), shade, -1)
        elif draw < 0.75:
            cv2.circle(out, (x, y), int(rng.integers(3, 70)), shade, -1, cv2.LINE_AA)
        else:
            cv2.line(
                out,
                (x, y),
                (x + w, y + int(rng.integers(-h, h))),
                shade,
                int(rng.integers(1, 24)),
                cv2.LINE_AA,
            )
    grain = field(rng, (height, width), float(rng.uniform(1, 8)))
    return out * (1 + rng.uniform(0, 0.15) * grain)[..., None]
