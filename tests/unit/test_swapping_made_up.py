"""What is set into a hole: patterns and what comes from its rim, but nothing that stands alone."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import U8, Bool
from headswap.swapping.compose.made_up import completed, stray_parts

HEIGHT, WIDTH = 120, 160
WALL = 180


def _hole() -> Bool:
    hole = np.zeros((HEIGHT, WIDTH), np.bool_)
    hole[20:100, 30:130] = True
    return hole


def _with(*boxes: tuple[int, int, int, int]) -> U8:
    patched = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    for x0, y0, x1, y1 in boxes:
        patched[y0:y1, x0:x1] = 30
    return patched


@pytest.mark.parametrize(
    ("boxes", "stray"),
    [
        ([(70, 50, 84, 70)], True),
        ([(30, 50, 60, 70)], False),
        ([(x, y, x + 7, y + 7) for x in range(32, 128, 11) for y in range(22, 98, 11)], False),
    ],
    ids=["alone", "from the rim", "a pattern"],
)
def test_only_what_stands_alone_in_a_hole_is_stray(
    boxes: list[tuple[int, int, int, int]], stray: bool
) -> None:
    smooth = np.full((HEIGHT, WIDTH, 3), WALL, np.float32)
    share = stray_parts(_with(*boxes), smooth, _hole())
    x0, y0, x1, y1 = boxes[len(boxes) // 2]
    assert share[(y0 + y1) // 2, (x0 + x1) // 2] == pytest.approx(float(stray), abs=1e-5)
    assert share[:15].max() == 0


def test_beside_what_is_in_dispute_no_pattern_is_made_up() -> None:
    rng = np.random.default_rng(5)
    rgb = np.kron(rng.integers(0, 2, (30, 40, 1)) * 120 + 60, np.ones((4, 4, 3))).astype(np.uint8)
    hole = _hole().astype(np.uint8)
    seen = np.uint8(1) - hole
    disputed = np.zeros((HEIGHT, WIDTH), np.bool_)
    patterned = completed(rgb, seen, hole, disputed)[30:90, 100:126]
    disputed[:, 126:] = True
    seen[disputed] = 0
    plain = completed(rgb, seen, hole, disputed)[30:90, 100:126]
    assert plain.std() < 0.5 * patterned.std()
