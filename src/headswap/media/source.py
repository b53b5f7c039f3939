"""Opens a video file for reading and says in our own words why one cannot be."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from headswap.errors import CodecUnsupported, NotAVideo, VideoTooLarge, VideoTruncated
from headswap.media.extent import lacks_index

MAX_SIDE_PX = 8192
# Demuxers that turn a still picture, a text or a list of other files into "video".
_NOT_FILES_OF_VIDEO = {"image2", "tty", "hls", "concat", "dash", "ansi", "lrc", "srt"}


@contextmanager
def open_source(path: Path) -> Generator[InputContainer]:
    """The opened container, closed afterwards.

    Raises NotAVideo for what is missing or holds no video, VideoTruncated for a file without its
    index.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise NotAVideo(f"{path}: {what}; give the path of a video file")
    try:
        # Nothing but local files: a playlist must not make this machine fetch addresses.
        container = av.open(str(path.absolute()), options={"protocol_whitelist": "file"})
    except PermissionError as error:
        raise NotAVideo(f"{path}: may not be read; check the file's permissions") from error
    except (FFmpegError, ValueError) as error:
        raise _unopened(path, error) from error
    with container:
        name = container.format.name
        if name in _NOT_FILES_OF_VIDEO or name.endswith("_pipe"):
            raise NotAVideo(f"{path}: is not a video (read as {name}); give a video file")
        yield container


def _unopened(path: Path, error: Exception) -> NotAVideo | VideoTruncated:
    if lacks_index(path):
        return VideoTruncated(
            f"{path}: the file ends before its index (moov), so not one picture can be found; "
            "the recording or download stopped early, get the whole file"
        )
    if path.stat().st_size == 0:
        return NotAVideo(f"{path}: the file is empty; give a video file")
    reason = getattr(error, "strerror", None) or str(error)
    return NotAVideo(f"{path}: is not a video ({reason}); give a video file")


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The container's video stream with a decoder and a permitted size.

    Raises NotAVideo without one, CodecUnsupported, VideoTooLarge.
    """
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        holds = "only sound" if container.streams.audio else "no pictures"
        raise NotAVideo(f"{path}: the file holds {holds}; give a file with a video track")
    stream = streams[0]
    if stream.codec_context is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise CodecUnsupported(
            f"{path}: no decoder for the codec of its video track; convert the video to H.264"
        )
    check_size(path, (stream.codec_context.width, stream.codec_context.height))
    return stream


def check_size(path: Path, size_wh: tuple[int, int]) -> None:
    """Raises VideoTooLarge for a side over the limit."""
    if max(size_wh) > MAX_SIDE_PX:
        raise VideoTooLarge(
            f"{path}: is {size_wh[0]}x{size_wh[1]}; a side may have at most {MAX_SIDE_PX} pixels, "
            "scale the video down"
        )
