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
    """(2, h, w) float32, short side 360: where luma, and Cb, is higher or lower over the video.

    Each picture's detail is divided by what is usual around it. What stays the same over a stretch
    is divided by its local power once more, so that a quiet place, or one that moves, says more.
    """
    total = part = np.zeros((0, 0, 0), np.float32)
    count = 0
    for count, planes in enumerate(_pictures(path), 1):
        size_wh = _size(*planes[0].shape)
        fine = np.stack([_detail(_sized(plane, size_wh)) for plane in planes])
        if fine.shape != part.shape:
            total, part = np.zeros_like(fine), np.zeros_like(fine)
        part += fine
        if count % _TOGETHER == 0:
            total += _weighed(part, _TOGETHER)
            part[:] = 0
    if count % _TOGETHER:
        total += _weighed(part, count % _TOGETHER)
    return np.stack([_flat(plane) for plane in total])


def _flat(picture: F32) -> F32:
    """The picture with the same power in all frequencies and at all places."""
    height, width = picture.shape
    waves = np.fft.rfft2(picture)
    size = np.asarray(cv2.GaussianBlur(np.abs(waves), (0, 0), 3.0), np.float32)
    flat = np.fft.irfft2(waves / (size + 1e-6 * size.max() + 1e-12), (height, width))
    flat = flat.astype(np.float32)
    power = cv2.blur(flat * flat, (_side(6), _side(6)))
    power += 1e-3 * power.mean() + 1e-12
    return np.clip(flat / np.sqrt(power), -_LIMIT, _LIMIT).astype(np.float32)


def _pictures(path: Path) -> Iterator[tuple[U8, U8]]:
    """Upright luma and Cb of the video, or of stretches of a long one, as far as it can be read."""
    info = probe(path)
    whole = info.frame_count <= _MOST_PICTURES
    starts = [None] if whole else _starts(info)
    each = _MOST_PICTURES if whole else _MOST_PICTURES // len(starts)
    for start in starts:
        try:
            for _, picture in islice(pictures(path, seek_to=start), each):
                yield upright_planes(picture, info, info.size_wh)[:2]
        except VideoTruncated:
            # What there is may still tell.
            return


def _starts(info: VideoInfo) -> list[int | None]:
    """Where stretches of a long video begin, in its time base; None is the very beginning."""
    times = [info.duration_s * k / _STRETCHES for k in range(1, _STRETCHES)]
    return [None, *(int(Fraction(time) / info.time_base) for time in times)]


def _size(height: int, width: int) -> tuple[int, int]:
    scale = CELL_PX * ACROSS / min(height, width)
    return round(width * scale), round(height * scale)


def _sized(plane: U8, size_wh: tuple[int, int]) -> F32:
    kernel = cv2.INTER_AREA if size_wh[1] < plane.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, size_wh, interpolation=kernel), np.uint8).astype(np.float32)


def _detail(plane: F32) -> F32:
    """(h, w) what is finer than about two cells, by its local power, outliers cut."""
    fine = plane - cv2.blur(cv2.blur(plane, (_side(2), _side(2))), (_side(2), _side(2)))
    fine = cv2.GaussianBlur(fine, (0, 0), 0.3 * CELL_PX)
    power = cv2.blur(fine * fine, (_side(5), _side(5)))
    return np.clip(fine / np.sqrt(power + 0.5), -_LIMIT, _LIMIT).astype(np.float32)


def _weighed(part: F32, count: int) -> F32:
    """The mean of pictures by its power around; the more of them there are, the more they weigh."""
    mean = part / np.float32(count)
    power = np.stack([cv2.blur(plane * plane, (_side(6), _side(6))) for plane in mean])
    return np.asarray(mean / (power + 1e-3) * (count / _TOGETHER), np.float32)


def _side(cells: int) -> int:
    return cells * CELL_PX + 1
