"""Marker: writes a mark into a finished frame, around the heads that were swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.media import Frame
from headswap.trust.mark.cells import ACROSS, drawn, guides, meaning, sown
from headswap.trust.mark.words import spoken

# No frame differs by more than this, root mean square, 42.4 dB; and where it is marked by no more
# than that, 40.3 dB, which is reached in busy pictures only.
_MOST_RMS, _MOST_RMS_INSIDE = 1.93, 2.45
# Amplitude in levels by the picture's short side: at least in luma, and in Cb, where the eye hardly
# sees anything so fine. Coarse video is coded so coarsely that Cb would need too much.
_LINES = (288.0, 360.0, 480.0, 720.0)
_LEAST, _CHROMA = (1.26, 1.13, 0.62, 0.42), (1.2, 1.2, 1.4, 1.1)
# The least in luma of a grey film, in which colours would show. Levels of colour, on average over a
# picture: up to the first it is grey, from the second on it is not.
_LEAST_ALONE = (1.26, 1.13, 0.98, 0.8)
_COLOURS = (0.5, 2.0)
# The most in luma, and how much as a share of what is going on in the picture already, beyond what
# may be grain.
_MOST, _OF_ACTIVITY = 4.0, 0.9
_GRAIN = 1.2
# Noise on black shows most. Levels: up to here the share below is put on, from there on all.
_BLACK, _GREY, _ON_BLACK = 24.0, 64.0, 0.6
# What is looked at has so many pixels to a cell.
_SAMPLES = 2
# Of a radius: the outer part over which the mark fades.
_FADE = 0.2
_Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Circle:
    """A part of a picture, in pixels. gain: how much stronger than usual it is marked."""

    x: float
    y: float
    radius: float
    gain: float = 1.0


class Marker:
    """Writes one mark into frames of one size. What it writes depends on the frame alone."""

    def __init__(self, mark: int, size_wh: tuple[int, int]) -> None:
        """Raises ValueError for a mark that does not fit into 64 bits."""
        cells = np.where(guides(), 1, spoken(mark)[meaning()]).astype(np.float32) * sown()
        self._cell_px = min(size_wh) / ACROSS
        self._least = float(np.interp(min(size_wh), _LINES, _LEAST))
        self._least_alone = float(np.interp(min(size_wh), _LINES, _LEAST_ALONE))
        self._chroma = float(np.interp(min(size_wh), _LINES, _CHROMA))
        self._samples = size_wh[0] * size_wh[1] * (_SAMPLES / self._cell_px) ** 2
        self._pattern = drawn(cells, size_wh, self._cell_px)
        half = ((size_wh[0] + 1) // 2, (size_wh[1] + 1) // 2)
        self._coarse = drawn(cells, half, self._cell_px / 2)

    def put(self, frame: Frame, inside: Sequence[Circle], outside: Sequence[Circle]) -> Frame:
        """The frame with the mark inside of circles, but not inside of others.

        Nothing changes beyond the circles' edges, where the mark has faded to nothing.
        """
        box = _around(inside, (frame.width, frame.height))
        if box is None:
            return frame
        x0, y0, x1, y1 = box
        old = frame.y[y0:y1, x0:x1]
        shrink = _SAMPLES / self._cell_px
        small = (max(1, round((x1 - x0) * shrink)), max(1, round((y1 - y0) * shrink)))
        shape = _shape(inside, outside, box, small)
        looked = _averaged(old, small)
        strongest = max(circle.gain for circle in inside)
        shade = shape * _shade(looked)
        coloured = float(np.interp(_colours(frame), _COLOURS, (0.0, 1.0)))
        least = coloured * self._least + (1 - coloured) * self._least_alone
        gain = shade * _strength(looked, least * strongest)
        gain *= _bounded(gain, shape, self._samples)
        luma = np.s_[y0:y1, x0:x1]
        chroma = np.s_[y0 // 2 : (y1 + 1) // 2, x0 // 2 : (x1 + 1) // 2]
        change = _spread(
            shade * np.float32(coloured * self._chroma * strongest), self._coarse[chroma]
        )
        return replace(
            frame,
            y=_added(frame.y, luma, _spread(gain, self._pattern[luma])),
            u=_added(frame.u, chroma, change),
        )


def _spread(gain: F32, pattern: F32) -> F32:
    """The pattern (h, w), times a gain that is known for a smaller picture of the same part."""
    size = pattern.shape[1], pattern.shape[0]
    change = np.asarray(cv2.resize(gain, size, interpolation=cv2.INTER_LINEAR), np.float32)
    cv2.multiply(change, pattern, dst=change)
    return change


def _added(plane: U8, part: tuple[slice, slice], change: F32) -> U8:
    """A copy of a plane with something added to a part of it."""
    new = plane.copy()
    cv2.add(plane[part], change, dst=new[part], dtype=cv2.CV_8U)
    new.flags.writeable = False
    return new


def _averaged(plane: U8, size_wh: tuple[int, int]) -> U8:
    """A plane (h, w) made smaller, by way of its exact half if that is larger still."""
    height, width = (side // 2 * 2 for side in plane.shape)
    half = (width // 2, height // 2)
    if half[0] >= size_wh[0] and half[1] >= size_wh[1]:
        plane = np.asarray(
            cv2.resize(plane[:height, :width], half, interpolation=cv2.INTER_AREA), np.uint8
        )
    return np.asarray(cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _around(
    circles: Sequence[Circle], size_wh: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The part of the picture that the circles reach into."""
    if not circles:
        return None
    x0 = max(0, int(min(c.x - c.radius for c in circles)))
    y0 = max(0, int(min(c.y - c.radius for c in circles)))
    x1 = min(size_wh[0], int(max(c.x + c.radius for c in circles)) + 1)
    y1 = min(size_wh[1], int(max(c.y + c.radius for c in circles)) + 1)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _shape(
    inside: Sequence[Circle],
    outside: Sequence[Circle],
    box: _Box,
    size_wh: tuple[int, int],
) -> F32:
    """(h, w) 0..1: where to mark, for a smaller picture of a box."""
    across = box[0] + (np.arange(size_wh[0], dtype=np.float32) + 0.5) * (
        (box[2] - box[0]) / size_wh[0]
    )
    down = box[1] + (np.arange(size_wh[1], dtype=np.float32) + 0.5) * (
        (box[3] - box[1]) / size_wh[1]
    )
    shape = np.zeros(size_wh[::-1], np.float32)
    for circle in inside:
        np.maximum(shape, _depth(circle, across, down), out=shape)
    for circle in outside:
        np.minimum(shape, 1 - _depth(circle, across, down), out=shape)
    return shape


def _depth(circle: Circle, across: F32, down: F32) -> F32:
    """0 outside, rising to 1 where the circle's edge is far enough."""
    squares = np.square(across - circle.x)[None] + np.square(down - circle.y)[:, None]
    return np.clip((1 - np.sqrt(squares) / circle.radius) / _FADE, 0, 1).astype(np.float32)


def _bounded(gain: F32, shape: F32, samples: float) -> float:
    """A factor 0..1 for a gain whose power is too much; samples: how many the picture has."""
    power = float(np.square(gain).sum())
    marked = float(np.square(shape).sum())
    allowed = min(_MOST_RMS**2 * samples, _MOST_RMS_INSIDE**2 * marked)
    return float(np.sqrt(min(1.0, allowed / max(power, 1e-9))))


def _strength(small: U8, least: float) -> F32:
    """(h, w) levels: how much luma may be changed without its being seen, from a small one."""
    picture = small.astype(np.float32)
    mean = cv2.blur(picture, (3, 3))
    activity = np.sqrt(np.maximum(cv2.blur(picture * picture, (3, 3)) - mean * mean, 0))
    # A lone edge hides nothing beside it; texture has no quiet place near.
    activity = cv2.blur(cv2.erode(activity, np.ones((5, 5), np.uint8)), (3, 3))
    return np.clip(_OF_ACTIVITY * (activity - _GRAIN), least, _MOST).astype(np.float32)


def _colours(frame: Frame) -> float:
    """How far from grey a picture is on average, levels."""
    some = np.stack([frame.u[::8, ::8], frame.v[::8, ::8]]).astype(np.float32)
    return float(np.abs(some - 128).sum(axis=0).mean())


def _shade(small: U8) -> F32:
    """(h, w) 0..1: less on black, from a small picture's luma."""
    mean = cv2.blur(small, (3, 3)).astype(np.float32)
    light = np.clip((mean - _BLACK) / (_GREY - _BLACK), 0, 1)
    return np.asarray(_ON_BLACK + (1 - _ON_BLACK) * light, np.float32)
