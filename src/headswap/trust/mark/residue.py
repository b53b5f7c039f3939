"""What remains of a video's pictures when all that can be explained is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.errors import VideoTruncated
from headswap.media import VideoInfo, probe
from headswap.media.decode import pictures
from headswap.media.planes import upright_planes
from headswap.trust.mark.cells import ACROSS

# Pictures are read with so many pixels to a cell.
CELL_PX = 4
# So many pictures in a row are added up before their common content is weighed down.
_TOGETHER = 12
# Of a longer video this many pictures are read, in stretches spread over it.
_MOST_PICTURES, _STRETCHES = 360, 12
_LIMIT = 2.5


def residue(path: Path) -> F32:
    """(h, w) float32, short side 360: where it is lighter or darker over the whole video.

    Each picture's detail is divided by what is usual around it. What stays the same over a stretch
    is divided by its local power once more, so that a quiet place, or one that moves, says more.
    """
    total = part = np.zeros((0, 0), np.float32)
    count = 0
    for count, luma in enumerate(_pictures(path), 1):
        fine = _detail(_sized(luma))
        if fine.shape != part.shape:
            total, part = np.zeros_like(fine), np.zeros_like(fine)
        part += fine
        if count % _TOGETHER == 0:
            total += _weighed(part, _TOGETHER)
            part[:] = 0
    if count % _TOGETHER:
        rest = count % _TOGETHER
        total += _weighed(part, rest)
    return _flat(total)


def _flat(picture: F32) -> F32:
    """The picture with the same power in all frequencies and at all places."""
    height, width = picture.shape
    waves = np.fft.rfft2(picture)
    size = np.asarray(cv2.GaussianBlur(np.abs(waves), (0, 0), 3.0), np.float32)
    flat = np.fft.irfft2(waves / (size + 1e-6 * size.max() + 1e-12), (height, width))
    flat = flat.astype(np.float32)
    power = cv2.blur(flat * flat, (_side(6), _side(6)))
    return np.clip(flat / np.sqrt(power + 1e-3 * power.mean()), -_LIMIT, _LIMIT).astype(np.float32)


def _pictures(path: Path) -> Iterator[U8]:
    """Upright luma of the video, or of stretches of a long one, as far as it can be read."""
    info = probe(path)
    whole = info.frame_count <= _MOST_PICTURES
    starts = [None] if whole else _starts(info)
    each = _MOST_PICTURES if whole else _MOST_PICTURES // len(starts)
    for start in starts:
        try:
            for _, picture in islice(pictures(path, seek_to=start), each):
                yield upright_planes(picture, info, info.size_wh)[0]
        except VideoTruncated:
            # What there is may still tell.
            return


def _starts(info: VideoInfo) -> list[int | None]:
    """Where stretches of a long video begin, in its time base; None is the very beginning."""
    times = [info.duration_s * k / _STRETCHES for k in range(1, _STRETCHES)]
    return [None, *(int(Fraction(time) / info.time_base) for time in times)]


def _sized(luma: U8) -> F32:
    height, width = luma.shape
    shrink = CELL_PX * ACROSS / min(height, width)
    size = (round(width * shrink), round(height * shrink))
    kernel = cv2.INTER_AREA if shrink < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(luma, size, interpolation=kernel), np.uint8).astype(np.float32)


def _detail(luma: F32) -> F32:
    """(h, w) what is finer than about two cells, by its local power, outliers cut."""
    fine = luma - cv2.blur(cv2.blur(luma, (_side(2), _side(2))), (_side(2), _side(2)))
    fine = cv2.GaussianBlur(fine, (0, 0), 0.3 * CELL_PX)
    power = cv2.blur(fine * fine, (_side(5), _side(5)))
    return np.clip(fine / np.sqrt(power + 0.5), -_LIMIT, _LIMIT).astype(np.float32)


def _weighed(part: F32, count: int) -> F32:
    """The mean of pictures by its power around; the more of them there are, the more they weigh."""
    mean = part / np.float32(count)
    power = cv2.blur(mean * mean, (_side(6), _side(6)))
    return np.asarray(mean / (power + 1e-3) * (count / _TOGETHER), np.float32)


def _side(cells: int) -> int:
    return cells * CELL_PX + 1
