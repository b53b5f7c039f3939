"""The rasteriser: which pixels a triangle covers, with what, and what lies in front of what."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32, I32
from headswap.swapping.engines.raster import rasterize

FAR = np.float32(1e9)


def _drawn(
    xy: list[tuple[float, float]],
    triangles: list[tuple[int, int, int]],
    *,
    depth: list[float] | None = None,
    attributes: F32 | None = None,
    size_wh: tuple[int, int] = (8, 8),
) -> tuple[F32, F32]:
    """The attributes (-1 where nothing is) and the depth after drawing on an empty picture."""
    zbuffer = np.full(size_wh[::-1], FAR, np.float32)
    values = np.ones((len(xy), 1), np.float32) if attributes is None else attributes
    out = np.full((*zbuffer.shape, values.shape[1]), -1, np.float32)
    places: I32 = np.array(triangles, np.int32).reshape(-1, 3)
    deep = np.array(depth or [0.0] * len(xy), np.float32)
    rasterize(np.array(xy, np.float32), deep, places, values, zbuffer, out)
    return out, zbuffer


SQUARE = [(1.0, 1.0), (5.0, 1.0), (5.0, 4.0), (1.0, 4.0)]
HALVES = [(0, 1, 2), (0, 2, 3)]


def test_no_triangles_draw_nothing() -> None:
    out, zbuffer = _drawn(SQUARE, [])
    assert (out == -1).all() and (zbuffer == FAR).all()


def test_a_triangle_covers_the_pixels_whose_centres_it_holds() -> None:
    out, _ = _drawn([(1, 1), (5, 1), (1, 5)], [(0, 1, 2)])
    expected = np.zeros((8, 8), np.bool_)
    for y in range(1, 6):
        expected[y, 1 : 7 - y] = True
    assert np.array_equal(out[..., 0] == 1, expected)


def test_two_halves_of_a_square_leave_no_crack() -> None:
    out, _ = _drawn(SQUARE, HALVES)
    expected = np.zeros((8, 8), np.bool_)
    expected[1:5, 1:6] = True
    assert np.array_equal(out[..., 0] == 1, expected)


def test_attributes_and_depth_change_linearly_across_a_triangle() -> None:
    xy = [(0.0, 0.0), (7.0, 0.5), (0.5, 7.0)]
    place = np.array(xy, np.float32)
    attributes = np.column_stack([2 * place[:, 0] - place[:, 1] + 3, -place[:, 0]])
    depth = [float(0.25 * x + 0.5 * y + 1) for x, y in xy]
    out, zbuffer = _drawn(xy, [(0, 1, 2)], depth=depth, attributes=attributes.astype(np.float32))
    y, x = np.nonzero(zbuffer < FAR)
    assert len(x) > 20
    assert np.allclose(out[y, x, 0], 2 * x - y + 3, atol=1e-4)
    assert np.allclose(out[y, x, 1], -x, atol=1e-4)
    assert np.allclose(zbuffer[y, x], 0.25 * x + 0.5 * y + 1, atol=1e-4)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_nearer_triangle_shows_whatever_is_drawn_first(order: list[int]) -> None:
    xy = [(0.0, 0.0), (7.0, 0.0), (0.0, 7.0), (0.0, 0.0), (7.0, 0.0), (7.0, 7.0)]
    triangles = [(0, 1, 2), (3, 4, 5)]
    values = np.array([10, 10, 10, 20, 20, 20], np.float32)[:, None]
    out, zbuffer = _drawn(
        xy, [triangles[i] for i in order], depth=[5, 5, 5, 2, 2, 2], attributes=values
    )
    # Shared, only the far one's, only the near one's.
    assert (out[1, 3, 0], out[4, 1, 0], out[4, 6, 0]) == (20, 10, 20)
    assert (zbuffer[1, 3], zbuffer[4, 1]) == (2, 5)


def test_triangles_that_pierce_each_other_share_the_picture_where_they_meet() -> None:
    xy = [(0.0, 0.0), (7.0, 0.0), (7.0, 7.0), (0.0, 7.0)] * 2
    depth = [0.0, 7.0, 7.0, 0.0, 3.4, 3.4, 3.4, 3.4]
    values = np.repeat(np.array([1, 2], np.float32), 4)[:, None]
    triangles = [(0, 1, 2), (0, 2, 3), (4, 5, 6), (4, 6, 7)]
    out, _ = _drawn(xy, triangles, depth=depth, attributes=values)
    assert (out[:, :4, 0] == 1).all() and (out[:, 4:, 0] == 2).all()


def test_what_lies_behind_the_depth_already_there_is_not_drawn() -> None:
    zbuffer = np.full((4, 4), 3, np.float32)
    out = np.full((4, 4, 1), -1, np.float32)
    xy = np.array([(0, 0), (3, 0), (0, 3)], np.float32)
    rasterize(
        xy, np.full(3, 3, np.float32), np.array([(0, 1, 2)], np.int32), xy[:, :1], zbuffer, out
    )
    assert (out == -1).all() and (zbuffer == 3).all()


@pytest.mark.parametrize(
    ("triangle", "shows"), [((0, 1, 2), True), ((1, 2, 0), True), ((0, 2, 1), False)]
)
def test_a_triangle_seen_from_behind_is_left_out(
    triangle: tuple[int, int, int], shows: bool
) -> None:
    out, _ = _drawn([(1, 1), (5, 1), (1, 5)], [triangle])
    assert bool((out == 1).any()) is shows


def test_a_triangle_without_area_is_left_out() -> None:
    out, _ = _drawn([(1, 1), (3, 3), (5, 5)], [(0, 1, 2), (0, 0, 1)])
    assert (out == -1).all()


def test_a_triangle_that_leaves_the_picture_is_cut_at_its_edges() -> None:
    out, _ = _drawn([(-50, -50), (90, -50), (-50, 90)], [(0, 1, 2)], size_wh=(5, 3))
    assert (out == 1).all()
    out, _ = _drawn([(20, 1), (30, 1), (20, 9)], [(0, 1, 2)], size_wh=(5, 3))
    assert (out == -1).all()
