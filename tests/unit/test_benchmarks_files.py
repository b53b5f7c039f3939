"""Reading, comparing and drawing files: the benchmark's part that needs no model."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from benchmarks.encode import looped, reference_encode
from benchmarks.sheet import Cell, draw, main, spread
from benchmarks.streams import (
    check_streams,
    first_sound_difference,
    first_time_difference,
    largest_shift,
)
from benchmarks.video import MeasureError, SoundPacket, count_frames, decoded, pairs


def _clip(
    path: Path,
    times: list[int],
    *,
    size_wh: tuple[int, int] = (64, 48),
    sound_hz: int = 0,
    rotation_deg: int = 0,
) -> Path:
    """A clip with one grey level for each frame, times in 1/1000 s, and a tone if wanted."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *size_wh, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation_deg:
            stream.set_display_rotation(rotation_deg)
        sound = out.add_stream("aac", rate=16000, layout="mono") if sound_hz else None
        for index, time in enumerate(times):
            image = np.full((size_wh[1], size_wh[0], 3), 40 + 10 * index, dtype=np.uint8)
            image[: size_wh[1] // 4, : size_wh[0] // 4] = (255, 0, 0)
            frame = VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            wave = np.sin(np.arange(8192) * 2 * np.pi * sound_hz / 16000).astype(np.float32) / 2
            tone = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 16000, 0
            out.mux(sound.encode(tone))
            out.mux(sound.encode(None))
    return path


TIMES = [0, 33, 67, 120, 160, 200]


def test_a_clip_equals_itself(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES, sound_hz=440)
    check = check_streams(clip, clip)
    assert check.frames_equal
    assert check.frames_in == len(TIMES)
    assert check.times_equal
    assert check.sound_equal
    assert check.sound_packets_in > 0


def test_a_lost_frame_a_moved_frame_and_another_sound_are_noticed(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES, sound_hz=440)
    other = _clip(tmp_path / "b.mp4", [0, 33, 68, 120, 160], sound_hz=550)
    check = check_streams(clip, other)
    assert (check.frames_in, check.frames_out) == (6, 5)
    assert not check.times_equal
    assert check.time_difference.startswith("frame 2")
    assert not check.sound_equal


def test_a_dropped_sound_stream_is_noticed(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES, sound_hz=440)
    mute = _clip(tmp_path / "b.mp4", TIMES)
    assert "became 0" in check_streams(clip, mute).sound_difference


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [], ""),
        ([0, 1], [0, 1], ""),
        ([0, 1], [0], "2 times became 1"),
        ([0, 1], [0, 2], "frame 1: 1 s became 2 s"),
        ([0, 1], [1, 2], "frame 0: 0 s became 1 s; every frame by +1.000000 s"),
    ],
)
def test_the_first_difference_in_time_is_told(
    before: list[int], after: list[int], said: str
) -> None:
    assert first_time_difference([*map(Fraction, before)], [*map(Fraction, after)]) == said


def test_sound_is_compared_by_its_bytes_and_its_shift_told() -> None:
    before = [SoundPacket(0, Fraction(k, 50), bytes([k])) for k in range(3)]
    after = [SoundPacket(0, Fraction(k, 50) + Fraction(1, 100), bytes([k])) for k in range(3)]
    assert first_sound_difference(before, after) == ""
    assert largest_shift(before, after) == pytest.approx(0.01)
    assert first_sound_difference(before, after[:2]) == "3 packets became 2"
    assert largest_shift([], []) == 0


@pytest.mark.parametrize("rotation_deg", [90, 180, 270])
def test_a_rotated_clip_is_read_upright(tmp_path: Path, rotation_deg: int) -> None:
    clip = _clip(tmp_path / "a.mp4", [0, 40], rotation_deg=rotation_deg)
    image = next(decoded(clip)).rgb()
    corners = [image[4, 4], image[-4, 4], image[-4, -4], image[4, -4]]
    red = [int(k) for k, pixel in enumerate(corners) if pixel[0] > 200 and pixel[1] < 60]
    # The corner was drawn at the top left; anticlockwise turns take it down the left side.
    assert red == [rotation_deg // 90]


def test_pairs_bring_the_source_to_the_size_of_the_result(tmp_path: Path) -> None:
    large = _clip(tmp_path / "a.mp4", TIMES, size_wh=(128, 96))
    small = _clip(tmp_path / "b.mp4", TIMES)
    found = list(pairs(large, small))
    assert [pair.index for pair in found] == [0, 1, 2, 3, 4, 5]
    assert all(pair.source.shape == (48, 64, 3) == pair.result.shape for pair in found)
    assert np.abs(found[5].source.astype(int) - found[5].result)[24:].max() <= 3


def test_sparse_pairs_come_three_in_a_row(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", [40 * k for k in range(12)])
    assert [pair.index for pair in pairs(clip, clip, every=5)] == [0, 1, 2, 5, 6, 7, 10, 11]


def test_a_file_that_is_no_video_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "note.mp4"
    path.write_text("no video")
    with pytest.raises(MeasureError, match=r"note\.mp4"):
        list(decoded(path))


@pytest.mark.parametrize(
    ("count", "wanted", "indices"),
    [(0, 8, []), (3, 8, [0, 1, 2]), (8, 2, [2, 6]), (100, 4, [12, 37, 62, 87])],
)
def test_frames_of_a_sheet_are_spread_evenly(count: int, wanted: int, indices: list[int]) -> None:
    assert spread(count, wanted) == indices


def test_a_sheet_shows_the_source_above_the_result() -> None:
    red, blue = np.zeros((2, 30, 40, 3), dtype=np.uint8)
    red[:, :, 0], blue[:, :, 2] = 255, 255
    sheet = draw([Cell(red, blue, "0")] * 5, columns=4, width_px=40)
    assert sheet.shape == (2 * (20 + 30 + 30) + 6, 4 * 40 + 3 * 6, 3)
    assert sheet[20 + 15, 20].tolist() == [255, 0, 0]
    assert sheet[20 + 45, 20].tolist() == [0, 0, 255]


def test_the_sheet_command_writes_a_picture_and_marks_lost_frames(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES)
    short = _clip(tmp_path / "b.mp4", TIMES[:2])
    out = tmp_path / "sheets" / "s.png"
    assert main([str(clip), str(short), str(out), "--frames", "2", "--width", "64"]) == 0
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape == (20 + 2 * 48, 64 * 2 + 6, 3)
    assert picture[20 + 48 + 24, 64 + 6 + 32].max() == 0


def test_the_sheet_command_fails_on_a_missing_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.mp4"), "b.mp4", "c.png"]) == 1
    assert "none.mp4" in capsys.readouterr().err


def test_a_loop_plays_there_and_back(tmp_path: Path) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES)
    out = tmp_path / "loop.mp4"
    assert looped(clip, out, 1, short_side_px=48) == 25
    assert count_frames(out) == 25
    greys = [int(item.rgb()[30, 40, 0]) for item in decoded(out)]
    assert np.allclose(greys[:12], greys[:6] + greys[5::-1], atol=3)
    assert greys[5] - greys[0] > 40


def test_a_plain_encode_is_timed_without_ffmpeg_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = _clip(tmp_path / "a.mp4", TIMES)
    monkeypatch.setattr("benchmarks.encode.shutil.which", lambda _: None)
    encoded = reference_encode(clip)
    assert encoded.wall_s > 0
    assert "PyAV" in encoded.program
