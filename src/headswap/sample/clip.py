"""Writes a sample scene as a film: H.264 with a voice-like sound that follows the mouths."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from headswap.arrays import F32, F64, U8
from headswap.sample.motion import jaw_open
from headswap.sample.scene import SampleScene

AUDIO_RATE = 48_000
_BLOCK = 1024
_PITCH_HZ = (205.0, 118.0)
_BT709 = 1  # ITU-T H.273 code of matrix, primaries and transfer alike


def speech(scene: SampleScene) -> F32:
    """(n,) float32 mono sound at `AUDIO_RATE`: a buzz per person, loud as the jaw is open."""
    count = round(scene.frame_count / scene.spec.rate * AUDIO_RATE)
    t_s = np.arange(count, dtype=np.float64) / AUDIO_RATE
    people = len(scene.spec.people)
    total = np.zeros(count)
    for number in range(people):
        knots = np.arange(0, t_s[-1] + 0.02, 0.01) if count else np.zeros(1)
        loud = np.interp(t_s, knots, [jaw_open(float(k), number, people) for k in knots])
        total += loud * _voice(t_s, _PITCH_HZ[number])
    return (0.25 * total).astype(np.float32)


def _voice(t_s: F64, pitch_hz: float) -> F64:
    """A steady vowel: harmonics of a slightly wavering pitch, strongest near two formants."""
    phase = 2 * np.pi * pitch_hz * t_s + 1.5 * np.sin(2 * np.pi * 4.7 * t_s)
    out = np.zeros_like(t_s)
    for k in range(1, 15):
        hz = k * pitch_hz
        weight = np.exp(-(((hz - 600) / 350) ** 2)) + 0.5 * np.exp(-(((hz - 1500) / 400) ** 2))
        out += (weight + 0.1 / k) * np.sin(k * phase)
    return out / 2.5


def write_clip(scene: SampleScene, path: Path) -> None:
    """Writes the scene to `path` as MP4: H.264 yuv420p (BT.709, limited range) and AAC mono.

    Frame i is shown at exactly i / rate seconds. Raises OSError when `path` cannot be written.
    """
    spec = scene.spec
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = video_stream(container, spec.rate, spec.size_wh)
        audio = container.add_stream("aac", rate=AUDIO_RATE, layout="mono")
        sound = speech(scene)
        played = 0
        for index in range(scene.frame_count):
            rgb = scene.frame(index).rgb
            container.mux(encoded_picture(rgb, index, spec.rate, video))
            until = round((index + 1) / spec.rate * AUDIO_RATE)
            while played < until:
                block = sound[played : played + _BLOCK]
                container.mux(list(_encoded_sound(block, played, audio)))
                played += len(block)
        container.mux(list(video.encode(None)))
        container.mux(list(audio.encode(None)))


def video_stream(
    container: OutputContainer, rate: Fraction, size_wh: tuple[int, int]
) -> VideoStream:
    """A new stream of a container: H.264 yuv420p, BT.709, limited range."""
    stream = container.add_stream("libx264", rate=rate)
    stream.width, stream.height = size_wh
    stream.pix_fmt = "yuv420p"
    stream.options = {"crf": "17", "preset": "veryfast"}
    context = stream.codec_context
    context.time_base = 1 / rate
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = int(ColorRange.MPEG)
    return stream


def encoded_picture(
    rgb: U8, index: int, rate: Fraction, stream: VideoStream
) -> list[Packet[VideoStream]]:
    """The packets that are ready after frame `index`, (h, w, 3), shown at index / rate seconds."""
    picture = VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    picture.pts, picture.time_base = index, 1 / rate
    return list(stream.encode(picture))


def _encoded_sound(block: F32, start: int, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    frame = AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
    frame.sample_rate = AUDIO_RATE
    frame.pts = start
    yield from stream.encode(frame)
