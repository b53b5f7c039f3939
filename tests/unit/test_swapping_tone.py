"""Tone: whose skin head and neck get, and light told from skin."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.neck import (
    BodyTone,
    NeckTone,
    agreement,
    jaw_tone,
    led_over,
    neck_tone,
    tone_neck,
)
from headswap.swapping.compose.tone import (
    Skin,
    head_tone,
    light_between,
    linear_rgb,
    lit_tone,
    toned_skin,
)
from headswap.swapping.options import SwapOptions
from headswap.swapping.swap_folder import SwapFolder
from tests.made_heads import MIDDLE_XY, PX_PER_CM, SIZE_WH, ellipse, face_at, painted_head

DARK, LIGHT = (34.0, 12.0, 17.0), (70.0, 13.0, 17.0)
WIDTH, HEIGHT = SIZE_WH


def _lab(*values: float) -> F32:
    return np.array(values, np.float32)


def _rgb(lab: F32) -> U8:
    """(3,) uint8 of a Lab colour."""
    pixel = cv2.cvtColor(lab.reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0]
    return np.round(np.clip(pixel, 0, 1) * 255).astype(np.uint8)


def _lab_of(rgb: U8) -> F32:
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32)


def test_the_target_s_tone_is_the_target_s() -> None:
    assert np.array_equal(head_tone("target", _lab(*DARK), _lab(*LIGHT)), _lab(*LIGHT))


@pytest.mark.parametrize(("photo", "scene"), [(DARK, LIGHT), (LIGHT, DARK)])
def test_the_photo_s_tone_stays_nearer_the_photo_and_a_blend_lies_between(
    photo: tuple[float, float, float], scene: tuple[float, float, float]
) -> None:
    kept, mixed, taken = (
        head_tone(skin, _lab(*photo), _lab(*scene))[0] for skin in ("photo", "blend", "target")
    )
    assert abs(kept - photo[0]) < abs(kept - scene[0])
    assert min(kept, taken) < mixed < max(kept, taken)


@pytest.mark.parametrize("scene_l", [5.0, 15.0, 25.0])
def test_in_a_dark_scene_a_light_face_is_dark_too(scene_l: float) -> None:
    lit = lit_tone(_lab(*LIGHT), _lab(scene_l, 8, 9))
    assert lit[0] < scene_l + 25


def test_the_same_skin_in_the_same_light_stays() -> None:
    for skin in get_args(Skin):
        assert head_tone(skin, _lab(*LIGHT), _lab(*LIGHT)) == pytest.approx(np.array(LIGHT))


def test_a_film_without_colour_gives_a_head_without_colour() -> None:
    for skin in get_args(Skin):
        assert np.abs(head_tone(skin, _lab(62, 18, 22), _lab(55, 0, 0))[1:]).max() < 0.01


def test_skin_takes_the_tone_and_what_glints_on_it_the_light() -> None:
    photo, wanted = _lab(*DARK), _lab(*LIGHT)
    light = light_between(photo, wanted)
    before, white = linear_rgb(photo), np.ones(3)
    shades = np.stack([before, 0.3 * before, before + 0.2 * white])[None].astype(np.float32)
    skin, shade, glint = toned_skin(shades, photo, wanted, light)[0]
    assert skin == pytest.approx(linear_rgb(wanted), abs=1e-5)
    # Shade is skin under less light.
    assert shade == pytest.approx(0.3 * linear_rgb(wanted), abs=1e-5)
    assert glint - skin == pytest.approx(0.2 * light, abs=1e-5)


@pytest.mark.parametrize("scene", [(50.0, 23.0, 29.0), (30.0, 4.0, 10.0), (62.0, 17.0, 10.0)])
def test_no_shade_on_skin_becomes_more_colourful_than_the_skin_does(
    scene: tuple[float, float, float],
) -> None:
    photo, wanted = _lab(62, 14, 12), _lab(*scene)
    for a, b in ((20.0, 12.0), (14.0, -2.0), (6.0, 20.0)):
        shade = linear_rgb(_lab(40, a, b))
        toned = toned_skin(
            shade.reshape(1, 1, 3).astype(np.float32), photo, wanted, light_between(photo, wanted)
        )[0, 0]
        kept = toned / linear_rgb(wanted) / (shade / linear_rgb(photo))
        assert kept == pytest.approx(np.ones(3), abs=1e-3)


def test_skin_without_colour_is_toned_by_its_lightness_alone() -> None:
    grey, some = _lab(50, 0, 0), np.array([[[0.3, 0.5, 0.7]]], np.float32)
    toned = toned_skin(some, grey, _lab(70, 0, 0), np.ones(3, np.float32))
    assert np.ptp(toned / some) < 1e-4


def _face_and_neck(face_lab: F32, jaw_lab: F32, neck_lab: F32) -> U8:
    landmarks = face_at(*MIDDLE_XY)
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    chin = landmarks[152, 1]
    picture[int(chin) :, WIDTH // 2 - 40 : WIDTH // 2 + 40] = _rgb(neck_lab)
    picture[: int(chin)] = _rgb(face_lab)
    picture[int(chin - 2.0 * PX_PER_CM) : int(chin)] = _rgb(jaw_lab)
    return picture


def test_jaw_and_neck_are_measured_where_they_are() -> None:
    face, jaw, neck = _lab(60, 14, 18), _lab(56, 12, 20), _lab(50, 9, 15)
    picture, landmarks = _face_and_neck(face, jaw, neck), face_at(*MIDDLE_XY)
    bare = np.ones((HEIGHT, WIDTH), np.float32)
    assert jaw_tone(picture, landmarks, bare, face) == pytest.approx(jaw, abs=4)
    found = neck_tone(picture, landmarks, bare, face)
    assert found is not None and found == pytest.approx(neck, abs=1)


def test_under_a_beard_the_face_s_tone_stands_for_the_jaw_s() -> None:
    face = _lab(60, 14, 18)
    picture = _face_and_neck(face, _lab(20, 3, 4), _lab(50, 9, 15))
    bare = np.ones((HEIGHT, WIDTH), np.float32)
    found = jaw_tone(picture, face_at(*MIDDLE_XY), bare, face)
    assert found == pytest.approx(face, abs=0.3)


def test_a_neck_that_is_not_seen_has_no_tone() -> None:
    picture = _face_and_neck(_lab(60, 14, 18), _lab(60, 14, 18), _lab(50, 9, 15))
    nothing = np.zeros((HEIGHT, WIDTH), np.float32)
    assert neck_tone(picture, face_at(*MIDDLE_XY), nothing, _lab(60, 14, 18)) is None


def test_the_head_goes_half_way_from_a_red_face_to_its_neck_in_hue_and_not_in_lightness() -> None:
    body = BodyTone(_lab(44, 24, 30), _lab(40, 18, 29), _lab(50, 14, 24))
    assert body.skin() == pytest.approx(_lab(44, 19, 27))
    far = BodyTone(_lab(44, 24, 30), _lab(40, 18, 29), _lab(20, -24, 29))
    assert far.skin() == pytest.approx(_lab(44, 18, 29.5))


def test_for_the_target_s_tone_the_neck_stays_and_the_head_goes_all_the_way() -> None:
    body = BodyTone(_lab(45, 14, 20), _lab(41, 14, 24), _lab(40, 14, 24))
    shift, neck = agreement("target", painted_head(), body)
    assert not neck.seen() and np.abs(shift).max() > 1
    half, moved = agreement("blend", painted_head(), body)
    assert half == pytest.approx(shift / 2, abs=1e-5) and moved.seen()
    none, whole = agreement("photo", painted_head(), body)
    assert not none.any()
    assert abs(whole.after[0] - whole.before[0]) > abs(moved.after[0] - moved.before[0])


def test_a_shift_is_led_over_from_the_jaw_and_leaves_forehead_and_hair() -> None:
    head = painted_head()
    moved = led_over(head.texture, head, _lab(0, 8, 0)).astype(int) - head.texture
    chin = head.uv[152].round().astype(int)
    brow = head.uv[9].round().astype(int)
    assert moved[chin[1] - 4, chin[0], 0] > 4
    assert not moved[brow[1], brow[0]].any() and not moved[..., 3].any()
    assert np.abs(moved[head.hair > 0.99]).max() <= 1


def _toned(tone: NeckTone, skin: F32) -> tuple[U8, U8, U8]:
    landmarks = face_at(*MIDDLE_XY)
    picture = np.full((HEIGHT, WIDTH, 3), (30, 90, 160), np.uint8)
    picture[:, WIDTH // 2 - 30 : WIDTH // 2 + 30] = _rgb(tone.before)
    area = ellipse(MIDDLE_XY, (50, 66))
    rgb, plate = picture.copy(), picture.copy()
    where = tone_neck(rgb, plate, area, skin, landmarks, PX_PER_CM, tone)
    return picture, rgb, where.astype(np.uint8)


def test_the_neck_takes_the_wanted_tone_and_nothing_else_changes() -> None:
    tone = NeckTone(_lab(60, 14, 18), _lab(45, 14, 18))
    before, after, where = _toned(tone, np.ones((HEIGHT, WIDTH), np.float32))
    chin = int(face_at(*MIDDLE_XY)[152, 1])
    below = _lab_of(after)[chin + 18, WIDTH // 2]
    assert below == pytest.approx(tone.after, abs=2.5)
    assert np.array_equal(after[:, : WIDTH // 2 - 40], before[:, : WIDTH // 2 - 40])
    assert np.array_equal(after[where == 0], before[where == 0])
    # Above the mouth there is no neck.
    assert not where[: int(face_at(*MIDDLE_XY)[0, 1])].any()


def test_what_no_matte_calls_skin_is_not_toned_outside_the_old_head() -> None:
    tone = NeckTone(_lab(60, 14, 18), _lab(45, 14, 18))
    before, after, _ = _toned(tone, np.zeros((HEIGHT, WIDTH), np.float32))
    outside = ellipse(MIDDLE_XY, (60, 76)) == 0
    assert np.array_equal(after[outside], before[outside])


def test_work_left_by_a_swap_of_another_tone_is_not_gone_on_with(tmp_path: Path) -> None:
    video = tmp_path / "video"
    video.write_bytes(b"video")
    for skin in get_args(Skin):
        place = SwapFolder(tmp_path / "work", video, {}, repr(SwapOptions(skin=skin)))
        assert not place.plan_path.exists()
        place.plan_path.write_bytes(b"plan")
    again = SwapFolder(tmp_path / "work", video, {}, repr(SwapOptions(skin=get_args(Skin)[-1])))
    assert again.plan_path.exists()
