"""Sharpness: how soft a face is, and how much the drawn head is softened to match it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.sharpness import blur_between, softness
from headswap.swapping.softness import settled_blur
from headswap.vision.canonical_face import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
    canonical_face,
)

UNIT = 9.0
SIDE = 240
_FINER = 4
_NOSTRILS = ([98, 97, 64], [327, 326, 294])


def _landmarks(unit: float = UNIT) -> F32:
    flat = canonical_face().vertices_cm[:, :2] * unit + SIDE / 2
    return flat.astype(np.float32)


def _face(seed: int, unit: float = UNIT, contrast: float = 1.0) -> U8:
    """(240, 240, 3): a face as a camera with pixels draws it, its colours by the seed."""
    rng = np.random.default_rng(seed)
    big = _landmarks(unit) * _FINER
    skin = int(rng.integers(130, 200))
    canvas = np.full((SIDE * _FINER, SIDE * _FINER), 90, np.float32)
    parts = [(FACE_OVAL, skin), (LEFT_BROW, 40), (RIGHT_BROW, 45), (OUTER_LIPS, skin - 60)]
    parts += [(LEFT_EYE, 230), (RIGHT_EYE, 230), (LEFT_IRIS, 30), (RIGHT_IRIS, 30)]
    parts += [(np.array(nostril), 35) for nostril in _NOSTRILS]
    for ring, level in parts:
        if ring.max() < len(big):
            shade = float(level + rng.integers(-15, 16))
            cv2.fillPoly(canvas, [big[ring].round().astype(np.int32)], shade)
    small = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    # Skin has a texture of its own, some more, some less.
    pores = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 1.0)
    small = 128 + contrast * (small + float(rng.uniform(2, 12)) * pores - 128)
    return np.repeat(np.clip(small, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _softer(rgb: U8, blur_px: float) -> U8:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), blur_px), np.uint8)


def _blur(drawn: U8, seen: U8) -> float:
    soft = [np.array([softness(rgb, _landmarks(), UNIT)]) for rgb in (seen, drawn)]
    return float(blur_between(*soft)[0])


@pytest.mark.parametrize("blur_px", [0.8, 1.2, 2.0, 3.0])
@pytest.mark.parametrize("other", [0, 1, 2])
def test_the_known_blur_of_a_face_is_found_by_a_sharp_one(blur_px: float, other: int) -> None:
    found = _blur(_face(other), _softer(_face(5), blur_px))
    assert found == pytest.approx(blur_px, rel=0.3)


@pytest.mark.parametrize("other", [0, 1, 2, 3])
def test_two_faces_equally_sharp_stay_so(other: int) -> None:
    assert _blur(_face(other), _face(5)) < 0.45


def test_a_head_softer_than_the_face_is_not_blurred_further() -> None:
    assert _blur(_softer(_face(0), 2.0), _face(0)) == 0


def test_contrast_and_brightness_are_not_taken_for_blur() -> None:
    assert _blur(_face(0), _face(0, contrast=0.5) + np.uint8(20)) < 0.3


@pytest.mark.parametrize("blur_px", [1.0, 2.0])
def test_noise_and_blocks_of_an_encoder_hide_little_of_a_blur(blur_px: float) -> None:
    rng = np.random.default_rng(1)
    blocks = rng.integers(-4, 5, (SIDE // 8, SIDE // 8, 1)).repeat(8, 0).repeat(8, 1)
    noise = rng.normal(0, 1.5, (SIDE, SIDE, 1))
    seen = np.clip(_softer(_face(5), blur_px) + blocks + noise, 0, 255).astype(np.uint8)
    assert _blur(_face(0), seen) == pytest.approx(blur_px, rel=0.4)


def test_a_sharp_hand_before_one_eye_does_not_make_a_soft_face_sharp() -> None:
    seen = _softer(_face(5), 2.5)
    alone = _blur(_face(0), seen)
    x, y = _landmarks()[LEFT_EYE].mean(axis=0).astype(int).tolist()
    for finger in range(-12, 13, 6):
        cv2.line(seen, (x + finger, 0), (x + finger, y + 12), (220, 220, 220), 3)
    assert _blur(_face(0), seen) > 0.6 * alone


def test_only_the_face_counts_not_its_background() -> None:
    seen = _face(5)
    face = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(face, [_landmarks()[FACE_OVAL].round().astype(np.int32)], 1)
    busy = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    framed = np.where(cv2.dilate(face, np.ones((9, 9), np.uint8))[..., None] > 0, seen, busy)
    pair = [softness(rgb.astype(np.uint8), _landmarks(), UNIT) for rgb in (seen, framed)]
    assert pair[1] == pytest.approx(pair[0], rel=0.02)


def test_of_a_face_too_small_or_outside_the_picture_nothing_is_said() -> None:
    assert np.isnan(softness(_face(0), _landmarks() + 4 * SIDE, UNIT))
    assert np.isnan(softness(_face(0), _landmarks(0.3), 0.3))


KEYS = np.arange(0, 120, 12)
LARGE = np.full(109, 20.0)


def test_one_wrong_key_frame_does_not_show_wherever_it_is() -> None:
    drawn = np.ones(len(KEYS))
    for wrong in range(len(KEYS)):
        seen = np.full(len(KEYS), 1.9)
        seen[wrong] = 0.9
        assert np.ptp(settled_blur(np.arange(109), KEYS, seen, drawn, LARGE)) == 0
        seen = np.full(len(KEYS), 0.9)
        seen[wrong] = 3.0
        assert settled_blur(np.arange(109), KEYS, seen, drawn, LARGE).max() == 0


def test_a_camera_that_refocuses_is_followed_within_a_key_frame() -> None:
    seen = np.where(KEYS < 60, 1.0, 2.6)
    blur = settled_blur(np.arange(109), KEYS, seen, np.ones(len(KEYS)), LARGE)
    assert blur[:49].max() == 0 and blur[60:].min() > 2
    assert 0.5 < blur[54] < 2


@pytest.mark.parametrize(
    ("seen", "drawn", "blur"),
    [
        ([np.nan] * 10, [1.0] * 10, 0.0),
        ([2.0] * 10, [np.nan] * 10, 0.0),
        ([np.nan, 2.0] * 5, [1.0] * 10, np.sqrt((0.97 * 2) ** 2 - 1)),
        ([99.0] * 10, [1.0] * 10, 4.0),
    ],
)
def test_what_is_not_known_is_filled_in_or_left(
    seen: list[float], drawn: list[float], blur: float
) -> None:
    found = settled_blur(np.arange(109), KEYS, np.array(seen), np.array(drawn), LARGE)
    assert found.dtype == np.float32 and found == pytest.approx(blur, abs=1e-4)


def test_a_single_key_frame_is_enough() -> None:
    blur = settled_blur(
        np.arange(3), np.array([0]), np.array([2.0]), np.array([1.0]), np.full(3, 12.0)
    )
    assert blur.tolist() == pytest.approx([blur[0]] * 3) and blur[0] > 1


def test_no_head_is_blurred_beyond_what_a_face_can_be_told_from() -> None:
    seen, drawn = np.full(len(KEYS), 5.0), np.ones(len(KEYS))
    for scale_px_cm, most_px in ((1.0, 0.5), (3.0, 0.9), (6.0, 1.8), (20.0, 4.0)):
        blur = settled_blur(np.arange(109), KEYS, seen, drawn, np.full(109, scale_px_cm))
        assert blur == pytest.approx(np.full(109, most_px))


@pytest.mark.parametrize(
    ("scale_px_cm", "least_px"), [(2.0, 0.5), (5.0, 0.5), (7.0, 0.25), (9.0, 0.0), (20.0, 0.0)]
)
@pytest.mark.parametrize("seen_px", [0.8, np.nan])
def test_a_head_of_few_pixels_is_never_as_sharp_as_it_can_be_drawn(
    scale_px_cm: float, least_px: float, seen_px: float
) -> None:
    seen, drawn = np.full(len(KEYS), seen_px), np.ones(len(KEYS))
    blur = settled_blur(np.arange(109), KEYS, seen, drawn, np.full(109, scale_px_cm))
    assert blur == pytest.approx(np.full(109, least_px))
