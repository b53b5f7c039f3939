"""A mark is found in copies of a marked video, and none in an unmarked one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from headswap.arrays import U8
from headswap.errors import NotAVideo
from headswap.trust.mark import find_mark
from tests.marked_scene import MARK, marked, unmarked, written

COUNT = 60
Change = Callable[[list[U8]], list[U8]]


@pytest.fixture(scope="module")
def lumas() -> list[U8]:
    return [frame.y for frame in marked(unmarked(COUNT))]


def each(change: Callable[[U8], object]) -> Change:
    return lambda lumas: [np.asarray(change(luma), np.uint8) for luma in lumas]


def scaled(width: int, height: int) -> Change:
    return each(lambda luma: cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA))


def levels(gain: float, more: float) -> Change:
    return each(lambda luma: np.clip(gain * luma + more, 0, 255))


COPIES: dict[str, tuple[Change, int, int]] = {
    "as it is": (each(lambda luma: luma), 16, 25),
    "encoded coarsely": (each(lambda luma: luma), 28, 25),
    "smaller": (scaled(400, 224), 23, 25),
    "larger": (scaled(960, 540), 23, 25),
    "cropped all around": (each(lambda luma: luma[14:-14, 24:-24]), 23, 25),
    "cropped at one corner": (each(lambda luma: luma[:-28, :-48]), 23, 25),
    "cropped and scaled": (lambda all_: scaled(640, 360)([y[27:, 48:] for y in all_]), 23, 25),
    "lighter": (levels(1.15, 20), 23, 25),
    "darker": (levels(0.85, -20), 23, 25),
    "24 a second": (lambda lumas: [y for i, y in enumerate(lumas) if i % 25], 23, 24),
    "30 a second": (lambda lumas: [lumas[i * 25 // 30] for i in range(COUNT * 6 // 5)], 23, 30),
    "one second": (lambda lumas: lumas[13:38], 23, 25),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_mark_is_found_in_a_copy(lumas: list[U8], tmp_path: Path, name: str) -> None:
    change, crf, rate = COPIES[name]
    copy = written(change(lumas), tmp_path / "copy.mp4", crf, rate)
    assert find_mark(copy) == MARK


@pytest.mark.parametrize("change", [each(lambda y: y), scaled(640, 360)])
def test_no_mark_is_found_where_none_is(tmp_path: Path, change: Change) -> None:
    plain = [frame.y for frame in unmarked(30)]
    assert find_mark(written(change(plain), tmp_path / "plain.mp4")) is None


def test_a_mark_of_nothing_but_zeros_is_a_mark(tmp_path: Path) -> None:
    zeros = [frame.y for frame in marked(unmarked(30), 0)]
    assert find_mark(written(zeros, tmp_path / "zeros.mp4")) == 0


def test_of_a_long_video_stretches_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headswap.trust.mark.residue._MOST_PICTURES", 36)
    frames = marked(unmarked(COUNT))
    copy = written([frame.y for frame in frames] * 2, tmp_path / "long.mp4")
    assert find_mark(copy) == MARK


def test_what_is_left_of_a_broken_file_still_tells(lumas: list[U8], tmp_path: Path) -> None:
    whole = written(lumas, tmp_path / "whole.mkv")
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert find_mark(broken) == MARK


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with pytest.raises(NotAVideo):
        find_mark(path)
