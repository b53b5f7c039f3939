"""Light: the drawn head takes on the scene's tone and brightness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.light import chin_shadow, light_gain, tone_texture
from headswap.swapping.head_model import SkinTone

PHOTO = (66.0, 14.0, 18.0)


def _tone(mean: tuple[float, float, float], spread: float = 4.0) -> SkinTone:
    return SkinTone(np.array(mean, np.float32), np.full(3, spread, np.float32))


def _of_lab(mean: tuple[float, float, float], spread: float = 4.0) -> U8:
    """(60, 80, 3) uint8 sRGB of that tone."""
    rng = np.random.default_rng(0)
    lab = np.array(mean, np.float32) + spread * rng.standard_normal((60, 80, 3)).astype(np.float32)
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.clip(np.round(rgb * 255), 0, 255).astype(np.uint8)


def _lab(rgb: U8) -> F32:
    return np.asarray(
        cv2.cvtColor(rgb[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32
    )


def _bare(rgb: U8) -> F32:
    return np.zeros(rgb.shape[:2], np.float32)


@pytest.mark.parametrize(
    "scene", [PHOTO, (45.0, 20.0, 25.0), (80.0, 8.0, 12.0), (60.0, 5.0, -4.0), (35.0, 14.0, 18.0)]
)
def test_skin_takes_the_scenes_mean_tone(scene: tuple[float, float, float]) -> None:
    rgb = _of_lab(PHOTO)
    toned = tone_texture(rgb, _bare(rgb), _tone(PHOTO), _tone(scene))
    assert _lab(toned).mean(axis=(0, 1)) == pytest.approx(np.array(scene), abs=2.5)


def test_the_same_tone_changes_nothing() -> None:
    rgb = _of_lab(PHOTO)
    toned = tone_texture(rgb, _bare(rgb), _tone(PHOTO), _tone(PHOTO))
    assert np.abs(toned.astype(int) - rgb).max() <= 1


@pytest.mark.parametrize(("spread", "at_least", "at_most"), [(4.8, 1.1, 1.25), (3.2, 0.75, 0.9)])
def test_the_contrast_of_skin_follows_the_scenes_in_part(
    spread: float, at_least: float, at_most: float
) -> None:
    rgb = _of_lab(PHOTO)
    toned = tone_texture(rgb, _bare(rgb), _tone(PHOTO, 4.0), _tone(PHOTO, spread))
    change = _lab(toned)[..., 0].std() / _lab(rgb)[..., 0].std()
    assert at_least < change < at_most


def test_the_alpha_channel_is_kept_to_the_byte() -> None:
    rgb = _of_lab(PHOTO)
    alpha = np.random.default_rng(1).integers(0, 256, rgb.shape[:2], np.uint8)
    toned = tone_texture(np.dstack([rgb, alpha]), _bare(rgb), _tone(PHOTO), _tone((50, 10, 10)))
    assert toned.shape == (*rgb.shape[:2], 4) and toned.dtype == np.uint8
    assert np.array_equal(toned[..., 3], alpha)
    three = tone_texture(rgb, _bare(rgb), _tone(PHOTO), _tone((50, 10, 10)))
    assert np.array_equal(toned[..., :3], three)


def test_hair_follows_light_and_cast_only_in_part() -> None:
    rgb = _of_lab((30, 8, 14), 1.0)
    hair = np.ones(rgb.shape[:2], np.float32)
    scene = (PHOTO[0] * 0.7, PHOTO[1], PHOTO[2] + 20)
    toned = tone_texture(rgb, hair, _tone(PHOTO), _tone(scene))
    before, after = _lab(rgb).mean(axis=(0, 1)), _lab(toned).mean(axis=(0, 1))
    assert 0.7 * before[0] < after[0] < 0.95 * before[0]
    assert before[2] + 0.5 < after[2] < before[2] + 12


def test_black_pupils_stay_black_in_a_bright_scene() -> None:
    black = np.full((8, 8, 3), 2, np.uint8)
    toned = tone_texture(black, _bare(black), _tone(PHOTO), _tone((90, 14, 18)))
    assert _lab(toned)[..., 0].max() < 8


def test_unchanged_light_gains_nothing() -> None:
    assert light_gain(np.array(PHOTO, np.float32), np.array(PHOTO, np.float32)) == pytest.approx(
        np.ones(3)
    )


def test_gain_is_the_factor_between_two_lights() -> None:
    usual = np.array([[[0.6, 0.4, 0.3]]], np.float32)
    now = usual * np.array([1.2, 1.0, 0.8], np.float32)
    pair = [cv2.cvtColor(light, cv2.COLOR_RGB2LAB)[0, 0] for light in (now, usual)]
    gain = light_gain(pair[0], pair[1])
    assert gain == pytest.approx(np.array([1.2, 1.0, 0.8]), abs=0.01)
    assert gain.dtype == np.float32


def test_gain_is_bounded_when_the_lights_go_out() -> None:
    dark, bright = np.array([0, 0, 0], np.float32), np.array([100, 0, 0], np.float32)
    assert light_gain(dark, bright) == pytest.approx(np.full(3, 0.3))
    assert light_gain(bright, dark) == pytest.approx(np.full(3, 3.0))


def test_the_shadow_falls_below_the_head_and_nowhere_far() -> None:
    alpha = np.zeros((120, 80), np.float32)
    alpha[20:60, 20:60] = 1
    scale = 6.0
    shadow = chin_shadow(alpha, scale)
    assert shadow.shape == alpha.shape
    assert shadow[62, 40] > 0.5 and shadow[16, 40] < 0.05
    assert shadow[100:].max() < 0.01 and shadow.min() >= 0 and shadow.max() <= 1
    assert not chin_shadow(np.zeros_like(alpha), scale).any()
