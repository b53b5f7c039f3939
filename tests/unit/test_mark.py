"""What a mark changes in a frame: a little luma and Cb around the heads, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headswap.arrays import Bool
from headswap.media import Frame
from headswap.swapping.marking import to_mark
from headswap.trust.mark import Circle, Marker
from tests.made_heads import face_at
from tests.marked_scene import HEIGHT, MARK, WIDTH, head, marked, unmarked


@pytest.fixture(scope="module")
def frame() -> Frame:
    return unmarked(1)[0]


def changed(before: Frame, after: Frame) -> Bool:
    return before.y != after.y


def within(circle: Circle, share: float = 1.0) -> Bool:
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    return np.hypot(x + 0.5 - circle.x, y + 0.5 - circle.y) < share * circle.radius


def test_a_mark_changes_luma_and_cb_inside_its_circles_alone(frame: Frame) -> None:
    (new,) = marked([frame])
    moved = changed(frame, new)
    # A coarser grid says where; its cells are up to 2 px wide here.
    assert not moved[~within(head(frame), 1.03)].any()
    assert moved[within(head(frame), 0.7)].mean() > 0.3
    coloured = (new.u != frame.u).repeat(2, axis=0).repeat(2, axis=1)
    assert not coloured[~within(head(frame), 1.05)].any()
    assert coloured[within(head(frame), 0.7)].mean() > 0.5
    assert new.v is frame.v
    assert (new.index, new.pts, new.matrix) == (frame.index, frame.pts, frame.matrix)
    assert not (new.y.flags.writeable or new.u.flags.writeable)


def test_heads_that_are_not_to_be_marked_keep_their_pixels(frame: Frame) -> None:
    spared = Circle(head(frame).x + 60, head(frame).y, 40)
    new = Marker(MARK, (WIDTH, HEIGHT)).put(frame, [head(frame)], [spared])
    moved = changed(frame, new)
    assert not moved[within(spared, 0.7)].any()
    assert moved[within(head(frame), 0.9) & ~within(spared)].mean() > 0.3


@pytest.mark.parametrize(
    "circles", [[], [Circle(-90.0, 50.0, 80.0)], [Circle(100.0, 900.0, 100.0)]]
)
def test_without_a_head_in_the_picture_the_frame_stays_as_it_is(
    frame: Frame, circles: list[Circle]
) -> None:
    assert Marker(MARK, (WIDTH, HEIGHT)).put(frame, circles, []) is frame


@pytest.mark.parametrize("texture", [0.0, 3.0, 40.0, 255.0])
def test_a_frame_never_changes_by_more_than_42_db(texture: float) -> None:
    random = np.random.default_rng(1)
    luma = np.clip(128 + random.normal(0, max(texture, 1e-9), (HEIGHT, WIDTH)), 0, 255)
    chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    frame = Frame(0, 0, np.rint(luma).astype(np.uint8), chroma, chroma, "bt709", False)
    everywhere = Circle(WIDTH / 2, HEIGHT / 2, 5.0 * WIDTH)
    new = Marker(MARK, (WIDTH, HEIGHT)).put(frame, [everywhere], [])
    error = np.square(new.y.astype(float) - frame.y).mean()
    assert error > 0 and 10 * np.log10(255**2 / error) >= 42


def test_a_grey_film_gets_no_colours_but_more_in_luma() -> None:
    (fine,) = unmarked(1, 1280, 720)
    grey = replace(fine, u=np.full_like(fine.u, 128), v=np.full_like(fine.v, 128))
    (new,), (new_grey,) = marked([fine]), marked([grey])
    assert (new.u != fine.u).any() and not (new_grey.u != grey.u).any()
    change, change_grey = (np.abs(one.y.astype(float) - fine.y).mean() for one in (new, new_grey))
    assert change_grey > 1.2 * change


def test_a_frame_is_marked_alike_whatever_was_marked_before() -> None:
    frames = unmarked(3)
    one, other = Marker(MARK, (WIDTH, HEIGHT)), Marker(MARK, (WIDTH, HEIGHT))
    there = [one.put(frame, [head(frame)], []).y for frame in frames]
    back = [other.put(frame, [head(frame)], []).y for frame in reversed(frames)]
    for a, b in zip(there, reversed(back), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("size_wh", [(64, 64), (90, 700), (321, 241)])
def test_pictures_of_any_shape_can_be_marked(size_wh: tuple[int, int]) -> None:
    (frame,) = unmarked(1, *size_wh)
    (new,) = marked([frame])
    assert new.y.shape == frame.y.shape and changed(frame, new).any()


def test_edges_of_the_range_do_not_wrap() -> None:
    for level in (0, 255):
        chroma = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
        flat = np.full((HEIGHT, WIDTH), level, np.uint8)
        frame = Frame(0, 0, flat, chroma, chroma, "bt709", True)
        (new,) = marked([frame])
        assert np.abs(new.y.astype(int) - level).max() <= 12


@pytest.mark.parametrize("level", [0, 255])
def test_colours_at_the_edge_of_their_range_do_not_wrap(level: int) -> None:
    grey = np.full((HEIGHT, WIDTH), 128, np.uint8)
    chroma = np.full((HEIGHT // 2, WIDTH // 2), level, np.uint8)
    (new,) = marked([Frame(0, 0, grey, chroma, chroma, "bt709", True)])
    assert 0 < np.abs(new.u.astype(int) - level).max() <= 12


@pytest.mark.parametrize(
    ("px_per_cm", "radius_px", "gain"),
    [
        (1.0, 0.9 * 360, 1.4),
        (1.7, 0.7 * 360, 1.4),
        (2.3, 0.5 * 360, 1.4),
        (3.8, 0.5 * 360, 1.08),
        (12.0, 2.4 * 12.0 * 17.7, 1.0),
    ],
)
def test_around_a_small_head_more_is_marked_and_more_strongly(
    px_per_cm: float, radius_px: float, gain: float
) -> None:
    circle = to_mark(face_at(300, 150, px_per_cm), (640, 360))
    assert circle.radius == pytest.approx(radius_px, rel=0.05)
    assert circle.gain == pytest.approx(gain, abs=0.05)
