"""`swap` as a whole: time and sound survive, the report adds up, bad requests are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headswap import swap
from headswap.cli.kept_scene import kept_scene
from headswap.errors import (
    CertificateUnusable,
    EngineUnknown,
    LabelUnusable,
    MappingError,
    NoPersonFound,
    OutputNotWritable,
)
from headswap.ids import is_id
from headswap.media import VideoReader
from headswap.swapping.options import SwapOptions
from headswap.swapping.report import SwapReport
from headswap.trust.credentials import read_credentials
from headswap.trust.mark import find_mark, mark_of
from headswap.vision.progress import Progress
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore
from headswap.vision.store.hashes import sha256_of
from tests.media_content import Content, content
from tests.sample_inputs import FRAMES, Sample


@pytest.fixture(scope="module")
def scene(sample: Sample, core_pack: ModelStore) -> Scene:
    found = kept_scene(sample.clip, core_pack.pack)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def done(
    sample: Sample, scene: Scene, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SwapReport, Content, list[Progress]]:
    """The report, what was written, and what was told meanwhile."""
    out = tmp_path_factory.mktemp("done") / "out.mp4"
    told: list[Progress] = []
    report = swap(
        sample.clip,
        {0: sample.photo},
        out,
        options=SwapOptions(workers=2),
        scene=scene,
        store=core_pack,
        progress=told.append,
    )
    return report, content(out), told


def test_the_result_has_the_sources_frames_times_colours_and_sound(
    sample: Sample, done: tuple[SwapReport, Content, list[Progress]]
) -> None:
    before, after = content(sample.clip), done[1]
    assert len(after.times) == FRAMES
    assert after.times == before.times
    assert len(after.sound) > 5 and after.sound == before.sound
    assert (after.colors, after.sizes) == (before.colors, before.sizes)


def test_the_report_adds_up_to_the_frames_of_the_video(
    sample: Sample, done: tuple[SwapReport, Content, list[Progress]]
) -> None:
    report = done[0]
    assert (report.frame_count, report.width, report.height) == (FRAMES, 320, 240)
    assert report.video == str(sample.clip) and Path(report.out).is_file()
    (person,) = report.people
    missing = sum(part.last - part.first + 1 for part in person.not_swapped)
    assert person.frames_swapped + missing == FRAMES
    assert person.frames_swapped == FRAMES and person.photo == str(sample.photo)
    assert report.engine == "mesh" and report.device == "CPU" and report.models
    assert all(seconds >= 0 for seconds in report.stages_s.values())


def test_the_result_is_signed_with_what_was_done(
    sample: Sample, done: tuple[SwapReport, Content, list[Progress]]
) -> None:
    report = done[0]
    found = read_credentials(Path(report.out))
    assert is_id(report.task_id) and report.signed_by == found.signer
    assert (found.state, found.task_id) == ("valid", report.task_id)
    told = Path(report.out).read_bytes()
    for path in (sample.clip, sample.photo):
        assert sha256_of(path).encode() in told and path.name.encode() not in told
    assert report.stages_s["sign"] < 1


def test_the_result_bears_the_mark_of_its_task(
    done: tuple[SwapReport, Content, list[Progress]],
) -> None:
    assert find_mark(Path(done[0].out)) == mark_of(done[0].task_id)


def test_progress_of_rendering_rises_to_the_number_of_frames(
    done: tuple[SwapReport, Content, list[Progress]],
) -> None:
    steps = [step.done for step in done[2] if step.stage == "render"]
    assert steps == sorted(steps) and steps[-1] == FRAMES
    assert {step.total for step in done[2] if step.stage == "render"} == {FRAMES}


def test_a_muted_result_in_another_size_has_all_frames_and_no_sound(
    sample: Sample, scene: Scene, core_pack: ModelStore, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    options = SwapOptions(mute=True, workers=1, crf=30, resolution="480p")
    swap(sample.clip, {0: sample.photo}, out, options=options, scene=scene, store=core_pack)
    result = content(out)
    assert result.sound == []
    assert result.times == content(sample.clip).times
    # 480p never makes a smaller video larger.
    assert result.sizes == {(320, 240)}
    with VideoReader(sample.clip) as before, VideoReader(out) as after:
        for source, swapped in zip(before, after, strict=True):
            assert np.abs(source.y.astype(int) - swapped.y).mean() > 2


@pytest.mark.parametrize(
    ("photos", "says"), [({}, "no photo"), ({7: "p"}, "no person 7"), ({0: "p", 3: "p"}, "3")]
)
def test_people_who_are_not_there_cannot_be_mapped(
    sample: Sample,
    scene: Scene,
    core_pack: ModelStore,
    tmp_path: Path,
    photos: dict[int, str],
    says: str,
) -> None:
    out = tmp_path / "out.mp4"
    given = dict.fromkeys(photos, sample.photo)
    options = SwapOptions(workers=1)
    with pytest.raises(MappingError, match=says):
        swap(sample.clip, given, out, options=options, scene=scene, store=core_pack)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_labelled_or_signed_is_refused_before_any_work(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, nobody = tmp_path / "out.mp4", {0: "no photo"}
    with pytest.raises(LabelUnusable, match="cannot be drawn"):
        swap(sample.clip, nobody, out, options=SwapOptions(label="صنع"))
    monkeypatch.setenv("HEADSWAP_CERTIFICATE", "none.pem")
    with pytest.raises(CertificateUnusable, match="HEADSWAP_CERTIFICATE_KEY"):
        swap(sample.clip, nobody, out)
    assert list(tmp_path.iterdir()) == []


def test_a_scene_without_people_has_nobody_to_swap(
    sample: Sample, scene: Scene, core_pack: ModelStore, tmp_path: Path
) -> None:
    empty = replace(scene, people=(), tracks=())
    with pytest.raises(NoPersonFound, match=r"clip\.mp4"):
        swap(
            sample.clip,
            {0: sample.photo},
            tmp_path / "out.mp4",
            options=SwapOptions(workers=1),
            scene=empty,
            store=core_pack,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_engine_and_an_impossible_output_are_refused_at_once(
    sample: Sample, scene: Scene, tmp_path: Path
) -> None:
    options = SwapOptions(engine="nothing")
    with pytest.raises(EngineUnknown, match="mesh"):
        swap(sample.clip, {0: sample.photo}, tmp_path / "out.mp4", options=options, scene=scene)
    for out in (tmp_path, tmp_path / "missing" / "out.mp4", sample.clip):
        with pytest.raises(OutputNotWritable):
            swap(sample.clip, {0: sample.photo}, out, scene=scene)
    assert list(tmp_path.iterdir()) == []
