"""What must be known of all pieces before the first packet of their joint video is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from headswap.arrays import I64
from headswap.errors import OutputError


@dataclass(frozen=True, slots=True, eq=False)
class PieceTable:
    """The pieces' joint times.

    pts: (n,) int64, rising, in units of 1/timescale s.  delay: how many pictures the decoder
    must hold back to show them in order.  size_wh: as stored.
    """

    paths: tuple[Path, ...]
    pts: I64
    timescale: int
    delay: int
    size_wh: tuple[int, int]

    def dts(self, place: int) -> int:
        """The decoding time of the packet at `place` in decoding order.

        The rising display times shifted by `delay` pictures: never after the picture's own pts,
        whatever the gaps between pictures are.
        """
        if place >= self.delay:
            return int(self.pts[place - self.delay])
        step = int(self.pts[1] - self.pts[0]) if len(self.pts) > 1 else 1
        return int(self.pts[0]) - (self.delay - place) * step

    def next_pts(self, pts: int, end: int) -> int:
        """The display time of the picture after the one at `pts`, or `end` after the last."""
        after = int(np.searchsorted(self.pts, pts, side="right"))
        return int(self.pts[after]) if after < len(self.pts) else end

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """All pieces' packets in decoding order, one piece open at a time."""
        for path in self.paths:
            with av.open(str(path)) as container:
                for packet in container.demux(container.streams.video[0]):
                    if packet.size:
                        yield packet


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    pts: I64
    delay: int
    header: tuple[bytes, int, int, int]


def read_pieces(paths: Sequence[Path]) -> PieceTable:
    """The table of the pieces in the given order.

    Raises OutputError where one is missing or unfinished, was encoded with other settings, or
    does not follow the one before in time.
    """
    if not paths:
        raise OutputError("no pieces to join; render at least one frame")
    pieces = [_read(path) for path in paths]
    for path, piece in zip(paths, pieces, strict=True):
        if piece.header != pieces[0].header:
            raise OutputError(
                f"{path}: was encoded with other settings than {paths[0]}; render all pieces with "
                "the same size, quality, preset and program version"
            )
    for index in range(1, len(pieces)):
        if pieces[index].pts[0] <= pieces[index - 1].pts[-1]:
            raise OutputError(
                f"{paths[index]}: starts before {paths[index - 1]} ends; give the pieces in order"
            )
    _, timescale, width, height = pieces[0].header
    return PieceTable(
        tuple(paths),
        np.concatenate([piece.pts for piece in pieces]),
        timescale,
        max(piece.delay for piece in pieces),
        (width, height),
    )


def _read(path: Path) -> _Piece:
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            times = [packet.pts for packet in container.demux(stream) if packet.size]
            context = stream.codec_context
            timescale = stream.time_base.denominator if stream.time_base else 0
            header = (context.extradata or b"", timescale, context.width, context.height)
    except (FFmpegError, IndexError) as error:
        raise OutputError(f"{path}: is not a finished piece ({error}); render it again") from error
    pts = np.array(times, np.int64)
    rank = np.argsort(np.argsort(pts))
    delay = int((np.arange(len(pts)) - rank).max())
    return _Piece(np.sort(pts), delay, header)
