"""Whether hair hangs at all: told by all key frames of a head, and what is below is body then."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.swapping.compose.short_hair import as_short, is_short, told_of_hair
from headswap.vision.mattes import LOBES, Mattes
from tests.made_heads import MIDDLE_XY, PX_PER_CM, SIZE_WH, face_at, turned

WIDTH, HEIGHT = SIZE_WH
FACE = face_at(*MIDDLE_XY)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # No key frame at all.
        ([], []),
        # Both networks know the hair on top: they are believed.
        ([(100, 90, 0), (100, 80, 40)], [False, False]),
        # The second does not know it, and the first sees a dark collar now and then.
        ([(100, 20, 0), (100, 20, 9), (100, 30, 0)], [True, True, True]),
        # Hair that is beside the cheeks in most key frames hangs, though one network alone sees it.
        ([(100, 10, 20), (100, 0, 30), (100, 20, 0)], [False, False, False]),
        # A key frame in which both know the hair is believed by itself.
        ([(200, 10, 0), (50, 40, 0)], [True, False]),
    ],
)
def test_hair_is_short_where_one_network_alone_sees_some_hang_now_and_then(
    told: list[tuple[float, float, float]], expected: list[bool]
) -> None:
    assert is_short(np.array(told, np.float32).reshape(-1, 3)).tolist() == expected


def _plane(first: float, last: float) -> F32:
    """(h, w) 1 between two rows."""
    rows = np.arange(HEIGHT)[:, None]
    return np.broadcast_to((rows >= first) & (rows < last), (HEIGHT, WIDTH)).astype(np.float32)


def test_a_head_tells_what_the_networks_see_above_its_lobes_and_beside_its_cheeks() -> None:
    lobes = float(FACE[LOBES, 1].mean())
    top, low = _plane(0, lobes - 5), _plane(lobes + 5, HEIGHT)
    upper, seen, aside = told_of_hair((top + low, top / 2), top + low, FACE, PX_PER_CM)
    assert seen == pytest.approx(upper / 2, rel=0.01) and upper > 100
    assert 50 < aside < upper / 2
    alone = told_of_hair((), top, FACE, PX_PER_CM)
    assert alone.tolist() == pytest.approx([upper, upper, aside])


@pytest.mark.parametrize("roll_deg", [-20, 0, 20])
def test_what_is_below_the_lobes_of_a_short_haired_head_is_skin_or_clothes(roll_deg: float) -> None:
    face = face_at(*MIDDLE_XY, rotation=turned(roll_deg=roll_deg))
    everywhere = np.ones((HEIGHT, WIDTH), np.float32)
    skin = _plane(0, HEIGHT) * (np.arange(WIDTH) < WIDTH / 2)
    short = as_short(Mattes(everywhere, everywhere, skin, 0 * skin), face)
    chin, brow = (tuple(face[i, 1::-1].round().astype(int)) for i in (152, 9))
    assert short.hair[chin] == 0 and short.hair[brow] == 1
    assert short.clothes[-1].tolist() == (1 - skin[-1]).tolist()
    assert short.clothes[brow] == 0
