"""Puts a drawn head over the emptied frame."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.light import chin_shadow
from headswap.swapping.compose.mixing import lay, lay_shaded
from headswap.swapping.engines.protocol import Box, HeadLayer

_CHIN_SHADE = 0.22
_LEAST_BLUR_PX = 0.3
# Chin shadow ends this far from the head.
_SHADE_CM = 3.0


def compose_head(rgb: U8, plate: U8, area: F32, layer: HeadLayer, scale_px_cm: float) -> Bool:
    """Replaces the head of a crop in place; (h, w) the pixels that changed.

    rgb: (h, w, 3) uint8, the frame's crop. plate: (h, w, 3) uint8, the same without its head.
    area: (h, w) 0..1, where the old head was. layer: the new head, in a box relative to the crop.
    """
    x0, y0, x1, y1 = layer.box_xyxy
    alpha = np.zeros(area.shape, np.float32)
    alpha[y0:y1, x0:x1] = layer.alpha
    reach = round(_SHADE_CM * scale_px_cm)
    around = np.s_[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach]
    shade = np.zeros(area.shape, np.float32)
    shade[around] = chin_shadow(alpha[around], scale_px_cm)
    lay_shaded(plate, area, shade, _CHIN_SHADE, alpha, rgb)
    lay(layer.rgb, layer.alpha, rgb[y0:y1, x0:x1])
    changed = area > 1 / 512
    changed[y0:y1, x0:x1] |= layer.alpha > 1 / 512
    return changed


def lay_over(plate: U8, layer: HeadLayer, layer_crop: Box, crop: Box) -> None:
    """Lays a head drawn in one crop of a frame over the plate (h, w, 3) of another, in place."""
    height, width = plate.shape[:2]
    x0, y0, x1, y1 = layer.box_xyxy
    left, top = x0 + layer_crop[0] - crop[0], y0 + layer_crop[1] - crop[1]
    rows = slice(max(0, top), min(height, top + y1 - y0))
    columns = slice(max(0, left), min(width, left + x1 - x0))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    lay(layer.rgb[part], layer.alpha[part], plate[rows, columns])


def keep(rgb: U8, share: F32, pixels: U8, changed: Bool) -> None:
    """Puts the crop `rgb` (h, w, 3) back into `pixels`, in place, as far as share (h, w) 0..1 says.

    Where it is all of it the pixel counts as unchanged.
    """
    lay(rgb, share, pixels)
    changed &= share < 1 - 1 / 512


def softened(layer: HeadLayer, blur_px: float) -> HeadLayer:
    """The layer blurred by a Gaussian of this standard deviation; edges are blurred as well."""
    if blur_px < _LEAST_BLUR_PX:
        return layer
    # Colours are weighted by alpha, or what lies under the transparent part would bleed in.
    weighted = cv2.multiply(layer.rgb, cv2.merge([layer.alpha] * 3), dtype=cv2.CV_32F)
    soft = cv2.GaussianBlur(weighted, (0, 0), blur_px)
    alpha = np.asarray(cv2.GaussianBlur(layer.alpha, (0, 0), blur_px), np.float32)
    shares = cv2.merge([np.maximum(alpha, 1e-3)] * 3)
    return replace(layer, rgb=cv2.divide(soft, shares, dtype=cv2.CV_8U), alpha=alpha)
