"""Colour tags and matrices."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.media.color import ColorTags, effective_matrix, rgb_from_yuv, yuv_from_rgb


@pytest.mark.parametrize(
    ("matrix", "full_range", "rgb", "yuv"),
    [
        ("smpte170m", False, (0, 0, 0), (16, 128, 128)),
        ("smpte170m", False, (255, 255, 255), (235, 128, 128)),
        ("smpte170m", False, (255, 0, 0), (81, 90, 240)),
        ("smpte170m", False, (0, 255, 0), (145, 54, 34)),
        ("bt709", False, (255, 0, 0), (63, 102, 240)),
        ("bt709", False, (0, 0, 255), (32, 240, 118)),
        ("bt709", True, (255, 255, 255), (255, 128, 128)),
        ("smpte170m", True, (255, 0, 0), (76, 85, 255.5)),
        ("ycgco", True, (0, 255, 0), (127.5, 255.5, 128)),
    ],
)
def test_primaries_have_the_samples_of_the_standard(
    matrix: str, full_range: bool, rgb: tuple[int, ...], yuv: tuple[float, ...]
) -> None:
    assert np.allclose(yuv_from_rgb(matrix, full_range) @ (*rgb, 1), yuv, atol=0.6)


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    "matrix", ["bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc", "ycgco"]
)
def test_the_two_maps_undo_each_other(matrix: str, full_range: bool) -> None:
    rgb = np.random.default_rng(1).uniform(0, 255, (3, 50))
    yuv = yuv_from_rgb(matrix, full_range) @ np.vstack([rgb, np.ones(50)])
    back = rgb_from_yuv(matrix, full_range) @ np.vstack([yuv, np.ones(50)])
    assert np.abs(back - rgb).max() < 1e-3


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ((0, 2, 2, 2), ("unknown", "unknown", "unknown", "unknown")),
        ((1, 1, 1, 1), ("tv", "bt709", "bt709", "bt709")),
        ((2, 6, 9, 16), ("pc", "smpte170m", "bt2020", "smpte2084")),
        ((1, 200, 77, 250), ("tv", "200", "77", "250")),
    ],
)
def test_tags_keep_their_numbers(
    codes: tuple[int, int, int, int], names: tuple[str, str, str, str]
) -> None:
    tags = ColorTags.from_codes(*codes)
    assert (tags.range, tags.matrix, tags.primaries, tags.transfer) == names
    assert tags.codes() == codes


@pytest.mark.parametrize(
    ("tag", "size_wh", "matrix"),
    [
        ("unknown", (1280, 720), "bt709"),
        ("unknown", (720, 1280), "bt709"),
        ("unknown", (1278, 718), "smpte170m"),
        ("gbr", (640, 480), "smpte170m"),
        ("bt470bg", (1920, 1080), "bt470bg"),
        ("bt2020c", (640, 480), "bt2020nc"),
        ("ictcp", (1920, 1080), None),
        ("200", (1920, 1080), None),
    ],
)
def test_the_matrix_is_the_tags_or_follows_the_size(
    tag: str, size_wh: tuple[int, int], matrix: str | None
) -> None:
    assert effective_matrix(tag, size_wh) == matrix
