"""How straight edges go on where a picture is unseen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.swapping.compose.rays import (
    ALIKE,
    ASIDE,
    ASIDE_PX,
    BESIDE_PX,
    DEPTH_PX,
    Ray,
    across,
    rays_into,
    values_at,
)

# Two rays are one line where they turn by less.
_TURN_DEG = 4.0
# A line goes on for so many times the length that is seen: alone, and to meet another.
_ALONE, _TO_MEET = 3.0, 6.0
# Where a line is, and its blur, is no pattern.
_WIDTH_PX = 2 * BESIDE_PX + 7


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """An edge in the unseen: from one place (2,) to another, colours, as a ray's, at both."""

    begin: F64
    end: F64
    first: F32
    last: F32


def carry_on(rgb: U8, seen: U8, wanted: U8, smooth: F32) -> tuple[U8, U8, U8]:
    """The picture with straight edges carried on; (h, w) where; and (h, w) where lines are at all.

    rgb: (h, w, 3); seen: (h, w), 1 where it counts; wanted: (h, w), 1 where lines would show;
    smooth: the picture filled without an edge. Edges that enter the unseen on both sides are
    joined; two that come from different sides around the same thing meet in a corner; one whose
    other end is outside of the picture, or hidden further, goes straight on.
    """
    rays = [ray for ray in rays_into(rgb, seen, smooth) if _shows(ray, wanted)]
    lines, used = joined_rays(rays)
    band, along = np.zeros_like(seen), np.zeros_like(seen)
    result = rgb.copy()
    _paint(result, band, lines, seen)
    result = np.where(band[..., None] > 0, result, rgb)
    strokes = [(ray.at - ray.seen_px * ray.ahead, ray.at) for ray in used]
    for begin, end in [*strokes, *((line.begin, line.end) for line in lines)]:
        cv2.line(along, _pixel(begin), _pixel(end), 1, _WIDTH_PX)
    return result, band, along


def _pixel(place: F64) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


def _shows(ray: Ray, wanted: U8) -> bool:
    """Whether some of what is ahead of a ray would be seen."""
    places = ray.at + np.arange(ray.far_px)[:, None] * ray.ahead
    return float(values_at(wanted, places).sum()) >= DEPTH_PX


def joined_rays(rays: list[Ray]) -> tuple[list[Line], list[Ray]]:
    """The lines that rays become, and which of the rays do."""
    free = list(rays)
    lines = _pairs(free)
    for ray in list(free):
        if ray.beyond is not None:
            free.remove(ray)
            lines.append(Line(ray.at, ray.beyond, ray.colours, ray.colours))
    lines += _corners(free)
    for ray in list(free):
        if not ray.far_seen:
            free.remove(ray)
            ahead = min(ray.far_px, _ALONE * ray.seen_px)
            lines.append(Line(ray.at, ray.at + ahead * ray.ahead, ray.colours, ray.colours))
    return lines, [ray for ray in rays if ray not in free]


def _pairs(free: list[Ray]) -> list[Line]:
    """Lines of two rays from opposite sides, which are taken out of the list."""
    lines: list[Line] = []
    pairs = [(_off(a, b), k, a, b) for k, (a, b) in enumerate(combinations(free, 2))]
    for off, _, a, b in sorted(pairs, key=lambda pair: pair[:2]):
        if off < np.inf and a in free and b in free:
            free.remove(a)
            free.remove(b)
            lines.append(Line(a.at, b.at, a.colours, b.colours[::-1]))
    return lines


def _corners(free: list[Ray]) -> list[Line]:
    """Lines of two rays that meet and end there, which are taken out of the list."""
    lines: list[Line] = []
    alone = [ray for ray in free if ray.far_seen]
    meetings = [(_meeting(a, b), k, a, b) for k, (a, b) in enumerate(combinations(alone, 2))]
    found = [(max(met), k, met, a, b) for met, k, a, b in meetings if met is not None]
    for _, _, met, a, b in sorted(found, key=lambda one: one[:2]):
        if a in free and b in free:
            free.remove(a)
            free.remove(b)
            same = _inner_right(a, b) == _inner_right(b, a)
            for ray, other, ahead in ((a, b, met[0]), (b, a, met[1])):
                last = other.colours if same else other.colours[::-1]
                corner = ray.at + ahead * ray.ahead
                mean = np.asarray((ray.colours + last) / 2, np.float32)
                lines.append(Line(ray.at, corner, ray.colours, mean))
    return lines


def _off(a: Ray, b: Ray) -> float:
    """How far two rays from opposite sides miss each other, px; infinite if they are not one."""
    gap = b.at - a.at
    length = float(np.linalg.norm(gap))
    if length < DEPTH_PX or float(a.ahead @ gap) <= 0 or length > 1.5 * max(a.far_px, b.far_px):
        return np.inf
    # What is seen for a short way has its direction less exactly.
    turn = np.radians(_TURN_DEG) + 1 / min(a.seen_px, b.seen_px)
    if -float(a.ahead @ b.ahead) < np.cos(turn):
        return np.inf
    longer = a if a.seen_px > b.seen_px else b
    aside = abs(float(across(longer.ahead) @ gap))
    unlike = max(float(np.abs(a.side(right) - b.side(not right)).max()) for right in (False, True))
    if aside > ASIDE_PX + length * (ASIDE + 1.5 / longer.seen_px) or unlike > 2 * ALIKE:
        return np.inf
    return aside


def _meeting(a: Ray, b: Ray) -> tuple[float, float] | None:
    """How far ahead of each, two rays meet around the same thing; None if they do not."""
    turn = float(a.ahead[0] * b.ahead[1] - a.ahead[1] * b.ahead[0])
    if abs(turn) < 0.5:
        return None
    gap = b.at - a.at
    s = float(gap[0] * b.ahead[1] - gap[1] * b.ahead[0]) / turn
    t = float(gap[0] * a.ahead[1] - gap[1] * a.ahead[0]) / turn
    for ray, ahead in ((a, s), (b, t)):
        if not 0 <= ahead <= min(ray.far_px + 4, _TO_MEET * ray.seen_px):
            return None
    a_right, b_right = _inner_right(a, b), _inner_right(b, a)
    inner = np.abs(a.side(a_right) - b.side(b_right)).max()
    outer = np.abs(a.side(not a_right) - b.side(not b_right)).max()
    return (s, t) if max(inner, outer) < 2 * ALIKE else None


def _inner_right(ray: Ray, other: Ray) -> bool:
    """Whether the inside of a corner, where the other ray comes from, is to the ray's right."""
    return float(across(ray.ahead) @ -other.ahead) > 0


def _paint(rgb: U8, band: U8, lines: list[Line], seen: U8) -> None:
    """Lays the lines' colours over what is unseen near them, each pixel the nearest line's."""
    nearest = np.full(seen.shape, BESIDE_PX + 1e-3)
    for line in lines:
        length = float(np.linalg.norm(line.end - line.begin))
        if length >= 1:
            _paint_one(rgb, nearest, line, (line.end - line.begin) / length, length)
    painted = (nearest <= BESIDE_PX) & (seen == 0)
    band[painted] = 1
    for a, b in combinations(lines, 2):
        _open_crossing(band, a, b)


def _paint_one(rgb: U8, nearest: F64, line: Line, ahead: F64, length: float) -> None:
    """Paints what is nearer to this line than to those before."""
    height, width = nearest.shape
    ends = np.stack([line.begin, line.end])
    x0, y0 = np.maximum(np.floor(ends.min(axis=0) - BESIDE_PX - 1).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(ends.max(axis=0) + BESIDE_PX + 2).astype(int), [width, height])
    if x1 <= x0 or y1 <= y0:
        return
    window = np.s_[y0:y1, x0:x1]
    ys, xs = np.mgrid[y0:y1, x0:x1]
    along = (xs - line.begin[0]) * ahead[0] + (ys - line.begin[1]) * ahead[1]
    side = (ys - line.begin[1]) * ahead[0] - (xs - line.begin[0]) * ahead[1]
    off = np.hypot(side, np.maximum(0, np.maximum(-along, along - length)))
    here = off < nearest[window]
    part = np.clip(along[here] / length, 0, 1)[:, None]
    offs = np.arange(-BESIDE_PX, BESIDE_PX + 1)
    first, last = (
        np.stack([np.interp(side[here], offs, colours[:, k]) for k in range(3)], axis=1)
        for colours in (line.first, line.last)
    )
    nearest[window][here] = off[here]
    rgb[window][here] = np.clip(first + part * (last - first) + 0.5, 0, 255).astype(np.uint8)


def _open_crossing(band: U8, a: Line, b: Line) -> None:
    """Takes the place where two lines cross out of the band: neither says what is there."""
    along, other = a.end - a.begin, b.end - b.begin
    turn = float(along[0] * other[1] - along[1] * other[0])
    lengths = float(np.linalg.norm(along)), float(np.linalg.norm(other))
    if abs(turn) < 0.5 * lengths[0] * lengths[1]:
        return
    gap = b.begin - a.begin
    s = float(gap[0] * other[1] - gap[1] * other[0]) / turn
    t = float(gap[0] * along[1] - gap[1] * along[0]) / turn
    for part, length in ((s, lengths[0]), (t, lengths[1])):
        if not BESIDE_PX < part * length < length - BESIDE_PX:
            return
    x, y = np.round(a.begin + s * along).astype(int).tolist()
    cv2.circle(band, (x, y), round(1.5 * BESIDE_PX), 0, -1)
