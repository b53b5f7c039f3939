"""The sample as a film: exact times, the scene's pixels, and sound that follows the mouth."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from headswap.sample import SampleSpec, build_scene, write_clip
from headswap.sample.clip import AUDIO_RATE, speech
from headswap.sample.motion import jaw_open


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_every_frame_is_shown_at_its_exact_time(tmp_path: Path, rate: Fraction) -> None:
    scene = build_scene(SampleSpec(size_wh=(128, 96), seconds=0.5, rate=rate))
    path = tmp_path / "clip.mp4"
    write_clip(scene, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [
            Fraction(f.pts or 0) * f.time_base for f in container.decode(stream) if f.time_base
        ]
        assert stream.codec_context.name == "h264"
    assert times == [index / rate for index in range(scene.frame_count)]


def test_the_film_shows_the_scene(tmp_path: Path) -> None:
    scene = build_scene(SampleSpec(size_wh=(192, 144), seconds=0.2))
    path = tmp_path / "clip.mp4"
    write_clip(scene, path)
    with av.open(str(path)) as container:
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for index, picture in enumerate(shown):
        error = picture.astype(float) - scene.frame(index).rgb
        assert abs(error.mean()) < 2
        assert np.abs(error).mean() < 6


def test_the_film_has_sound_as_long_as_the_picture(tmp_path: Path) -> None:
    scene = build_scene(SampleSpec(size_wh=(128, 96), seconds=0.6))
    path = tmp_path / "clip.mp4"
    write_clip(scene, path)
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert abs(samples - 0.6 * AUDIO_RATE) <= 2048


def test_the_voice_is_loud_when_the_jaw_is_open() -> None:
    scene = build_scene(SampleSpec(seconds=3.0))
    sound = speech(scene).reshape(-1, AUDIO_RATE // 25)
    loudness = np.sqrt((sound**2).mean(axis=1))
    jaw = [np.mean([jaw_open((i + k / 8) / 25, 0, 1) for k in range(9)]) for i in range(len(sound))]
    assert np.corrcoef(loudness, jaw)[0, 1] > 0.9
    assert loudness.max() < 0.5
