"""What a job process says of its progress, and what its assignment carries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headswap.errors import (
    CodecUnsupported,
    FetchFailed,
    FetchTooLarge,
    HeadswapError,
    NoFaceInPhoto,
    NoPersonFound,
    NoSpaceLeft,
    NotAVideo,
    VideoTruncated,
    WorkerDied,
)
from headswap.jobs.analyse_file import presence
from headswap.jobs.assignment import (
    Analysing,
    Assignment,
    Judging,
    Looking,
    Swapping,
    Verifying,
    VideoLimits,
    decoded,
    encoded,
)
from headswap.jobs.failures import failure_of
from headswap.jobs.job_process import Meter
from headswap.vision.progress import Progress

LIMITS = VideoLimits(3.0, 20.0, 60.0, 4096, 20)


@pytest.mark.parametrize(
    "assignment",
    [
        Analysing(Path("/a/video"), Path("/a"), LIMITS, 4000),
        Looking({"uploads/1/a.png": Path("/a/a.png")}, 4000),
        Verifying(Path("/a/file"), 4000),
        Judging(Path("/a/photo"), 4000, 0.8, {"a" * 24: "AAAA"}),
        Swapping(
            "6a066dc58570ecbf64f761a5",
            Path("/a/video"),
            Path("/a/scene"),
            {0: Path("/a/photo-0"), 12: Path("/a/photo-12")},
            Path("/a/work"),
            Path("/a/out.mp4"),
            "720p",
            "mesh",
            mute=True,
            memory_mb=4000,
            consents={0: {"by": "A", "statement": "agreed", "scope": "all", "when": "2026-01-01"}},
            explicit_limit=0.5,
            protected={"a" * 24: "AAAA"},
            label="Made with AI · 生成",
            compute="ray",
            ray_address="127.0.0.1:6379",
        ),
    ],
)
def test_an_assignment_arrives_as_it_was_given(assignment: Assignment) -> None:
    line = encoded(assignment)
    assert "\n" not in line
    assert decoded(line) == assignment


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (NoPersonFound("nobody"), 1008, False),
        (CodecUnsupported("codec"), 1209, False),
        (NotAVideo("text"), 1208, False),
        (VideoTruncated("cut"), 1208, False),
        (NoFaceInPhoto("no face"), 1108, False),
        (FetchTooLarge("large"), 1207, False),
        (FetchFailed("silent"), 1014, True),
        (WorkerDied("gone"), 1015, True),
        (NoSpaceLeft("full"), 2001, True),
        (HeadswapError("else"), 2001, False),
    ],
)
def test_each_error_has_its_code_in_the_contract(
    error: HeadswapError, code: int, retryable: bool
) -> None:
    failure = failure_of(error)
    assert (failure.code, failure.retryable, failure.reason) == (code, retryable, str(error))


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_progress_only_rises_and_ends_below_the_whole() -> None:
    said: list[dict[str, object]] = []
    meter = Meter(said.append, Clock())
    for stage in ("plan", "survey", "render", "survey", "unheard of"):
        for i in range(11):
            meter(Progress(stage, i, 10))
    steps = [line["progress"] for line in said]
    assert steps == sorted(set(map(int, map(str, steps))))
    assert steps[-1] == 98


def test_the_time_left_counts_only_what_was_done_now() -> None:
    said: list[dict[str, object]] = []
    clock = Clock()
    meter = Meter(said.append, clock)
    # Half of the frames were rendered by an earlier try.
    meter(Progress("render", 50, 100))
    assert said[-1] == {"progress": 61, "eta_s": None}
    clock.now = 10.0
    meter(Progress("render", 60, 100))
    assert said[-1]["progress"] == 68
    assert said[-1]["eta_s"] == round(10 / 7 * 32)


@pytest.mark.parametrize(
    ("tracks", "stretches"),
    [
        ([[4]], [[4, 5]]),
        ([[0, 1, 2, 3]], [[0, 4]]),
        ([[0, 1, 5, 6, 9]], [[0, 2], [5, 7], [9, 10]]),
        ([[10, 11], [0, 1, 2], [3, 4]], [[0, 5], [10, 12]]),
    ],
)
def test_a_persons_tracks_make_the_stretches_in_which_they_are_seen(
    tracks: list[list[int]], stretches: list[list[int]]
) -> None:
    assert presence([np.array(track, np.int32) for track in tracks]) == stretches
