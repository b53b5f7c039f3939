"""Which stretch of a shot has a plate of its own, and which frames show what is behind people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.arrays import F64
from headswap.swapping.compose.follow import between
from headswap.swapping.plan import KEY_STEP, Appearance, Box, RenderPlan, box_around

# Around the eyes: as far as any hair that is removed reaches.
WIDE_REACH_CM = (-36.0, -28.0, 36.0, 46.0)

# A plate follows the camera until the picture has moved by this share of its width, or grown by
# this factor: further on parallax and small errors would show.
_MOST_SHIFT = 0.5
_MOST_ZOOM = 1.3
_MOST_MOVING_KEYS = 20
# Views of a stretch, and frames to each side of it that may have seen its background too.
_MOST_VIEWS, _LEAST_VIEWS = 24, 8
_VIEW_PX = 24e6
_BESIDE_FRAMES = 4 * KEY_STEP
_EMPTY_VIEWS = 6


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `first` to `last` of one shot, over whose people's backgrounds one plate is made.

    number: unique in the plan. reference: the frame whose pixels the plate is in. zone_xyxy: the
    plate's box in them; it may reach out of the frame. views: frames it is gathered from.
    """

    number: int
    shot: int
    first: int
    last: int
    reference: int
    zone_xyxy: Box
    views: tuple[int, ...]


def plate_path(folder: Path, number: int) -> Path:
    return folder / f"plate-{number}.npz"


def spans_of(plan: RenderPlan) -> tuple[Span, ...]:
    """All spans of a plan, the same whoever asks; two in a row share the frames of one key step."""
    found: list[Span] = []
    for shot in sorted({appearance.shot for appearance in plan.appearances}):
        here = [appearance for appearance in plan.appearances if appearance.shot == shot]
        keys = sorted({int(key) for appearance in here for key in appearance.key_frames()})
        for stretch in _stretches(plan, keys):
            found.append(_span(plan, len(found), shot, here, keys, stretch))
    return tuple(found)


def _stretches(plan: RenderPlan, keys: list[int]) -> list[list[int]]:
    stretches = [[keys[0]]]
    for key in keys[1:]:
        current = stretches[-1]
        motion = between(plan.camera_from_first[current[0]], plan.camera_from_first[key])
        if len(current) > 1 and _too_far(motion, current, plan):
            stretches.append([*current[-2:], key])
        else:
            current.append(key)
    return stretches


def _too_far(motion: F64, keys: list[int], plan: RenderPlan) -> bool:
    width, height = plan.size_wh
    middle = np.array([0.5 * width, 0.5 * height])
    shift = float(np.linalg.norm(motion[:, :2] @ middle + motion[:, 2] - middle))
    zoom = float(np.sqrt(abs(np.linalg.det(motion[:, :2]))))
    moving = not np.allclose(motion, np.eye(2, 3), atol=1e-3)
    many = moving and len(keys) > _MOST_MOVING_KEYS
    return many or shift > _MOST_SHIFT * width or not 1 / _MOST_ZOOM < zoom < _MOST_ZOOM


def _span(
    plan: RenderPlan,
    number: int,
    shot: int,
    people: list[Appearance],
    keys: list[int],
    stretch: list[int],
) -> Span:
    first, last = stretch[0], stretch[-1]
    reference = stretch[len(stretch) // 2]
    corners: list[F64] = []
    for key in stretch:
        to_reference = between(plan.camera_from_first[key], plan.camera_from_first[reference])
        for appearance in people:
            if appearance.start <= key < appearance.stop:
                box = box_around(
                    appearance.landmarks(key), appearance.scale(key), WIDE_REACH_CM, plan.size_wh
                )
                if box is not None:
                    corners.append(moved_box(box, to_reference))
    zone = np.array(corners) if corners else np.array([[0.0, 0.0, 8.0, 8.0]])
    x0, y0 = np.floor(zone[:, :2].min(axis=0)).astype(int)
    x1, y1 = np.ceil(zone[:, 2:].max(axis=0)).astype(int)
    pixels = max(1, (x1 - x0) * (y1 - y0))
    most = int(np.clip(_VIEW_PX / pixels, _LEAST_VIEWS, _MOST_VIEWS))
    near = [key for key in keys if first - _BESIDE_FRAMES <= key <= last + _BESIDE_FRAMES]
    views = _thinned(near, most) + _empty_frames(plan, shot, people, (first, last))
    box = (int(x0), int(y0), int(x1), int(y1))
    return Span(number, shot, first, last, reference, box, tuple(sorted(set(views))))


def _empty_frames(
    plan: RenderPlan, shot: int, people: list[Appearance], around: tuple[int, int]
) -> list[int]:
    """Frames of the shot, near the stretch, in which none of them is on screen."""
    frames = np.arange(plan.shots[shot].start, plan.shots[shot].stop)
    empty = np.ones(len(frames), np.bool_)
    for appearance in people:
        empty &= (frames < appearance.start) | (frames >= appearance.stop)
    reach = _BESIDE_FRAMES
    empty &= (frames >= around[0] - reach) & (frames <= around[1] + reach)
    return _thinned([int(frame) for frame in frames[empty]], _EMPTY_VIEWS)


def _thinned(frames: list[int], most: int) -> list[int]:
    if len(frames) <= most:
        return frames
    return [frames[int(at)] for at in np.linspace(0, len(frames) - 1, most).round()]


def moved_box(box: Box, motion: F64) -> F64:
    """(4,) the box around a moved box."""
    x0, y0, x1, y1 = box
    corners = np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]], np.float64)
    moved = corners @ motion[:, :2].T + motion[:, 2]
    return np.concatenate([moved.min(axis=0), moved.max(axis=0)])


def part_seen(span: Span, plan: RenderPlan, frame: int) -> Box | None:
    """The box of a frame in which the span's zone lies; None where it does not."""
    to_frame = between(plan.camera_from_first[span.reference], plan.camera_from_first[frame])
    x0, y0, x1, y1 = moved_box(span.zone_xyxy, to_frame)
    width, height = plan.size_wh
    left, top = max(0, int(x0) // 2 * 2), max(0, int(y0) // 2 * 2)
    right, bottom = min(width, int(x1 + 2) // 2 * 2), min(height, int(y1 + 2) // 2 * 2)
    return (left, top, right, bottom) if right - left >= 8 and bottom - top >= 8 else None


def shares(spans: tuple[Span, ...], shot: int, frame: int) -> list[tuple[Span, float]]:
    """The one span that a frame of a shot lies in, or two and how much each counts."""
    here = [s for s in spans if s.shot == shot and s.first <= frame <= s.last]
    if len(here) < 2:
        return [(span, 1.0) for span in here]
    earlier, later = here[0], here[-1]
    part = (frame - later.first) / max(1, earlier.last - later.first)
    return [(earlier, 1.0 - part), (later, part)]
