"""The judge over real networks: a portrait against itself, and with its face painted over."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image
from skimage import data

from benchmarks.faces import model_store
from benchmarks.judge import judge
from benchmarks.persons import Wanted
from benchmarks.video import MeasureError
from headswap.arrays import U8
from headswap.vision.store import models_of_pack

MISSING = [model.name for model in models_of_pack("core") if not model_store().has(model.name)]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"no {', '.join(MISSING)}: run `headswap models pull`"
)
FRAMES = 7
# The face of the portrait, forehead to chin, after the crop below.
FACE = (slice(60, 190), slice(60, 180))


def _images() -> list[U8]:
    portrait = np.asarray(data.astronaut())
    return [np.ascontiguousarray(portrait[:320, 100 + k : 420 + k]) for k in range(FRAMES)]


def _write(path: Path, images: list[U8]) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "12"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(images):
            frame = VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("clip") / "portrait.mp4", _images())


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "portrait.png"
    Image.fromarray(np.asarray(data.astronaut())).save(path)
    return path


def test_a_clip_judged_against_itself_differs_in_nothing(clip: Path, photo: Path) -> None:
    judgement = judge(clip, clip, [Wanted(photo)])
    person = judgement.people[0]
    assert judgement.people_in_source == 1
    assert person.face_frames == FRAMES
    assert person.missing == ()
    assert person.unchanged == tuple(range(FRAMES))
    assert person.sampled == FRAMES
    assert person.to_photo < 0.3
    assert person.to_target < 0.2
    assert person.pose_deg == pytest.approx(0, abs=1e-5)
    assert person.jitter == pytest.approx(1)
    assert person.flicker == pytest.approx(1)
    assert math.isinf(judgement.outside_box.db)


def test_a_face_that_vanishes_is_missing_and_nothing_away_from_it_changes(
    clip: Path, photo: Path, tmp_path: Path
) -> None:
    images = _images()
    for index in (2, 5):
        images[index][FACE] = (120, 90, 70)
    judgement = judge(clip, _write(tmp_path / "painted.mp4", images), [Wanted(photo)])
    person = judgement.people[0]
    assert person.missing == (2, 5)
    assert person.unchanged == (0, 1, 3, 4, 6)
    assert person.sampled == FRAMES - 2
    assert person.flicker > 1.5
    assert judgement.outside_box.db > 35


def test_a_slid_picture_keeps_its_pose_and_loses_its_pixels(
    clip: Path, photo: Path, tmp_path: Path
) -> None:
    slid = [np.roll(image, 2, axis=1) for image in _images()]
    judgement = judge(clip, _write(tmp_path / "slid.mp4", slid), [Wanted(photo)])
    assert judgement.people[0].pose_deg < 1
    assert judgement.outside_box.db < 35


def test_a_box_without_a_face_is_refused(clip: Path, photo: Path) -> None:
    nowhere = np.array([0, 250, 40, 300], dtype=np.float32)
    with pytest.raises(MeasureError, match="nobody's face"):
        judge(clip, clip, [Wanted(photo, nowhere)])


def test_a_photo_without_a_face_is_refused(clip: Path, tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    Image.new("RGB", (300, 300), (90, 90, 90)).save(grey)
    with pytest.raises(MeasureError, match="no face found"):
        judge(clip, clip, [Wanted(grey)])


def test_a_clip_without_a_face_still_has_its_frames_and_times_judged(
    photo: Path, tmp_path: Path
) -> None:
    grey = _write(tmp_path / "grey.mp4", [np.full((96, 96, 3), 90, dtype=np.uint8)] * 3)
    judgement = judge(grey, grey, [Wanted(photo)])
    assert judgement.streams.frames_out == 3
    assert judgement.people_in_source == 0
    assert judgement.people[0].face_frames == 0
    assert math.isnan(judgement.people[0].pose_deg)
