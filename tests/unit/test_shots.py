"""Cuts: found where the picture changes for good, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from headswap.arrays import U8
from headswap.media import Frame
from headswap.vision.shots import colour_change, look, mark_cuts, structure_change


def _scenery(seed: int, width: int = 480, height: int = 180) -> U8:
    """Smooth random blobs: structure at several scales, as a photographed place has."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for cells in (4, 9, 22):
        noise = random.uniform(0, 85, (cells, cells * 2, 3)).astype(np.float32)
        picture += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _view(scenery: U8, x: int, gain: float = 1.0, lift: float = 0.0) -> U8:
    view = scenery[:, x : x + 320].astype(np.float32) * gain + lift
    return np.clip(view, 0, 255).astype(np.uint8)


def _cuts(pictures: Sequence[U8]) -> list[int]:
    frames = [Frame.from_rgb(i, i, picture) for i, picture in enumerate(pictures)]
    marked = list(mark_cuts(iter(frames)))
    assert [frame.index for frame, _ in marked] == list(range(len(pictures)))
    return [frame.index for frame, begins in marked if begins]


PLACE, OTHER, THIRD = _scenery(1), _scenery(2), _scenery(3)
STILL = [_view(PLACE, 0)] * 12


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([], []),
        (STILL[:1], [0]),
        (STILL, [0]),
        (STILL + [_view(OTHER, 0)] * 12, [0, 12]),
        (STILL + [_view(OTHER, 0)] * 9 + [_view(THIRD, 0)] * 9, [0, 12, 21]),
        ([*STILL, _view(OTHER, 0)], [0, 12]),
        ([_view(PLACE, 8 * i) for i in range(18)], [0]),
        (
            [_view(PLACE, 8 * i) for i in range(18)] + [_view(OTHER, 8 * i) for i in range(18)],
            [0, 18],
        ),
    ],
    ids=[
        "no frames",
        "one frame",
        "still",
        "a cut",
        "two cuts",
        "a cut before the last frame",
        "a fast pan",
        "a cut between fast pans",
    ],
)
def test_a_shot_begins_where_the_picture_changes(pictures: list[U8], expected: list[int]) -> None:
    assert _cuts(pictures) == expected


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_not_a_cut(length: int) -> None:
    flash = [_view(PLACE, 0, 1.5, 90)] * length
    assert _cuts(STILL + flash + STILL) == [0]


def test_a_damaged_frame_is_not_a_cut() -> None:
    assert _cuts([*STILL, _view(OTHER, 0), *STILL]) == [0]


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.3])
def test_a_change_of_light_is_not_a_cut(gain: float) -> None:
    assert _cuts(STILL + [_view(PLACE, 0, gain)] * 12) == [0]


def test_a_cut_to_black_and_back_is_two_cuts() -> None:
    black = np.zeros((180, 320, 3), np.uint8)
    assert _cuts(STILL + [black] * 8 + STILL) == [0, 12, 20]


def test_a_moved_picture_has_the_same_structure_and_another_place_has_not() -> None:
    here, moved, there = (
        look(Frame.from_rgb(0, 0, picture))
        for picture in (_view(PLACE, 0), _view(PLACE, 10), _view(OTHER, 0))
    )
    assert structure_change(here, here) == 0
    assert structure_change(here, moved) < 0.1
    assert structure_change(here, there) > 0.3
    assert colour_change(here, here) == pytest.approx(0, abs=1e-5)
    assert colour_change(here, there) > colour_change(here, moved)
