"""Results that cannot be finished: killed half way, or no space on the disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from headswap.errors import NoSpaceLeft, OutputNotWritable
from headswap.media import PieceWriter, VideoReader, join_pieces, probe
from tests.media_clips import make_clip

JOIN = """
    from pathlib import Path
    from headswap.media import join_pieces, probe
    source, piece, out = {source!r}, {piece!r}, {out!r}
    join_pieces([Path(piece)], Path(source), Path(out), probe(source))
"""


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A source and its only piece."""
    source, piece = make_clip(tmp_path, "b_frames"), tmp_path / "a.piece"
    with VideoReader(source) as reader, PieceWriter(piece, reader.info, (176, 144)) as writer:
        for frame in reader:
            writer.write(frame)
    return source, piece


def _python(code: str, **names: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code).format(**names)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("old", [None, b"the old file"])
def test_killed_half_way_the_output_is_the_old_file_or_nothing(
    made: tuple[Path, Path], tmp_path: Path, old: bytes | None
) -> None:
    source, piece = made
    out = tmp_path / "results" / "out.mp4"
    out.parent.mkdir()
    if old is not None:
        out.write_bytes(old)
    code = """
        import time
        from headswap.media import piece_table
        whole = piece_table.PieceTable.packets
        def slowly(table):
            for place, packet in enumerate(whole(table)):
                if place == 20:
                    print("half way", flush=True)
                    time.sleep(60)
                yield packet
        piece_table.PieceTable.packets = slowly
    """
    process = _python(
        textwrap.dedent(code) + textwrap.dedent(JOIN),
        source=str(source), piece=str(piece), out=str(out),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "half way\n"
    assert [path.suffix for path in out.parent.iterdir() if path != out] == [".part"]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert (out.read_bytes() if out.exists() else None) == old
    join_pieces([piece], source, out, probe(source))
    assert probe(out).frame_count == 30


def test_a_file_size_limit_is_no_space_left(made: tuple[Path, Path], tmp_path: Path) -> None:
    source, piece = made
    out = tmp_path / "results" / "out.mp4"
    out.parent.mkdir()
    out.write_bytes(b"old")
    code = """
        import resource
        from headswap.errors import NoSpaceLeft
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        try:
            exec({join!r})
        except NoSpaceLeft as error:
            print("NoSpaceLeft", error)
    """
    names = {"source": str(source), "piece": str(piece), "out": str(out)}
    process = _python(code, join=textwrap.dedent(JOIN).format(**names))
    said, errors = process.communicate(timeout=60)
    assert said.startswith("NoSpaceLeft"), errors
    assert "out.mp4" in said
    assert out.read_bytes() == b"old"
    assert list(out.parent.iterdir()) == [out]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_no_space_left(made: tuple[Path, Path], tiny_disk: Path) -> None:
    source, piece = made
    with pytest.raises(NoSpaceLeft, match="free some"):
        join_pieces([piece], source, tiny_disk / "out.mp4", probe(source))
    assert list(tiny_disk.iterdir()) == []


def test_a_full_disk_stops_a_piece(made: tuple[Path, Path], tiny_disk: Path) -> None:
    source, _ = made
    with (
        pytest.raises(NoSpaceLeft),
        VideoReader(source) as reader,
        PieceWriter(tiny_disk / "a.piece", reader.info, (176, 144), crf=0) as writer,
    ):
        for frame in reader:
            writer.write(frame)
    assert list(tiny_disk.iterdir()) == []


@pytest.mark.parametrize("place", ["missing/out.mp4", "folder"])
def test_an_output_that_cannot_be_written_is_refused(
    made: tuple[Path, Path], tmp_path: Path, place: str
) -> None:
    source, piece = made
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputNotWritable, match=place):
        join_pieces([piece], source, tmp_path / place, probe(source))
    assert list((tmp_path / "folder").iterdir()) == []
