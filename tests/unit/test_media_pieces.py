"""Decoding times of joined pieces."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headswap.errors import OutputError
from headswap.media.piece_table import PieceTable, read_pieces

# Display places in decoding order: what an encoder with two held-back pictures emits.
ORDER = [0, 4, 2, 1, 3, 5, 6, 9, 7, 8]


@pytest.mark.parametrize(
    "pts",
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [500, 501, 502, 900, 901, 5000, 5001, 5002, 9000, 9001],
        [-70, -60, -1, 0, 33, 67, 100, 133, 167, 2000],
    ],
)
def test_decoding_times_rise_and_never_pass_the_display_time(pts: list[int]) -> None:
    table = PieceTable((), np.array(pts, np.int64), 1000, 2, (2, 2))
    dts = [table.dts(place) for place in range(len(pts))]
    assert all(later > earlier for earlier, later in pairwise(dts))
    assert all(dts[place] <= pts[shown] for place, shown in enumerate(ORDER))


@pytest.mark.parametrize(("pts", "end", "expected"), [(0, 99, 10), (10, 99, 25), (25, 99, 99)])
def test_a_picture_lasts_until_the_next_or_the_end(pts: int, end: int, expected: int) -> None:
    table = PieceTable((), np.array([0, 10, 25], np.int64), 1000, 0, (2, 2))
    assert table.next_pts(pts, end) == expected


def test_nothing_cannot_be_joined() -> None:
    with pytest.raises(OutputError, match="no pieces"):
        read_pieces([])


def test_a_missing_piece_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"piece_7\.mp4.*render it again"):
        read_pieces([tmp_path / "piece_7.mp4"])
