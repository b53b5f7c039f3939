"""Puts a drawn head over the emptied frame."""

from __future__ import annotations

import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.light import chin_shadow
from headswap.swapping.engines.protocol import HeadLayer

_CHIN_SHADE = 0.22


def compose_head(
    rgb: U8, plate: F32, area: F32, layer: HeadLayer, scale_px_cm: float
) -> tuple[U8, Bool]:
    """The crop with its head replaced, and the pixels that differ from the source.

    rgb: (h, w, 3) uint8, the frame's crop. plate: (h, w, 3) float32, the same without its head.
    area: (h, w) 0..1, where the old head was. layer: the new head in the same box.
    """
    image = rgb.astype(np.float32)
    emptied = image + area[..., None] * (plate - image)
    shade = chin_shadow(layer.alpha, scale_px_cm) * np.maximum(area, 0) * _CHIN_SHADE
    emptied *= 1 - shade[..., None]
    result = emptied + layer.alpha[..., None] * (layer.rgb - emptied)
    changed = (area > 1 / 512) | (layer.alpha > 1 / 512)
    return np.clip(result + 0.5, 0, 255).astype(np.uint8), changed
