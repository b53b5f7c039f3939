"""Crowds: different people, farther ones behind nearer ones, cuts, and somebody who leaves."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.sample.crowd import CrowdScene, CrowdSpec
from headswap.sample.varied import Variation

SIZE_WH = (192, 108)


def test_a_frame_is_the_same_every_time_and_shows_everybody_once() -> None:
    scene = CrowdScene(CrowdSpec(SIZE_WH, people=5))
    one, again = scene.frame(10), scene.frame(10)
    assert np.array_equal(one.rgb, again.rgb)
    assert sorted(head.who for head in one.heads) == [0, 1, 2, 3, 4]
    total = np.sum([head.alpha for head in one.heads], axis=0)
    assert total.max() < 1.001


def test_nearer_people_hide_those_behind_them() -> None:
    heads = CrowdScene(CrowdSpec(SIZE_WH, people=2)).frame(0).heads
    assert [head.who for head in heads] == [0, 1]
    assert heads[0].face_px < heads[1].face_px
    assert heads[0].seen < 0.6 and heads[1].seen > 0.95


def test_everybody_is_elsewhere_after_a_cut() -> None:
    spec = CrowdSpec(SIZE_WH, people=2, cuts=3)
    assert [spec.shot(i) for i in (0, 24, 25, 50, 75, 99)] == [0, 0, 1, 2, 3, 3]
    before, after = (CrowdScene(spec).frame(i).heads[0].center_xy for i in (24, 25))
    assert np.hypot(*(np.array(before) - after)) > 10


def test_somebody_leaves_the_picture_and_comes_back() -> None:
    scene = CrowdScene(CrowdSpec(SIZE_WH, people=2, leaves=True))
    seen = [scene.frame(i).heads[0].seen for i in (0, 50, 99)]
    assert seen[1] == 0 and seen[0] > 0.3 and seen[2] > 0.3


def test_no_variation_moves_no_point() -> None:
    points = np.random.default_rng(0).uniform(90, 300, (40, 3))
    assert np.allclose(Variation().reshaped(points), points, atol=1e-3)


@pytest.mark.parametrize("people", [0, 6])
def test_a_crowd_has_one_to_five_people(people: int) -> None:
    with pytest.raises(ValueError, match="people"):
        CrowdSpec(people=people)
