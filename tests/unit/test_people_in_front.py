"""People who cross: who is hidden, who is in front, and that those in front keep their pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.arrays import F32
from headswap.swapping.compose.blend import keep
from headswap.swapping.compose.crossing import face_in_front
from headswap.swapping.hidden import hidden_frames
from headswap.swapping.motion import follow, neutral_face
from headswap.vision.scene import Scene, Shot, Track
from tests.made_heads import face_at, track_of
from tests.made_scenes import scene_of

ONE_TO_ONE = np.ones(2)
FRAMES = list(range(20))


def _walking(start: float, step: float, scale: float) -> Track:
    faces = np.stack([face_at(start + step * t, 100, scale=scale) for t in FRAMES])
    return track_of(faces, FRAMES)


def _unseen(track: Track, frames: range) -> Track:
    presence = np.ones(len(track.frames), np.float32)
    presence[frames.start : frames.stop] = 0
    return replace(track, presence=presence)


def _crossing(far: Track, near: Track) -> Scene:
    return scene_of([far, near], [(0,), (1,)], [Shot(0, 20)])


def _hidden(scene: Scene, who: int) -> frozenset[int]:
    track = scene.tracks[who]
    motion = follow(track, neutral_face([track]))
    return hidden_frames(motion, scene.people[who], scene, ONE_TO_ONE)


def test_who_is_not_seen_behind_another_is_hidden_there_only() -> None:
    # They meet around frame 10; far from each other an unseen face is not hidden.
    far = _unseen(_walking(100, 10, 5.0), range(8, 13))
    scene = _crossing(far, _walking(300, -10, 6.0))
    assert _hidden(scene, 0) and _hidden(scene, 0) <= frozenset(range(8, 13))
    assert _hidden(scene, 1) == frozenset()
    apart = _crossing(_unseen(_walking(100, 0, 5.0), range(8, 13)), _walking(400, 0, 6.0))
    assert _hidden(apart, 0) == frozenset()


def test_a_face_in_front_keeps_every_byte() -> None:
    rng = np.random.default_rng(3)
    source = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    pixels, changed = np.full_like(source, 9), np.ones((120, 160), np.bool_)
    landmarks: F32 = face_at(180, 160)
    kept = face_in_front(landmarks - np.array([100, 100, 0], np.float32), (120, 160), 6.0)
    assert kept.shape == (120, 160) and kept.max() > 0.99
    keep(source, kept, pixels, changed)
    inside = kept > 0.999
    assert np.array_equal(pixels[inside], source[inside]) and not changed[inside].any()
    outside = kept == 0
    assert outside.any() and (pixels[outside] == 9).all() and changed[outside].all()
