"""Tracks: each face followed, none twice, none passed on to a neighbour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.media import Frame
from headswap.vision.assignment import assign, match_faces
from headswap.vision.face import Face
from headswap.vision.followed import CARRIED_PRESENCE, Followed
from headswap.vision.looked_ahead import LookedAhead, tracked
from headswap.vision.matching import overlaps, separations
from headswap.vision.networks.faces import Faces
from headswap.vision.tracking import Tracker

SIDE = 40.0
WIDTH, HEIGHT = 640, 120


def _face(x: float, y: float = 60.0, presence: float = 1.0) -> Face:
    """A face whose mesh fills a square of `SIDE` around (x, y)."""
    angle = np.linspace(0, 2 * np.pi, 478)
    points = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1) * SIDE / 2
    return Face.of((points + np.array([x, y, 0])).astype(np.float32), presence)


@dataclass
class ScriptedSight:
    """Sees faces where a script puts them: person -> frame -> x, or None while hidden.

    blurred: (person, frame) pairs that the detector sees but no mesh can be made of.
    """

    people: Mapping[str, Callable[[int], float | None]]
    blurred: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    detections: list[int] = field(default_factory=list[int])

    def _visible(self, index: int, meshes: bool) -> list[float]:
        places = [
            where(index)
            for person, where in self.people.items()
            if not (meshes and (person, index) in self.blurred)
        ]
        return [place for place in places if place is not None]

    def _nearest(self, index: int, x: float) -> Face:
        places = self._visible(index, meshes=True)
        near = [place for place in places if abs(place - x) < SIDE * 0.9]
        if not near:
            return _face(x, presence=0.0)
        return _face(min(near, key=lambda place: abs(place - x)))

    def detect(self, frame: Frame, closely: bool) -> Faces:
        self.detections.append(frame.index)
        places = self._visible(frame.index, meshes=False)
        found = [_face(x).box_xyxy for x in places]
        n = len(found)
        return Faces(
            np.array(found, np.float32).reshape(n, 4),
            np.zeros((n, 5, 2), np.float32),
            np.full(n, 0.9, np.float32),
        )

    def start(self, frame: Frame, seen: Faces, at: int) -> Face:
        box = seen.boxes_xyxy[at]
        return self._nearest(frame.index, float(box[0] + box[2]) / 2)

    def follow(self, frame: Frame, known: Face) -> Face:
        return self._nearest(frame.index, float(known.center_xy[0]))


def _track(sight: ScriptedSight, frames: int, cuts: tuple[int, ...] = (0,)) -> list[Followed]:
    tracker = Tracker(sight)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for index in range(frames):
        tracker.step(Frame.from_rgb(index, index, picture), index in cuts)
    return tracker.finish()


def _spans(tracks: list[Followed]) -> list[tuple[int, int]]:
    return [(track.frames[0], track.frames[-1]) for track in tracks]


def _only_one_for_each_face(tracks: list[Followed]) -> bool:
    at: dict[int, list[F32]] = {}
    for track in tracks:
        for index, face in zip(track.frames, track.faces, strict=True):
            at.setdefault(index, []).append(face.center_xy)
    return all(
        np.linalg.norm(a - b) > 1
        for places in at.values()
        for i, a in enumerate(places)
        for b in places[i + 1 :]
    )


def test_an_empty_video_has_no_tracks() -> None:
    assert _track(ScriptedSight({}), 0) == []
    assert _track(ScriptedSight({}), 30) == []


def test_a_face_is_followed_through_every_frame_and_rarely_detected() -> None:
    sight = ScriptedSight({"a": lambda t: 100.0 + 5 * t})
    tracks = _track(sight, 40)
    assert [track.frames for track in tracks] == [list(range(40))]
    assert len(sight.detections) <= 6
    assert len(tracks[0].support) == len(sight.detections)


def test_a_face_found_late_is_followed_back_to_where_it_appeared() -> None:
    sight = ScriptedSight({"a": lambda t: 100.0 if t >= 3 else None})
    assert _spans(_track(sight, 20)) == [(3, 19)]


@pytest.mark.parametrize(
    ("people", "cuts", "in_vain"),
    [
        ({}, (0,), 0),
        ({"a": lambda t: 100.0 + t}, (0, 13, 14, 30), 0),
        # Lost just before a detection was due anyway.
        ({"a": lambda t: None if 14 <= t < 20 else 100.0}, (0,), 1),
    ],
)
def test_faces_sought_ahead_are_the_same(
    people: Mapping[str, Callable[[int], float | None]], cuts: tuple[int, ...], in_vain: int
) -> None:
    usual, ahead = ScriptedSight(people), ScriptedSight(people)
    expected = _track(usual, 40, cuts)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    frames = [(Frame.from_rgb(i, i, picture), i in cuts) for i in range(40)]
    with closing(LookedAhead(ahead)) as sight:
        tracker = Tracker(sight)
        steps = list(tracked(frames, tracker, sight, 3))
        found = tracker.finish()
    assert [(frame.index, cut) for frame, cut, _ in steps] == [(i, i in cuts) for i in range(40)]
    assert [track.frames for track in found] == [track.frames for track in expected]
    assert set(usual.detections) <= set(ahead.detections)
    assert len(ahead.detections) == len(usual.detections) + in_vain


def test_a_cut_ends_a_track_even_if_a_face_is_in_the_same_place() -> None:
    tracks = _track(ScriptedSight({"a": lambda t: 100.0}), 30, cuts=(0, 12))
    assert _spans(tracks) == [(0, 11), (12, 29)]
    assert [track.shot for track in tracks] == [0, 1]


def test_a_face_that_was_lost_comes_back_as_a_new_track() -> None:
    sight = ScriptedSight({"a": lambda t: None if 10 <= t < 16 else 100.0})
    assert _spans(_track(sight, 30)) == [(0, 9), (16, 29)]


def test_a_face_without_a_mesh_is_carried_with_the_detectors_box() -> None:
    blurred = {("a", t) for t in range(10, 16)}
    sight = ScriptedSight({"a": lambda t: 100.0 + 2 * t}, blurred)
    tracks = _track(sight, 30)
    presence = {
        index: face.presence
        for track in tracks
        for index, face in zip(track.frames, track.faces, strict=True)
    }
    carried = [index for index, value in presence.items() if value <= CARRIED_PRESENCE]
    assert set(carried) <= set(range(10, 16)) and len(carried) >= 4
    places = {i: f.center_xy[0] for t in tracks for i, f in zip(t.frames, t.faces, strict=True)}
    assert all(abs(places[i] - (100 + 2 * i)) < 4 for i in carried)


def test_people_who_cross_never_share_a_face() -> None:
    sight = ScriptedSight({"a": lambda t: 100.0 + 6 * t, "b": lambda t: 400.0 - 6 * t})
    tracks = _track(sight, 50)
    assert _only_one_for_each_face(tracks)


def test_no_track_goes_from_one_person_to_the_other_at_a_crossing() -> None:
    # The one behind is hidden while they overlap.
    def behind(t: int) -> float | None:
        x, front = 400.0 - 6 * t, 100.0 + 6 * t
        return None if abs(x - front) < SIDE * 0.8 else x

    tracks = _track(ScriptedSight({"a": lambda t: 100.0 + 6 * t, "b": behind}), 50)
    assert _only_one_for_each_face(tracks)
    for track in tracks:
        steps = np.diff([float(face.center_xy[0]) for face in track.faces])
        assert (steps > 0).all() or (steps < 0).all()
    assert {i for track in tracks for i in track.frames} == set(range(50))


def test_a_track_ends_where_another_face_comes_near_and_goes_on_as_a_new_one() -> None:
    sight = ScriptedSight({"a": lambda t: 100.0, "b": lambda t: max(130.0, 300.0 - 10 * t)})
    tracks = _track(sight, 40)
    assert len(tracks) == 4
    assert [track.meeting for track in tracks] == [False, False, True, True]


def test_a_stray_track_is_taken_back_to_where_it_left_its_own_face() -> None:
    owner, stray = Followed(0), Followed(0)
    for index in range(6):
        frame = Frame.from_rgb(index, index, np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
        owner.add(frame, _face(200))
        stray.add(frame, _face(100 if index < 4 else 195))
    stray.unwind(owner)
    assert stray.frames == [0, 1, 2, 3]
    assert all(sample.frame < 4 for sample in stray.samples.best())
    assert owner.frames == list(range(6))


def test_the_track_that_jumped_is_the_stray_and_a_newborn_more_so() -> None:
    steady, jumping, newborn = Followed(0), Followed(0), Followed(0)
    for index in range(4):
        frame = Frame.from_rgb(index, index, np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
        steady.add(frame, _face(200 + 3 * index))
        jumping.add(frame, _face(100 if index < 3 else 200))
        if index == 3:
            newborn.add(frame, _face(200))
    assert steady.jump() < 0.01 < jumping.jump() < newborn.jump()


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (np.zeros((0, 3)), []),
        (np.array([[0.1, 0.2], [0.15, 0.9]]), [(0, 1), (1, 0)]),
        (np.array([[0.1, 5.0], [5.0, 5.0]]), [(0, 0)]),
        (np.array([[5.0]]), []),
    ],
    ids=["nothing", "cheapest in all", "one is too dear", "all too dear"],
)
def test_assignment_is_one_to_one_and_never_dearer_than_the_limit(
    cost: np.ndarray[tuple[int, int], np.dtype[np.float64]], expected: list[tuple[int, int]]
) -> None:
    assert assign(cost, 1.0) == expected


def test_overlap_and_separation_of_boxes() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10]], np.float32)
    np.testing.assert_allclose(overlaps(a, b), [[1, 1 / 3, 0]])
    np.testing.assert_allclose(separations(a, b), [[0, 0.5, 2]])
    assert match_faces(a, b) == [(0, 0)]
    assert match_faces(a[:0], b) == []
