"""Scenes made without a video: tracks and people as analysis would have found them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from headswap.media import ColorTags, VideoInfo
from headswap.vision.scene import Person, Scene, Shot, Track


def info_of(path: Path = Path("clip.mp4")) -> VideoInfo:
    """A small video of four seconds."""
    return VideoInfo(
        path=path,
        width=320,
        height=240,
        rotation_deg=0,
        time_base=Fraction(1, 25),
        rate=Fraction(25),
        frame_count=100,
        duration_s=4.0,
        codec="h264",
        pixel_format="yuv420p",
        color=ColorTags("tv", "bt709", "bt709", "bt709"),
        sample_aspect=Fraction(1),
        audio_streams=0,
    )


def scene_of(tracks: list[Track], people: list[tuple[int, ...]], shots: list[Shot]) -> Scene:
    """A still scene; people: the indices of each one's tracks."""
    frames = shots[-1].stop
    return Scene(
        video=info_of(),
        pts=np.arange(frames, dtype=np.int64),
        shots=tuple(shots),
        tracks=tuple(tracks),
        people=tuple(
            Person(i, own, None, 0, np.zeros(4, np.float32)) for i, own in enumerate(people)
        ),
        camera_from_first=np.repeat(np.eye(2, 3, dtype=np.float32)[None], frames, 0),
        pack="core",
    )
