"""A scene's files: what is saved comes back, and what is not a scene is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from headswap.errors import HeadswapError, OutputNotWritable
from headswap.media import ColorTags, VideoInfo
from headswap.vision.scene import Person, Scene, Shot, Track
from headswap.vision.scene_file import load_scene, people_json, save_scene, scene_json, scene_path

RANDOM = np.random.default_rng(4)
VIDEO = VideoInfo(
    path=Path("films") / "clip.mp4",
    width=640,
    height=360,
    rotation_deg=90,
    time_base=Fraction(1, 30000),
    rate=Fraction(30000, 1001),
    frame_count=40,
    duration_s=1.3347,
    codec="h264",
    pixel_format="yuv420p",
    color=ColorTags("tv", "bt709", "bt709", "unknown"),
    sample_aspect=Fraction(1),
    audio_streams=1,
)


def _track(frames: list[int], shot: int = 0) -> Track:
    k = len(frames)
    start = RANDOM.uniform(0, 600, (1, 478, 3))
    walk = start + np.cumsum(RANDOM.normal(0, 1, (k, 478, 3)), axis=0)
    return Track(
        shot=shot,
        frames=np.array(frames, np.int32),
        boxes_xyxy=RANDOM.uniform(0, 640, (k, 4)).astype(np.float32),
        landmarks=walk.astype(np.float32),
        blendshapes=RANDOM.uniform(0, 1, (k, 52)).astype(np.float32),
        presence=RANDOM.uniform(0, 1, k).astype(np.float32),
    )


def _scene(people: int = 2) -> Scene:
    tracks = (_track(list(range(20))), _track([20, 21, 25, 39], 1), _track(list(range(5, 15))))
    persons = (
        Person(
            0,
            (0, 1),
            RANDOM.normal(size=128).astype(np.float32),
            3,
            np.array([1, 2, 31, 42], np.float32),
        ),
        Person(1, (2,), None, 7, np.array([100.5, 2, 131, 42], np.float32)),
    )
    camera = np.tile(np.eye(2, 3, dtype=np.float32), (40, 1, 1))
    camera[30:, 0, 2] = 3.25
    return Scene(
        video=VIDEO,
        pts=(np.arange(40) * 1001 + 7).astype(np.int64),
        shots=(Shot(0, 20), Shot(20, 40)),
        tracks=tracks[: 3 if people == 2 else 0],
        people=persons[:people],
        camera_from_first=camera,
        pack="full",
    )


@pytest.mark.parametrize("people", [0, 2])
def test_a_saved_scene_comes_back(tmp_path: Path, people: int) -> None:
    scene = _scene(people)
    save_scene(scene, tmp_path / "clip.mp4.scene")
    found = load_scene(tmp_path / "clip.mp4.scene")
    assert (found.video, found.shots, found.pack) == (scene.video, scene.shots, scene.pack)
    np.testing.assert_array_equal(found.pts, scene.pts)
    np.testing.assert_array_equal(found.camera_from_first, scene.camera_from_first)
    assert len(found.tracks) == len(scene.tracks)
    for was, now in zip(scene.tracks, found.tracks, strict=True):
        assert was.shot == now.shot
        np.testing.assert_array_equal(now.frames, was.frames)
        np.testing.assert_allclose(now.landmarks, was.landmarks, atol=0.02)
        np.testing.assert_allclose(now.boxes_xyxy, was.boxes_xyxy, atol=0.02)
        np.testing.assert_allclose(now.blendshapes, was.blendshapes, atol=2e-5)
        np.testing.assert_allclose(now.presence, was.presence, atol=2e-5)
    for was, now in zip(scene.people, found.people, strict=True):
        assert (was.obj_id, was.tracks, was.best_frame) == (now.obj_id, now.tracks, now.best_frame)
        np.testing.assert_array_equal(now.best_box_xyxy, was.best_box_xyxy)
        assert (now.embedding is None) == (was.embedding is None)
        if now.embedding is not None:
            np.testing.assert_array_equal(now.embedding, was.embedding)


def test_saving_is_repeatable_and_loses_nothing_the_second_time(tmp_path: Path) -> None:
    scene = _scene()
    first, again, third = (tmp_path / name for name in ("a.scene", "b.scene", "c.scene"))
    save_scene(scene, first)
    save_scene(scene, again)
    save_scene(load_scene(first), third)
    assert first.read_bytes() == again.read_bytes() == third.read_bytes()


def test_a_scene_is_much_smaller_than_its_arrays(tmp_path: Path) -> None:
    scene = _scene()
    save_scene(scene, tmp_path / "clip.scene")
    raw = sum(track.landmarks.nbytes for track in scene.tracks)
    assert (tmp_path / "clip.scene").stat().st_size < 0.5 * raw


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: b"", "not a scene"),
        (lambda content: b"RIFF" + content, "not a scene"),
        (lambda content: content[:-5], "damaged"),
        (lambda content: content[:400] + b"X" + content[401:], "damaged"),
        (lambda content: content[:15] + b"\x63\x00" + content[17:], "version 99"),
        (lambda content: content[:20], "not a scene"),
    ],
    ids=["empty", "another format", "cut short", "one wrong byte", "other version", "only a head"],
)
def test_what_is_not_a_whole_scene_is_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], words: str
) -> None:
    path = tmp_path / "clip.scene"
    save_scene(_scene(), path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(HeadswapError, match=words) as caught:
        load_scene(path)
    assert str(path) in str(caught.value) and "again" in str(caught.value)


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="nowhere"):
        save_scene(_scene(), tmp_path / "nowhere" / "clip.scene")
    assert list(tmp_path.iterdir()) == []


def test_the_file_lies_beside_the_video_or_in_the_folder_given() -> None:
    assert scene_path(Path("films/clip.mp4")) == Path("films/clip.mp4.scene")
    assert scene_path(Path("films/clip.mp4"), Path("out")) == Path("out/clip.mp4.scene")


def test_the_json_beside_it_tells_times_and_boxes(tmp_path: Path) -> None:
    scene = _scene()
    save_scene(scene, tmp_path / "clip.scene")
    told = json.loads((tmp_path / "clip.scene.json").read_text())
    assert told == scene_json(scene)
    assert told["pts"] == scene.pts.tolist()
    assert told["shots"] == [{"start": 0, "stop": 20}, {"start": 20, "stop": 40}]
    first = told["people"][0]["tracks"][1]
    assert first["frames"] == [20, 21, 25, 39]
    assert len(first["boxes"]) == len(first["confidence"]) == 4


def test_people_json_has_the_promised_shape(tmp_path: Path) -> None:
    told = people_json(_scene(), {1: tmp_path / "person_1.png"})
    assert told["video"] == {
        "width": 640, "height": 360, "fps": 29.97, "frame_count": 40, "duration": 1.335,
    }  # fmt: skip
    assert told["people"] == [
        {"obj_id": 0, "frames": 24, "first_frame": 0, "box": [1, 2, 30, 40], "preview": None},
        {
            "obj_id": 1,
            "frames": 10,
            "first_frame": 5,
            "box": [100.5, 2, 30.5, 40],
            "preview": str(tmp_path / "person_1.png"),
        },
    ]


@pytest.mark.parametrize("name", ["boxes_xyxy", "landmarks", "blendshapes", "presence"])
def test_a_track_refuses_arrays_of_the_wrong_shape_or_type(name: str) -> None:
    track = _track([0, 1, 2])
    with pytest.raises(ValueError, match=name):
        replace(track, **{name: getattr(track, name)[:2]})
    with pytest.raises(ValueError, match=name):
        replace(track, **{name: getattr(track, name).astype(np.float64)})


@pytest.mark.parametrize("frames", [[], [3, 3, 4], [5, 4, 6]])
def test_a_track_refuses_frames_that_do_not_rise(frames: list[int]) -> None:
    with pytest.raises(ValueError, match="rising"):
        _track(frames)


def test_a_scene_refuses_a_camera_for_other_frames() -> None:
    scene = _scene()
    with pytest.raises(ValueError, match="camera_from_first"):
        replace(scene, camera_from_first=scene.camera_from_first[:-1])
