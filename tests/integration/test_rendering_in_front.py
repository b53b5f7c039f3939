"""What stands before a mapped head stays on top of the new one: a hand, another person."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from headswap.arrays import Bool
from headswap.media import Frame
from headswap.sample import Identity, SampleSpec, build_scene
from headswap.vision.store import ModelStore
from tests.crossing_scene import CrossingScene
from tests.planned_swap import Filmed, filmed, heads_of, planned, rendered, surveyed

RATE = Fraction(15)
HAND = SampleSpec(size_wh=(400, 300), seconds=36 / 15, rate=RATE, occluder=True)
PAIR = SampleSpec(size_wh=(400, 240), seconds=26 / 15, rate=RATE)


def _unchanged(source: Frame, result: Frame) -> Bool:
    """(h, w): where luma is about the source's."""
    return np.abs(source.y.astype(int) - result.y) <= 6


@pytest.fixture(scope="module")
def raised(
    core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Filmed, list[list[Frame]]]:
    """A film with a hand before the face, its swap in one stretch, and in several."""
    folder = tmp_path_factory.mktemp("hand")
    film = filmed(build_scene(HAND), folder, core_pack)
    plan = planned(film, heads_of({0: Identity.SECOND}, folder, core_pack), folder, core_pack)
    count = HAND.frame_count
    final = surveyed(plan, (0, 10, count), folder / "made", core_pack).plan
    return film, [rendered(final, cuts) for cuts in ((0, count), (0, 17, 23, count))]


def test_a_hand_before_the_face_stays_and_the_old_face_does_not(
    raised: tuple[Filmed, list[list[Frame]]],
) -> None:
    film, (result, _) = raised
    kept, wrong = np.zeros(2), np.zeros(2)
    for truth, source, frame in zip(film.truth, film.source, result, strict=True):
        assert truth.occluder is not None
        same, head = _unchanged(source, frame), truth.heads[0].alpha
        hand = (truth.occluder > 0.9) & (head > 0.1)
        face = (truth.occluder < 0.1) & (head > 0.9)
        kept += [(hand & same).sum(), hand.sum()]
        wrong += [(face & same).sum(), face.sum()]
    # In so short a film the hand moves by a third of a face from frame to frame.
    assert kept[1] > 15_000 and kept[0] / kept[1] > 0.8
    # The new skin has the old one's luma in places.
    assert wrong[0] / wrong[1] < 0.25


def test_a_hand_is_drawn_the_same_in_any_stretches(
    raised: tuple[Filmed, list[list[Frame]]],
) -> None:
    _, (whole, parts) = raised
    for one, other in zip(whole, parts, strict=True):
        assert np.array_equal(one.y, other.y) and np.array_equal(one.u, other.u), one.index


def test_somebody_nearer_who_keeps_their_head_stays_before_a_new_one(
    core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("crossing")
    film = filmed(CrossingScene(PAIR), folder, core_pack)
    first = {p.obj_id: film.scene.tracks[p.tracks[0]] for p in film.scene.people}
    far_x = film.truth[0].heads[0].center_xy[0]
    far = min(first, key=lambda i: abs(float(first[i].landmarks[0, 168, 0]) - far_x))
    plan = planned(film, heads_of({far: Identity.SECOND}, folder, core_pack), folder, core_pack)
    assert len(plan.bystanders) >= 1
    count = PAIR.frame_count
    result = rendered(surveyed(plan, (0, count), folder / "made", core_pack).plan, (0, count))
    shares: list[float] = []
    swapped: list[float] = []
    for truth, source, frame in zip(film.truth, film.source, result, strict=True):
        behind, near = (head.alpha for head in truth.heads)
        inner = cv2.erode((near > 0.9).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        shares.append(float((source.y == frame.y)[inner].mean()))
        if (behind > 0.9).sum() > 2000:
            swapped.append(float((~_unchanged(source, frame))[behind > 0.9].mean()))
    assert np.mean(shares) > 0.97 and min(shares) > 0.85
    assert np.mean(swapped) > 0.6
    assert all(a.index + 1 == b.index for a, b in pairwise(result))
