"""Finds a mark in a video, without the unmarked one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headswap.arrays import F32, F64
from headswap.trust.mark.cells import (
    REACH,
    drawn,
    grid_from_picture,
    guides,
    meaning,
    sown,
)
from headswap.trust.mark.residue import CELL_PX, residue
from headswap.trust.mark.words import SIGNS, heard

# A picture that was cropped has larger cells than its size tells: how much larger at most.
_MOST_GROWTH = 1.26
_SAMPLES = 2
# Parts of a picture that are looked at alone, as shares of the short side, and the steps of growth:
# over a small part a wrong one hurts less. 0: the whole picture.
_PARTS = ((0.0, 1.004), (0.67, 1.008), (0.4, 1.016))
# Standard deviations that a place of the grid must stand out by to be read.
_LEAST_PEAK = 5.3
_MOST_READ = 8
# Cells around one whose guides tell how far that one can be trusted.
_NEAR = 7.5
_LEAST_TRUST = 0.5
# Of a cell: how wide its shape is taken to be.
_CELL_SIGMA = 0.35


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the grid lies in a residue: a cell's size, and the middle, from the picture's own."""

    cell_px: float
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class _Found:
    """A grid, by how many standard deviations it stands out, and in which part of the residue."""

    peak: float
    part: tuple[int, int, int, int]
    grid: _Grid


def find_mark(path: Path) -> int | None:
    """The mark in a video's picture, None if there is none that can be read.

    The video may have been encoded again, scaled, cropped, shortened, made lighter, darker or of
    another frame rate. Memory does not depend on its length.
    Raises VideoError, as reading the video does.
    """
    return mark_in(residue(path))


def mark_in(rest: F32) -> int | None:
    """The mark in what `residue` left of a video's luma and Cb, (2, h, w)."""
    mark = _read(rest, _Grid(float(CELL_PX)))
    if mark is not None:
        return mark
    together = rest.sum(axis=0)
    for found in _places(together):
        mark = _read(rest, _settled(together, found))
        if mark is not None:
            return mark
    return None


def _read(rest: F32, grid: _Grid) -> int | None:
    """The mark in the cells of a grid, in each plane where the guides among them stand out."""
    said = np.sum([_said(plane, grid) for plane in rest], axis=0)
    return heard(said.astype(np.float32))


def _said(rest: F32, grid: _Grid) -> F64:
    """(270,) what one plane's cells say of each sign of the word."""
    cells = _cells(rest, grid)
    rows, columns = np.nonzero(cells.any(axis=1))[0], np.nonzero(cells.any(axis=0))[0]
    if not len(rows):
        return np.zeros(SIGNS)
    here = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cells, guide = (cells * sown())[here], guides()[here]
    around = cv2.GaussianBlur(np.where(guide, cells, 0).astype(np.float32), (0, 0), _NEAR)
    # What of it noise would give: a fifth of the cells, weighed by a Gaussian.
    noise = float(cells.std()) * np.sqrt(guide.mean() / (4 * np.pi)) / _NEAR
    trust = np.maximum(around / max(noise, 1e-12) - _LEAST_TRUST, 0)
    said = np.where(guide, 0, cells * trust)
    sums = np.bincount(meaning()[here].ravel(), said.ravel(), SIGNS)
    return np.asarray(sums, np.float64)


def _cells(rest: F32, grid: _Grid) -> F32:
    """(768, 768) what the residue says in each cell; 0 outside the picture."""
    height, width = rest.shape
    matrix = grid_from_picture((width, height), grid.cell_px)
    matrix[:, 2] -= np.array([grid.x, grid.y], np.float32) / np.float32(grid.cell_px)
    flags = cv2.INTER_LINEAR
    found = cv2.warpAffine(
        _matched(rest, grid.cell_px), matrix, (2 * REACH, 2 * REACH), flags=flags
    )
    return np.asarray(found, np.float32)


def _matched(rest: F32, cell_px: float) -> F32:
    """The residue as a cell's own shape sees it."""
    near = cv2.GaussianBlur(rest, (0, 0), _CELL_SIGMA * cell_px)
    return np.asarray(near - cv2.GaussianBlur(rest, (0, 0), 1.25 * cell_px), np.float32)


def _places(rest: F32) -> list[_Found]:
    """Where a grid may lie, the likeliest first."""
    height, width = rest.shape
    found: list[_Found] = []
    for share, step in _PARTS:
        side = round(share * min(height, width)) or max(height, width)
        for y in _starts(height, side):
            for x in _starts(width, side):
                part = (x, y, min(x + side, width), min(y + side, height))
                best = max(
                    (_correlated(rest, part, CELL_PX * growth) for growth in _growths(step)),
                    key=lambda one: one.peak,
                )
                if best.peak > _LEAST_PEAK:
                    found.append(best)
    return sorted(found, key=lambda one: -one.peak)[:_MOST_READ]


def _settled(rest: F32, found: _Found) -> _Grid:
    """The same grid, more exactly, from the part it was found in and what is around."""
    x0, y0, x1, y1 = found.part
    height, width = rest.shape
    grow = (x1 - x0) // 4
    part = (max(0, x0 - grow), max(0, y0 - grow), min(width, x1 + grow), min(height, y1 + grow))
    steps = np.arange(-8, 9) * 0.002
    every = [_correlated(rest, part, found.grid.cell_px * (1 + step)) for step in steps]
    return max(every, key=lambda one: one.peak).grid


def _correlated(rest: F32, part: tuple[int, int, int, int], cell_px: float) -> _Found:
    """Where the guides fit a part of the residue best, if cells are that large."""
    height, width = rest.shape
    x0, y0, x1, y1 = part
    scale = cell_px / _SAMPLES
    size = (int((x1 - x0) / scale), int((y1 - y0) / scale))
    matrix = np.array([[scale, 0, x0 + scale / 2 - 0.5], [0, scale, y0 + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = np.asarray(cv2.warpAffine(rest, matrix, size, flags=flags), np.float32)
    whole = (_reference_side(width), _reference_side(height))
    shape = (whole[1], whole[0])
    waves = np.conj(np.fft.rfft2(small, shape)) * _reference(*whole)
    fit = np.asarray(np.fft.irfft2(waves, shape), np.float32)
    # Beyond, the part would leave the reference.
    fit = fit[: shape[0] - size[1] + 1, : shape[1] - size[0] + 1]
    row, column = divmod(int(fit.argmax()), fit.shape[1])
    peak = float(fit[row, column]) / max(float(fit.std()), 1e-12)
    right = column + _top(fit[row], column)
    down = row + _top(fit[:, column], row)
    # The reference's middle is the grid's.
    x = x0 + (whole[0] / 2 - right) * scale - width / 2
    y = y0 + (whole[1] / 2 - down) * scale - height / 2
    return _Found(peak, part, _Grid(cell_px, float(x), float(y)))


def _top(line: F32, at: int) -> float:
    """Where between its neighbours the largest value of a line lies, -0.5..0.5."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, here, after = (float(value) for value in line[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _reference_side(side_px: int) -> int:
    return cv2.getOptimalDFTSize(int(side_px / CELL_PX * _SAMPLES * _MOST_GROWTH) + 2)


@cache
def _reference(width: int, height: int) -> NDArray[np.complex64]:
    guide = np.where(guides(), sown(), 0).astype(np.float32)
    picture = drawn(guide, (width, height), float(_SAMPLES))
    return np.asarray(np.fft.rfft2(picture), np.complex64)


def _growths(step: float) -> F64:
    count = int(np.log(_MOST_GROWTH) / np.log(step))
    return step ** np.arange(-2, count + 1, dtype=np.float64)


def _starts(length: int, side: int) -> list[int]:
    """Where parts begin that overlap by half."""
    if side >= length:
        return [0]
    count = int(np.ceil(2 * (length - side) / side)) + 1
    return [round(at) for at in np.linspace(0, length - side, count)]
