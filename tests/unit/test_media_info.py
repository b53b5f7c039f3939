"""The size of a result."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from headswap.media import ColorTags, Resolution, VideoInfo, output_size


def _info(width: int, height: int) -> VideoInfo:
    return VideoInfo(
        path=Path("clip.mp4"),
        width=width,
        height=height,
        rotation_deg=0,
        time_base=Fraction(1, 25),
        rate=Fraction(25),
        frame_count=1,
        duration_s=0.04,
        codec="h264",
        pixel_format="yuv420p",
        color=ColorTags("tv", "bt709", "bt709", "bt709"),
        sample_aspect=Fraction(1),
        audio_streams=0,
    )


@pytest.mark.parametrize(
    ("size", "resolution", "expected"),
    [
        ((1280, 720), "source", (1280, 720)),
        ((175, 131), "source", (176, 132)),
        ((1920, 1080), "720p", (1280, 720)),
        ((1080, 1920), "720p", (720, 1280)),
        ((1280, 720), "480p", (854, 480)),
        ((1280, 720), "720p", (1280, 720)),
        ((640, 360), "480p", (640, 360)),
        ((641, 361), "720p", (642, 362)),
        ((4000, 721), "720p", (3994, 720)),
        ((8192, 4), "480p", (8192, 4)),
    ],
)
def test_the_short_side_shrinks_to_the_resolution_and_never_grows(
    size: tuple[int, int], resolution: Resolution, expected: tuple[int, int]
) -> None:
    assert output_size(_info(*size), resolution) == expected
