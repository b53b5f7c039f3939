"""People: tracks grouped by looks, by place, and by who is seen at the same time."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.vision.people import Appearance, adopt, group_people

RATE = 25.0


def _looks(person: int, noise: float = 0.0, seed: int = 0) -> F32:
    """A descriptor; two persons are 0.7 apart, `noise` is the distance from the person's own."""
    descriptor = np.zeros(128)
    descriptor[person] = 0.7 / np.sqrt(2)
    if noise:
        direction = np.random.default_rng(seed).normal(size=128)
        descriptor += noise * direction / np.linalg.norm(direction)
    return descriptor.astype(np.float32)


def _track(
    start: int,
    stop: int,
    looks: F32 | None,
    *,
    x: float = 100,
    quality: float = 0.8,
    shot: int = 0,
) -> Appearance:
    box = np.array([x, 50, x + 40, 100], np.float32)
    frames = np.arange(start, stop, dtype=np.int32)
    return Appearance(shot, frames, box, box, looks, 0.0 if looks is None else quality)


def test_no_tracks_are_no_people() -> None:
    assert group_people([], RATE) == []


def test_the_same_face_is_one_person_across_a_cut_and_another_face_is_not() -> None:
    tracks = [
        _track(0, 30, _looks(0, 0.2, 1)),
        _track(30, 50, _looks(1, 0.2, 2), shot=1),
        _track(50, 90, _looks(0, 0.2, 3), shot=2, x=300),
    ]
    assert group_people(tracks, RATE) == [[0, 2], [1]]


def test_people_are_ordered_by_time_on_screen() -> None:
    tracks = [_track(0, 10, _looks(0)), _track(0, 40, _looks(1)), _track(0, 20, _looks(2))]
    assert group_people(tracks, RATE) == [[1], [2], [0]]


def test_two_faces_in_the_same_frame_are_two_people_however_alike() -> None:
    tracks = [_track(0, 30, _looks(0)), _track(29, 60, _looks(0), x=300)]
    assert group_people(tracks, RATE) == [[1], [0]]


def test_a_chain_of_likeness_does_not_join_those_seen_together() -> None:
    twin = _looks(0, 0.3, 5)
    tracks = [
        _track(0, 30, _looks(0)),
        _track(0, 30, twin, x=300),
        _track(40, 60, _looks(0, 0.1, 6)),
        _track(40, 60, twin + np.float32(0.001), x=300),
    ]
    assert group_people(tracks, RATE) == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("later_x", "later_start", "together"),
    [(105, 40, True), (105, 140, False), (400, 40, False)],
    ids=["same place, soon", "same place, late", "elsewhere"],
)
def test_a_face_that_cannot_be_described_continues_who_was_there(
    later_x: float, later_start: int, together: bool
) -> None:
    tracks = [_track(0, 30, _looks(0)), _track(later_start, later_start + 5, None, x=later_x)]
    assert (len(group_people(tracks, RATE)) == 1) is together


def test_a_clear_other_face_in_the_same_place_is_somebody_else() -> None:
    tracks = [_track(0, 30, _looks(0)), _track(36, 60, _looks(1))]
    assert len(group_people(tracks, RATE)) == 2


def test_a_badly_seen_face_joins_the_likest_person_only_with_a_clear_lead() -> None:
    like_first = (0.75 * _looks(0) + 0.25 * _looks(3)).astype(np.float32)
    like_first[100] = 0.5
    between = (0.5 * _looks(0) + 0.5 * _looks(1)).astype(np.float32)
    between[100] = 0.45
    people = [_track(0, 30, _looks(0)), _track(0, 30, _looks(1), x=300)]
    first = [*people, _track(200, 205, like_first, quality=0.1, shot=1)]
    assert group_people(first, RATE) == [[0, 2], [1]]
    neither = [*people, _track(200, 205, between, quality=0.1, shot=1)]
    assert len(group_people(neither, RATE)) == 3


def test_a_leftover_track_goes_to_whoever_alone_was_in_its_place() -> None:
    tracks = [_track(0, 30, _looks(0)), _track(0, 60, _looks(1), x=400), _track(31, 34, _looks(2))]
    assert adopt(tracks, [[1], [0]], RATE) == [[1], [0, 2]]


def test_a_leftover_track_between_two_people_goes_to_nobody() -> None:
    tracks = [
        _track(0, 30, _looks(0)),
        _track(0, 30, _looks(1), x=130),
        _track(31, 34, _looks(2), x=110),
    ]
    assert adopt(tracks, [[0], [1]], RATE) == [[0], [1]]


def test_a_leftover_track_seen_beside_its_only_neighbour_goes_to_nobody() -> None:
    tracks = [_track(0, 30, _looks(0)), _track(20, 34, _looks(2))]
    assert adopt(tracks, [[0]], RATE) == [[0]]
