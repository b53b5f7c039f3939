"""Clips that went through what a swap's result goes through: pieces written, then joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from headswap.media import PieceWriter, VideoReader, join_pieces, output_size, probe


def remade(source: Path, out: Path, cuts: Sequence[int] = (11, 12, 20), mute: bool = False) -> Path:
    """`source` read, written as pieces that end before the frames `cuts`, and joined as `out`."""
    info = probe(source)
    size = output_size(info, "source")
    with VideoReader(source, size) as reader:
        frames = list(reader)
    bounds = [0, *(cut for cut in cuts if cut < len(frames)), len(frames)]
    pieces: list[Path] = []
    for start, stop in pairwise(bounds):
        pieces.append(out.with_name(f"{out.stem}_{start}.piece"))
        with PieceWriter(pieces[-1], info, size, preset="ultrafast") as writer:
            for frame in frames[start:stop]:
                writer.write(frame)
        assert writer.frame_count == stop - start
    join_pieces(pieces, source, out, info, mute=mute)
    return out
