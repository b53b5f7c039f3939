"""Beards over the jaw line: found where one is drawn, and ended where it ends."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.beard import beard_over_jaw
from headswap.vision.canonical_face import FACE_OVAL, JAW
from tests.made_heads import PX_PER_CM, SIZE_WH, SKIN_RGB, face_at

WIDTH, HEIGHT = SIZE_WH
POINTS = face_at(WIDTH / 2, HEIGHT / 2)
BEARD_RGB = (45, 32, 26)
SHADE_RGB = (140, 62, 25)
LONG_CM = 1.6
NOBODY = np.zeros((HEIGHT, WIDTH), np.float32)


def _jaw_moved(by_cm: float) -> F32:
    jaw = POINTS[JAW[3:-3], :2]
    return jaw + np.array([0, by_cm * PX_PER_CM], np.float32)


def _picture(bearded: bool) -> tuple[U8, F32, U8]:
    """A face over a neck, the person's matte, and where its beard is."""
    person = np.zeros((HEIGHT, WIDTH), np.uint8)
    oval = cv2.convexHull(POINTS[FACE_OVAL, :2]).astype(np.int32)
    cv2.fillConvexPoly(person, oval, 1)
    middle, low = round(WIDTH / 2), round(float(POINTS[152, 1]))
    cv2.rectangle(person, (middle - 30, low - 30), (middle + 30, HEIGHT), (1,), -1)
    outline = np.vstack([_jaw_moved(-2.5), _jaw_moved(LONG_CM)[::-1]]).round().astype(np.int32)
    beard = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(beard, [outline], 1)
    beard *= int(bearded)
    person |= beard
    rgb = np.full((HEIGHT, WIDTH, 3), (120, 150, 190), np.float32)
    rgb[person > 0] = SKIN_RGB
    rgb[beard > 0] = BEARD_RGB
    rgb += np.random.default_rng(0).normal(0, 4, (HEIGHT, WIDTH, 1))
    return np.clip(rgb, 0, 255).astype(np.uint8), person.astype(np.float32), beard


def _below(beard: U8) -> F32:
    jaw = np.vstack([_jaw_moved(0.3), _jaw_moved(LONG_CM - 0.3)[::-1]]).round().astype(np.int32)
    part = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(part, [jaw], 1)
    return (part & beard).astype(np.float32)


@pytest.mark.parametrize("taken_for_clothes", [False, True])
def test_a_beard_below_the_jaw_is_found(taken_for_clothes: bool) -> None:
    rgb, person, beard = _picture(bearded=True)
    clothes = beard.astype(np.float32) if taken_for_clothes else NOBODY
    found = beard_over_jaw(rgb, clothes, person, POINTS, PX_PER_CM)
    inner = _below(beard) > 0
    assert inner.sum() > 300
    assert found[inner].mean() > 0.95
    far = cv2.dilate(beard, np.ones((7, 7), np.uint8)) == 0
    assert found[far].max() < 0.05


def test_a_bare_face_has_no_beard() -> None:
    rgb, person, _ = _picture(bearded=False)
    assert beard_over_jaw(rgb, NOBODY, person, POINTS, PX_PER_CM).max() == 0


def test_shade_of_a_strong_colour_on_jaw_and_neck_is_no_beard() -> None:
    rgb, _, beard = _picture(bearded=True)
    _, person, _ = _picture(bearded=False)
    rgb[(beard > 0) | ((person > 0) & (np.arange(HEIGHT)[:, None] > POINTS[152, 1]))] = SHADE_RGB
    assert beard_over_jaw(rgb, NOBODY, person, POINTS, PX_PER_CM).max() == 0


def test_cloth_of_the_beard_s_colour_is_no_beard_where_it_is_known_as_cloth() -> None:
    rgb, person, beard = _picture(bearded=True)
    low = round(float(POINTS[152, 1]) + LONG_CM * PX_PER_CM) + 2
    middle = round(WIDTH / 2)
    rgb[low : low + 20, middle - 30 : middle + 30] = BEARD_RGB
    clothes = NOBODY.copy()
    clothes[low : low + 20] = 1
    found = beard_over_jaw(rgb, clothes, person, POINTS, PX_PER_CM)
    assert found[low + 4 : low + 20].max() < 0.1
    assert found[_below(beard) > 0].mean() > 0.95
