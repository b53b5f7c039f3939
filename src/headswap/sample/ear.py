"""Ears for the second head, whose portrait hid them under hair."""

from __future__ import annotations

import numpy as np

from headswap.sample import canvas
from headswap.sample.relief import HeadMesh
from headswap.swapping.ear import EAR_SIZE_WH

_TALL, _WIDE = 31.0, 19.0  # portrait pixels
_STEPS = 14


def ear_mesh(side: int, front_xy: tuple[float, float], front_z: float) -> HeadMesh:
    """The ear's curved sheet; `uv` are pixels of `painted_ear`.

    side: 1 right of the picture, -1 left. front_xy: upright place of the middle of its front
    edge. It stands off the head by a third of a right angle.
    """
    s, t = np.meshgrid(np.linspace(0, 1, _STEPS), np.linspace(-0.5, 0.5, _STEPS))
    flare = np.deg2rad(33.0)
    out = _WIDE * (s * np.sin(flare) + 0.10 * np.sin(np.pi * s))
    back = _WIDE * s * np.cos(flare)
    x = side * (front_xy[0] + out - 1.2 * t)
    y = front_xy[1] + _TALL * t + 0.0 * s
    points = np.stack([x, y, front_z - back + 2.0 * t], axis=-1).reshape(-1, 3)
    uv = np.stack([s * (EAR_SIZE_WH[0] - 1), (t + 0.5) * (EAR_SIZE_WH[1] - 1)], axis=-1).reshape(
        -1, 2
    )
    at = np.arange(_STEPS * _STEPS).reshape(_STEPS, _STEPS)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    rows = np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    )
    return HeadMesh(
        canvas.tilted(points).astype(np.float32), uv.astype(np.float32), rows.astype(np.int32)
    )
