"""Results: pieces joined with the source's sound keep every time, tag and packet."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from headswap.errors import OutputError
from headswap.media import PieceWriter, VideoReader, join_pieces, output_size, probe
from headswap.media.info import stored_facts
from tests.joined_clips import remade
from tests.media_clips import CLIPS, Clip, make_clip, write_clip
from tests.media_content import content

# ADTS frames lose their 7-byte wrapper in MP4; the sound inside is the same.
_ADTS_BYTES = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.mark.parametrize("name", CLIPS)
def test_times_count_sound_and_tags_are_the_sources(
    folder: Path, tmp_path: Path, name: str
) -> None:
    source = make_clip(folder, name)
    before, after = content(source), content(remade(source, tmp_path / "out.mp4"))
    assert after.times == before.times
    if name == "rgb":  # RGB has no place in 4:2:0; the tag says what it was converted to.
        assert after.colors == {(2, 6, 2, 2)}
    else:
        assert after.colors == before.colors
    assert len(after.sound) == len(before.sound)
    wrapper = _ADTS_BYTES if name == "mpegts" else 0
    for (was, data), (now, copied) in zip(before.sound, after.sound, strict=True):
        assert copied == data[wrapper:]
        assert abs(was - now) <= Fraction(1, 2 * 44100)
        if source.suffix == ".mp4":
            assert was == now


@pytest.mark.parametrize("name", CLIPS)
def test_pictures_look_the_same_as_in_the_source(folder: Path, tmp_path: Path, name: str) -> None:
    source = make_clip(folder, name)
    size = output_size(probe(source), "source")
    result = remade(source, tmp_path / "out.mp4")
    assert probe(result).size_wh == size
    with VideoReader(source, size) as was, VideoReader(result) as now:
        for a, b in zip(was, now, strict=True):
            error = np.mean((a.y.astype(np.float32) - b.y) ** 2)
            assert 10 * np.log10(255**2 / max(error, 1e-9)) > 38


@pytest.mark.parametrize("name", [name for name, clip in CLIPS.items() if clip.rotation])
def test_the_rotation_tag_is_the_sources(folder: Path, tmp_path: Path, name: str) -> None:
    source = make_clip(folder, name)
    result = remade(source, tmp_path / "out.mp4")
    matrix = stored_facts(source).display_matrix
    assert matrix is not None
    assert stored_facts(result).display_matrix == matrix
    was, now = probe(source), probe(result)
    assert (now.rotation_deg, now.mirrored) == (was.rotation_deg, was.mirrored)
    assert now.sample_aspect == was.sample_aspect


def test_an_upright_source_gets_no_rotation_tag(folder: Path, tmp_path: Path) -> None:
    result = remade(make_clip(folder, "plain"), tmp_path / "out.mp4")
    assert stored_facts(result).display_matrix is None


@pytest.mark.parametrize("name", ["vfr", "starts_late", "mkv_milliseconds", "mpeg1_nonzero_start"])
@pytest.mark.parametrize("cuts", [(), (1,), (29,), (7, 8, 9), tuple(range(1, 30))])
def test_times_do_not_depend_on_the_cuts(
    folder: Path, tmp_path: Path, name: str, cuts: tuple[int, ...]
) -> None:
    source = make_clip(folder, name)
    result = remade(source, tmp_path / "out.mp4", cuts)
    assert content(result).times == content(source).times
    with av.open(str(result)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    decoding = [packet.dts for packet in packets if packet.dts is not None]
    assert all(later > earlier for earlier, later in pairwise(decoding))
    assert all((packet.dts or 0) <= (packet.pts or 0) for packet in packets)


def test_the_index_stands_before_the_pictures(folder: Path, tmp_path: Path) -> None:
    data = remade(make_clip(folder, "plain"), tmp_path / "out.mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_the_result_is_h264_in_420(folder: Path, tmp_path: Path) -> None:
    info = probe(remade(make_clip(folder, "ten_bit"), tmp_path / "out.mp4"))
    assert (info.codec, info.pixel_format) == ("h264", "yuv420p")


def test_muted_results_have_no_sound(folder: Path, tmp_path: Path) -> None:
    source = make_clip(folder, "plain")
    result = remade(source, tmp_path / "out.mp4", mute=True)
    assert probe(result).audio_streams == 0
    assert content(result).times == content(source).times


def test_every_sound_track_is_copied_with_its_language(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "two_languages.mp4"
    plain, late = make_clip(folder, "plain"), make_clip(folder, "late_audio")
    with (
        av.open(str(plain)) as first,
        av.open(str(plain)) as second,
        av.open(str(late)) as third,
        av.open(str(source), "w") as joined,
    ):
        inputs = (first.streams.video[0], second.streams.audio[0], third.streams.audio[0])
        outputs = [joined.add_stream_from_template(stream, opaque=True) for stream in inputs]
        outputs[1].metadata["language"], outputs[2].metadata["language"] = "deu", "fra"
        for container, stream, output in zip((first, second, third), inputs, outputs, strict=True):
            for packet in container.demux(stream):
                if packet.size:
                    packet.stream = output
                    joined.mux(packet)
    with av.open(str(remade(source, tmp_path / "out.mp4"))) as result:
        assert [s.language for s in result.streams.audio] == ["deu", "fra"]
        assert [s.frames for s in result.streams.audio] == [45, 23]


def test_a_scaled_result_keeps_rotation_and_times(tmp_path: Path) -> None:
    source = tmp_path / "large.mp4"
    write_clip(source, replace(CLIPS["rotated_90"], size_wh=(900, 600), frames=4))
    info = probe(source)
    size = output_size(info, "480p")
    assert (info.size_wh, size) == ((600, 900), (480, 720))
    with (
        VideoReader(source, size) as reader,
        PieceWriter(tmp_path / "a.piece", info, size) as writer,
    ):
        for frame in reader:
            writer.write(frame)
    join_pieces([tmp_path / "a.piece"], source, tmp_path / "out.mp4", info)
    after = content(tmp_path / "out.mp4")
    assert after.times == content(source).times
    assert after.sizes == {(720, 480)}
    assert probe(tmp_path / "out.mp4").size_wh == size


def _with_sound(path: Path, codec: str, sound_format: str, suffix: str) -> Path:
    clip: Clip = replace(
        CLIPS["avi_without_pts" if suffix == ".avi" else "plain"],
        sound=codec,
        sound_format=sound_format,
        frames=4,
        sound_s=Fraction(1, 5),
    )
    source = path.with_suffix(suffix)
    write_clip(source, clip)
    return source


@pytest.mark.parametrize(
    ("codec", "sound_format", "suffix"),
    [
        ("mp2", "s16", ".mkv"),
        ("libmp3lame", "fltp", ".mkv"),
        ("ac3", "fltp", ".mkv"),
        ("flac", "s16", ".mkv"),
        ("alac", "s16p", ".mov"),
        ("pcm_s16le", "s16", ".mov"),
    ],
)
def test_sound_that_mp4_carries_is_copied(
    tmp_path: Path, codec: str, sound_format: str, suffix: str
) -> None:
    source = _with_sound(tmp_path / "source", codec, sound_format, suffix)
    before, after = content(source), content(remade(source, tmp_path / "out.mp4"))
    assert b"".join(data for _, data in after.sound) == b"".join(data for _, data in before.sound)
    assert before.sound


@pytest.mark.parametrize("codec", ["pcm_mulaw", "adpcm_ms", "pcm_u8"])
def test_sound_that_mp4_cannot_carry_is_refused_unless_muted(tmp_path: Path, codec: str) -> None:
    sound_format = "u8" if codec == "pcm_u8" else "s16"
    source = _with_sound(tmp_path / "source", codec, sound_format, ".avi")
    with pytest.raises(OutputError, match=rf"its sound is {codec}.*--mute"):
        remade(source, tmp_path / "out.mp4")
    assert not [path for path in tmp_path.iterdir() if "out.mp4" in path.name]
    remade(source, tmp_path / "out.mp4", mute=True)
    assert probe(tmp_path / "out.mp4").audio_streams == 0


def _piece(folder: Path, path: Path, start: int, stop: int, preset: str = "superfast") -> Path:
    with (
        VideoReader(make_clip(folder, "plain")) as reader,
        PieceWriter(path, reader.info, (176, 144), preset=preset) as writer,
    ):
        for frame in list(reader)[start:stop]:
            writer.write(frame)
    return path


def test_pieces_of_different_settings_are_not_joined(folder: Path, tmp_path: Path) -> None:
    source = make_clip(folder, "plain")
    pieces = [_piece(folder, tmp_path / "a", 0, 5), _piece(folder, tmp_path / "b", 5, 9, "medium")]
    with pytest.raises(OutputError, match="other settings"):
        join_pieces(pieces, source, tmp_path / "out.mp4", probe(source))


def test_pieces_out_of_order_are_not_joined(folder: Path, tmp_path: Path) -> None:
    source = make_clip(folder, "plain")
    pieces = [_piece(folder, tmp_path / "a", 5, 9), _piece(folder, tmp_path / "b", 0, 5)]
    with pytest.raises(OutputError, match="in order"):
        join_pieces(pieces, source, tmp_path / "out.mp4", probe(source))


def test_a_piece_that_failed_or_is_empty_does_not_appear(folder: Path, tmp_path: Path) -> None:
    source = make_clip(folder, "plain")
    with VideoReader(source) as reader:
        frame = next(iter(reader))
        with (
            pytest.raises(KeyboardInterrupt),
            PieceWriter(tmp_path / "a", reader.info, (176, 144)) as writer,
        ):
            writer.write(frame)
            raise KeyboardInterrupt
        with (
            pytest.raises(OutputError, match="at least one frame"),
            PieceWriter(tmp_path / "b", reader.info, (176, 144)),
        ):
            pass
        with PieceWriter(tmp_path / "c", reader.info, (176, 144)) as writer:
            writer.write(frame)
            with pytest.raises(ValueError, match="pts 0 after 0"):
                writer.write(frame)
            with pytest.raises(ValueError, match="40x40"):
                writer.write(type(frame).from_rgb(1, 512, np.zeros((40, 40, 3), np.uint8)))
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
