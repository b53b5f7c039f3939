"""The compositor puts a head into a frame and touches nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8, Bool
from headswap.swapping.compose.blend import compose_head, softened
from headswap.swapping.engines.protocol import Box, HeadLayer
from tests.made_heads import layer_of, noise_picture

WIDTH, HEIGHT = 120, 100
LAYER_BOX: Box = (40, 30, 80, 70)
HEAD_RGB = (10, 200, 90)


def _layer(alpha: float | F32 = 1.0) -> HeadLayer:
    x0, y0, x1, y1 = LAYER_BOX
    plane = np.zeros((y1 - y0, x1 - x0), np.float32) + np.array(alpha, np.float32)
    rgb = np.empty((*plane.shape, 3), np.uint8)
    rgb[:] = HEAD_RGB
    return layer_of(LAYER_BOX, rgb, plane)


def _area() -> F32:
    """The old head: to the left of the new one and partly under it."""
    area = np.zeros((HEIGHT, WIDTH), np.float32)
    area[20:60, 20:60] = 1
    area[20:60, 60:64] = 0.5
    return area


def _composed(layer: HeadLayer, area: F32) -> tuple[U8, Bool, U8, U8]:
    """Result, changed, frame and plate."""
    rgb, plate = noise_picture((WIDTH, HEIGHT), 1), noise_picture((WIDTH, HEIGHT), 2)
    result = rgb.copy()
    changed = compose_head(result, plate, area, layer, 4.0)
    assert result.shape == rgb.shape and result.dtype == np.uint8
    assert changed.shape == rgb.shape[:2] and changed.dtype == np.bool_
    return result, changed, rgb, plate


def test_pixels_outside_the_old_and_the_new_head_are_the_frames_to_the_byte() -> None:
    result, changed, rgb, _ = _composed(_layer(), _area())
    x0, y0, x1, y1 = LAYER_BOX
    outside = _area() == 0
    outside[y0:y1, x0:x1] = False
    assert not changed[outside].any()
    assert np.array_equal(result[outside], rgb[outside])


def test_nothing_to_remove_and_nothing_to_draw_changes_nothing() -> None:
    result, changed, rgb, _ = _composed(_layer(0.0), np.zeros((HEIGHT, WIDTH), np.float32))
    assert not changed.any()
    assert np.array_equal(result, rgb)


def test_the_new_head_covers_frame_and_plate() -> None:
    result, changed, _, _ = _composed(_layer(), _area())
    x0, y0, x1, y1 = LAYER_BOX
    assert (result[y0:y1, x0:x1] == HEAD_RGB).all()
    assert changed[y0:y1, x0:x1].all()


def test_where_the_old_head_was_and_no_new_one_is_the_plate_shows() -> None:
    result, changed, rgb, plate = _composed(_layer(), _area())
    assert np.array_equal(result[20:28, 20:36], plate[20:28, 20:36])
    assert changed[20:60, 20:64].all()
    half = result[22:28, 61:63].astype(int)
    mean = (rgb[22:28, 61:63].astype(int) + plate[22:28, 61:63]) / 2
    assert np.abs(half - mean).max() <= 2


def test_a_half_transparent_head_shows_half_of_what_is_behind() -> None:
    result, _, rgb, _ = _composed(_layer(0.5), np.zeros((HEIGHT, WIDTH), np.float32))
    x0, y0, x1, y1 = LAYER_BOX
    mean = (rgb[y0:y1, x0:x1].astype(float) + HEAD_RGB) / 2
    assert np.abs(result[y0:y1, x0:x1] - mean).max() <= 1


def test_the_chin_throws_its_shadow_only_on_what_was_made() -> None:
    area = np.zeros((HEIGHT, WIDTH), np.float32)
    area[30:80, 40:60] = 1
    result, changed, rgb, plate = _composed(_layer(), area)
    made, seen = np.s_[71:74, 45:55], np.s_[71:74, 65:75]
    assert result[made].astype(int).sum() < 0.95 * plate[made].astype(int).sum()
    assert np.array_equal(result[seen], rgb[seen]) and not changed[seen].any()


def test_a_head_at_the_crops_corner_is_composed_there() -> None:
    layer = layer_of(
        (0, 0, 10, 10), np.full((10, 10, 3), 7, np.uint8), np.ones((10, 10), np.float32)
    )
    result, changed, rgb, _ = _composed(layer, np.zeros((HEIGHT, WIDTH), np.float32))
    assert (result[:10, :10] == 7).all()
    assert np.array_equal(result[10:], rgb[10:]) and changed.sum() == 100


def test_the_inputs_stay_as_they_were() -> None:
    layer, area = _layer(0.7), _area()
    rgb, plate = noise_picture((WIDTH, HEIGHT), 1), noise_picture((WIDTH, HEIGHT), 2)
    given = [plate, area, layer.rgb, layer.alpha]
    before = [array.copy() for array in given]
    compose_head(rgb, plate, area, layer, 4.0)
    softened(layer, 2.0)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


def _disc_layer() -> HeadLayer:
    y, x = np.mgrid[0:40, 0:40]
    return _layer((np.hypot(x - 19.5, y - 19.5) < 12).astype(np.float32))


def test_a_softened_head_keeps_its_colour_and_its_mass() -> None:
    layer = _disc_layer()
    layer.rgb[layer.alpha == 0] = 255
    soft = softened(layer, 1.5)
    assert soft.box_xyxy == layer.box_xyxy
    assert soft.alpha.sum() == pytest.approx(layer.alpha.sum(), rel=0.01)
    assert 0.2 < soft.alpha[19, 8] < 0.8
    # What lies under the transparent part must not bleed into the edge.
    assert np.abs(soft.rgb.astype(int) - HEAD_RGB)[soft.alpha > 0.01].max() <= 1


def test_a_head_that_is_soft_enough_is_left_alone() -> None:
    layer = _disc_layer()
    assert softened(layer, 0.0) is layer


@pytest.mark.parametrize(
    ("rgb", "alpha", "normals"),
    [
        ((40, 40, 3), (40, 39), (40, 40, 3)),
        ((40, 40, 4), (40, 40), (40, 40, 3)),
        ((39, 40, 3), (39, 40), (39, 40, 3)),
        ((40, 40), (40, 40), (40, 40, 3)),
        ((40, 40, 3), (40, 40), (40, 40, 2)),
    ],
)
def test_a_layer_that_does_not_fit_its_box_is_refused(
    rgb: tuple[int, ...], alpha: tuple[int, ...], normals: tuple[int, ...]
) -> None:
    shown, surface = np.zeros(alpha, np.float32), np.zeros(normals, np.float32)
    with pytest.raises(ValueError, match="box"):
        HeadLayer(LAYER_BOX, np.zeros(rgb, np.uint8), shown, surface)
