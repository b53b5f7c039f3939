"""A photo's skin without the hard and the coloured light of that photo."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.linear import coded, linear_of
from headswap.swapping.cutout import Cutout
from headswap.swapping.even_light import in_even_light
from tests.made_heads import PX_PER_CM, painted_cutout


def _lit(left_rgb: tuple[float, float, float]) -> Cutout:
    """A head whose left cheek lies in another light, (3,) factors, than all the rest."""
    cutout = painted_cutout()
    across = (np.arange(cutout.rgb.shape[1]) - cutout.landmarks[1, 0]) / PX_PER_CM
    share = np.clip(0.5 - across / 3, 0, 1)[None, :, None]
    light = 1 + share * (np.array(left_rgb) - 1)
    linear = np.clip(linear_of(cutout.rgb) * light, 0, 1).astype(np.float32)
    return replace(cutout, rgb=coded(linear))


def _cheeks(cutout: Cutout, rgb: U8) -> F32:
    """(2, 3) Lab of the left cheek and of the right one."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    x, y = cutout.landmarks[[50, 280], :2].round().astype(int).T
    return np.asarray(lab[y, x], np.float32)


@pytest.mark.parametrize("light", [(0.35, 0.4, 0.75), (0.25, 0.25, 0.5)])
def test_a_shade_lit_by_the_sky_gets_the_skin_s_own_colour(
    light: tuple[float, float, float],
) -> None:
    cutout = _lit(light)
    left, right = _cheeks(cutout, cutout.rgb)
    off = np.abs(left - right)[1:].max()
    left, right = _cheeks(cutout, in_even_light(cutout, cutout.hair).rgb)
    assert off > 12 and np.abs(left - right)[1:].max() < 0.7 * off


def test_a_red_cheek_stays_red() -> None:
    cutout = _lit((1.0, 0.85, 0.85))
    before = _cheeks(cutout, cutout.rgb)
    after = _cheeks(cutout, in_even_light(cutout, cutout.hair).rgb)
    assert before[0, 1] - before[1, 1] > 4
    assert after[0, 1] - after[1, 1] > 0.8 * (before[0, 1] - before[1, 1])


def test_hard_light_is_softened_and_soft_light_stays() -> None:
    hard, soft = _lit((0.1, 0.1, 0.1)), _lit((0.75, 0.75, 0.75))
    for cutout, low, high in ((hard, 0.4, 0.9), (soft, 0.85, 1.02)):
        before = np.ptp(_cheeks(cutout, cutout.rgb)[:, 0])
        after = np.ptp(_cheeks(cutout, in_even_light(cutout, cutout.hair).rgb)[:, 0])
        assert low < after / before < high


def test_hair_and_a_face_in_even_light_stay() -> None:
    lit = _lit((0.3, 0.3, 0.7))
    moved = in_even_light(lit, lit.hair).rgb
    assert np.array_equal(moved[lit.hair == 1], lit.rgb[lit.hair == 1])
    even = painted_cutout()
    skin = (even.hair == 0) & (even.alpha == 1)
    change = np.abs(in_even_light(even, even.hair).rgb.astype(int) - even.rgb)[skin]
    assert np.percentile(change, 90) <= 4


def test_a_face_all_under_hair_is_left_alone() -> None:
    cutout = painted_cutout()
    assert in_even_light(cutout, np.ones_like(cutout.hair)) is cutout
