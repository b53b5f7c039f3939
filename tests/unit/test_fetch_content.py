"""Types by content: real files of every kind that is taken, and pretenders."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image

from headswap.fetch import Content, content_of, content_of_bytes

FTYP = b"\x00\x00\x00\x18ftyp"


def clip(path: Path, form: str, codec: str) -> Path:
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(12):
            pixels = np.full((48, 64, 3), shade * 16, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("form", "codec", "content"),
    [
        ("mp4", "mpeg4", Content.MP4),
        ("mov", "mpeg4", Content.QUICKTIME),
        ("matroska", "mpeg4", Content.MATROSKA),
        ("webm", "libvpx", Content.WEBM),
        ("avi", "mpeg4", Content.AVI),
        ("mpegts", "mpeg2video", Content.MPEG_TS),
        ("mpeg", "mpeg1video", Content.MPEG_PS),
    ],
)
def test_a_video_is_known_by_its_bytes(
    tmp_path: Path, form: str, codec: str, content: Content
) -> None:
    found = content_of(clip(tmp_path / "named.jpg", form, codec))
    assert found is content
    assert found.kind == "video"
    assert found.suffix.startswith(".")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("JPEG", Content.JPEG),
        ("PNG", Content.PNG),
        ("WEBP", Content.WEBP),
        ("AVIF", Content.AVIF),
    ],
)
def test_an_image_is_known_by_its_bytes(tmp_path: Path, form: str, content: Content) -> None:
    path = tmp_path / "named.mp4"
    Image.new("RGB", (16, 16), (200, 30, 30)).save(path, form)
    assert content_of(path) is content
    assert content.kind == "image"


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO", "PDF", "PPM", "JPEG2000"])
def test_other_images_are_not_taken(form: str) -> None:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, form)
    assert content_of_bytes(stream.getvalue()) is Content.OTHER


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (b"", Content.OTHER),
        (b"\x00", Content.OTHER),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", Content.OTHER),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", Content.OTHER),
        (b'<?xml version="1.0"?><MPD>', Content.OTHER),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', Content.OTHER),
        (b"<!doctype html><title>clip.mp4</title>", Content.OTHER),
        (b"PK\x03\x04", Content.OTHER),
        (b"\x1f\x8b\x08\x00", Content.OTHER),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", Content.OTHER),
        (b"RIFF", Content.OTHER),
        (b"\x1a\x45\xdf\xa3", Content.OTHER),
        (b"\x1a\x45\xdf\xa3\x84\x42\x82\x84mine", Content.OTHER),
        (b"\x1a\x45\xdf\xa3\x87\x42\x82", Content.OTHER),
        (b"\x1a\x45\xdf\xa3\x89\x42\x82\x86webm\x00\x00", Content.WEBM),
        (FTYP, Content.OTHER),
        (FTYP + b"heic\x00\x00\x00\x00mif1heic", Content.OTHER),
        (FTYP + b"mif1\x00\x00\x00\x00mif1heic", Content.OTHER),
        (FTYP + b"mif1\x00\x00\x00\x00mif1avif", Content.AVIF),
        (FTYP + b"isom\x00\x00\x02\x00isomavc1", Content.MP4),
        (FTYP + b"qt  \x00\x00\x02\x00qt  \x00\x00\x00\x00", Content.QUICKTIME),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", Content.QUICKTIME),
        (b"\x47" + bytes(187) + b"\x47" + bytes(187), Content.OTHER),
        ((b"\x47" + bytes(187)) * 3, Content.MPEG_TS),
        ((bytes(4) + b"\x47" + bytes(187)) * 3, Content.MPEG_TS),
        (b"\x47" * 100, Content.OTHER),
    ],
)
def test_first_bytes_decide(head: bytes, content: Content) -> None:
    assert content_of_bytes(head) is content


def test_other_has_neither_kind_nor_suffix() -> None:
    assert (Content.OTHER.kind, Content.OTHER.suffix) == ("other", "")
