"""Turning stored pictures upright and back."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from headswap.media.orientation import Orientation, matrix_for_size

STORED = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)


@pytest.mark.parametrize(
    ("abcd", "rotation_deg", "mirrored", "upright"),
    [
        ((1, 0, 0, 1), 0, False, [[1, 2, 3], [4, 5, 6]]),
        ((0, 1, -1, 0), 90, False, [[4, 1], [5, 2], [6, 3]]),
        ((-1, 0, 0, -1), 180, False, [[6, 5, 4], [3, 2, 1]]),
        ((0, -1, 1, 0), 270, False, [[3, 6], [2, 5], [1, 4]]),
        ((-1, 0, 0, 1), 0, True, [[3, 2, 1], [6, 5, 4]]),
        ((0, 1, 1, 0), 90, True, [[1, 4], [2, 5], [3, 6]]),
        ((1, 0, 0, -1), 180, True, [[4, 5, 6], [1, 2, 3]]),
        ((0, -1, -1, 0), 270, True, [[6, 3], [5, 2], [4, 1]]),
    ],
)
def test_each_display_matrix_turns_the_picture_as_it_says(
    abcd: tuple[int, int, int, int], rotation_deg: int, mirrored: bool, upright: list[list[int]]
) -> None:
    a, b, c, d = (value << 16 for value in abcd)
    orientation = Orientation.from_matrix(struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))
    assert (orientation.rotation_deg, orientation.mirrored) == (rotation_deg, mirrored)
    assert orientation.upright(STORED).tolist() == upright
    assert orientation.stored(orientation.upright(STORED)).tolist() == STORED.tolist()
    assert orientation.turned((3, 2)) == np.array(upright).shape[::-1]


def test_a_crooked_rotation_is_refused() -> None:
    with pytest.raises(ValueError, match="45"):
        Orientation(45, False)


def test_another_size_scales_the_translation_of_the_matrix_alone() -> None:
    sideways = (0, 1 << 16, 0, -(1 << 16), 0, 0, 1080 << 16, 0, 1 << 30)
    raw = struct.pack("=9i", *sideways)
    scaled = matrix_for_size(raw, (1920, 1080), (1280, 720))
    assert scaled == (*sideways[:6], 720 << 16, 0, 1 << 30)
    assert matrix_for_size(raw, (1920, 1080), (1920, 1080)) == sideways
