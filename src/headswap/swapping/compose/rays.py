"""Straight edges of a picture that run into what is unseen of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8, Bool

# An edge has its colours with it so far to both sides, in px.
BESIDE_PX = 6
# How deep it must lead into the unseen; from so far inside of the seen the picture goes on.
DEPTH_PX, _INSIDE_PX = 6, 4.0
# Colours of one thing differ by less than this.
ALIKE = 36.0
# How far off its way an edge may go on: at once, and for each px of the gap.
ASIDE_PX, ASIDE = 2.5, 0.03
# Shorter or weaker (levels of 0..255 between its sides) edges are no lines.
_LEAST_PX, _LEAST_STEP = 14, 24.0
# Sides are compared this far off.
_OFF_PX = 3
# How much of all change across is to be at the edge; how far it may lean from what was found.
_THERE, _LEANING = 0.6, 0.1
# How far from the unseen a line may end. A rim is ragged: both sides of an edge may be seen only
# so far from there; and an edge is followed back so far.
_RIM_PX, _SKIPPED_PX, _FOLLOWED_PX = 12, 24, 160


@dataclass(frozen=True, slots=True, eq=False)
class Ray:
    """A straight edge up to where the unseen begins.

    at: (2,) x, y there. ahead: (2,) its direction on. seen_px: how far back it is seen. colours:
    (2 n + 1, 3) from `BESIDE_PX` to its left, in image coordinates, to its right. far_px: how far
    ahead the unseen reaches; far_seen: whether the picture goes on there. beyond: (2,) where it
    then shows the same edge, if it does.
    """

    at: F64
    ahead: F64
    seen_px: float
    colours: F32
    far_px: float
    far_seen: bool
    beyond: F64 | None

    def side(self, right: bool) -> F32:
        """(3,) the colour beside the edge."""
        return self.colours[BESIDE_PX + (_OFF_PX if right else -_OFF_PX)]


def rays_into(rgb: U8, seen: U8, smooth: F32) -> list[Ray]:
    """The lines of a picture (h, w, 3) that run into what is unseen of it.

    seen: (h, w), 1 where it counts. smooth: (h, w, 3) the picture filled without a new edge.
    """
    grey = np.clip(smooth.mean(axis=2) + 0.5, 0, 255).astype(np.uint8)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    # The stubs do not know that nothing found is None.
    segments = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    scene = _Scene(rgb, seen)
    rays: list[Ray] = []
    for x0, y0, x1, y1 in segments:
        ends = np.array([[x0, y0], [x1, y1]])
        for begin, end in (ends, ends[::-1]):
            ray = scene.ray(begin, end)
            if ray is not None:
                rays.append(ray)
    kept: list[Ray] = []
    for ray in sorted(rays, key=lambda ray: -ray.seen_px):
        if not any(_same(ray, other) for other in kept):
            kept.append(ray)
    return kept


def _same(a: Ray, b: Ray) -> bool:
    gap = b.at - a.at
    near = abs(float(across(a.ahead) @ gap)) < _OFF_PX and float(np.linalg.norm(gap)) < _SKIPPED_PX
    return near and float(a.ahead @ b.ahead) > 0.99


def across(ahead: F64) -> F64:
    """(2,) the direction to the right of another, in image coordinates."""
    return np.array([-ahead[1], ahead[0]])


def values_at(plane: U8 | F32, places: F64) -> F64:
    """A plane's or picture's nearest values at places (..., 2), x and y; 0 outside."""
    x, y = np.round(places[..., 0]).astype(int), np.round(places[..., 1]).astype(int)
    height, width = plane.shape[:2]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    values = plane[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float64)
    return np.where(inside if plane.ndim == 2 else inside[..., None], values, 0.0)


class _Scene:
    """A picture of which a part is seen."""

    def __init__(self, rgb: U8, seen: U8) -> None:
        self._rgb = rgb
        inner = cv2.erode(seen, np.ones((3, 3), np.uint8), borderValue=1)
        self._safe = np.asarray(inner, np.uint8)
        self._inside = np.asarray(cv2.distanceTransform(seen, cv2.DIST_L2, 3), np.float32)

    def ray(self, begin: F64, end: F64) -> Ray | None:
        """The edge from `begin` to `end`, if it is strong and leads on into the unseen."""
        length = float(np.linalg.norm(end - begin))
        if length < _LEAST_PX / 2 or values_at(self._inside, end) > _RIM_PX:
            return None
        ahead = (end - begin) / length
        steps = np.arange(-length / 2, _RIM_PX + BESIDE_PX)
        hidden = np.flatnonzero(values_at(self._safe, end + steps[:, None] * ahead) == 0)
        if len(hidden) == 0:
            return None
        fitted = self._followed(end + (steps[hidden[0]] - 1) * ahead, ahead)
        if fitted is None:
            return None
        at, ahead, seen_px, colours = fitted
        far_px, far_seen = self._far(at, ahead)
        if far_px < DEPTH_PX:
            return None
        beyond = self._beyond(at, ahead, colours, far_px) if far_seen else None
        return Ray(at, ahead, seen_px, colours, far_px, far_seen, beyond)

    def _followed(self, at: F64, ahead: F64) -> tuple[F64, F64, float, F32] | None:
        """The edge fitted to what is seen of it back from `at`: end, direction, length, colours."""
        grid, start, stop = np.zeros((0, 0, 3), np.float32), 0, 0
        for _ in range(2):
            grid, good = self._beside(at, ahead)
            start = int(good.argmax())
            step = grid[:, BESIDE_PX + _OFF_PX] - grid[:, BESIDE_PX - _OFF_PX]
            first = np.median(step[start : start + _LEAST_PX], axis=0)
            if start > _SKIPPED_PX or np.abs(first).max() < _LEAST_STEP:
                return None
            # Seen as far as its two sides differ in the same way.
            good &= step @ first > 0.5 * float(first @ first)
            broken = np.flatnonzero(~good[start:])
            stop = start + int(broken[0]) if len(broken) else len(good)
            if stop - start < _LEAST_PX:
                return None
            # Where across the edge its change has its middle.
            change = np.abs(np.diff(grid[start:stop], axis=1) @ first)
            offs = np.arange(2 * BESIDE_PX) + 0.5 - BESIDE_PX
            middle = change @ offs / np.maximum(change.sum(axis=1), 1e-3)
            back = np.arange(start, stop)
            slope, shift = np.polyfit(back, middle, 1)
            off = np.abs(offs - (slope * back + shift)[:, None])
            if abs(slope) > _LEANING or change[off < _OFF_PX].sum() < _THERE * change.sum():
                return None
            at, ahead = at + shift * across(ahead), ahead - slope * across(ahead)
            ahead = ahead / np.linalg.norm(ahead)
        colours = np.median(grid[start : min(stop, start + 2 * _LEAST_PX)], axis=0)
        return at, ahead, float(stop - start), np.asarray(colours, np.float32)

    def _beside(self, at: F64, ahead: F64) -> tuple[F32, Bool]:
        """(n, 2 `BESIDE_PX` + 1, 3) colours back from a place, across; (n,) where they are seen."""
        back = np.arange(0, _FOLLOWED_PX, dtype=np.float64)
        offs = np.arange(-BESIDE_PX, BESIDE_PX + 1, dtype=np.float64)
        places = at - back[:, None, None] * ahead + offs[None, :, None] * across(ahead)
        x, y = np.moveaxis(places.astype(np.float32), -1, 0)
        grid = cv2.remap(self._rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        near = places[:, BESIDE_PX - _OFF_PX - 1 : BESIDE_PX + _OFF_PX + 2]
        seen = np.asarray((values_at(self._safe, near) > 0).all(axis=1))
        return grid.astype(np.float32), seen

    def _far(self, at: F64, ahead: F64) -> tuple[float, bool]:
        """How far ahead of a place the unseen reaches; whether there is a picture after it."""
        reach = np.arange(0, 2 * max(self._inside.shape), dtype=np.float64)
        places = at + reach[:, None] * ahead
        height, width = self._inside.shape
        inside = (places >= 0).all(axis=1) & (places <= [width - 1, height - 1]).all(axis=1)
        seen = (values_at(self._inside, places) > _INSIDE_PX) & inside & (reach > DEPTH_PX)
        ends = np.flatnonzero(seen | ~inside)
        last = int(ends[0]) if len(ends) else len(reach) - 1
        return float(last), bool(seen[last])

    def _beyond(self, at: F64, ahead: F64, colours: F32, far_px: float) -> F64 | None:
        """(2,) where the picture after the unseen shows the same edge, if only for a few px."""
        right = across(ahead)
        sides = colours[BESIDE_PX - _OFF_PX], colours[BESIDE_PX + _OFF_PX]
        step = sides[1] - sides[0]
        on = far_px + np.arange(-BESIDE_PX, _RIM_PX + DEPTH_PX)
        reach = int(ASIDE_PX + ASIDE * far_px)
        best, place = 0.0, None
        for aside in range(-reach, reach + 1):
            places = at + on[:, None] * ahead + aside * right
            three = [places + k * _OFF_PX * right for k in (-1, 0, 1)]
            shown = np.logical_and.reduce([values_at(self._safe, one) > 0 for one in three])
            if shown.sum() < 3:
                continue
            left, other = (values_at(self._rgb, one[shown]) for one in (three[0], three[2]))
            off = [np.abs(a - b).max(axis=1) for a, b in ((left, sides[0]), (other, sides[1]))]
            change = (other - left) @ step
            alike = (change > 0.5 * float(step @ step)) & (np.minimum(*off) < ALIKE)
            if alike.mean() > 0.8 and change.mean() > best:
                best, place = float(change.mean()), places[shown][0]
        return place
