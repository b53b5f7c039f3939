"""Job processes as the worker runs them: what they answer, and how each way to end is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from headswap.jobs.assignment import Analysing, Swapping, VideoLimits, encoded
from headswap.jobs.failures import Failure
from headswap.jobs.job import JobProcess
from headswap.trust.credentials import read_credentials
from headswap.vision.store import ModelStore
from tests.media_clips import make_clip
from tests.media_content import content
from tests.sample_inputs import FRAMES, Sample, head_photo

LIMITS = VideoLimits(0.3, 20.0, 60.0, 4096, 20)
MEMORY_MB = 6000


def _analyse(video: Path, folder: Path, **limits: float) -> dict[str, object] | None:
    from dataclasses import replace

    order = Analysing(video, folder, replace(LIMITS, **limits), MEMORY_MB)
    return JobProcess(order, 120).run(lambda *_: None, lambda: False)


def _swapping(sample: Sample, folder: Path, photo: Path, **other: object) -> Swapping:
    from dataclasses import replace

    order = Swapping(
        task_id="6a066dc58570ecbf64f761a5",
        video=sample.clip,
        scene=folder / "scene",
        photos={0: photo},
        work=folder / "work",
        out=folder / "out.mp4",
        resolution="source",
        engine="mesh",
        mute=False,
        memory_mb=MEMORY_MB,
    )
    return replace(order, **other)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def analysed(
    sample: Sample, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, object]]:
    """The folder of an analysis, and what was answered."""
    folder = tmp_path_factory.mktemp("analysed")
    done = _analyse(sample.clip, folder)
    assert done is not None
    return folder, done


def test_an_analysis_answers_what_the_api_shows(
    analysed: tuple[Path, dict[str, object]],
) -> None:
    folder, done = analysed
    assert done["duration_ms"] == 480
    result = json.loads(json.dumps(done["result"]))
    assert result["detected_objects"] == 1
    assert result["video_info"] == {"width": 320, "height": 240, "fps": 25, "frame_count": FRAMES}
    (item,) = result["media"]
    assert item["presence"] == [[0, FRAMES]]
    assert (item["obj_id"], item["first_frame"], item["frames"]) == (0, 0, FRAMES)
    assert (folder / "scene").is_file() and (folder / "person_0.png").is_file()
    assert done["previews"] == {"0": "person_0.png"}


@pytest.mark.parametrize(
    ("limits", "code", "words"),
    [
        ({"min_duration_s": 0.6}, 1204, "lasts 0.48 s"),
        ({"max_duration_s": 0.4}, 1204, "lasts 0.48 s"),
        ({"max_fps": 24.0}, 1210, "25 frames a second"),
        ({"max_side_px": 200}, 1208, "320x240"),
    ],
)
def test_a_video_outside_the_limits_is_refused(
    sample: Sample, tmp_path: Path, limits: dict[str, float], code: int, words: str
) -> None:
    with pytest.raises(Failure, match=words) as refused:
        _analyse(sample.clip, tmp_path, **limits)
    assert refused.value.code == code and not refused.value.retryable


def test_one_frame_more_or_less_than_the_limits_is_taken(sample: Sample, tmp_path: Path) -> None:
    assert _analyse(sample.clip, tmp_path, min_duration_s=0.519, max_duration_s=20) is not None


def test_a_video_without_people_and_a_file_without_video_have_their_codes(
    core_pack: ModelStore, tmp_path: Path
) -> None:
    with pytest.raises(Failure) as empty:
        _analyse(make_clip(tmp_path, "plain"), tmp_path / "a")
    assert empty.value.code == 1008
    text = tmp_path / "text.mp4"
    text.write_text("no video " * 100)
    with pytest.raises(Failure) as none:
        _analyse(text, tmp_path / "b")
    assert none.value.code == 1208


def test_a_swap_writes_the_result_and_reports_without_paths(
    sample: Sample, analysed: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    order = _swapping(sample, tmp_path, sample.photo, scene=analysed[0] / "scene")
    steps: list[int] = []
    done = JobProcess(order, 120).run(lambda percent, _: steps.append(percent), lambda: False)
    assert done is not None and len(content(order.out).times) == FRAMES
    assert steps == sorted(steps) and steps[-1] >= 90
    # Whoever started the process signs: here there is no key.
    assert read_credentials(order.out).state == "missing"
    assert str(sample.clip) not in json.dumps(done) and str(sample.photo) not in json.dumps(done)


def test_a_bad_photo_is_told_with_its_obj_id_and_no_path_of_ours(
    sample: Sample, analysed: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    from PIL import Image

    photo = tmp_path / "photo.png"
    Image.fromarray(head_photo(0, 0, 1.0)[:40, :40]).save(photo)
    order = _swapping(sample, tmp_path, photo, scene=analysed[0] / "scene")
    with pytest.raises(Failure, match="obj_id 0: no face found in the photo") as refused:
        JobProcess(order, 120).run(lambda *_: None, lambda: False)
    assert refused.value.code == 1108 and str(tmp_path) not in refused.value.reason


def test_a_job_that_takes_too_much_memory_or_time_fails_alone(
    sample: Sample, tmp_path: Path
) -> None:
    small = Analysing(sample.clip, tmp_path, LIMITS, memory_mb=60)
    with pytest.raises(Failure):
        JobProcess(small, 120).run(lambda *_: None, lambda: False)
    with pytest.raises(Failure, match="HEADSWAP_JOB_TIME_S"):
        JobProcess(Analysing(sample.clip, tmp_path, LIMITS, MEMORY_MB), 0.05).run(
            lambda *_: None, lambda: False
        )


def test_a_process_that_is_killed_is_told_as_a_failure_worth_another_try(
    sample: Sample, tmp_path: Path
) -> None:
    order = Analysing(sample.clip, tmp_path, LIMITS, MEMORY_MB)
    before = {child.pid for child in psutil.Process().children()}

    def kill() -> None:
        while True:
            new = [c for c in psutil.Process().children() if c.pid not in before]
            if new:
                new[0].kill()
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(Failure, match="SIGKILL") as failed:
        JobProcess(order, 120).run(lambda *_: None, lambda: False)
    killer.join()
    assert failed.value.retryable and failed.value.code == 1015


def test_a_job_process_is_not_given_the_workers_secrets(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "HEADSWAP_MASTER_KEY": "k",
        "HEADSWAP_DATABASE_URL": "u",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEADSWAP_JOB_MARK", "kept")
    seen: list[dict[str, str]] = []

    def look(*_: object) -> None:
        jobs = [c for c in psutil.Process().children() if "job_process" in " ".join(c.cmdline())]
        seen.extend(job.environ() for job in jobs)

    order = Analysing(sample.clip, tmp_path, LIMITS, MEMORY_MB)
    assert JobProcess(order, 120).run(look, lambda: False) is not None
    assert seen and all(environment["HEADSWAP_JOB_MARK"] == "kept" for environment in seen)
    assert not any(name in environment for environment in seen for name in secrets)


def test_a_stopped_job_leaves_no_process(sample: Sample, tmp_path: Path) -> None:
    order = Analysing(sample.clip, tmp_path, LIMITS, MEMORY_MB)
    assert JobProcess(order, 120).run(lambda *_: None, lambda: True) is None
    assert not [c for c in psutil.Process().children() if "job_process" in " ".join(c.cmdline())]


def test_a_job_process_ends_with_whoever_wanted_it(sample: Sample, tmp_path: Path) -> None:
    order = Analysing(sample.clip, tmp_path, LIMITS, MEMORY_MB)
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "p = subprocess.Popen([sys.executable, '-m', 'headswap.jobs.job_process'],"
            " stdin=subprocess.PIPE, text=True)\n"
            "p.stdin.write(sys.argv[1] + '\\n'); p.stdin.flush()\n"
            "print(p.pid, flush=True); time.sleep(60)",
            encoded(order),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    job = psutil.Process(int(starter.stdout.readline()))
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    gone, alive = psutil.wait_procs([job], timeout=20)
    assert gone and not alive
