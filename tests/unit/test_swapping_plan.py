"""The plan of a swap, and the report of it: who is drawn where and when, and what is said of it."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headswap.swapping.ballot import ballot_of, ballot_path
from headswap.swapping.compose.grain import Grain
from headswap.swapping.compose.mosaic import Plate
from headswap.swapping.compose.shading import LIGHT
from headswap.swapping.plan import (
    KEY_STEP,
    Appearance,
    RenderPlan,
    box_around,
)
from headswap.swapping.planning import final_plan, first_plan
from headswap.swapping.report import FrameRange, PersonReport, SwapReport, person_reports
from headswap.swapping.resized import resized_landmarks
from headswap.swapping.seen_files import key_path, load_mattes, save_mattes
from headswap.swapping.survey import KeyLook
from headswap.trust.consent import Consent
from headswap.trust.policy import Looked
from headswap.vision.mattes import Mattes
from headswap.vision.scene import Scene, Shot
from tests.made_heads import (
    PX_PER_CM,
    appearance_of,
    face_at,
    motion_of,
    painted_head,
    track_of,
    turned,
)
from tests.made_scenes import info_of, scene_of

SIZE_WH = (320, 240)


def _appearance(
    start: int, stop: int, *, x: float = 160, number: int = 0, obj_id: int = 0, shot: int = 0
) -> Appearance:
    faces = np.stack([face_at(x, 120)] * (stop - start))
    motion = motion_of(faces, np.eye(3), start)
    return appearance_of(motion, number=number, obj_id=obj_id, shot=shot)


def _plan(appearances: list[Appearance], frames: int = 100, folder: Path = Path()) -> RenderPlan:
    return RenderPlan(
        info=info_of(),
        size_wh=SIZE_WH,
        pts=np.arange(frames, dtype=np.int64),
        camera_from_first=np.repeat(np.eye(2, 3, dtype=np.float32)[None], frames, 0),
        appearances=tuple(appearances),
        heads={0: painted_head()},
        shots=(Shot(0, frames),),
        folder=folder,
    )


@pytest.mark.parametrize(
    ("x", "y", "reach", "expected"),
    [
        (160, 120, (-2, -3, 4, 5), (148, 86, 184, 136)),
        # Even to the outside, whatever the fraction.
        (161.3, 121.7, (-2, -3, 4, 5), (148, 86, 186, 136)),
        (10, 20, (-10, -10, 10, 10), (0, 0, 70, 66)),
        (316, 236, (-10, -10, 10, 10), (256, 160, 320, 240)),
        (-500, 120, (-10, -10, 10, 10), None),
        (160, 900, (-10, -10, 10, 10), None),
        # A sliver of less than eight pixels is no head.
        (-55, 120, (-10, -10, 10, 10), None),
    ],
)
def test_a_box_reaches_around_the_eyes_even_and_inside_the_frame(
    x: float,
    y: float,
    reach: tuple[float, float, float, float],
    expected: tuple[int, int, int, int] | None,
) -> None:
    box = box_around(face_at(x, y), PX_PER_CM, reach, SIZE_WH)
    assert box == expected


@pytest.mark.parametrize(
    ("start", "stop", "keys"),
    [
        (0, 1, [0]),
        (5, 7, [5, 6]),
        (0, 12, [0, 11]),
        (0, 13, [0, 12]),
        (3, 30, [3, 15, 27, 29]),
    ],
)
def test_key_frames_are_the_first_every_twelfth_and_the_last(
    start: int, stop: int, keys: list[int]
) -> None:
    assert KEY_STEP == 12
    assert _appearance(start, stop).key_frames().tolist() == keys


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (5, 7), (3, 30), (0, 17)])
def test_every_frame_lies_between_two_neighbouring_keys(start: int, stop: int) -> None:
    appearance = _appearance(start, stop)
    keys = appearance.key_frames().tolist()
    pairs = set(pairwise(keys))
    for frame in range(start, stop):
        before, after = appearance.keys_around(frame)
        assert before <= frame <= after
        known = {before, after} <= set(keys)
        # The last frame is a key of its own, yet may be told to lie between two.
        assert (before == after == frame and known) or (before, after) in pairs


def test_a_state_is_that_of_its_frame() -> None:
    faces = np.stack([face_at(100 + 10 * i, 120) for i in range(4)])
    appearance = appearance_of(motion_of(faces, turned(10), 20))
    state = appearance.state(22)
    assert np.array_equal(state.landmarks, faces[2])
    assert state.scale == PX_PER_CM and np.array_equal(state.rotation, turned(10))
    assert np.array_equal(appearance.landmarks(22), faces[2])
    assert (appearance.start, appearance.stop) == (20, 24)


def test_the_tone_of_an_appearance_is_the_median_of_its_frames() -> None:
    appearance = _appearance(0, 5)
    tones = np.array([[50, 1, 2], [52, 1, 2], [54, 1, 2], [56, 1, 2], [99, 1, 2]], np.float32)
    assert replace(appearance, tones=tones).tone().mean.tolist() == [54, 1, 2]


def test_a_head_is_drawn_while_it_reaches_into_the_picture() -> None:
    xs = [160.0] * 9 + [900.0] * 16
    motion = motion_of(np.stack([face_at(x, 120) for x in xs]), np.eye(3))
    appearance = appearance_of(motion)
    drawn = [appearance.drawn(frame, SIZE_WH) for frame in range(25)]
    assert drawn == [True] * 9 + [False] * 16


def test_the_farthest_head_is_drawn_first_and_only_while_it_is_there() -> None:
    near, far = _appearance(0, 20, number=0), _appearance(5, 30, number=1, obj_id=1)
    pose = replace(far.motion.pose, scale=far.motion.pose.scale * 0.5)
    far = replace(far, motion=replace(far.motion, pose=pose))
    plan = _plan([near, far])
    assert [a.number for a in plan.present(0)] == [0]
    assert [a.number for a in plan.present(10)] == [1, 0]
    assert [a.number for a in plan.present(20)] == [1]
    assert plan.present(30) == []


def test_a_saved_plan_comes_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    plan = _plan([_appearance(3, 9)])
    plan.save(tmp_path / "a.plan")
    again = RenderPlan.load(tmp_path / "a.plan")
    assert again.info == plan.info and again.size_wh == plan.size_wh
    assert np.array_equal(again.pts, plan.pts)
    assert np.array_equal(
        again.appearances[0].motion.landmarks, plan.appearances[0].motion.landmarks
    )
    assert np.array_equal(again.heads[0].texture, plan.heads[0].texture)
    (tmp_path / "b.plan").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(TypeError, match=r"b\.plan"):
        RenderPlan.load(tmp_path / "b.plan")


def test_landmarks_are_resized_with_the_picture() -> None:
    points = np.array([[10, 20, 6]], np.float32)
    assert resized_landmarks(points, np.array([0.5, 0.25])).tolist() == [[5, 5, 2.25]]


def _two_people() -> Scene:
    still = np.stack([face_at(100, 120)] * 20)
    other = np.stack([face_at(220, 120)] * 10)
    tracks = [
        track_of(still, list(range(20))),
        track_of(other, list(range(10))),
        track_of(other, list(range(20, 30)), shot=1),
    ]
    return scene_of(tracks, [(0,), (1, 2)], [Shot(0, 20), Shot(20, 30)])


def test_only_the_mapped_are_planned_each_stretch_on_its_own() -> None:
    plan = first_plan(_two_people(), SIZE_WH, [1], Path())
    assert [(a.obj_id, a.shot, a.start, a.stop) for a in plan.appearances] == [
        (1, 0, 0, 10),
        (1, 1, 20, 30),
    ]
    both = first_plan(_two_people(), SIZE_WH, [0, 1], Path())
    assert [a.number for a in both.appearances] == [0, 1, 2]


def test_a_plan_for_a_smaller_result_is_in_the_results_pixels() -> None:
    scene = _two_people()
    camera = scene.camera_from_first.copy()
    camera[:, :, 2] = [8, 6]
    scene = replace(scene, camera_from_first=camera)
    plan = first_plan(scene, (160, 120), [0], Path())
    appearance = plan.appearances[0]
    assert appearance.landmarks(5)[1] == pytest.approx(face_at(100, 120)[1] / 2, abs=0.01)
    assert appearance.scale(5) == pytest.approx(PX_PER_CM / 2, rel=1e-3)
    assert plan.camera_from_first[0, :, 2].tolist() == [4, 3]
    assert plan.camera_from_first[0, :, :2].tolist() == [[1, 0], [0, 1]]


def _first(scene: Scene, folder: Path) -> RenderPlan:
    return replace(first_plan(scene, SIZE_WH, [0], folder), heads={0: painted_head()})


def _look(number: int, frame: int, lightness: float) -> KeyLook:
    tone = np.array([lightness, 10, 15], np.float32)
    reach = (-12.0, -9.0, 8.0, 21.0)
    return KeyLook(
        number=number,
        frame=frame,
        tone_mean=tone,
        tone_spread=np.array([4, 3, 2], np.float32),
        bare=1.0,
        light=np.zeros(LIGHT, np.float32),
        jaw=tone - 2,
        neck=tone - np.array([8, 0, 0], np.float32),
        grain=Grain(lightness / 20, 0.55),
        soft_px=1.0,
        hair_reach_cm=reach,
        hair_told=np.array([150, 140, 0], np.float32),
    )


def _finished(plan: RenderPlan, looks: list[KeyLook]) -> RenderPlan:
    """The final plan after these looks, which saw nothing of a head."""
    for look in looks:
        votes = np.full((10, 10), -1, np.float32)
        rgb = np.zeros((10, 10, 3), np.uint8)
        ballot = ballot_of(look.frame, (0, 0, 10, 10), rgb, (0, 0, 10, 10), votes, PX_PER_CM)
        ballot.save(ballot_path(plan.folder, look.number, look.frame))
        nothing = np.zeros((60, 80), np.float32)
        path = key_path(plan.folder, look.number, look.frame)
        save_mattes(path, (0, 0, *SIZE_WH), Mattes(nothing, nothing, nothing, nothing))
    return final_plan(plan, looks)


def test_the_survey_gives_the_plan_tones_and_a_reach_over_the_old_and_the_new_head(
    tmp_path: Path,
) -> None:
    scene = _two_people()
    plan = _first(scene, tmp_path)
    looks = [_look(0, frame, light) for frame, light in ((19, 60.0), (0, 40.0), (8, 50.0))]
    appearance = _finished(plan, looks).appearances[0]
    lightness = appearance.tones[:, 0]
    assert np.all(np.diff(lightness) >= 0) and 40 <= lightness[0] < lightness[-1] <= 60
    assert appearance.tone_spread.tolist() == [4, 3, 2]
    assert appearance.jaw.tolist() == [48, 8, 13] and appearance.neck.tolist() == [42, 10, 15]
    assert appearance.grain == Grain(2.5, 0.55)
    assert appearance.reach_cm.shape == (20, 4)
    left, top, right, bottom = appearance.reach_cm[7]
    # The old head's reach with a centimetre, where the new one does not reach further.
    assert (left, right, bottom) == (pytest.approx(-13), pytest.approx(10, abs=1.2), 22)
    assert top < -10.9
    assert set(appearance.bodies) == {0, 8, 19}
    assert not Plate.load(tmp_path / "plate-0.npz").seen.any()


def test_looks_at_a_face_under_hair_say_nothing_of_its_tone(tmp_path: Path) -> None:
    plan = _first(_two_people(), tmp_path)
    hidden = replace(_look(0, 8, 10.0), bare=0.05)
    looks = [_look(0, 0, 50.0), hidden, _look(0, 19, 50.0)]
    appearance = _finished(plan, looks).appearances[0]
    assert appearance.tones[:, 0] == pytest.approx(np.full(20, 50.0))
    assert appearance.neck[0] == 42 and set(appearance.bodies) == {0, 8, 19}
    every = _finished(plan, [replace(look, bare=0.05) for look in looks]).appearances[0]
    assert every.tones[:, 0].min() < 40


def test_an_appearance_that_no_look_saw_keeps_what_it_was_planned_with(tmp_path: Path) -> None:
    plan = _first(_two_people(), tmp_path)
    kept, planned = final_plan(plan, []).appearances[0], plan.appearances[0]
    assert np.array_equal(kept.reach_cm, planned.reach_cm)


def test_one_wide_look_widens_the_reach_of_the_frames_around_it_alone(tmp_path: Path) -> None:
    still = track_of(np.stack([face_at(160, 120)] * 100), list(range(100)))
    scene = scene_of([still], [(0,)], [Shot(0, 100)])
    plan = _first(scene, tmp_path)
    looks = [_look(0, frame, 50.0) for frame in range(0, 100, KEY_STEP)]
    wide = replace(looks[4], hair_reach_cm=(-30.0, -9.0, 8.0, 21.0))
    left = _finished(plan, [*looks[:4], wide, *looks[5:]]).appearances[0].reach_cm[:, 0]
    assert np.flatnonzero(left < -30).tolist() == list(range(48 - 2 * KEY_STEP, 49 + 2 * KEY_STEP))
    assert left[[0, 99]] == pytest.approx(-13)


def test_mattes_of_key_frames_come_back_within_half_a_level(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    person, hair, skin, clothes = rng.random((4, 30, 20)).astype(np.float32)
    save_mattes(tmp_path / "key.npz", (10, 20, 30, 50), Mattes(person, hair, skin, clothes))
    box, mattes = load_mattes(tmp_path / "key.npz")
    assert box == (10, 20, 30, 50)
    for name, plane in (("person", person), ("hair", hair), ("skin", skin), ("clothes", clothes)):
        assert np.abs(getattr(mattes, name) - plane).max() <= 0.5 / 255 + 1e-6


def _swapped_frames(report: PersonReport, count: int) -> set[int]:
    """Frames that the report says nothing against."""
    named = [frame for part in report.not_swapped for frame in range(part.first, part.last + 1)]
    assert len(named) == len(set(named)), "a frame is named twice"
    return set(range(count)) - set(named)


CONSENTS = {
    i: Consent(name, "agreed", "tests", "2026-01-01T00:00:00+00:00")
    for i, name in enumerate(("Anna", "Ben"))
}
SHOTS = [Shot(0, 40), Shot(40, 60), Shot(60, 100)]


@pytest.mark.parametrize(
    ("appearances", "expected"),
    [
        ([], [(0, 99, "not in this shot")]),
        ([_appearance(0, 40)], [(40, 99, "not in this shot")]),
        (
            [_appearance(10, 30), _appearance(60, 99, number=1, shot=2)],
            [(0, 9, "no face"), (30, 39, "no face"), (40, 59, "not in"), (99, 99, "no face")],
        ),
        (
            [_appearance(0, 40, x=-500), _appearance(40, 60, number=1, shot=1)],
            [(0, 39, "outside"), (60, 99, "not in")],
        ),
        # Somebody else's appearances are no business of this person.
        ([_appearance(0, 40, obj_id=1)], [(0, 99, "not in this shot")]),
    ],
)
def test_a_report_names_every_frame_that_was_not_swapped_once_with_why(
    appearances: list[Appearance], expected: list[tuple[int, int, str]]
) -> None:
    scene = scene_of([], [], SHOTS)
    (report,) = person_reports(scene, _plan(appearances), {0: Path("a.jpg")}, CONSENTS)
    assert [(p.first, p.last) for p in report.not_swapped] == [e[:2] for e in expected]
    for part, (_, _, reason) in zip(report.not_swapped, expected, strict=True):
        assert reason in part.reason
    assert len(_swapped_frames(report, 100)) == report.frames_swapped


def test_bridged_and_strained_frames_are_counted_and_named() -> None:
    faces = np.stack([face_at(160, 120, rotation=turned(70))] * 10)
    motion = motion_of(faces, turned(70), 5)
    seen = np.ones(10, np.bool_)
    seen[3:5] = False
    strained = appearance_of(replace(motion, seen=seen))
    scene = scene_of([], [], SHOTS)
    (report,) = person_reports(scene, _plan([strained]), {0: Path("a.jpg")}, CONSENTS)
    assert report.bridged_frames == 2 and report.frames_swapped == 10
    assert [(p.first, p.last) for p in report.bridged] == [(8, 9)]
    assert [(p.first, p.last) for p in report.strained] == [(5, 14)]
    calm = appearance_of(motion_of(faces, turned(40), 5))
    (report,) = person_reports(scene, _plan([calm]), {0: Path("a.jpg")}, CONSENTS)
    assert report.strained == () and report.bridged_frames == 0


def test_a_report_is_json_with_a_part_for_each_person() -> None:
    scene = scene_of([], [], SHOTS)
    plan = _plan([_appearance(0, 40), _appearance(0, 40, number=1, obj_id=1)])
    people = person_reports(scene, plan, {1: Path("b.jpg"), 0: Path("a.jpg")}, CONSENTS)
    report = SwapReport(
        task_id="6a066dc58570ecbf64f761a5",
        signed_by="",
        video="in.mp4",
        out="out.mp4",
        width=320,
        height=240,
        frame_count=100,
        engine="mesh",
        device="CPU",
        pack="core",
        models=("a", "b"),
        people=people,
        policy=Looked(limit=0.8, pictures=3, highest=0.02),
        stages_s={"render": 1.5},
    )
    said = json.loads(report.json())
    assert [(p["obj_id"], p["photo"]) for p in said["people"]] == [(0, "a.jpg"), (1, "b.jpg")]
    assert [p["consent"]["by"] for p in said["people"]] == ["Anna", "Ben"]
    assert said["policy"] == {"limit": 0.8, "pictures": 3, "highest": 0.02}
    first = FrameRange(40, 99, "not in this shot")
    assert said["people"][0]["not_swapped"] == [
        {"first": first.first, "last": first.last, "reason": first.reason}
    ]
    assert said["stages_s"] == {"render": 1.5} and said["models"] == ["a", "b"]


def test_a_plan_whose_arrays_are_gone_is_told_as_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    _plan([_appearance(3, 9)]).save(path)
    (tmp_path / "a.plan.arrays").unlink()
    with pytest.raises(FileNotFoundError, match="arrays are gone"):
        RenderPlan.load(path)
