"""Photos of every ordinary kind come out upright, 8 bits, three colours; broken ones are named."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from headswap.arrays import U8
from headswap.errors import PhotoUnreadable
from headswap.swapping.photo import read_photo

WIDTH, HEIGHT = 40, 24
RED, GREEN, BLUE = (200, 40, 30), (30, 170, 60), (40, 60, 190)


def _picture() -> Image.Image:
    """Red, with the upper left quarter green."""
    image = Image.new("RGB", (WIDTH, HEIGHT), RED)
    image.paste(GREEN, (0, 0, WIDTH // 2, HEIGHT // 2))
    return image


def _saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    path = folder / name
    image.save(path, **options)  # pyright: ignore[reportArgumentType]
    return path


def _near(pixel: U8, color: tuple[int, int, int], by: int = 6) -> bool:
    return bool(np.abs(pixel.astype(int) - color).max() <= by)


def _is_the_picture(rgb: U8, by: int = 6) -> bool:
    right = rgb.shape == (HEIGHT, WIDTH, 3) and rgb.dtype == np.uint8
    return right and _near(rgb[2, 2], GREEN, by) and _near(rgb[-3, -3], RED, by)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.tif"])
def test_an_ordinary_photo_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    options = {"quality": 97, "subsampling": 0} if name == "a.jpg" else {}
    assert _is_the_picture(read_photo(_saved(tmp_path, name, _picture(), **options)))


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, lambda image: image),
        (2, lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        (3, lambda image: image.transpose(Image.Transpose.ROTATE_180)),
        (4, lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
        (5, lambda image: image.transpose(Image.Transpose.TRANSPOSE)),
        (6, lambda image: image.transpose(Image.Transpose.ROTATE_90)),
        (7, lambda image: image.transpose(Image.Transpose.TRANSVERSE)),
        (8, lambda image: image.transpose(Image.Transpose.ROTATE_270)),
    ],
)
def test_a_photo_that_says_how_it_was_held_is_turned_upright(
    tmp_path: Path, orientation: int, stored: Callable[[Image.Image], Image.Image]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = _saved(tmp_path, "a.jpg", stored(_picture()), exif=exif, quality=97, subsampling=0)
    assert _is_the_picture(read_photo(path))


def test_a_cmyk_photo_has_its_colours(tmp_path: Path) -> None:
    path = _saved(tmp_path, "a.jpg", _picture().convert("CMYK"), quality=97, subsampling=0)
    with Image.open(path) as image:
        assert image.mode == "CMYK"
    assert _is_the_picture(read_photo(path), by=10)


def test_a_16_bit_grey_photo_keeps_its_whole_range(tmp_path: Path) -> None:
    values = np.array([[0, 257, 32768, 65535]], np.uint16).repeat(3, axis=0)
    path = _saved(tmp_path, "a.png", Image.fromarray(values))
    rgb = read_photo(path)
    assert rgb.shape == (3, 4, 3)
    assert rgb[1].tolist() == [[v] * 3 for v in (0, 1, 127, 255)]


def test_a_grey_photo_has_three_equal_colours(tmp_path: Path) -> None:
    grey = read_photo(_saved(tmp_path, "a.png", Image.new("L", (5, 4), 90)))
    assert grey.shape == (4, 5, 3) and np.unique(grey).tolist() == [90]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_transparent_photo_lies_on_mid_grey(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (6, 4), (250, 250, 250, 255))
    image.paste((250, 250, 250, 0), (0, 0, 3, 4))
    rgb = read_photo(_saved(tmp_path, "a.png", image.convert(mode)))
    assert _near(rgb[1, 0], (128, 128, 128), 1) and _near(rgb[1, 5], (250, 250, 250), 1)


def test_a_palette_photo_has_its_colours_and_its_transparent_entry_lies_on_grey(
    tmp_path: Path,
) -> None:
    image = _picture().convert("P", palette=Image.Palette.ADAPTIVE, colors=2)
    assert _is_the_picture(read_photo(_saved(tmp_path, "solid.png", image)))
    clear = image.getpixel((0, 0))
    rgb = read_photo(_saved(tmp_path, "clear.png", image, transparency=clear))
    assert _near(rgb[2, 2], (128, 128, 128), 1) and _near(rgb[-3, -3], RED)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_of_an_animation_the_first_picture_is_read(tmp_path: Path, name: str) -> None:
    later = [Image.new("RGB", (WIDTH, HEIGHT), BLUE)] * 2
    options: dict[str, object] = {"save_all": True, "append_images": later, "duration": 40}
    if name == "a.webp":
        options["lossless"] = True
    path = _saved(tmp_path, name, _picture(), **options)
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) > 1
    assert _is_the_picture(read_photo(path))


def test_a_photo_with_a_profile_is_taken_to_srgb_and_a_broken_profile_does_not_stop_it(
    tmp_path: Path,
) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert _is_the_picture(read_photo(_saved(tmp_path, "a.png", _picture(), icc_profile=srgb)))
    path = _saved(tmp_path, "b.png", _picture(), icc_profile=b"no profile at all" * 20)
    assert _is_the_picture(read_photo(path))


def _cut(image_format: str, keep: float) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT * 8, WIDTH * 8, 3), np.uint8)
    Image.fromarray(noise).save(stream, image_format)
    content = stream.getvalue()
    return content[: int(len(content) * keep)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("text.jpg", b"this is no picture\n" * 40),
        ("cut.jpg", _cut("JPEG", 0.5)),
        ("cut.png", _cut("PNG", 0.5)),
        ("header.png", _cut("PNG", 0.0005)),
        ("cut.webp", _cut("WEBP", 0.5)),
        ("cut.gif", _cut("GIF", 0.5)),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PhotoUnreadable, match=name) as told:
        read_photo(path)
    assert "save it as" in str(told.value) or "export it again" in str(told.value)


def test_a_missing_photo_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nobody.jpg", tmp_path):
        with pytest.raises(PhotoUnreadable, match=path.name):
            read_photo(path)


@pytest.mark.parametrize("size", [(10_001, 10_000), (20_000, 20_000)])
def test_a_photo_of_more_than_100_megapixels_is_refused_unread(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "huge.bmp"
    # A bitmap's head alone says its size.
    head = io.BytesIO()
    Image.new("1", (1, 1)).save(head, "BMP")
    content = bytearray(head.getvalue())
    content[18:26] = size[0].to_bytes(4, "little") + size[1].to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(PhotoUnreadable, match=r"huge\.bmp.*smaller"):
        read_photo(path)
