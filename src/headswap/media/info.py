"""What a video is: size, rate, time base, orientation, colour, sound."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
from av.buffer import Buffer
from av.container import InputContainer
from av.error import InvalidDataError, PatchWelcomeError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from headswap.errors import CodecUnsupported, NotAVideo, VideoTruncated
from headswap.media.color import ColorTags, effective_matrix
from headswap.media.extent import missing_bytes
from headswap.media.orientation import Orientation
from headswap.media.source import check_size, open_source, video_stream

Resolution = Literal["480p", "720p", "source"]


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video's facts, read from its headers and its first picture.

    width, height: upright, in stored pixels (`sample_aspect` says how wide one is, upright).
    rotation_deg, mirrored: turn the stored picture clockwise, then mirror it left to right.
    rate: the average; the exact times are the frames' pts.  frame_count: the container's claim,
    or duration times rate.  color: the tags, matrix "unknown" where the file does not say.
    """

    path: Path
    width: int
    height: int
    rotation_deg: int
    time_base: Fraction
    rate: Fraction
    frame_count: int
    duration_s: float
    codec: str
    pixel_format: str
    color: ColorTags
    sample_aspect: Fraction
    audio_streams: int
    mirrored: bool = False

    @property
    def size_wh(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def orientation(self) -> Orientation:
        return Orientation(self.rotation_deg, self.mirrored)

    @property
    def matrix(self) -> str:
        """The matrix to compute with (see `color.effective_matrix`)."""
        return effective_matrix(self.color.matrix, self.size_wh) or "smpte170m"

    @property
    def full_range(self) -> bool:
        return self.color.range == "pc"


def probe(path: Path | str) -> VideoInfo:
    """The facts of the video at `path`; decodes one picture.

    Raises NotAVideo, VideoTruncated, CodecUnsupported, VideoTooLarge.
    """
    path = Path(path)
    with open_source(path) as container:
        stream = video_stream(container, path)
        picture = _first_picture(container, stream, path)
        check_size(path, (picture.width, picture.height))
        return _info(path, container, stream, picture)


def _first_picture(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    stream.thread_type = "NONE"
    try:
        for packet in container.demux(stream):
            try:
                pictures = packet.decode()
            except InvalidDataError:
                continue  # A stream cut out of a longer one may start between two keyframes.
            if pictures:
                return pictures[0]
    except (InvalidDataError, EOFError) as error:
        raise _no_picture(path) from error
    except (PatchWelcomeError, NotImplementedError) as error:
        raise CodecUnsupported(
            f"{path}: its {stream.codec_context.name} pictures need a decoder that is not there "
            f"({error}); convert the video to H.264"
        ) from error
    raise _no_picture(path)


def _no_picture(path: Path) -> NotAVideo | VideoTruncated:
    if missing_bytes(path):
        return VideoTruncated(f"{path}: ends before its first picture; get the whole file")
    return NotAVideo(f"{path}: has a video track without a single picture; give one that plays")


def _info(
    path: Path, container: InputContainer, stream: VideoStream, picture: VideoFrame
) -> VideoInfo:
    orientation = Orientation.from_matrix(display_matrix(picture) or _UPRIGHT)
    width, height = orientation.turned((picture.width, picture.height))
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
    duration_s = _duration_s(container, stream)
    info = VideoInfo(
        path=path,
        width=width,
        height=height,
        rotation_deg=orientation.rotation_deg,
        time_base=Fraction(stream.time_base or Fraction(1, 90000)),
        rate=rate,
        frame_count=stream.frames or max(1, round(duration_s * rate)),
        duration_s=duration_s or float(1 / rate),
        codec=stream.codec_context.name,
        pixel_format=picture.format.name,
        color=_tags(picture),
        sample_aspect=1 / aspect if orientation.sideways else aspect,
        audio_streams=len(container.streams.audio),
        mirrored=orientation.mirrored,
    )
    if effective_matrix(info.color.matrix, info.size_wh) is None:
        raise CodecUnsupported(
            f"{path}: its colours are coded as {info.color.matrix}, which is not supported; "
            "convert the video to BT.709"
        )
    return info


_UPRIGHT = struct.pack("=9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """What only a result's container needs of its source.

    display_matrix: nine native int32, None without a tag.  end: when the video track ends, in its
    time base, None where the container does not say.
    """

    display_matrix: bytes | None
    end: int | None


def stored_facts(path: Path) -> StoredFacts:
    """The container's facts of the video at `path`. Raises what `probe` raises."""
    with open_source(path) as container:
        stream = video_stream(container, path)
        start, duration = stream.start_time, stream.duration
        end = None if start is None or not duration else start + duration
        return StoredFacts(display_matrix(_first_picture(container, stream, path)), end)


def display_matrix(picture: VideoFrame) -> bytes | None:
    """The picture's display matrix as nine native int32, or None without one."""
    raw = cast("Mapping[str, Buffer]", picture.side_data).get("DISPLAYMATRIX")
    return None if raw is None else bytes(raw)


def _tags(picture: VideoFrame) -> ColorTags:
    range_ = 2 if picture.format.name.startswith("yuvj") else picture.color_range
    return ColorTags.from_codes(
        range_, picture.colorspace, picture.color_primaries, picture.color_trc
    )


def _duration_s(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def output_size(info: VideoInfo, resolution: Resolution) -> tuple[int, int]:
    """The even (width, height) of a result: short side 480 or 720, or the source's own size.

    Never larger than the source: a video smaller than asked keeps its size. An odd side of the
    source grows by one pixel, which repeats the last column or row (H.264 4:2:0 has no odd sizes).
    """
    short = min(info.size_wh)
    target = {"480p": 480, "720p": 720, "source": short}[resolution]
    if short <= target:
        return padded_size(info.size_wh)
    scale = Fraction(target, short)
    width, height = (max(2, 2 * round(side * scale / 2)) for side in info.size_wh)
    return width, height


def padded_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """The size with odd sides made even by one more pixel."""
    return size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2
