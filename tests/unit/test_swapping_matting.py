"""Matting: edges sharpened, colours freed of what was behind, holes filled smoothly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.matting import (
    fill_smooth,
    refined_alpha,
    segmented,
    unmix_foreground,
    without_wisps,
)
from headswap.vision.guided import guided_filter
from tests.made_heads import SIZE_WH, ellipse

WIDTH, HEIGHT = SIZE_WH


def _ramp(low: tuple[int, int, int], high: tuple[int, int, int]) -> F32:
    share = np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :, None]
    row = np.array(low, np.float32) + share * (
        np.array(high, np.float32) - np.array(low, np.float32)
    )
    return np.repeat(row, HEIGHT, axis=0).astype(np.float32)


def _speckled(share: float, seed: int = 0) -> F32:
    return (np.random.default_rng(seed).random((50, 61)) < share).astype(np.float32)


@pytest.mark.parametrize("weight", [_speckled(0.02), _speckled(0.9), _speckled(1.1)])
def test_a_fill_from_one_colour_is_that_colour(weight: F32) -> None:
    values = np.full((50, 61, 3), (12, 130, 250), np.float32)
    assert np.allclose(fill_smooth(values, weight), values, atol=0.01)


def test_a_fill_is_exact_where_values_are_known_and_within_their_range_elsewhere() -> None:
    values = np.random.default_rng(2).uniform(20, 220, (50, 61, 3)).astype(np.float32)
    weight = _speckled(0.3)
    filled = fill_smooth(values, weight)
    known = weight == 1
    assert np.array_equal(filled[known], values[known])
    assert filled.min() >= 19.9 and filled.max() <= 220.1


def test_a_fill_does_not_look_at_what_is_unknown() -> None:
    values = np.random.default_rng(2).uniform(0, 255, (50, 61, 2)).astype(np.float32)
    weight = _speckled(0.3)
    other = np.where(weight[..., None] > 0, values, 1e4).astype(np.float32)
    assert np.allclose(fill_smooth(values, weight), fill_smooth(other, weight))


def test_a_fill_continues_each_side_of_a_hole_by_its_own_colour() -> None:
    values = np.zeros((64, 96, 1), np.float32)
    values[:, 48:] = 200
    weight = np.ones((64, 96), np.float32)
    weight[16:48, 24:72] = 0
    middle = fill_smooth(values, weight)[32, :, 0]
    assert middle[28] < 40 and middle[68] > 160
    assert 60 < middle[48] < 140


def test_a_fill_of_one_channel_keeps_its_shape() -> None:
    values = np.full((9, 7, 1), 5, np.float32)
    assert fill_smooth(values, np.eye(9, 7, dtype=np.float32)).shape == (9, 7, 1)


def _mix(alpha: F32) -> tuple[F32, U8]:
    """The foreground, and its mix with a quite different background."""
    front = _ramp((210, 150, 90), (120, 60, 40))
    back = _ramp((20, 90, 200), (60, 200, 240))
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * back
    return front, np.round(mixed).astype(np.uint8)


@pytest.mark.parametrize("soft_px", [2, 8, 20])
def test_unmixing_finds_the_colours_that_were_mixed_with_a_background(soft_px: int) -> None:
    alpha = ellipse((126, 162), (70, 90), soft=soft_px)
    front, mixed = _mix(alpha)
    found = unmix_foreground(mixed, alpha)
    rim = (alpha > 0.3) & (alpha < 0.999)
    off, before = np.abs(found - front)[rim], np.abs(mixed - front)[rim]
    assert off.mean() < 8
    assert off.mean() < 0.25 * before.mean()


def test_unmixing_leaves_solid_pixels_alone() -> None:
    alpha = ellipse((126, 162), (70, 90), soft=8)
    _, mixed = _mix(alpha)
    found = unmix_foreground(mixed, alpha)
    assert np.array_equal(found[alpha == 1], mixed[alpha == 1])
    assert found.min() >= 0 and found.max() <= 255


def test_a_guided_plane_takes_the_edge_of_the_picture() -> None:
    truth = ellipse((126, 162), (70, 90), soft=1)
    picture = np.round(60 + 140 * np.repeat(truth[..., None], 3, axis=2)).astype(np.uint8)
    # A network's plane, at a sixth of the picture's size.
    small = cv2.resize(truth, (WIDTH // 6, HEIGHT // 6), interpolation=cv2.INTER_AREA)
    rough = cv2.resize(small, SIZE_WH, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    found = guided_filter(picture, rough, 12, 1e-4)
    assert np.square(found - truth).mean() < 0.4 * np.square(rough - truth).mean()
    steepest = [np.abs(np.diff(plane[HEIGHT // 2])).max() for plane in (found, rough)]
    assert steepest[0] > 3 * steepest[1]
    assert found.min() >= 0 and found.max() <= 1


def test_a_flat_picture_guides_nothing() -> None:
    plane = np.full((40, 30), 0.7, np.float32)
    flat = np.full((40, 30, 3), 90, np.uint8)
    assert np.allclose(guided_filter(flat, plane, 4), plane, atol=1e-4)


def _disc(radius: float, soft: float) -> F32:
    y, x = np.mgrid[0:160, 0:160].astype(np.float32)
    return np.clip((radius - np.hypot(x - 80, y - 80)) / soft + 0.5, 0, 1).astype(np.float32)


def _before(alpha: F32, front: tuple[int, int, int], back: tuple[int, int, int]) -> U8:
    a = alpha[..., None]
    noise = 3 * np.random.default_rng(0).standard_normal((160, 160, 1))
    return np.clip(a * front + (1 - a) * np.array(back) + noise, 0, 255).astype(np.uint8)


def test_an_edge_is_laid_where_the_colours_part() -> None:
    truth = _disc(50, 2)
    picture = _before(truth, (200, 150, 120), (60, 80, 140))
    found = segmented(picture, _disc(54, 8), 8, 10, 1.5)
    assert np.abs(found - truth).mean() < 0.4 * np.abs(_disc(54, 8) - truth).mean()
    assert np.array_equal(found, segmented(picture, _disc(54, 8), 8, 10, 1.5))


@pytest.mark.parametrize("soft", [2, 5])
def test_a_soft_edge_becomes_exact(soft: float) -> None:
    truth = _disc(50, soft)
    picture = _before(truth, (200, 150, 120), (60, 80, 140))
    found = refined_alpha(picture, _disc(51, 3), 6, 6)
    band = (truth > 0.02) & (truth < 0.98)
    assert np.abs(found - truth)[band].mean() < 0.06
    assert found[80, 80] == 1 and found[2, 2] == 0


def test_where_front_and_back_look_alike_the_edge_stays_where_it_was() -> None:
    coarse = _disc(50, 4)
    picture = np.full((160, 160, 3), 120, np.uint8)
    found = refined_alpha(picture, coarse, 6, 6)
    assert found.sum() == pytest.approx(coarse.sum(), rel=0.02)
    off = (found > 0.5) != (coarse > 0.5)
    assert off.sum() < 0.5 * 2 * np.pi * 50


def test_nothing_to_cut_leaves_the_coarse_alpha() -> None:
    nothing = np.zeros((40, 40), np.float32)
    picture = np.full((40, 40, 3), 120, np.uint8)
    assert np.array_equal(segmented(picture, nothing, 4, 4, 1.0), nothing)


def test_a_gap_between_strands_shows_the_background() -> None:
    truth = _disc(50, 2)
    truth[70:74, 104:126] = 0
    picture = _before(truth, (60, 45, 35), (200, 205, 215))
    coarse = _disc(50, 2)
    filled = refined_alpha(picture, coarse, 3, 3)
    found = refined_alpha(picture, coarse, 3, 3, gaps_px=30)
    assert filled[71:73, 106:120].mean() > 0.9
    assert found[71:73, 106:120].mean() < 0.3
    assert found[80, 80] == 1 and found[90, 110] > 0.95


def test_a_faint_spur_goes_and_strands_and_earrings_stay() -> None:
    alpha = np.zeros((120, 160), np.float32)
    alpha[20:100, 40:120] = 1
    strands = np.zeros_like(alpha)
    spur, earring, strand = np.s_[60:62, 120:140], np.s_[100:115, 50:53], np.s_[30:32, 20:40]
    alpha[spur], alpha[earring], alpha[strand] = 0.5, 1, 0.4
    strands[strand] = 1
    kept = without_wisps(alpha, strands, 5)
    assert kept[61, 130] == 0
    assert kept[110, 51] == 1 and kept[31, 25] == np.float32(0.4)
    assert (kept[20:100, 40:120] == 1).all()
