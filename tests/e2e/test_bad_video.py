"""A video that cannot be used: exit code 1, one line that names it, and no output."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from headswap.cli.main import main
from headswap.media import probe
from headswap.sample import build_scene
from headswap.sample import clip as sample_clip
from tests.media_clips import (
    CLIPS,
    make_clip,
    write_clip,
    write_sound_only,
    write_truncated,
    write_zero_frames,
)
from tests.sample_inputs import SAMPLE, Sample


def make_bad(folder: Path, kind: str) -> Path:
    """The bad video of that file name."""
    path = folder / kind
    plain = CLIPS["plain"]
    if kind == "text.mp4":
        path.write_text("words " * 99)
    elif kind == "truncated.mp4":
        write_truncated(path, plain, 0.6)
    elif kind == "cut_off_index.mp4":
        write_truncated(path, plain, 0.6, index_first=False)
    elif kind == "zero_frames.mp4":
        write_zero_frames(path)
    elif kind == "sound_only.mp4":
        write_sound_only(path)
    elif kind == "unknown_codec.mp4":
        write_clip(path, plain)
        path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9"))
    elif kind == "8208_px_wide.mp4":
        write_clip(path, replace(plain, size_wh=(8208, 16), frames=1))
    elif kind == "0x0_px.avi":
        write_clip(path, replace(plain, codec="rawvideo", options={}, sound=None))
        size = (176).to_bytes(4, "little") + (144).to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(size, bytes(8)))
    elif kind == "plain.mp4":
        make_clip(folder, "plain")
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing.mp4", "no such file"),
        ("text.mp4", "is not a video"),
        ("truncated.mp4", "get the whole file"),
        ("cut_off_index.mp4", "get the whole file"),
        ("zero_frames.mp4", "no pictures"),
        ("sound_only.mp4", "only sound"),
        ("unknown_codec.mp4", "convert the video to H.264"),
        ("8208_px_wide.mp4", "at most 8192 pixels"),
        ("0x0_px.avi", "without a single picture"),
        ("plain.mp4", "nobody found"),
    ],
)
def test_a_bad_video_is_one_line_and_no_output(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, says: str
) -> None:
    video = make_bad(tmp_path, kind)
    out = tmp_path / "results" / "out.mp4"
    out.parent.mkdir()
    code = main(["swap", str(video), "--map", f"0={sample.photo}", "--out", str(out)])
    told = capsys.readouterr()
    assert code == 1
    assert told.out == ""
    (line,) = told.err.splitlines()
    assert line.startswith("headswap: ") and says in line and str(video) in line
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("kind", ["missing.mp4", "text.mp4", "truncated.mp4"])
@pytest.mark.usefixtures("core_pack")
def test_analyze_refuses_it_too_and_keeps_no_scene(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    video = make_bad(tmp_path, kind)
    assert main(["analyze", str(video)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(video) in line
    assert [path for path in tmp_path.iterdir() if path != video] == []


def test_a_video_of_one_frame_works(sample: Sample, tmp_path: Path) -> None:
    clip, out = tmp_path / "one_frame.mp4", tmp_path / "out.mp4"
    sample_clip.write_clip(build_scene(replace(SAMPLE, seconds=1 / 25)), clip)
    assert main(["swap", str(clip), "--map", f"0={sample.photo}", "--out", str(out)]) == 0
    assert probe(out).frame_count == 1
