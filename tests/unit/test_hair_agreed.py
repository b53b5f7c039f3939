"""Hair below the lobes: only what both networks of the full pack see."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.vision.mattes import LOBES, agreed_hair
from tests.made_heads import SIZE_WH, face_at

WIDTH, HEIGHT = SIZE_WH
FACE = face_at(WIDTH / 2, 120)
LOBE_ROW = round(float(FACE[LOBES, 1].mean()))


def _plane(*boxes: tuple[int, int, int, int]) -> F32:
    plane = np.zeros((HEIGHT, WIDTH), np.float32)
    for x0, y0, x1, y1 in boxes:
        plane[y0:y1, x0:x1] = 1
    return plane


CROWN = (80, 20, 170, 70)
TRESS = (60, LOBE_ROW - 20, 85, LOBE_ROW + 100)
COLLAR = (150, LOBE_ROW + 20, 220, LOBE_ROW + 90)


@pytest.mark.parametrize(
    "second, tress, collar",
    [
        ((CROWN, TRESS, COLLAR), 1, 1),
        ((CROWN, TRESS), 1, 0),
        ((CROWN,), 0, 0),
        ((), 0, 0),
    ],
)
def test_what_hangs_is_hair_if_both_networks_see_it(
    second: tuple[tuple[int, int, int, int], ...], tress: int, collar: int
) -> None:
    found = agreed_hair(_plane(CROWN, TRESS, COLLAR), _plane(*second), FACE)
    assert found[LOBE_ROW + 50, 70] == tress
    assert found[LOBE_ROW + 50, 180] == collar
    # Above the lobes the first network's word is enough.
    assert found[40, 120] == 1 and found[LOBE_ROW - 10, 70] == 1


def test_a_crop_that_ends_above_the_lobes_stays() -> None:
    hair = _plane(CROWN)[: LOBE_ROW - 30]
    assert np.array_equal(agreed_hair(hair, np.zeros_like(hair), FACE), hair)
