"""Small clips made for the tests, each named for what is odd about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

FRAMES = 30
_COLORS_601 = (1, 6, 6, 6)
_COLORS_709 = (1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Clip:
    """How a clip is made.

    step: how far the n-th frame is after frame 0, in ticks of time_base. colors: range, matrix,
    primaries, transfer as H.273 numbers. rotation: degrees counter-clockwise and a mirror, as
    PyAV writes the tag. sound: codec, or None; sound_start_s: when it starts.
    """

    suffix: str = ".mp4"
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    size_wh: tuple[int, int] = (176, 144)
    frames: int = FRAMES
    time_base: Fraction = Fraction(1, 12800)
    rate: Fraction = Fraction(25)
    step: Callable[[int], int] = lambda n: 512 * n
    options: dict[str, str] = field(default_factory=lambda: {"preset": "ultrafast"})
    container_options: dict[str, str] = field(default_factory=dict)
    colors: tuple[int, int, int, int] = (0, 2, 2, 2)
    rotation: tuple[int, bool] | None = None
    aspect: Fraction | None = None
    sound: str | None = "aac"
    sound_format: str = "fltp"
    sound_start_s: Fraction = Fraction(0)
    sound_s: Fraction = Fraction(1)


def _x264(params: str) -> dict[str, str]:
    return {"preset": "veryfast", "x264-params": params}


# MPEG-1 and 2 know only a few frame rates, and no finer clock than the frame.
_MPEG1 = Clip(
    suffix=".mpg", codec="mpeg1video", time_base=Fraction(1, 25), step=lambda n: n,
    options={"g": "6", "bf": "2"}, sound="mp2", sound_format="s16",
)  # fmt: skip
_UNEVEN = [0, 3003, 5000, 5001, 12000, 12100, 21021, 24024, 60000, 63003]

CLIPS: dict[str, Clip] = {
    "plain": Clip(),
    "vfr": Clip(
        time_base=Fraction(1, 90000), step=lambda n: _UNEVEN[n % 10] + n // 10 * 66000,
        rate=Fraction(30), options=_x264("keyint=8:bframes=3"),
    ),
    "ntsc_2997": Clip(
        time_base=Fraction(1, 30000), rate=Fraction(30000, 1001), step=lambda n: 1001 * n,
        colors=_COLORS_601,
    ),
    "starts_late": Clip(
        time_base=Fraction(1, 30000), rate=Fraction(30000, 1001), step=lambda n: 4567 + 1001 * n,
        container_options={"movie_timescale": "30000"}, options=_x264("keyint=10:bframes=2"),
    ),
    "rotated_90": Clip(rotation=(90, False), aspect=Fraction(4, 3)),
    "rotated_180": Clip(rotation=(180, False)),
    "rotated_270": Clip(rotation=(-90, False)),
    "mirrored": Clip(rotation=(0, True)),
    "mirrored_90": Clip(rotation=(90, True)),
    "full_range": Clip(pixel_format="yuvj420p", colors=(2, 1, 1, 1)),
    "bt601": Clip(colors=_COLORS_601),
    "bt709": Clip(colors=_COLORS_709),
    "mixed_tags": Clip(colors=(1, 6, 1, 13)),
    "no_tags": Clip(),
    "only_range": Clip(options=_x264("videoformat=pal")),
    "anamorphic": Clip(aspect=Fraction(16, 11)),
    "odd_size": Clip(suffix=".mkv", codec="ffv1", size_wh=(175, 131), options={}),
    "odd_size_rotated": Clip(
        codec="libvpx-vp9", size_wh=(175, 131), rotation=(90, False),
        options={"deadline": "realtime", "cpu-used": "8"},
    ),
    "no_audio": Clip(sound=None),
    "late_audio": Clip(sound_start_s=Fraction(1, 2), sound_s=Fraction(1, 2)),
    "short_audio": Clip(sound_s=Fraction(1, 5)),
    "one_frame": Clip(frames=1),
    "mkv_milliseconds": Clip(
        suffix=".mkv", rate=Fraction(30000, 1001), time_base=Fraction(1, 1000),
        step=lambda n: round(n * 1001 / 30), options=_x264("keyint=9"),
    ),
    "mpeg1_nonzero_start": _MPEG1,
    "mpeg2_in_mp4": replace(_MPEG1, suffix=".mp4", codec="mpeg2video", sound="aac", frames=45,
        sound_format="fltp", colors=_COLORS_601),
    "mpegts": Clip(suffix=".ts", options=_x264("keyint=7:bframes=2")),
    "avi_without_pts": Clip(
        suffix=".avi", codec="mpeg4", time_base=Fraction(1001, 30000), rate=Fraction(30000, 1001),
        step=lambda n: n, options={"g": "8"}, sound="libmp3lame",
    ),
    "b_frames": Clip(options=_x264("keyint=10:bframes=4:b-pyramid=normal")),
    "open_gop": Clip(options=_x264("keyint=9:min-keyint=9:bframes=3:open-gop=1:scenecut=0")),
    "ten_bit": Clip(suffix=".mkv", codec="ffv1", pixel_format="yuv420p10le", options={}),
    "yuv444": Clip(suffix=".mkv", codec="ffv1", pixel_format="yuv444p", options={}),
    "gray": Clip(suffix=".mkv", codec="ffv1", pixel_format="gray", options={}),
    "rgb": Clip(codec="libx264rgb", pixel_format="rgb24"),
}  # fmt: skip


def make_clip(folder: Path, name: str) -> Path:
    """The clip of that name, written into `folder` once."""
    path = folder / f"{name}{CLIPS[name].suffix}"
    if not path.exists():
        write_clip(path, CLIPS[name])
    return path


def write_clip(path: Path, clip: Clip) -> None:
    """Writes `clip` to `path`."""
    with av.open(str(path), "w", container_options=clip.container_options) as container:
        video = _video_track(container, clip)
        sound = None
        if clip.sound:
            sound = container.add_stream(clip.sound, rate=44100, format=clip.sound_format)
            assert isinstance(sound, AudioStream)
        packets: list[Packet[Any]] = list(_encoded_video(video, clip))
        packets += [] if sound is None else _encoded_sound(sound, clip)
        packets.sort(key=lambda packet: (packet.dts or 0) * packet.time_base)
        for packet in packets:
            container.mux(packet)


def picture(clip: Clip, index: int) -> VideoFrame:
    """The clip's frame `index` before encoding: smooth, coloured, different from every other."""
    width, height = clip.size_wh
    rows, cols = np.mgrid[0:height, 0:width].astype(np.float32)
    red = 128 + 90 * np.sin((cols + 5 * index) / 17)
    green = 128 + 90 * np.sin((rows + 3 * index) / 23)
    blue = np.where((cols - 4 * index) % 48 < 14, 200, 60)
    rgb = np.stack([red, green, blue], -1).astype(np.uint8)
    matrix = {1: "ITU709"}.get(clip.colors[1], "ITU601")
    full = clip.pixel_format.startswith("yuvj")
    return VideoFrame.from_ndarray(rgb, "rgb24").reformat(
        format=clip.pixel_format,
        dst_colorspace=matrix,
        src_color_range="JPEG",
        dst_color_range="JPEG" if full else "MPEG",
    )


def _video_track(container: OutputContainer, clip: Clip) -> VideoStream:
    video = container.add_stream(clip.codec, rate=clip.rate, options=dict(clip.options))
    assert isinstance(video, VideoStream)
    context = video.codec_context
    context.width, context.height = clip.size_wh
    context.pix_fmt = clip.pixel_format
    context.time_base = clip.time_base
    context.color_range, context.colorspace = clip.colors[:2]
    context.color_primaries, context.color_trc = clip.colors[2:]
    if clip.aspect:
        context.sample_aspect_ratio = clip.aspect
    if clip.rotation:
        degrees, mirrored = clip.rotation
        video.set_display_rotation(degrees, hflip=mirrored)
    return video


def _encoded_video(video: VideoStream, clip: Clip) -> Iterator[Packet[VideoStream]]:
    for index in range(clip.frames):
        frame = picture(clip, index)
        frame.pts = clip.step(index)
        frame.time_base = clip.time_base
        yield from video.encode(frame)
    yield from video.encode(None)


def _encoded_sound(sound: AudioStream, clip: Clip) -> Iterator[Packet[AudioStream]]:
    rate, size = 44100, sound.codec_context.frame_size or 1024
    start = int(clip.sound_start_s * rate)
    for offset in range(0, int(clip.sound_s * rate), 1152 if clip.sound == "mp2" else size):
        count = 1152 if clip.sound == "mp2" else size
        wave = np.sin((np.arange(count) + offset) * 0.06) * 0.5
        stereo = np.stack([wave, wave])
        if clip.sound_format == "fltp":
            frame = AudioFrame.from_ndarray(stereo.astype(np.float32), "fltp", "stereo")
        else:
            samples = (stereo.T * 32767).astype(np.int16).reshape(1, -1)
            frame = AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = start + offset
        yield from sound.encode(frame)
    yield from sound.encode(None)


def write_sound_only(path: Path) -> None:
    """An MP4 with sound and no pictures."""
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=44100, format="fltp")
        assert isinstance(sound, AudioStream)
        for packet in _encoded_sound(sound, CLIPS["plain"]):
            container.mux(packet)


def write_zero_frames(path: Path) -> None:
    """A file with a video track and not one picture in it."""
    with av.open(str(path), "w") as container:
        _video_track(container, CLIPS["plain"])
        container.start_encoding()


def write_truncated(path: Path, clip: Clip, keep: float, index_first: bool = True) -> None:
    """The clip cut off after the share `keep` of its bytes; MP4 with its index in front."""
    if index_first:
        clip = replace(clip, container_options={"movflags": "faststart"})
    write_clip(path, clip)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
