"""Reading clips: every frame and time, in sequence and at random, and files that are no good."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from headswap.arrays import U8
from headswap.errors import (
    CodecUnsupported,
    HeadswapError,
    NotAVideo,
    VideoError,
    VideoTooLarge,
    VideoTruncated,
)
from headswap.media import Frame, VideoReader, output_size, probe
from headswap.media.planes import plane_array
from tests.media_clips import (
    CLIPS,
    make_clip,
    picture,
    write_clip,
    write_sound_only,
    write_truncated,
    write_zero_frames,
)

EIGHT_BIT_420 = [
    name for name, clip in CLIPS.items() if clip.pixel_format in {"yuv420p", "yuvj420p"}
]
UPRIGHT = [name for name in EIGHT_BIT_420 if CLIPS[name].rotation is None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def _bytes(frame: Frame) -> tuple[int, int, bytes, bytes, bytes]:
    planes = (frame.y.tobytes(), frame.u.tobytes(), frame.v.tobytes())
    return frame.index, frame.pts, *planes


@pytest.mark.parametrize("name", UPRIGHT)
def test_frames_have_the_decoders_own_times_and_samples(folder: Path, name: str) -> None:
    path = make_clip(folder, name)
    with av.open(str(path)) as container, VideoReader(path) as reader:
        frames = list(reader)
        pictures = list(container.decode(container.streams.video[0]))
    assert len(frames) == len(pictures) == CLIPS[name].frames
    for index, (frame, decoded) in enumerate(zip(frames, pictures, strict=True)):
        assert (frame.index, frame.pts) == (index, decoded.pts or decoded.dts or 0)
        for plane, source in zip((frame.y, frame.u, frame.v), decoded.planes, strict=True):
            assert np.array_equal(plane, plane_array(source))


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("threads", [1, 3])
def test_any_stretch_equals_the_same_frames_in_sequence(
    folder: Path, name: str, threads: int
) -> None:
    with VideoReader(make_clip(folder, name), threads=threads) as reader:
        whole = [_bytes(frame) for frame in reader]
        pts = np.array([frame[1] for frame in whole], np.int64)
        count = len(whole)
        for start in range(0, count, 1 if threads == 1 else 7):
            stop = min(count, start + 3)
            assert [_bytes(frame) for frame in reader.frames(start, stop, pts)] == whole[start:stop]
        assert [_bytes(frame) for frame in reader.frames(0, count, pts)] == whole
        assert list(reader.frames(count, count, pts)) == []


@pytest.mark.parametrize("name", UPRIGHT)
def test_of_each_second_its_first_frame_is_given(folder: Path, name: str) -> None:
    with VideoReader(make_clip(folder, name)) as reader:
        whole = list(reader)
        found = [_bytes(frame) for frame in reader.each_second()]
        since = [int((f.pts - whole[0].pts) * reader.info.time_base) for f in whole]
    first = [_bytes(f) for n, f in enumerate(whole) if n == 0 or since[n] > since[n - 1]]
    assert found == first


def test_a_stretch_outside_the_video_is_refused(folder: Path) -> None:
    with VideoReader(make_clip(folder, "plain")) as reader:
        with pytest.raises(ValueError, match="31"):
            reader.frames(0, 31, np.arange(30))
        with pytest.raises(VideoError, match="frame 5 is no longer where it was"):
            list(reader.frames(5, 9, np.arange(30) * 512 + 1))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("vfr", (176, 144, 0, Fraction(1, 90000), "h264", 1)),
        ("ntsc_2997", (176, 144, 0, Fraction(1, 30000), "h264", 1)),
        ("rotated_90", (144, 176, 270, Fraction(1, 12800), "h264", 1)),
        ("rotated_270", (144, 176, 90, Fraction(1, 12800), "h264", 1)),
        ("odd_size", (175, 131, 0, Fraction(1, 1000), "ffv1", 1)),
        ("no_audio", (176, 144, 0, Fraction(1, 12800), "h264", 0)),
        ("mpeg1_nonzero_start", (176, 144, 0, Fraction(1, 90000), "mpeg1video", 1)),
        ("avi_without_pts", (176, 144, 0, Fraction(1001, 30000), "mpeg4", 1)),
    ],
)
def test_probe_tells_the_facts(
    folder: Path, name: str, facts: tuple[int, int, int, Fraction, str, int]
) -> None:
    info = probe(make_clip(folder, name))
    found = (info.width, info.height, info.rotation_deg, info.time_base, info.codec)
    assert (*found, info.audio_streams) == facts


@pytest.mark.parametrize(
    ("name", "rate", "count", "aspect"),
    [
        ("ntsc_2997", Fraction(30000, 1001), 30, Fraction(1)),
        ("plain", Fraction(25), 30, Fraction(1)),
        ("one_frame", Fraction(25), 1, Fraction(1)),
        ("anamorphic", Fraction(25), 30, Fraction(16, 11)),
        ("rotated_90", Fraction(25), 30, Fraction(3, 4)),
    ],
)
def test_probe_tells_rate_count_and_aspect(
    folder: Path, name: str, rate: Fraction, count: int, aspect: Fraction
) -> None:
    info = probe(make_clip(folder, name))
    assert (info.rate, info.frame_count, info.sample_aspect) == (rate, count, aspect)
    assert info.duration_s == pytest.approx(float(count / rate))


@pytest.mark.parametrize(
    ("name", "turn"),
    [
        ("rotated_90", lambda rgb: np.rot90(rgb, 1)),
        ("rotated_180", lambda rgb: np.rot90(rgb, 2)),
        ("rotated_270", lambda rgb: np.rot90(rgb, -1)),
        ("mirrored", lambda rgb: rgb[:, ::-1]),
    ],
)
def test_turned_clips_come_out_upright(folder: Path, name: str, turn: object) -> None:
    assert callable(turn)
    stored = _shown(folder, name)
    with VideoReader(make_clip(folder, name)) as reader:
        frame = next(iter(reader))
    assert np.abs(frame.rgb().astype(int) - turn(stored)).mean() < 6


def _shown(folder: Path, name: str) -> U8:
    return np.asarray(picture(CLIPS[name], 0).to_ndarray(format="rgb24"), np.uint8)


@pytest.mark.parametrize(
    "name", ["bt601", "bt709", "full_range", "no_tags", "ten_bit", "yuv444", "rgb", "odd_size"]
)
def test_rgb_has_the_colours_that_were_encoded(folder: Path, name: str) -> None:
    with VideoReader(make_clip(folder, name)) as reader:
        frames = list(reader)
    truth = np.asarray(
        picture(CLIPS["rgb"] if name == "rgb" else CLIPS[name], 20).to_ndarray(
            format="rgb24", src_colorspace="ITU709" if name in {"bt709", "full_range"} else "ITU601"
        )
    )
    off = np.abs(frames[20].rgb().astype(int) - truth).mean(axis=(0, 1))
    assert off.max() < 6


def test_gray_stays_gray(folder: Path) -> None:
    path = make_clip(folder, "gray")
    with VideoReader(path) as reader, av.open(str(path)) as container:
        frame, decoded = next(iter(reader)), next(container.decode(video=0))
    assert np.array_equal(frame.y, plane_array(decoded.planes[0]))
    assert (frame.u == 128).all()


@pytest.mark.parametrize("name", ["odd_size", "odd_size_rotated"])
def test_an_odd_size_is_padded_with_its_last_column_and_row(folder: Path, name: str) -> None:
    path = make_clip(folder, name)
    size = output_size(probe(path), "source")
    with VideoReader(path) as odd, VideoReader(path, size) as even:
        source, padded = next(iter(odd)), next(iter(even))
    assert (padded.width, padded.height) == size
    assert np.array_equal(padded.y, np.pad(source.y, ((0, 1), (0, 1)), mode="edge"))
    assert np.array_equal(padded.u, source.u)


@pytest.mark.parametrize("name", ["plain", "rotated_90", "full_range"])
def test_frames_are_rescaled_upright(folder: Path, name: str) -> None:
    path = make_clip(folder, name)
    size = (96, 120) if name == "rotated_90" else (120, 96)
    with VideoReader(path) as whole, VideoReader(path, size) as small:
        source, scaled = next(iter(whole)), next(iter(small))
    assert (scaled.width, scaled.height) == size
    assert abs(float(source.y.mean()) - float(scaled.y.mean())) < 1
    assert abs(float(source.v.mean()) - float(scaled.v.mean())) < 1


def test_a_closed_reader_has_closed_its_files(folder: Path) -> None:
    with VideoReader(make_clip(folder, "plain")) as reader:
        frames = iter(reader)
        next(frames)
    assert list(frames) == []


@pytest.mark.parametrize("name", ["plain", "b_frames", "mkv_milliseconds", "avi_without_pts"])
@pytest.mark.parametrize("keep", [0.6, 0.95])
def test_a_truncated_file_gives_its_good_frames_and_then_says_so(
    folder: Path, tmp_path: Path, name: str, keep: float
) -> None:
    path = tmp_path / f"truncated{CLIPS[name].suffix}"
    write_truncated(path, CLIPS[name], keep, index_first=path.suffix == ".mp4")
    with VideoReader(make_clip(folder, name)) as reader:
        whole = [_bytes(frame) for frame in reader]
    good: list[tuple[int, int, bytes, bytes, bytes]] = []
    with VideoReader(path) as reader, pytest.raises(VideoTruncated) as caught:
        good.extend(_bytes(frame) for frame in reader)
    assert 0 < len(good) < len(whole)
    if not CLIPS[name].options.get("x264-params"):
        assert good == whole[: len(good)]
    assert f"the last good one is frame {len(good) - 1}" in str(caught.value)
    if path.suffix == ".mp4":
        assert f"{len(good)} of {len(whole)} frames" in str(caught.value)


def test_a_file_without_its_index_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "no_index.mp4"
    write_truncated(path, CLIPS["plain"], 0.6, index_first=False)
    with pytest.raises(VideoTruncated, match="before its index"):
        probe(path)


def test_bytes_after_the_last_box_do_no_harm(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "trailing.mp4"
    path.write_bytes(make_clip(folder, "plain").read_bytes() + b"\x00\x00\x01\x00mdatjunk")
    with VideoReader(path) as reader:
        assert len(list(reader)) == 30


def test_damaged_pictures_are_reported_where_they_start(folder: Path, tmp_path: Path) -> None:
    source = make_clip(folder, "no_audio")
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        hurt = [packet for packet in packets if packet.size > 200][6]
        place, size = hurt.pos or 0, hurt.size
    data = bytearray(source.read_bytes())
    data[place : place + size] = b"\xff" * size
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    with VideoReader(path, threads=1) as reader, pytest.raises(VideoError, match="damaged"):
        list(reader)


def _write(path: Path, kind: str) -> None:
    plain = CLIPS["plain"]
    if kind == "sound_only.m4a":
        write_sound_only(path)
    elif kind.startswith("zero_frames"):
        write_zero_frames(path)
    elif kind == "unknown_codec.mp4":
        write_clip(path, plain)
        path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz9"))
    elif kind == "photo.png":
        picture(plain, 0).save(path)
    elif kind != "missing.mp4":
        path.write_bytes(
            {"empty.mp4": b"", "playlist.m3u8": b"#EXTM3U\n"}.get(kind, b"words " * 99)
        )


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        ("missing.mp4", NotAVideo, "no such file"),
        ("empty.mp4", NotAVideo, "the file is empty"),
        ("text.mp4", NotAVideo, "is not a video"),
        ("text.txt", NotAVideo, "is not a video"),
        ("photo.png", NotAVideo, "is not a video"),
        ("playlist.m3u8", NotAVideo, "is not a video"),
        ("sound_only.m4a", NotAVideo, "only sound"),
        ("zero_frames.mp4", NotAVideo, "no pictures"),
        ("zero_frames.avi", NotAVideo, "without a single picture"),
        ("unknown_codec.mp4", CodecUnsupported, "no decoder"),
    ],
)
def test_what_is_no_video_is_refused_with_its_name(
    tmp_path: Path, kind: str, error: type[HeadswapError], says: str
) -> None:
    path = tmp_path / kind
    _write(path, kind)
    with pytest.raises(error, match=says) as caught:
        VideoReader(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(NotAVideo, match="is a folder"):
        probe(tmp_path)


def test_a_picture_over_8192_pixels_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    path = tmp_path / "wide.mp4"
    write_clip(path, replace(CLIPS["plain"], size_wh=(8208, 16), frames=1))
    with pytest.raises(VideoTooLarge, match="8208x16"):
        probe(path)


def test_a_picture_of_no_size_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    path = tmp_path / "size_0x0.avi"
    clip = replace(CLIPS["plain"], codec="rawvideo", options={}, sound=None)
    write_clip(path, clip)
    data = path.read_bytes()
    size = (176).to_bytes(4, "little") + (144).to_bytes(4, "little")
    assert size in data
    path.write_bytes(data.replace(size, bytes(8)))
    with pytest.raises(NotAVideo, match="without a single picture"):
        probe(path)
