"""Real clips, where a folder of them is at hand: reading, joining, random access."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from headswap.media import PieceWriter, VideoReader, join_pieces, output_size, probe
from tests.media_content import content

ROOT = Path(__file__).resolve().parents[2]
MEDIA = Path(os.environ.get("HEADSWAP_TEST_MEDIA", ROOT.parent / "shared" / "media"))
FOUND = sorted(p for p in (MEDIA / "clips").glob("*") if p.suffix in {".mp4", ".mkv", ".mpg"})
# The large ones take seconds each.
CLIPS = [
    pytest.param(p, id=p.stem, marks=[pytest.mark.slow] if p.stat().st_size > 1_000_000 else [])
    for p in FOUND
]

pytestmark = pytest.mark.skipif(
    not FOUND, reason=f"no clips in {MEDIA / 'clips'}; set HEADSWAP_TEST_MEDIA"
)


@pytest.mark.parametrize("path", CLIPS)
def test_real_clips_keep_their_times_and_are_read_the_same_at_random(
    path: Path, tmp_path: Path
) -> None:
    sums: list[int] = []
    times: list[int] = []
    info = probe(path)
    size = output_size(info, "480p")
    with VideoReader(path, size) as reader:
        middle = max(1, info.frame_count // 2)
        pieces = [tmp_path / "a", tmp_path / "b"]
        frames = iter(reader)
        for piece, count in zip(pieces, (middle, 1 << 30), strict=True):
            with PieceWriter(piece, info, size, 35, preset="ultrafast") as writer:
                for _, frame in zip(range(count), frames, strict=False):
                    writer.write(frame)
                    sums.append(hash(frame.y.tobytes()))
                    times.append(frame.pts)
        pts = np.array(times, np.int64)
        for start in np.linspace(0, len(times) - 3, 5).astype(int):
            stretch = reader.frames(int(start), int(start) + 3, pts)
            assert [hash(frame.y.tobytes()) for frame in stretch] == sums[start : start + 3]
    join_pieces(pieces, path, tmp_path / "out.mp4", info)
    before, after = content(path), content(tmp_path / "out.mp4")
    assert after.times == before.times
    assert after.colors == before.colors
    assert [data for _, data in after.sound] == [data for _, data in before.sound]
