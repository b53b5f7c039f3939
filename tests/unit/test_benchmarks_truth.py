"""The measures against truth: similarity, failing sight, unchanged heads, switches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.self_swap import head_box
from benchmarks.similarity import ssim
from benchmarks.truth_gaps import blind_frames, unchanged_share
from benchmarks.truth_identity import NOBODY, IdentityResult, Truth, judged
from benchmarks.truths import truths
from headswap.vision.scene import Shot, Track
from tests.made_heads import face_at, track_of
from tests.made_scenes import scene_of


def test_equal_pictures_are_wholly_similar_and_noise_is_not() -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    assert ssim(one, one) == pytest.approx(1)
    assert ssim(one, rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)) < 0.2
    with pytest.raises(ValueError, match="11 px"):
        ssim(one[:8], one[:8])


def test_a_head_box_holds_the_face_with_room_above() -> None:
    face = face_at(100, 100)
    x0, y0, x1, y1 = head_box(face)
    low, high = face[:468, :2].min(axis=0), face[:468, :2].max(axis=0)
    assert x0 < low[0] and x1 > high[0] and low[1] - y0 > y1 - high[1] > 0


@pytest.mark.parametrize(
    ("place", "expected"),
    [("start", range(0, 10)), ("middle", range(20, 30)), ("end", range(40, 50))],
)
def test_failure_is_where_it_is_said(place: str, expected: range) -> None:
    assert blind_frames(place, 10, 50) == expected


def test_the_unchanged_share_counts_within_the_mask() -> None:
    source = np.full((10, 10, 3), 100, np.uint8)
    result = source.copy()
    result[:5] = 140
    mask = np.ones((10, 10), np.bool_)
    assert unchanged_share(source, result, mask) == 0.5
    mask[5:] = False
    assert unchanged_share(source, result, mask) == 0.0


def _truth(frames: int) -> list[Truth]:
    """Two people side by side."""
    owner = np.full((200, 400), NOBODY, np.uint8)
    owner[:, 50:150], owner[:, 250:350] = 0, 1
    eyes = {0: (100.0, 90.0, 60.0), 1: (300.0, 90.0, 60.0)}
    return [Truth(owner, frozenset({0, 1}), eyes)] * frames


def _judged(tracks_of_people: list[list[tuple[float, list[int]]]]) -> IdentityResult:
    tracks: list[Track] = []
    people: list[tuple[int, ...]] = []
    for spans in tracks_of_people:
        first = len(tracks)
        tracks += [track_of(np.stack([face_at(x, 100)] * len(f)), f) for x, f in spans]
        people.append(tuple(range(first, len(tracks))))
    scene = scene_of(tracks, people, [Shot(0, 20)])
    return judged("two", 2, _truth(20), scene)


ALL = list(range(20))


def test_people_who_keep_their_numbers_are_not_switched() -> None:
    result = _judged([[(100, ALL)], [(300, ALL)]])
    assert (result.switches, result.missed, result.extra, result.found) == ((), (), 0, 1.0)


def test_a_number_that_changes_hands_is_two_switches() -> None:
    result = _judged([[(100, ALL[:12]), (300, ALL[12:])], [(300, ALL[:12]), (100, ALL[12:])]])
    assert result.switches == (12, 12) and result.missed == ()


def test_somebody_who_is_not_found_is_missed() -> None:
    result = _judged([[(100, ALL)]])
    assert result.missed == (1,) and result.found == 0.5


def test_every_truth_that_is_there_can_be_run() -> None:
    names = [name for name, rows in truths() if callable(rows)]
    folder = Path(__file__).parents[2] / "benchmarks"
    assert {"truth_gaps", "truth_identity"} <= set(names)
    assert all((folder / f"{name}.py").is_file() for name in names)
