"""POST /api/console/photo: a photo is judged as a task would, and kept only if it will do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from headswap.arrays import F32, U8
from headswap.errors import HeadswapError, MappingError
from headswap.jobs import photo_check, protected
from headswap.jobs.accounts import find_team
from headswap.jobs.assignment import Judging, Swapping
from headswap.jobs.failures import Failure, failure_of
from headswap.jobs.judge_photo import judge_photo
from headswap.jobs.states import REFERENCE_UNUSABLE
from headswap.jobs.swap_file import swap_file
from headswap.sample import Identity, portrait
from headswap.store.tables import Upload
from headswap.swapping.reference import ReferenceReader
from headswap.trust.protected import encoded
from headswap.vision.networks.identity import Identity as Recogniser
from headswap.vision.scene_file import scene_path
from headswap.vision.store import ModelStore
from tests.api_world import Api, envelope
from tests.media_clips import make_clip
from tests.sample_inputs import Sample, head_photo

pytest_plugins = ["tests.service_databases", "tests.api_server"]

PHOTO = "/api/console/photo"
ASTRONAUT = portrait(Identity.ASTRONAUT)
MEMORY_MB = 6000


def scaled(picture: U8, gain: float) -> U8:
    return np.clip(picture * gain, 0, 255).astype(np.uint8)


def behind_glasses(picture: U8, landmarks: F32) -> U8:
    worn = picture.copy()
    for corners in ([33, 133], [362, 263]):
        x, y = landmarks[corners, :2].mean(axis=0).round().astype(int).tolist()
        cv2.circle(worn, (x, y), 48, (12, 12, 14), -1)
    return worn


@pytest.fixture(scope="module")
def photos(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A photo for each thing that can be said of one."""
    folder = tmp_path_factory.mktemp("photos")
    usual = folder / "usual.png"
    Image.fromarray(ASTRONAUT).save(usual)
    landmarks = ReferenceReader(core_pack).find(usual).landmarks
    brow = round(float(landmarks[10, 1]))
    pictures = {
        "good": ASTRONAUT,
        "drawn": portrait(Identity.SECOND),
        "no_face": np.full((300, 300, 3), 120, np.uint8),
        "several_faces": np.hstack([head_photo(0, 0, 2.2), head_photo(0, 0, 2.2)]),
        "too_small": cv2.resize(ASTRONAUT, (150, 150), interpolation=cv2.INTER_AREA),
        "turned": head_photo(62, 0, 2.2),
        "small": cv2.resize(ASTRONAUT, (260, 260), interpolation=cv2.INTER_AREA),
        "half_turned": head_photo(32, 0, 2.2),
        "blurred": cv2.GaussianBlur(ASTRONAUT, (0, 0), 4),
        "dark": scaled(ASTRONAUT, 0.25),
        "bright": scaled(ASTRONAUT, 2.2),
        "cut_off": ASTRONAUT[brow:],
        "eyes_hidden": behind_glasses(ASTRONAUT, landmarks),
    }
    paths = {name: folder / f"{name}.png" for name in (*pictures, "unreadable")}
    for name, picture in pictures.items():
        Image.fromarray(np.asarray(picture, np.uint8)).save(paths[name])
    paths["unreadable"].write_bytes(usual.read_bytes()[:5000])
    return paths


def judged(path: Path, limit: float = 1.0, left_out: dict[str, str] | None = None) -> Any:
    """The verdict, found here: the process of its own is for strangers' files."""
    return judge_photo(Judging(path, MEMORY_MB, limit, left_out or {}))


BAD = ["unreadable", "no_face", "several_faces", "too_small", "turned"]
FAIR = ["small", "half_turned", "blurred", "dark", "bright", "cut_off", "eyes_hidden"]


@pytest.mark.parametrize("name", ["good", "drawn"])
def test_a_good_photo_is_good(photos: dict[str, Path], name: str) -> None:
    verdict = judged(photos[name])
    assert (verdict["good"], verdict["reasons"]) == ("good", [])
    width, height = verdict["size_wh"]
    x, y, w, h = verdict["face"]
    assert 0 < x < x + w < width and 0 < y < y + h < height and h > 200


@pytest.mark.parametrize("name", BAD)
def test_what_a_task_could_not_use_is_bad(photos: dict[str, Path], name: str) -> None:
    verdict = judged(photos[name])
    assert (verdict["good"], verdict["reasons"], verdict["face"]) == ("bad", [name], None)


@pytest.mark.parametrize("name", FAIR)
def test_what_will_show_in_the_result_is_fair(photos: dict[str, Path], name: str) -> None:
    verdict = judged(photos[name])
    assert verdict["good"] == "fair" and name in verdict["reasons"]
    assert verdict["face"] is not None


def _refused(photo: Path, sample: Sample, folder: Path, **given: Any) -> Failure | None:
    """How a task ends over this photo; None if it goes on."""
    rules: dict[str, Any] = {"explicit_limit": 1.0, **given}
    order = Swapping(
        task_id="6a066dc58570ecbf64f761a5",
        video=sample.clip,
        scene=scene_path(sample.clip),
        # Nobody's number: who is meant is asked right after the photos.
        photos={7: photo},
        consents={7: {"by": "A", "statement": "agreed", "scope": "tests", "when": "now"}},
        work=folder / "work",
        out=folder / "out.mp4",
        resolution="480p",
        engine="mesh",
        mute=True,
        memory_mb=MEMORY_MB,
        **rules,
    )
    try:
        swap_file(order, lambda _: None)
    except MappingError:
        return None
    except Failure as failure:
        return failure
    except HeadswapError as error:
        return failure_of(error)
    raise AssertionError("nobody 7 is in the sample")


@pytest.mark.parametrize("name", ["good", *BAD, "small", "cut_off"])
def test_the_judgement_is_that_of_a_task(
    photos: dict[str, Path], sample: Sample, tmp_path: Path, name: str
) -> None:
    failure = _refused(photos[name], sample, tmp_path)
    assert (failure is not None) == (judged(photos[name])["good"] == "bad")
    assert failure is None or failure.code == REFERENCE_UNUSABLE


def test_a_protected_person_is_bad_as_in_a_task(
    core_pack: ModelStore, photos: dict[str, Path], sample: Sample, tmp_path: Path
) -> None:
    found = ReferenceReader(core_pack).find(photos["good"])
    face = encoded(Recogniser(core_pack).descriptor(found.rgb, found.landmarks))
    left_out = {"6a066dc58570ecbf64f761a6": face}
    verdict = judged(photos["good"], left_out=left_out)
    assert (verdict["good"], verdict["reasons"]) == ("bad", ["protected"])
    failure = _refused(photos["good"], sample, tmp_path, protected=left_out)
    assert failure is not None
    assert (failure.code, failure.rule) == (REFERENCE_UNUSABLE, "protected-person")


def test_what_the_policy_gate_refuses_is_bad_as_in_a_task(
    photos: dict[str, Path], sample: Sample, tmp_path: Path
) -> None:
    nothing_passes = 1e-9
    assert judged(photos["good"], nothing_passes)["reasons"] == ["explicit"]
    failure = _refused(photos["good"], sample, tmp_path, explicit_limit=nothing_passes)
    assert failure is not None
    assert (failure.code, failure.rule) == (REFERENCE_UNUSABLE, "explicit-content")


def sent(api: Api, content: bytes, name: str = "p.png") -> dict[str, Any]:
    return envelope(api.client.post(PHOTO, files={"file": (name, content)}, timeout=120))


def left(api: Api) -> list[Path]:
    return list((api.services.settings.data_dir / "incoming").iterdir())


def test_a_good_photo_is_kept_under_a_url_that_a_task_takes(
    api: Api, photos: dict[str, Path]
) -> None:
    content = photos["good"].read_bytes()
    data = sent(api, content)["data"]
    assert list(data) == ["url", "good", "reasons", "face", "width", "height"]
    assert (data["good"], data["reasons"], data["width"]) == ("good", [], 750)
    assert api.client.get(data["url"]).content == content
    api.analysed()
    assert api.world.created(mappings=[{"obj_id": 0, "img_url": data["url"]}]).status == 1
    assert left(api) == []


def test_a_bad_photo_is_not_kept_and_says_what_to_do(api: Api, photos: dict[str, Path]) -> None:
    data = sent(api, photos["no_face"].read_bytes())["data"]
    assert (data["url"], data["good"], data["face"]) == (None, "bad", None)
    sentence = "No face was found. Use a photo that shows one person from the front."
    assert data["reasons"] == [{"code": "no_face", "sentence": sentence}]
    assert left(api) == []
    assert [one for one in api.world.rows(Upload) if one.team_id == api.world.caller.team_id] == []


def test_the_teams_protected_people_are_asked(
    api: Api, core_pack: ModelStore, photos: dict[str, Path]
) -> None:
    found = ReferenceReader(core_pack).find(photos["good"])
    face = encoded(Recogniser(core_pack).descriptor(found.rgb, found.landmarks))
    with api.services.db.write() as s:
        team = find_team(s, api.world.caller.team_id)
        protected.add(s, api.services.keyring, team, "E. C.", face, api.clock.now_ms)
    data = sent(api, photos["good"].read_bytes())["data"]
    assert (data["url"], data["good"]) == (None, "bad")
    assert [reason["code"] for reason in data["reasons"]] == ["protected"]


def test_what_is_no_photo_is_refused(api: Api, tmp_path: Path) -> None:
    video = make_clip(tmp_path, "plain").read_bytes()
    assert sent(api, video)["msg"] == "file is a video; a photo is needed here."
    answer = sent(api, b"#EXTM3U\n/etc/passwd\n")
    assert answer["code"] == 1003 and "no video or image of a kind that is taken" in answer["msg"]
    del api.client.headers["x-api-key"]
    assert sent(api, b"")["code"] == 1102
    assert left(api) == []


def test_a_photo_that_is_too_much_for_its_process_harms_nobody_else(
    api: Api, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_check, "LIMIT_S", 0.02)
    answer = sent(api, photos["good"].read_bytes())
    assert answer["code"] == 1003 and "could not be judged within" in answer["msg"]
    assert left(api) == []
