"""Sound tracks of a source copied, packet by packet, into a result."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import InvalidDataError
from av.packet import Packet
from av.stream import Stream

from headswap.errors import OutputError, VideoTruncated

Tracks = dict[int, AudioStream]
_REMEDY = "convert the sound to AAC first, or leave it out with --mute"


def add_sound_tracks(output: OutputContainer, source: InputContainer, path: Path) -> Tracks:
    """The result's new sound tracks by the source's stream index, one for each of its own.

    Raises OutputError, naming the codec, where MP4 cannot carry it.
    """
    tracks: Tracks = {}
    for stream in source.streams.audio:
        if stream.codec_context is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise OutputError(f"{path}: its sound has a codec unknown here; {_REMEDY}")
        try:
            track = output.add_stream_from_template(stream, opaque=True)
        except ValueError as error:
            name = stream.codec_context.codec.canonical_name
            raise OutputError(
                f"{path}: its sound is {name}, which MP4 cannot carry; {_REMEDY}"
            ) from error
        if "language" in stream.metadata:
            track.metadata["language"] = stream.metadata["language"]
        track.disposition = stream.disposition
        tracks[stream.index] = track
    return tracks


def sound_rates(source: InputContainer) -> list[int]:
    """The sample rates of the source's sound tracks."""
    contexts = [stream.codec_context for stream in source.streams.audio]
    return [context.sample_rate for context in contexts if context and context.sample_rate]


def sound_packets(
    source: InputContainer, tracks: Tracks, path: Path
) -> Iterator[tuple[Fraction, Packet[Stream]]]:
    """(decoding time in seconds, packet) of all tracks in the source's order, unchanged.

    Raises OutputError for a packet without any time, VideoTruncated where the file breaks off.
    """
    try:
        for packet in source.demux([source.streams[index] for index in tracks]):
            if not packet.size:
                continue
            if packet.dts is None:
                packet.dts = packet.pts
            if packet.dts is None:
                raise OutputError(f"{path}: its sound has packets without a time; {_REMEDY}")
            seconds = packet.dts * packet.time_base
            packet.stream = tracks[packet.stream.index]
            yield seconds, packet
    except InvalidDataError as error:
        raise VideoTruncated(f"{path}: the sound breaks off; get the whole file") from error
