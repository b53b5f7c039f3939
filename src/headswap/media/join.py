"""Joins encoded pieces and the source's sound into one MP4 that appears whole or not at all."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.container import InputContainer, OutputContainer
from av.error import ArgumentError, InvalidDataError
from av.packet import Packet
from av.video.stream import VideoStream

from headswap.disk import whole_file
from headswap.errors import OutputError
from headswap.media.info import VideoInfo, stored_facts
from headswap.media.orientation import matrix_for_size
from headswap.media.piece_table import PieceTable, read_pieces
from headswap.media.sound import add_sound_tracks, sound_packets, sound_rates
from headswap.media.source import open_source

Timed: TypeAlias = "tuple[Fraction, Packet[Any]]"


def join_pieces(
    pieces: Sequence[Path], source: Path, out: Path, info: VideoInfo, mute: bool = False
) -> None:
    """Writes the MP4 `out`: the pieces' pictures in order and, unless `mute`, `source`'s sound.

    Every picture keeps its pts; decoding times are made anew, because a piece knows only its own.
    Sound packets are copied: the same bytes at the same times (to half a sample, MP4's unit of
    time for sound). The rotation tag is the source's. The index stands in front (faststart). `out`
    is replaced at the very end, in one step; after any failure it is what it was before.
    Subtitles, chapters and the source's text tags are not copied.

    Raises OutputError for pieces that do not fit together and for sound that MP4 cannot carry,
    NoSpaceLeft, OutputNotWritable.
    """
    table = read_pieces(pieces)
    facts = stored_facts(source)
    matrix = None
    if facts.display_matrix is not None:
        stored_wh = info.orientation.turned(info.size_wh)
        matrix = matrix_for_size(facts.display_matrix, stored_wh, table.size_wh)
    with ExitStack() as stack:
        sound = None
        if not mute and info.audio_streams:
            sound = stack.enter_context(open_source(source))
        temporary = stack.enter_context(whole_file(out))
        output = stack.enter_context(_mp4(temporary, table, sound))
        video = _video_track(output, table, matrix)
        flows = [_pictures(table, video, _end(table, info, facts.end))]
        if sound is not None:
            tracks = add_sound_tracks(output, sound, source)
            flows.append(sound_packets(sound, tracks, source))
        _mux(output, heapq.merge(*flows, key=lambda timed: timed[0]), source)


def _mp4(path: Path, table: PieceTable, sound: InputContainer | None) -> OutputContainer:
    # A track that starts late is delayed in units of the movie's timescale: the common multiple
    # makes every start a whole number, where 31 bits hold one.
    common = math.lcm(table.timescale, *(sound_rates(sound) if sound else []))
    options = {
        "movflags": "faststart",
        "video_track_timescale": str(table.timescale),
        "movie_timescale": str(common if common < 1 << 31 else table.timescale),
    }
    return av.open(str(path), "w", format="mp4", container_options=options)


def _video_track(
    output: OutputContainer, table: PieceTable, matrix: tuple[int, ...] | None
) -> VideoStream:
    with av.open(str(table.paths[0])) as first:
        video = output.add_stream_from_template(first.streams.video[0], opaque=True)
    video.set_display_matrix(matrix)
    return video


def _end(table: PieceTable, info: VideoInfo, source_end: int | None) -> int:
    """When the last picture ends: as the source says, or after as long as the one before it."""
    last = int(table.pts[-1])
    step = round(table.timescale / info.rate)
    if len(table.pts) > 1:
        step = last - int(table.pts[-2])
    if source_end is not None and source_end * info.time_base.numerator > last:
        return source_end * info.time_base.numerator
    return last + max(1, step)


def _pictures(table: PieceTable, video: VideoStream, end: int) -> Iterator[Timed]:
    for place, packet in enumerate(table.packets()):
        packet.dts = table.dts(place)
        packet.duration = table.next_pts(packet.pts or 0, end) - (packet.pts or 0)
        packet.stream = video
        yield Fraction(packet.dts, table.timescale), packet


def _mux(output: OutputContainer, packets: Iterator[Timed], source: Path) -> None:
    for _, packet in packets:
        try:
            output.mux_one(packet)
        except (ArgumentError, InvalidDataError) as error:
            raise OutputError(
                f"{source}: its sound has times or data that MP4 cannot carry ({error.strerror}); "
                "convert the sound to AAC first, or leave it out with --mute"
            ) from error
