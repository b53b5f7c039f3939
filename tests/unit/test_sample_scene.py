"""The sample scene: what it claims about its frames is true of their pixels."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from headswap.sample import Identity, SampleFrame, SampleSpec, build_scene
from headswap.sample.motion import motion

A, B = Identity.ASTRONAUT, Identity.SECOND
SMALL = SampleSpec(size_wh=(192, 144))
PAIR = SampleSpec(size_wh=(256, 144), people=(A, B), cut=True, occluder=True, camera_motion=2.0)


def covered(frame: SampleFrame) -> np.ndarray:
    parts = [head.alpha for head in frame.heads]
    if frame.occluder is not None:
        parts.append(frame.occluder)
    return np.maximum.reduce(parts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": ()}, "people"),
        ({"people": (A, B, A)}, "people"),
        ({"size_wh": (641, 480)}, "even"),
        ({"size_wh": (32, 32)}, "64"),
        ({"seconds": 0.0}, "frame"),
        ({"rate": Fraction(0)}, "rate"),
        ({"camera_motion": 9.0}, "camera_motion"),
    ],
)
def test_an_impossible_specification_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SampleSpec(), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "rate", "cut", "frames", "cut_frame"),
    [
        (4.0, Fraction(25), False, 100, 100),
        (4.0, Fraction(25), True, 100, 50),
        (0.04, Fraction(25), True, 1, 1),
        (10.01, Fraction(30000, 1001), True, 300, 150),
    ],
)
def test_frames_are_counted_from_length_and_rate(
    seconds: float, rate: Fraction, cut: bool, frames: int, cut_frame: int
) -> None:
    spec = SampleSpec(seconds=seconds, rate=rate, cut=cut)
    assert (build_scene(spec).frame_count, spec.cut_frame) == (frames, cut_frame)


@pytest.mark.parametrize("index", [-1, 100])
def test_a_frame_outside_the_scene_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match="of 100"):
        build_scene(SMALL).frame(index)


@pytest.mark.parametrize(
    ("spec", "index"), [(SMALL, 0), (SMALL, 22), (PAIR, 25), (PAIR, 49), (PAIR, 77)]
)
def test_away_from_heads_and_hand_the_frame_is_the_plate(spec: SampleSpec, index: int) -> None:
    frame = build_scene(spec).frame(index)
    away = covered(frame) == 0
    assert 0.2 < away.mean() < 0.95
    assert np.array_equal(frame.rgb[away], frame.plate[away])


def test_inside_the_head_the_frame_is_not_the_plate() -> None:
    frame = build_scene(SMALL).frame(0)
    inside = frame.heads[0].alpha > 0.99
    difference = np.abs(frame.rgb.astype(int) - frame.plate).max(axis=2)[inside]
    assert (difference > 12).mean() > 0.8


def test_the_same_specification_gives_the_same_bytes() -> None:
    first, again = (build_scene(PAIR).frame(31) for _ in range(2))
    assert first.rgb.tobytes() == again.rgb.tobytes()
    assert first.plate.tobytes() == again.plate.tobytes()
    other = build_scene(dataclasses.replace(PAIR, seed=5)).frame(31)
    assert other.rgb.tobytes() != first.rgb.tobytes()


def test_heads_of_two_people_never_claim_a_pixel_twice() -> None:
    frame = build_scene(PAIR).frame(40)
    assert len(frame.heads) == 2
    assert np.add(*(head.alpha for head in frame.heads)).max() <= 1 + 1e-5


def test_people_change_sides_at_the_cut() -> None:
    scene = build_scene(PAIR)
    before, after = scene.frame(49), scene.frame(50)
    for frame, order in ((before, (A, B)), (after, (B, A))):
        assert tuple(head.identity for head in frame.heads) == order
        assert frame.heads[0].center_xy[0] < frame.heads[1].center_xy[0]


def test_only_the_cut_changes_the_background() -> None:
    scene = build_scene(dataclasses.replace(SMALL, cut=True))
    corner = [scene.frame(i).plate[:40, :40].astype(float).mean((0, 1)) for i in (48, 49, 50, 51)]
    step = [np.abs(b - a).max() for a, b in pairwise(corner)]
    assert step[0] < 1 and step[2] < 1
    assert step[1] > 20


def test_the_hand_comes_in_front_of_the_face_and_goes() -> None:
    spec = dataclasses.replace(SMALL, occluder=True)
    scene = build_scene(spec)
    share: list[float] = []
    for index in (0, 55, 99):
        frame = scene.frame(index)
        assert frame.occluder is not None
        head = frame.heads[0].alpha
        share.append(float((frame.occluder * head).sum() / head.sum()))
    assert share[0] == 0 and share[2] == 0
    assert share[1] > 0.1
    assert build_scene(SMALL).frame(0).occluder is None


def test_the_background_moves_as_the_camera_says() -> None:
    scene = build_scene(SampleSpec(size_wh=(320, 240), camera_motion=3.0))
    first, later = scene.frame(0), scene.frame(24)
    cut = np.s_[0:110, 0:100]  # left of the head, above the shoulder
    gray = [
        cv2.cvtColor(f.plate, cv2.COLOR_RGB2GRAY)[cut].astype(np.float32) for f in (first, later)
    ]
    window = np.asarray(cv2.createHanningWindow((100, 110), cv2.CV_32F), np.float32)
    found, _ = cv2.phaseCorrelate(gray[0], gray[1], window)
    told = later.frame_from_room[:, 2] - first.frame_from_room[:, 2]
    assert np.hypot(*told) > 3
    assert np.abs(np.array(found) - told).max() < 0.35


def test_head_angles_use_their_whole_range_within_four_seconds() -> None:
    states = [motion(i / 25, 0, 1, 0) for i in range(100)]
    for name, limit in (("yaw_deg", 30), ("pitch_deg", 15), ("roll_deg", 10)):
        angles = np.array([getattr(state, name) for state in states])
        assert np.abs(angles).max() <= limit
        assert angles.max() > 0.65 * limit and angles.min() < -0.65 * limit
        assert np.abs(np.diff(angles)).max() < 3.5
    blinks = np.array([state.face.blink for state in states])
    assert blinks.max() > 0.9 and np.median(blinks) == 0


@pytest.mark.parametrize("name", ["pan", "zoom", "camera_motion"])
def test_the_room_is_the_first_frames_room_after_the_cameras_motion(name: str) -> None:
    pan, zoom, drift = (5.0 * (name == way) for way in ("pan", "zoom", "camera_motion"))
    spec = SampleSpec((320, 240), 1.0, pan=4 * pan, zoom=4 * zoom, camera_motion=drift)
    scene = build_scene(spec)
    first, last = scene.frame(0), scene.frame(20)
    square = [np.vstack([f.frame_from_room, [0, 0, 1]]) for f in (first, last)]
    move = (square[1] @ np.linalg.inv(square[0]))[:2]
    assert np.abs(move - np.eye(2, 3)).max() > 0.1
    moved = cv2.warpAffine(first.room, move, (320, 240), flags=cv2.INTER_CUBIC)
    inside = np.s_[60:180, 80:240]
    assert np.abs(moved[inside].astype(int) - last.room[inside]).mean() < 3.5


def test_people_walk_and_leave_their_room_behind() -> None:
    scene = build_scene(SampleSpec(size_wh=(320, 240), walk=10))
    first, later = scene.frame(0), scene.frame(20)
    assert abs(first.heads[0].center_xy[0] - later.heads[0].center_xy[0]) > 20
    quiet = np.abs(first.room.astype(int) - later.room).mean()
    assert quiet < 3
