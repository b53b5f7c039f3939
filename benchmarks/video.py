"""Reading video files for measuring: upright pictures with exact times, and sound packets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame

from headswap.arrays import U8


class MeasureError(Exception):
    """A file that cannot be measured: what, which, and why."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One decoded frame: its place in display order and its exact time; pixels on demand."""

    index: int
    time_s: Fraction
    frame: VideoFrame

    def rgb(self) -> U8:
        """(h, w, 3) uint8, upright."""
        pixels: U8 = np.asarray(self.frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        # FFmpeg counts the display rotation anticlockwise, as NumPy does.
        turns = round(self.frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(pixels, turns))


def decoded(path: Path) -> Iterator[Decoded]:
    """Every frame of the first video stream in display order.

    Raises:
        MeasureError: the file has no video, or a frame has no time.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MeasureError(f"{path}: no video stream in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for index, frame in enumerate(container.decode(stream)):
                if frame.pts is None or frame.time_base is None:
                    raise MeasureError(f"{path}: frame {index} carries no time")
                yield Decoded(index, frame.pts * Fraction(frame.time_base), frame)
    except (FFmpegError, OSError) as error:
        raise MeasureError(f"{path}: cannot be decoded ({error})") from error


def count_frames(path: Path) -> int:
    """How many pictures the file's packets hold; nothing is decoded."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MeasureError(f"{path}: no video stream in it")
            packets = container.demux(container.streams.video[0])
            return sum(1 for packet in packets if packet.size)
    except (FFmpegError, OSError) as error:
        raise MeasureError(f"{path}: cannot be read ({error})") from error


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """One coded piece of sound: its stream's number among the sound streams, time and bytes."""

    stream: int
    time_s: Fraction | None
    content: bytes


def sound_packets(path: Path) -> list[SoundPacket]:
    """All packets of all audio streams, in file order within each stream."""
    found: list[SoundPacket] = []
    with av.open(str(path)) as container:
        order = {stream.index: k for k, stream in enumerate(container.streams.audio)}
        if not order:
            return []
        for packet in container.demux(*container.streams.audio):
            if packet.size:
                time = None if packet.pts is None else packet.pts * Fraction(packet.time_base)
                found.append(SoundPacket(order[packet.stream_index], time, bytes(packet)))
    return sorted(found, key=lambda packet: packet.stream)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The same frame of source and result: (h, w, 3) uint8 RGB each, at the result's size."""

    index: int
    source: U8
    result: U8


def pairs(source: Path, result: Path, every: int = 1) -> Iterator[Pair]:
    """Both files' frames side by side, until the shorter one ends.

    every: above 3, only three frames in a row out of that many are given: enough for second
    differences at a fraction of the cost.
    """
    for before, after in zip(decoded(source), decoded(result), strict=False):
        if every > 3 and before.index % every >= 3:
            continue
        pixels, changed = before.rgb(), after.rgb()
        if pixels.shape != changed.shape:
            size_wh = (changed.shape[1], changed.shape[0])
            scaled = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
            pixels = np.asarray(scaled, dtype=np.uint8)
        yield Pair(before.index, pixels, changed)
