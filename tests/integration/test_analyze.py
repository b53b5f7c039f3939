"""Analysis of made films whose people, places and camera are known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headswap.errors import HeadswapError
from headswap.sample import Identity, SampleFrame, SampleScene, SampleSpec, build_scene, write_clip
from headswap.vision.analyze import analyze
from headswap.vision.previews import write_previews
from headswap.vision.progress import Progress
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore, Pack, models_of_pack

BOTH = (Identity.ASTRONAUT, Identity.SECOND)


def _store(pack: Pack) -> ModelStore:
    """The user's files of that pack, never downloaded; skips where they are not here."""
    default = ModelStore.default()
    folders = default.folders[:-1] if pack == "full" else ()
    store = ModelStore(default.pull_folder.parent, folders, offline=True)
    missing = [model.name for model in models_of_pack(pack) if not store.has(model.name)]
    if missing or store.pack != pack:
        pytest.skip(f"{pack} pack not here ({', '.join(missing)}); run `headswap models pull`")
    return store


@pytest.fixture(scope="module", params=["core", "full"])
def store(request: pytest.FixtureRequest) -> ModelStore:
    return _store(request.param)


@dataclass(frozen=True)
class Film:
    path: Path
    truth: SampleScene


Make = Callable[[SampleSpec], Film]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    made: dict[SampleSpec, Film] = {}

    def film(spec: SampleSpec) -> Film:
        if spec not in made:
            path = tmp_path_factory.mktemp("film") / "clip.mp4"
            truth = build_scene(spec)
            write_clip(truth, path)
            made[spec] = Film(path, truth)
        return made[spec]

    return film


def _frames_of(scene: Scene, obj_id: int) -> list[int]:
    return sorted(int(i) for t in scene.people[obj_id].tracks for i in scene.tracks[t].frames)


def _who_is_at(scene: Scene, film: Film, index: int) -> dict[int, Identity]:
    """obj_id -> the identity whose eyes are inside that person's face box in a frame."""
    found: dict[int, Identity] = {}
    for person in scene.people:
        for at in person.tracks:
            track = scene.tracks[at]
            for box in track.boxes_xyxy[track.frames == index]:
                for head in film.truth.frame(index).heads:
                    x, y = head.center_xy
                    if box[0] < x < box[2] and box[1] < y < box[3]:
                        found[person.obj_id] = head.identity
    return found


def test_one_person_is_found_in_every_frame(store: ModelStore, make: Make) -> None:
    film = make(SampleSpec(seconds=1.6))
    heard: list[Progress] = []
    scene = analyze(film.path, store=store, progress=heard.append)
    assert scene.pack == store.pack
    assert len(scene.people) == len(scene.shots) == 1
    assert _frames_of(scene, 0) == list(range(film.truth.frame_count))
    assert scene.pts.tolist() == sorted(scene.pts.tolist())
    assert [p.done for p in heard if p.stage == "analyse"] == list(range(1, 41))
    for index in (0, 20, 39):
        (head,) = film.truth.frame(index).heads
        track = scene.tracks[0]
        eyes = track.landmarks[index][[33, 133, 362, 263], :2].mean(axis=0)
        assert np.linalg.norm(eyes - head.center_xy) < 0.15 * head.face_px


def test_a_person_keeps_the_number_across_a_cut_that_changes_places(
    store: ModelStore, make: Make
) -> None:
    film = make(SampleSpec(seconds=2.0, people=BOTH, cut=True))
    scene = analyze(film.path, store=store)
    assert [shot.start for shot in scene.shots] == [0, film.truth.spec.cut_frame]
    assert len(scene.people) == 2
    for obj_id in (0, 1):
        assert len(_frames_of(scene, obj_id)) == film.truth.frame_count
    before, after = (_who_is_at(scene, film, index) for index in (5, 45))
    assert before == after and set(before.values()) == set(BOTH)


def test_a_hand_before_the_face_does_not_make_a_second_person(
    store: ModelStore, make: Make
) -> None:
    film = make(SampleSpec(seconds=2.0, occluder=True))
    scene = analyze(film.path, store=store)
    assert len(scene.people) == 1
    assert len(_frames_of(scene, 0)) >= 0.9 * film.truth.frame_count


def test_the_camera_rests_exactly_or_moves_as_it_did(store: ModelStore, make: Make) -> None:
    still = analyze(make(SampleSpec(seconds=1.6)).path, store=store)
    assert (still.camera_from_first == np.eye(2, 3)).all()
    film = make(SampleSpec(seconds=1.6, camera_motion=4.0))
    moving = analyze(film.path, store=store)
    first = np.array(film.truth.frame(0).frame_from_room[:, 2])
    for index in (10, 25, 39):
        true = np.array(film.truth.frame(index).frame_from_room[:, 2]) - first
        middle = moving.camera_from_first[index] @ [320, 240, 1] - [320, 240]
        assert np.linalg.norm(middle - true) < 1.0


def test_a_film_without_people_gives_a_scene_without_people(
    store: ModelStore, tmp_path: Path, make: Make
) -> None:
    film = make(SampleSpec(seconds=0.6))
    empty = tmp_path / "empty.mp4"

    class Plates(SampleScene):
        def frame(self, index: int) -> SampleFrame:
            shown = film.truth.frame(index)
            return SampleFrame(shown.room, (), None, shown.room, shown.room, shown.frame_from_room)

    write_clip(Plates(film.truth.spec), empty)
    scene = analyze(empty, store=store)
    assert scene.people == () and scene.tracks == ()
    assert len(scene.pts) == film.truth.frame_count
    assert write_previews(scene, empty, tmp_path / "previews") == {}


def test_previews_show_each_head(store: ModelStore, make: Make, tmp_path: Path) -> None:
    film = make(SampleSpec(seconds=2.0, people=BOTH, cut=True))
    scene = analyze(film.path, store=store)
    previews = write_previews(scene, film.path, tmp_path / "new" / "folder")
    assert sorted(previews) == [0, 1]
    for person in scene.people:
        wide, tall = person.best_box_xyxy[2:] - person.best_box_xyxy[:2]
        with Image.open(previews[person.obj_id]) as picture:
            assert picture.format == "PNG"
            assert picture.width >= wide - 1 and picture.height >= tall - 1
        heads = film.truth.frame(person.best_frame).heads
        x0, y0, x1, y1 = (round(float(side)) for side in person.best_box_xyxy)
        inside = [float(head.alpha[y0:y1, x0:x1].sum() / head.alpha.sum()) for head in heads]
        assert max(inside) > 0.85


def test_analysis_is_repeatable(store: ModelStore, make: Make) -> None:
    film = make(SampleSpec(seconds=0.6))
    first, again = (analyze(film.path, store=store) for _ in range(2))
    assert len(first.tracks) == len(again.tracks) == 1
    np.testing.assert_array_equal(first.tracks[0].landmarks, again.tracks[0].landmarks)
    np.testing.assert_array_equal(first.camera_from_first, again.camera_from_first)


def test_what_is_no_video_is_refused(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("no video")
    with pytest.raises(HeadswapError, match=r"text\.mp4"):
        analyze(path, store=store)
