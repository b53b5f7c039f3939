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
from tests.marked_scene import MARK, Planes, marked, planes, unmarked, written

COUNT = 60
Change = Callable[[list[Planes]], list[Planes]]


@pytest.fixture(scope="module")
def pictures() -> list[Planes]:
    return planes(marked(unmarked(COUNT)))


def same(pictures: list[Planes]) -> list[Planes]:
    return pictures


def each(change: Callable[[U8, int], object]) -> Change:
    """What is done to each plane, which is told how many pixels of luma its own are wide."""

    def changed(pictures: list[Planes]) -> list[Planes]:
        return [
            (
                np.asarray(change(y, 1), np.uint8),
                np.asarray(change(u, 2), np.uint8),
                np.asarray(change(v, 2), np.uint8),
            )
            for y, u, v in pictures
        ]

    return changed


def scaled(width: int, height: int) -> Change:
    return each(
        lambda plane, px: cv2.resize(
            plane, (width // px, height // px), interpolation=cv2.INTER_AREA
        )
    )


def cropped(left: int, top: int, right: int, bottom: int) -> Change:
    return each(
        lambda plane, px: plane[
            top // px : plane.shape[0] - bottom // px, left // px : plane.shape[1] - right // px
        ]
    )


def levels(gain: float, more: float) -> Change:
    return each(lambda plane, px: np.clip(gain * plane + more, 0, 255) if px == 1 else plane)


COPIES: dict[str, tuple[Change, int, int]] = {
    "as it is": (same, 16, 25),
    "encoded coarsely": (same, 28, 25),
    "smaller": (scaled(400, 224), 23, 25),
    "larger": (scaled(960, 540), 23, 25),
    "cropped all around": (cropped(24, 14, 24, 14), 23, 25),
    "cropped at one corner": (cropped(0, 0, 48, 28), 23, 25),
    "cropped and scaled": (lambda all_: scaled(640, 360)(cropped(48, 28, 0, 0)(all_)), 23, 25),
    "lighter": (levels(1.15, 20), 23, 25),
    "darker": (levels(0.85, -20), 23, 25),
    "without colour": (each(lambda y, px: y if px == 1 else np.full_like(y, 128)), 18, 25),
    "24 a second": (lambda all_: [one for i, one in enumerate(all_) if i % 25], 23, 24),
    "30 a second": (lambda all_: [all_[i * 25 // 30] for i in range(COUNT * 6 // 5)], 23, 30),
    "one second": (lambda all_: all_[13:38], 23, 25),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_mark_is_found_in_a_copy(pictures: list[Planes], tmp_path: Path, name: str) -> None:
    change, crf, rate = COPIES[name]
    copy = written(change(pictures), tmp_path / "copy.mp4", crf, rate)
    assert find_mark(copy) == MARK


@pytest.mark.parametrize("change", [same, scaled(960, 540)])
def test_no_mark_is_found_where_none_is(tmp_path: Path, change: Change) -> None:
    plain = planes(unmarked(30))
    assert find_mark(written(change(plain), tmp_path / "plain.mp4")) is None


def test_a_mark_of_nothing_but_zeros_is_a_mark(tmp_path: Path) -> None:
    zeros = planes(marked(unmarked(30), 0))
    assert find_mark(written(zeros, tmp_path / "zeros.mp4")) == 0


def test_of_a_long_video_stretches_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headswap.trust.mark.residue._MOST_PICTURES", 36)
    frames = planes(marked(unmarked(COUNT)))
    copy = written(frames * 2, tmp_path / "long.mp4")
    assert find_mark(copy) == MARK


def test_what_is_left_of_a_broken_file_still_tells(pictures: list[Planes], tmp_path: Path) -> None:
    whole = written(pictures, tmp_path / "whole.mkv")
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert find_mark(broken) == MARK


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with pytest.raises(NotAVideo):
        find_mark(path)
