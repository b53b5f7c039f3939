"""A cut-out without what its photo's background shed on the rim of its hair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.swapping.cutout import Cutout
from headswap.swapping.spill import without_spill
from tests.made_heads import HAIR_RGB, PX_PER_CM, painted_cutout

SKY_RGB = (130, 170, 230)


def _shone_through() -> tuple[Cutout, Bool]:
    """A head whose outermost half centimetre of hair is mostly sky, and where that is."""
    cutout = painted_cutout()
    solid = (cutout.alpha > 0.9).astype(np.uint8)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5) / PX_PER_CM
    rim = (depth > 0) & (depth < 0.45) & (cutout.hair > 0.95)
    rgb = cutout.rgb.copy()
    rgb[rim] = (0.3 * rgb[rim] + 0.7 * np.array(SKY_RGB)).astype(np.uint8)
    return replace(cutout, rgb=rgb), rim


def _lab(rgb: U8) -> F32:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def test_the_rim_of_hair_gets_the_hue_and_nearly_the_lightness_of_the_hair_beside_it() -> None:
    cutout, rim = _shone_through()
    before, after = (
        np.median(_lab(one.rgb)[rim], axis=0) for one in (cutout, without_spill(cutout))
    )
    own = _lab(np.full((1, 1, 3), HAIR_RGB, np.uint8))[0, 0]
    assert np.abs(before - own)[1:].max() > 8 and before[0] > own[0] + 20
    assert np.abs(after - own)[1:].max() < 3 and after[0] < before[0] - 5


def test_skin_and_the_inside_of_hair_stay_as_they_are() -> None:
    cutout, _ = _shone_through()
    solid = (cutout.alpha > 0.9).astype(np.uint8)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5) / PX_PER_CM
    kept = (cutout.hair == 0) | (depth > 1)
    assert np.array_equal(without_spill(cutout).rgb[kept], cutout.rgb[kept])


def test_a_head_without_hair_is_left_alone() -> None:
    cutout = painted_cutout()
    bald = replace(cutout, hair=np.zeros_like(cutout.hair))
    assert without_spill(bald) is bald
