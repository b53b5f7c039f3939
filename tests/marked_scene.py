"""A small moving scene with a mark in it, for tests of the mark."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from headswap.arrays import F64, U8
from headswap.media import Frame
from headswap.trust.mark import Circle, Marker

Planes = tuple[U8, U8, U8]

WIDTH, HEIGHT, RATE = 640, 360, 25
MARK = 0x6740F3A19C5D27BE


def unmarked(count: int, width: int = WIDTH, height: int = HEIGHT) -> list[Frame]:
    """Frames of a rough wall, a body of noise that sways before it, and grain."""
    random = np.random.default_rng(7)
    across = np.linspace(70, 170, width)[None] + np.linspace(0, 40, height)[:, None]
    wall = across + _blurred(random, (height, width), 25, 60)
    wall += _blurred(random, (height, width), 2, 16)
    size = min(width, height) // 2
    body = 110 + _blurred(random, (size, size), 2, 60)
    half = np.full(((height + 1) // 2, (width + 1) // 2), 120, np.uint8)
    frames: list[Frame] = []
    for index in range(count):
        picture = wall.copy()
        x = round(width / 2 - size / 2 + width / 12 * np.sin(index / 9))
        picture[height // 3 : height // 3 + size, x : x + size] = body
        picture += random.normal(0, 1.5, picture.shape)
        luma = np.clip(np.rint(picture), 16, 235).astype(np.uint8)
        frames.append(Frame(index, index, luma, half, half, "bt709", False))
    return frames


def head(frame: Frame) -> Circle:
    """Where the marked head of a frame is."""
    return Circle(frame.width / 2, 0.55 * frame.height, 0.6 * frame.height)


def marked(frames: Sequence[Frame], mark: int = MARK) -> list[Frame]:
    """The frames with the mark around the head."""
    marker = Marker(mark, (frames[0].width, frames[0].height))
    return [marker.put(frame, [head(frame)], []) for frame in frames]


def planes(frames: Sequence[Frame]) -> list[Planes]:
    """Luma and chroma of each."""
    return [(frame.y, frame.u, frame.v) for frame in frames]


def written(pictures: Sequence[Planes], out: Path, crf: int = 23, rate: int = RATE) -> Path:
    """A video of pictures, whose sides are even."""
    with av.open(str(out), "w") as target:
        options = {"crf": f"{crf}", "preset": "veryfast"}
        stream = target.add_stream("libx264", rate=rate, options=options)
        height, width = pictures[0][0].shape
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, (luma, *chroma) in enumerate(pictures):
            stacked = np.concatenate([luma.ravel(), *(plane.ravel() for plane in chroma)])
            picture = VideoFrame.from_ndarray(stacked.reshape(-1, width), format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, rate)
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return out


def _blurred(
    random: np.random.Generator, shape: tuple[int, int], sigma: float, power: float
) -> F64:
    noise = cv2.GaussianBlur(random.normal(0, 1, shape), (0, 0), sigma)
    return np.asarray(noise / noise.std() * power**0.5, np.float64)
