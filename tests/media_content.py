"""What a video file plays, read with nothing but PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av


@dataclass(frozen=True, slots=True)
class Content:
    """What a file plays: times in seconds, colour codes, sound packets as (time, bytes)."""

    times: list[Fraction]
    colors: set[tuple[int, int, int, int]]
    sound: list[tuple[Fraction, bytes]]
    sizes: set[tuple[int, int]]


def content(path: Path) -> Content:
    """The content of the file at `path`: its first video and its first sound track."""
    sound: list[tuple[Fraction, bytes]] = []
    with av.open(str(path)) as container:
        if container.streams.audio:
            for packet in container.demux(audio=0):
                if packet.size:
                    sound.append((Fraction((packet.pts or 0) * packet.time_base), bytes(packet)))
    times: list[Fraction] = []
    colors: set[tuple[int, int, int, int]] = set()
    sizes: set[tuple[int, int]] = set()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        for frame in container.decode(stream):
            pts = frame.dts if frame.pts is None else frame.pts
            times.append((pts or 0) * stream.time_base)
            tags = (frame.color_range, frame.colorspace)
            colors.add((*tags, frame.color_primaries, frame.color_trc))
            sizes.add((frame.width, frame.height))
    return Content(times, colors, sound, sizes)
