"""What lies behind lips and lids: small flat pictures that show where the skin opens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample import canvas
from headswap.sample.expression import swing_jaw

_MOUTH_MARGIN = (2.0, 7.0, 2.0, 30.0)  # portrait pixels left, above, right and below the lips
_EYE_MARGIN = (3.0, 3.0, 3.0, 3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A flat picture in the head: `corners` (4, 3) float32 in portrait pixels, clockwise from the
    upper left; `rgba` (h, w, 4) uint8, not premultiplied; `jaw` 1 when it hangs on the jaw.
    """

    corners: F32
    rgba: U8
    jaw: float

    def posed(self, jaw_open: float) -> F32:
        """(4, 3) corners after the jaw has opened."""
        return swing_jaw(self.corners, np.full(4, self.jaw, np.float32), jaw_open)


def eye_patch(rgb: F32, ring: F64) -> Patch:
    """The open eye inside `ring` (k, 3), its white carried on under the lids."""
    inside = canvas.polygon_mask(ring, 0.0)
    inside = canvas.eroded(inside, 1)
    whole = canvas.spread(rgb, inside, 1.0)
    box = _box(ring, _EYE_MARGIN)
    cut = _cut(whole, box)
    return Patch(_corners(box, ring, 0.0), _opaque(cut), 0.0)


def mouth_patches(rgb: F32, lips: F64) -> tuple[Patch, Patch, Patch]:
    """Cavity, lower teeth with tongue (both hanging on the jaw) and upper teeth, back to front."""
    box = _box(lips, _MOUTH_MARGIN)
    shape = _cut(rgb, box).shape[:2]
    middle = lips[:, 0].mean()
    corners = _corners(box, lips, -5.0)
    cavity = np.zeros((*shape, 3), np.float32) + np.array([46.0, 17.0, 16.0], np.float32)
    fall = np.linspace(1.0, 0.45, shape[0], dtype=np.float32)[:, None, None]
    grid = _cut(canvas.portrait_grid(), box)
    tongue = _lower(grid, middle, float(lips[len(lips) * 3 // 4, 1]), shape)
    return (
        Patch(corners, _opaque(cavity * fall), 0.35),
        Patch(corners, tongue, 1.0),
        Patch(corners, _upper_teeth(rgb, lips, grid, box, middle), 0.0),
    )


def _upper_teeth(
    rgb: F32, lips: F64, grid: F32, box: tuple[int, int, int, int], middle: float
) -> U8:
    """The portrait's own teeth, carried up under the lip, darker towards the corners."""
    half = len(lips) // 2
    inside = canvas.polygon_mask(lips, 0.0)
    inside = canvas.eroded(inside, 2)
    teeth = _cut(canvas.spread(rgb, inside, 0.7), box)
    lower = np.vstack([lips[half:], lips[:1]])[::-1]
    edge = np.interp(grid[..., 0], lower[:, 0], lower[:, 1]) - 0.2
    alpha = np.clip((edge - grid[..., 1]) * 0.9 + 0.5, 0, 1)
    reach = np.abs(grid[..., 0] - middle) / (0.5 * np.ptp(lips[:, 0]))
    shade = np.clip(1.12 - 0.55 * reach**2, 0.25, 1.0)[..., None]
    out = np.dstack([teeth * shade, 255 * alpha])
    return np.clip(out, 0, 255).astype(np.uint8)


def _lower(grid: F32, middle: float, lip_y: float, shape: tuple[int, int]) -> U8:
    """A row of lower teeth just over the lower lip, and the tongue behind it."""
    x, y = grid[..., 0] - middle, grid[..., 1] - lip_y
    curve = y + 0.012 * x**2
    rgba = np.zeros((*shape, 4), np.float32)
    tongue = np.clip(1.2 - np.hypot(x / 14, (curve - 1.0) / 6.5), 0, 1)
    tongue = np.clip(tongue * 3, 0, 1)
    rgba[..., :3] = np.array([138.0, 66.0, 64.0]) * (0.75 + 0.25 * np.cos(x / 5))[..., None]
    rgba[..., 3] = 255 * tongue
    teeth = np.clip((curve + 1.6) * 2, 0, 1) * np.clip((14.5 - np.abs(x)) * 0.7, 0, 1)
    gap = 1 - 0.30 * np.exp(-0.5 * (((x + 30) % 4.2 - 2.1) / 0.35) ** 2)
    ivory = np.array([196.0, 186.0, 170.0]) * gap[..., None]
    rgba[..., :3] += teeth[..., None] * (ivory - rgba[..., :3])
    rgba[..., 3] = np.maximum(rgba[..., 3], 255 * teeth)
    return np.clip(rgba, 0, 255).astype(np.uint8)


def _box(ring: F64, margin: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Canvas pixel box about a contour, with a margin left, above, right, below."""
    low = canvas.canvas_from_portrait(ring[:, :2].min(0) - margin[:2])
    high = canvas.canvas_from_portrait(ring[:, :2].max(0) + margin[2:])
    x0, y0 = np.floor(low).astype(int)
    x1, y1 = np.ceil(high).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _cut(picture: F32, box: tuple[int, int, int, int]) -> F32:
    return picture[box[1] : box[3], box[0] : box[2]]


def _opaque(rgb: F32) -> U8:
    full = np.dstack([rgb, np.full(rgb.shape[:2], 255.0)])
    return np.clip(full, 0, 255).astype(np.uint8)


def _corners(box: tuple[int, int, int, int], ring: F64, behind_px: float) -> F32:
    """(4, 3) the box's corners on the plane that fits the contour's depth best."""
    x0, y0, x1, y1 = box
    at = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64) - 0.5
    xy = (at + 0.5) / canvas.SCALE - 0.5 + (canvas.LEFT, canvas.TOP)
    terms = np.column_stack([ring[:, :2], np.ones(len(ring))])
    plane, *_ = np.linalg.lstsq(terms, ring[:, 2], rcond=None)
    z = np.column_stack([xy, np.ones(4)]) @ plane + behind_px
    return np.column_stack([xy, z]).astype(np.float32)
