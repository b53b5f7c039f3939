"""Light direction: found on a face that was lit on purpose, and put on a head."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.compose.shading import (
    LIGHT,
    harmonics,
    light_change,
    light_of,
    relit,
    turned_light,
    vertex_normals,
)
from headswap.swapping.engines.raster import rasterize
from headswap.vision.canonical_face import canonical_face
from tests.made_heads import MIDDLE_XY, PX_PER_CM, SIZE_WH, face_at, turned

WIDTH, HEIGHT = SIZE_WH


def _lit(landmarks: F32, light: tuple[float, ...], level: float = 110) -> U8:
    """A face of even skin whose log-luminance grows by `light` with the normal."""
    triangles = canonical_face().triangles
    points = landmarks[:468]
    normals = vertex_normals(points.astype(np.float64), triangles)
    bright = level * np.exp(harmonics(normals) @ _light(*light))
    zbuffer = np.full((HEIGHT, WIDTH), 1e9, np.float32)
    out = np.full((HEIGHT, WIDTH, 1), level, np.float32)
    xy, depth = np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2])
    rasterize(xy, depth, triangles, bright[:, None].astype(np.float32), zbuffer, out)
    return np.repeat(np.clip(out, 0, 255).astype(np.uint8), 3, axis=2)


def test_normals_point_away_from_the_middle_and_at_the_viewer() -> None:
    face = canonical_face()
    normals = vertex_normals(face.vertices_cm.astype(np.float64), face.triangles)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1)
    nose_tip, left_side, right_side, chin = (normals[i] for i in (1, 454, 234, 152))
    assert nose_tip[2] < -0.5
    assert left_side[0] > 0.5 and right_side[0] < -0.5
    assert chin[1] > 0.1


def test_a_vertex_without_triangles_has_no_normal() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]], np.float64)
    normals = vertex_normals(square, np.array([[0, 1, 2]], np.int32))
    assert normals.tolist() == [[0, 0, -1]] * 3 + [[0, 0, 0]]


@pytest.mark.parametrize("yaw_deg", [0, 25])
@pytest.mark.parametrize(
    "light", [(0.6, 0, 0), (-0.6, 0, 0), (0, -0.5, 0), (0.4, -0.3, 0), (0, 0, 0)]
)
def test_the_light_on_a_face_is_found(light: tuple[float, float, float], yaw_deg: float) -> None:
    face = face_at(*MIDDLE_XY, rotation=turned(yaw_deg))
    found = light_of(_lit(face, light), face, PX_PER_CM)
    assert found.shape == (LIGHT,) and found.dtype == np.float32
    # A face says little of light from above and below, and what it does not say is held back.
    truth = np.array(light[:2])
    if not truth.any():
        assert np.abs(found[:2]).max() < 0.05
        return
    along = found[:2] @ truth / (truth @ truth)
    assert 0.3 < along < 1.2
    assert np.linalg.norm(found[:2] - along * truth) < 0.3 * np.linalg.norm(truth)


def test_beard_and_brows_are_not_taken_for_shade() -> None:
    face = face_at(*MIDDLE_XY)
    picture = _lit(face, (0.5, 0, 0))
    chin = int(face[17, 1]) + 4
    picture[chin:] = picture[chin:] // 4
    found = light_of(picture, face, PX_PER_CM)
    assert found[0] > 0.25 and abs(found[1]) < found[0]


def test_a_face_outside_the_picture_says_nothing_of_light() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    assert not light_of(picture, face_at(2000, 2000), PX_PER_CM).any()


def _dome() -> tuple[U8, F32]:
    """Colours, and normals that lean from the left to the right of the layer."""
    x = np.linspace(-0.9, 0.9, 41, dtype=np.float32)
    normals = np.zeros((9, 41, 3), np.float32)
    normals[..., 0] = x
    normals[..., 2] = -np.sqrt(1 - x**2)
    return np.full((9, 41, 3), 120, np.uint8), normals


def _light(*light: float) -> F32:
    """(9,) a light of these first terms."""
    return np.array([*light, *[0.0] * (LIGHT - len(light))], np.float32)


def _relit(rgb: U8, normals: F32, wanted: F32, baked: F32) -> U8:
    change = light_change(wanted, wanted, baked, baked)
    return relit(rgb, normals, change, np.ones(3, np.float32))


def test_the_same_light_changes_nothing() -> None:
    rgb, normals = _dome()
    assert np.allclose(_relit(rgb, normals, _light(0.3, 0.1, -0.2), _light(0.3, 0.1, -0.2)), rgb)


def test_light_from_the_right_brightens_the_right_and_keeps_the_middle() -> None:
    rgb, normals = _dome()
    lit = _relit(rgb, normals, _light(0.5, 0, 0), _light(0, 0, 0))[4, :, 0]
    assert np.all(np.diff(lit.astype(int)) >= 0)
    assert lit[0] < 110 and lit[-1] > 135
    assert lit[20] == pytest.approx(120, abs=1)
    # Taking the photo's own light away is the same as adding the opposite.
    other = _relit(rgb, normals, _light(0, 0, 0), _light(-0.5, 0, 0))[4, :, 0]
    assert other == pytest.approx(lit)


def test_a_brighter_frontal_light_is_the_tones_business() -> None:
    rgb, normals = _dome()
    lit = _relit(rgb, normals, _light(0, 0, -0.8), _light(0, 0, 0))
    assert lit[4, 20, 0] == pytest.approx(120, abs=1)


def test_where_the_surface_is_unknown_colours_stay_and_none_leaves_its_range() -> None:
    rgb, normals = _dome()
    unknown = _relit(rgb, np.zeros_like(normals), _light(3, 3, 3), _light(0, 0, 0))
    assert np.array_equal(unknown, rgb)
    extreme = _relit(rgb * 2, normals, _light(50, 0, 0), _light(-50, 0, 0))
    assert extreme.max() <= 255 and extreme.min() >= 0.4 * 240
    assert extreme.dtype == np.uint8


def test_a_tone_multiplies_each_colour_for_itself() -> None:
    rgb, normals = _dome()
    same = _light(0.2, 0.1, -0.3)
    change = light_change(same, same, same, same)
    toned = relit(rgb, normals, change, np.array([0.5, 1, 2.0], np.float32))
    assert np.abs(toned.astype(int) - [60, 120, 240]).max() <= 1


def test_a_turned_light_shines_on_a_turned_surface_as_before() -> None:
    rng = np.random.default_rng(3)
    normals = rng.standard_normal((50, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    light, turn = rng.standard_normal(LIGHT).astype(np.float32), turned(30, 10, 5)
    before = harmonics(normals) @ light
    after = harmonics(normals @ turn.T) @ turned_light(light, turn)
    assert after == pytest.approx(before, abs=1e-5)


def test_a_light_from_both_sides_is_of_the_second_order() -> None:
    face = face_at(*MIDDLE_XY)
    found = light_of(_lit(face, (0, 0, 0, 0.6, 0, 0)), face, PX_PER_CM)
    left, right, front = (
        harmonics(np.array([[-0.8, 0, -0.6], [0.8, 0, -0.6], [0, 0, -1.0]])) @ found
    )
    assert left - front > 0.1 and right - front > 0.1
    assert abs(left - right) < 0.5 * (left - front)


def test_a_light_that_changes_is_followed_whole_and_one_that_lasts_in_part() -> None:
    nothing, light = _light(0, 0, 0), _light(0.5, 0.2, 0)
    assert light_change(light, nothing, nothing, nothing) == pytest.approx(light)
    lasting = light_change(light, light, nothing, nothing)
    assert 0 < lasting[0] < light[0] and lasting[1] / lasting[0] == pytest.approx(0.4)


def test_light_that_turns_with_the_photos_head_is_taken_back_whole() -> None:
    usual, drawn = _light(0.2, 0.1, 0), _light(0.5, 0.4, 0)
    assert light_change(usual, usual, drawn, usual) == pytest.approx(usual - drawn)
