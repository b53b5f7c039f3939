"""How a person moves: tracks joined and parted, gaps bridged, the neutral face, smoothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.swapping.eyes import eye_place
from headswap.swapping.motion import bridge, continuous, follow, mobility, neutral_face
from headswap.vision.canonical_face import INNER_LIPS, RIGHT_EYE
from headswap.vision.expression import expression_offset
from headswap.vision.networks.blendshapes import NAMES
from headswap.vision.scene import Track
from tests.made_heads import PX_PER_CM, face_at, shut_face, track_of, turned

RATE = 25.0


def _track(frames: list[int], shot: int = 0, x: float = 100.0) -> Track:
    return track_of(np.stack([face_at(x, 100)] * len(frames)), frames, shot)


def _span(start: int, stop: int, shot: int = 0) -> Track:
    return _track(list(range(start, stop)), shot)


def _frames(tracks: list[Track]) -> list[tuple[int, int, int, int]]:
    """Shot, first, last and count of each."""
    return [(t.shot, int(t.frames[0]), int(t.frames[-1]), len(t.frames)) for t in tracks]


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([], []),
        ([_span(3, 4)], [(0, 3, 3, 1)]),
        # A second without a face (26 frames, with the one that rounding takes) is bridged, one
        # frame more is not.
        ([_span(0, 10), _span(36, 40)], [(0, 0, 39, 14)]),
        ([_span(0, 10), _span(37, 40)], [(0, 0, 9, 10), (0, 37, 39, 3)]),
        ([_track([0, 1, 28, 29])], [(0, 0, 29, 4)]),
        ([_track([0, 1, 29, 30])], [(0, 0, 1, 2), (0, 29, 30, 2)]),
        # Out of order, and three in a row.
        ([_span(20, 30), _span(0, 10), _span(40, 50)], [(0, 0, 49, 30)]),
        # A cut parts whatever the gap.
        ([_span(0, 10), _span(10, 20, shot=1)], [(0, 0, 9, 10), (1, 10, 19, 10)]),
    ],
)
def test_tracks_are_joined_over_a_second_and_parted_over_more(
    tracks: list[Track], expected: list[tuple[int, int, int, int]]
) -> None:
    assert _frames(continuous(tracks, RATE)) == expected


def test_of_two_views_of_one_person_at_once_the_first_is_kept() -> None:
    joined = continuous([_span(0, 10), _track([5, 6, 7], x=300)], RATE)
    assert _frames(joined) == [(0, 0, 9, 10)]
    assert joined[0].landmarks[6, 1, 0] < 200


def test_frames_after_an_overlap_are_not_lost() -> None:
    joined = continuous([_span(0, 10), _span(8, 30)], RATE)
    covered = {int(frame) for track in joined for frame in track.frames}
    assert covered == set(range(30))


def test_a_gap_is_bridged_in_a_straight_line_and_marked_unseen() -> None:
    ends = np.stack([face_at(100, 100), face_at(140, 80)])
    landmarks, seen = bridge(track_of(ends, [10, 14]))
    assert seen.tolist() == [True, False, False, False, True]
    for step in range(5):
        expected = face_at(100 + 10 * step, 100 - 5 * step)
        assert np.allclose(landmarks[step], expected, atol=1e-3)


def test_frames_in_which_the_head_was_only_followed_are_unseen_and_shape_nothing() -> None:
    faces = np.stack([face_at(100, 100)] * 4 + [face_at(100, 100, scale=9.0)])
    faces[4, :, 1] *= 1.2
    track = replace(
        track_of(faces, [3, 4, 5, 6, 7]), presence=np.array([1, 1, 1, 1, 0], np.float32)
    )
    assert bridge(track)[1].tolist() == [True, True, True, True, False]
    calm = track_of(faces[:4], [3, 4, 5, 6])
    assert np.allclose(neutral_face([track]), neutral_face([calm]), atol=1e-3)


def test_a_track_without_gaps_is_bridged_to_itself() -> None:
    faces = np.stack([face_at(100 + step**2, 100) for step in range(5)])
    landmarks, seen = bridge(track_of(faces, [3, 4, 5, 6, 7]))
    assert seen.all() and np.array_equal(landmarks, faces)


def _talking(count: int) -> Track:
    """Frames of which every second has the jaw open, at various angles."""
    weights = np.zeros((count, 52), np.float32)
    weights[::2, NAMES.index("jawOpen")] = 0.7
    landmarks: list[F32] = []
    for i in range(count):
        turn = turned(4 * (i - count / 2), 3)
        face = face_at(100, 100, rotation=turn)
        face[:468] += (expression_offset(weights[i]) @ turn.T * 6).astype(np.float32)
        landmarks.append(face)
    return replace(track_of(np.stack(landmarks), list(range(count))), blendshapes=weights)


def test_the_neutral_face_is_the_face_without_its_expressions() -> None:
    neutral = neutral_face([_talking(9), _talking(4)])
    assert neutral.shape == (468, 3)
    assert np.abs(neutral - shut_face()).max() < 0.15


def test_a_mouth_that_is_never_shut_comes_through_as_open_all_the_time() -> None:
    parted = face_at(100, 100)
    parted[INNER_LIPS[11:], 1] += 0.8 * PX_PER_CM
    track = track_of(np.stack([parted] * 6), list(range(6)))
    motion = follow(track, neutral_face([track]))
    drop = motion.expression_cm[:, 14, 1] - motion.expression_cm[:, 13, 1]
    assert drop == pytest.approx(np.full(6, 0.8), abs=0.05)


def test_resting_frames_count_more_than_what_no_basis_explains() -> None:
    track = _talking(8)
    grimace = track.landmarks.copy()
    grimace[::2, 152, 1] += 24
    odd = neutral_face([replace(track, landmarks=grimace)])
    # A mean over all frames would be 2 cm off.
    assert abs(odd[152, 1] - shut_face()[152, 1]) < 1.6


def test_a_still_face_is_followed_without_expression_or_motion() -> None:
    track = _track(list(range(5, 25)))
    motion = follow(track, shut_face())
    assert motion.first == 5 and len(motion.landmarks) == 20
    assert motion.pose.shift == pytest.approx(np.tile([100, 100, 0], (20, 1)), abs=0.02)
    assert motion.pose.scale == pytest.approx(np.full(20, 6), abs=1e-3)
    assert np.abs(motion.expression_cm).max() < 0.01
    assert motion.gaze.shape == (20, 2, 2) and np.ptp(motion.gaze, axis=0).max() < 1e-4
    assert motion.seen.all()


def test_tremble_is_smoothed_away_and_a_turn_is_not() -> None:
    rng = np.random.default_rng(0)
    yaw = np.linspace(-30, 30, 40)
    true = np.stack([face_at(100, 100, rotation=turned(y)) for y in yaw])
    trembling = true + rng.normal(0, 0.8, (40, 1, 3)).astype(np.float32)
    motion = follow(track_of(trembling, list(range(40))), shut_face())
    jitter = np.abs(np.diff(motion.pose.shift[:, 0], 2)).mean()
    assert jitter < 0.3 * np.abs(np.diff(trembling[:, 1, 0] - true[:, 1, 0], 2)).mean()
    found = motion.pose.yaw_pitch_roll_deg()[5:-5, 0]
    assert found == pytest.approx(yaw[5:-5], abs=1)
    assert np.allclose(np.linalg.det(motion.pose.rotation), 1)


def test_an_opening_mouth_comes_through_and_bone_stays_still() -> None:
    track = _talking(8)
    opened = replace(track, landmarks=np.repeat(track.landmarks[4:5], 8, axis=0))
    motion = follow(opened, shut_face())
    expected = expression_offset(track.blendshapes[4])
    assert motion.expression_cm[4, 14, 1] == pytest.approx(expected[14, 1], abs=0.25)
    gain = mobility()
    assert gain[[14, 13, 61, 291, 152]] == pytest.approx(np.ones(5))
    assert gain[168] < 0.5 and gain[10] < 0.8
    assert gain.min() > 0 and gain.max() <= 1


def test_gaze_follows_the_iris() -> None:
    aside = face_at(100, 100)
    aside[468:473, 0] += 3
    faces = np.stack([face_at(100, 100)] * 6 + [aside] * 6)
    gaze = follow(track_of(faces, list(range(12))), shut_face()).gaze
    # Half a centimetre, towards the nose for the right eye.
    lids = shut_face()[RIGHT_EYE]
    before, after = (eye_place(lids, gaze[i, 0, :1], gaze[i, 0, 1:])[0] for i in (0, -1))
    assert after[0] - before[0] == pytest.approx(0.5, abs=0.03)
    assert np.abs(gaze[-1, 1] - gaze[0, 1]).max() < 0.01
