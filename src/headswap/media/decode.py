"""Decoded pictures of a video file with their times, from its start or from a keyframe on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias, cast

from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from headswap.errors import VideoError, VideoTruncated
from headswap.media.extent import missing_bytes
from headswap.media.source import open_source, video_stream

_VideoPacket: TypeAlias = "Packet[VideoStream]"


def pictures(
    path: Path, threads: int = 0, seek_to: int | None = None
) -> Iterator[tuple[int, VideoFrame]]:
    """(pts, picture) in display order; `threads` decoder threads, 0 for one per core.

    With `seek_to` (in the stream's time base) decoding starts at the keyframe before it. Where
    the container lands on a keyframe after it, nothing is yielded: pictures shown before their
    keyframe would lack what they refer to. Raises VideoTruncated after the last good picture of
    a file that ends too early, VideoError where the data or its times are damaged.
    """
    with open_source(path) as container:
        stream = video_stream(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        if seek_to is None:
            yield from _from_start(path, container, stream)
        elif _sought(container, stream, seek_to):
            packets = _from_keyframe(container.demux(stream), seek_to)
            yield from _timed(path, stream, _decoded(path, packets))


def _sought(container: InputContainer, stream: VideoStream, seek_to: int) -> bool:
    try:
        container.seek(seek_to, stream=stream)
    except FFmpegError:
        return False  # The caller reads from the start instead, which needs no index.
    return True


def _from_keyframe(packets: Iterator[_VideoPacket], latest: int) -> Iterator[_VideoPacket]:
    for packet in packets:
        if packet.is_keyframe:
            time = packet.pts if packet.pts is not None else packet.dts
            if time is not None and time <= latest:
                yield packet
                yield from packets
            return


def _from_start(
    path: Path, container: InputContainer, stream: VideoStream
) -> Iterator[tuple[int, VideoFrame]]:
    cut = _cut_short(path, container, stream)
    count = 0
    try:
        packets = _whole(container.demux(stream)) if cut else container.demux(stream)
        for timed in _timed(path, stream, _decoded(path, packets)):
            count += 1
            yield timed
    except InvalidDataError as error:
        if not cut:
            raise _damaged(path, count) from error
    if cut:
        expected = f" of {stream.frames}" if stream.frames else ""
        last = f"the last good one is frame {count - 1}" if count else "none is good"
        raise VideoTruncated(
            f"{path}: the file ends after {count}{expected} frames ({last}), before its index "
            "says; the recording or download stopped early, get the whole file"
        )


def _cut_short(path: Path, container: InputContainer, stream: VideoStream) -> bool:
    if not missing_bytes(path):
        return False
    if not stream.frames or len(stream.index_entries) < stream.frames:
        return True  # No index to tell whether only something else than media is missing.
    size = path.stat().st_size
    indices = (track.index_entries for track in container.streams)
    return any(entry.pos + entry.size > size for index in indices for entry in index)


def _whole(packets: Iterator[_VideoPacket]) -> Iterator[_VideoPacket]:
    """The packets up to the first that the end of the file cut through."""
    stream = None
    try:
        for packet in packets:
            stream = packet.stream
            if packet.is_corrupt:
                break
            yield packet
            if not packet.size:
                return
    except (InvalidDataError, EOFError):
        pass  # The end of what is there; the caller says so after the last good picture.
    if stream is not None:
        flush = cast("_VideoPacket", Packet())
        flush.stream = stream
        yield flush


def _decoded(path: Path, packets: Iterator[_VideoPacket]) -> Iterator[VideoFrame]:
    count = 0
    for packet in packets:
        try:
            decoded = packet.decode()
        except InvalidDataError as error:
            if count:
                raise _damaged(path, count) from error
            continue  # A stream cut out of a longer one may start between two keyframes.
        for picture in decoded:
            count += 1
            yield picture


def _damaged(path: Path, count: int) -> VideoError:
    return VideoError(
        f"{path}: the picture data after frame {count - 1} is damaged; get an undamaged copy"
    )


def _timed(
    path: Path, stream: VideoStream, decoded: Iterator[VideoFrame]
) -> Iterator[tuple[int, VideoFrame]]:
    last: int | None = None
    step = 1
    if stream.average_rate and stream.time_base:
        step = max(1, round(1 / (stream.average_rate * stream.time_base)))
    for picture in decoded:
        # AVI stores no presentation times; its decoder's order is the order of showing.
        time = picture.pts if picture.pts is not None else picture.dts
        if time is None:
            time = 0 if last is None else last + step
        if last is not None and time <= last:
            raise VideoError(
                f"{path}: a picture is stamped {time} after one stamped {last} (units of "
                f"{stream.time_base} s); remux the video with new timestamps"
            )
        last = time
        yield time, picture
