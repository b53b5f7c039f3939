"""What the benchmark says: pairs, rows, verdicts, failed swaps."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path

import pytest

from benchmarks.away import Away
from benchmarks.judge import Judgement, PersonJudgement, parse_wanted
from benchmarks.machine import this_machine
from benchmarks.measured import Measured, MemoryRuns
from benchmarks.pairing import every_clip, listed, named_pairs
from benchmarks.printing import markdown, verdict, write_json
from benchmarks.process import Ran, last_lines, run_measured
from benchmarks.self_swap import SelfSwap
from benchmarks.streams import StreamCheck
from benchmarks.summary import Report, summary_rows, write_markdown
from benchmarks.swap_run import SwapRun, stages
from benchmarks.table import AWAY, Row, judgement_rows, memory_rows, run_rows
from benchmarks.video import MeasureError

CLIPS = [Path("talk_a.mp4"), Path("talk_b.mp4"), Path("walk.mkv")]
PHOTOS = [Path("ann.jpg"), Path("bob.png")]


def _person(**changes: object) -> PersonJudgement:
    values: dict[str, object] = {
        "photo": "ann.jpg",
        "face_frames": 50,
        "missing": (),
        "unchanged": (),
        "sampled": 40,
        "farther": (),
        "to_photo": 0.3,
        "to_target": 0.8,
        "source_to_photo": 0.85,
        "pose_deg": 2.0,
        "blendshapes": 0.05,
        "jitter": 1.1,
        "flicker": 1.3,
    }
    return PersonJudgement(**(values | changes))  # pyright: ignore[reportArgumentType]


def _judgement(person: PersonJudgement, away: Away | None = None) -> Judgement:
    return Judgement(
        source="a.mp4",
        result="b.mp4",
        streams=StreamCheck(50, 50, "", 0, 0, "", 0.0),
        people=(person,),
        people_in_source=1,
        away=away or Away(42.0, 0.5, 3, 41.0),
        outside_box=Away(38.0, 0.8, 3, 35.0),
        landmarks_by="the test",
        every=1,
        judging_s=1.0,
    )


def _run(failed: bool = False, peak_bytes: int = 10**9, wall_s: float = 10.0) -> SwapRun:
    ran = Ran(("headswap",), int(failed), wall_s, peak_bytes, "PSS", 3, "no face in photo")
    return SwapRun(Path("b.mp4"), ran, 2.0, "ffmpeg", {"render": 5.0}, "CPU", failed)


def _measured(run: SwapRun, judgement: Judgement | None, short_side_px: int = 720) -> Measured:
    problem = "" if judgement is not None else "swap failed with code 1: no face in photo"
    return Measured("a__ann", "a.mp4", ("ann.jpg",), short_side_px, run, judgement, problem)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"farther": (7,)}, ["nearer the photo than the target"]),
        ({"to_photo": 0.39}, ["dlib distance to the photo"]),
        ({"missing": (1, 2)}, ["frames with a face in the source, none in the result"]),
        ({"unchanged": (9,)}, ["frames in which the face is still the source's"]),
        ({"pose_deg": 3.1}, ["head pose off the source's"]),
        ({"blendshapes": 0.051}, ["52 blendshapes off the source's"]),
        ({"jitter": 1.11}, ["landmark jitter over the source's"]),
        ({"flicker": 1.31}, ["face-aligned flicker over the source's"]),
        ({"jitter": math.nan, "sampled": 0}, []),
    ],
)
def test_each_limit_is_missed_alone(changes: dict[str, object], missed: list[str]) -> None:
    rows = judgement_rows(_judgement(_person(**changes)))
    assert [row.name for row in rows if verdict(row) == "MISSED"] == missed


def test_the_share_of_nearer_frames_is_of_the_compared_ones() -> None:
    assert _person(farther=(1, 2)).nearer_share == pytest.approx(0.95)
    assert math.isnan(_person(sampled=0).nearer_share)


@pytest.mark.parametrize(
    ("away", "value", "passed"),
    [
        (Away(42.0, 0.5, 3, 41.0), "42.0 dB", True),
        (Away(math.inf, 0.5, 3, math.inf), "identical", True),
        (Away(39.9, 0.5, 3, 30.0), "39.9 dB", False),
        (Away(math.nan, 0.0, -1, math.inf), "38.0 dB", False),
    ],
)
def test_away_from_the_head_falls_back_to_the_box(away: Away, value: str, passed: bool) -> None:
    row = next(r for r in judgement_rows(_judgement(_person(), away)) if r.name == AWAY)
    assert (row.value, row.passed) == (value, passed)


def test_a_failed_swap_is_a_row_that_says_why() -> None:
    rows = run_rows(_measured(_run(failed=True), None))
    assert [(row.name, row.passed) for row in rows] == [("swap", False)]
    assert "no face in photo" in rows[0].note


@pytest.mark.parametrize(
    ("short_side_px", "wall_s", "passed"), [(720, 12.0, True), (720, 12.2, False), (288, 99, None)]
)
def test_time_is_limited_at_720p(short_side_px: int, wall_s: float, passed: bool | None) -> None:
    rows = run_rows(_measured(_run(wall_s=wall_s), _judgement(_person()), short_side_px))
    assert rows[0].passed is passed


@pytest.mark.parametrize(
    ("short", "long", "passed"), [(10**9, 1.09e9, True), (10**9, 1.2e9, False), (10**9, 8e8, False)]
)
def test_memory_must_not_depend_on_length(short: int, long: float, passed: bool) -> None:
    runs = MemoryRuns(_run(peak_bytes=short), _run(peak_bytes=int(long)))
    assert memory_rows(runs)[0].passed is passed


def test_a_failed_memory_run_is_no_growth() -> None:
    runs = MemoryRuns(_run(), _run(failed=True))
    assert math.isnan(runs.growth)
    assert memory_rows(runs)[0].passed is False


def test_the_summary_counts_clips_and_names_those_that_miss(tmp_path: Path) -> None:
    good = _measured(_run(), _judgement(_person()))
    bad = _measured(_run(), _judgement(_person(pose_deg=9.0)))
    report = Report(this_machine(), False, (good, bad), None)
    rows = {row.name: row for row in summary_rows(report)}
    assert rows["head pose off the source's"].value == "1 of 2"
    assert "9.00 deg" in rows["head pose off the source's"].note
    assert rows["dlib distance to the photo"].passed
    write_markdown(report, tmp_path / "r.md")
    assert "| head pose off the source's | 1 of 2 | <= 3 | MISSED |" in (
        tmp_path / "r.md"
    ).read_text(encoding="utf-8")
    assert markdown([]).count("\n") == 2


def test_the_summary_counts_self_swaps_and_carries_the_truths(tmp_path: Path) -> None:
    selves = (
        SelfSwap("a.mp4", 3, 40, 25.0, 0.9, 7, 22.0),
        SelfSwap("b.mp4", 3, 40, 23.0, 0.9, 7, 22.0),
    )
    truth = Row("identity switches", "0", "0", True)
    report = Report(this_machine(), False, (), None, selves, (truth,))
    rows = {row.name: row for row in summary_rows(report)}
    assert rows["self-swap: PSNR in the head's box"].value == "1 of 2"
    assert "b.mp4 23.00 dB" in rows["self-swap: PSNR in the head's box"].note
    assert rows["self-swap: SSIM in the head's box"].passed
    assert rows["identity switches"] is truth
    write_markdown(report, tmp_path / "r.md")
    assert "frame 7: 22.0 dB" in (tmp_path / "r.md").read_text(encoding="utf-8")


def test_json_has_words_for_numbers_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "r.json"
    write_json(_judgement(_person(), Away(math.inf, 0.5, 3, math.nan)), path)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert (read["away"]["db"], read["away"]["worst_db"]) == ("infinite", "not measured")
    assert read["people"][0]["face_frames"] == 50


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({}, {}),
        ([], {}),
        ({"stages_s": {"render": 2, "join": 0.5}}, {"render": 2.0, "join": 0.5}),
        ({"stages_s": {"render": "soon"}}, {}),
    ],
)
def test_stage_times_are_read_from_the_report(report: object, expected: dict[str, float]) -> None:
    assert stages(report) == expected


def test_every_clip_gets_a_photo_in_turn() -> None:
    assert [job.name for job in every_clip(CLIPS, PHOTOS)] == [
        "talk_a__ann",
        "talk_b__bob",
        "walk__ann",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [("walk:bob", ["walk__bob"]), ("talk_a.mp4:ann+bob, wa:a", ["talk_a__ann__bob", "walk__ann"])],
)
def test_pairs_are_named(text: str, names: list[str]) -> None:
    assert [job.name for job in named_pairs(text, CLIPS, PHOTOS)] == names


@pytest.mark.parametrize("text", ["", "walk", "walk:", "talk:ann", "run:ann", "walk:cid"])
def test_pairs_that_fit_nothing_are_refused(text: str) -> None:
    with pytest.raises(MeasureError):
        named_pairs(text, CLIPS, PHOTOS)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="no file in it"):
        listed(tmp_path, {".mp4"})
    with pytest.raises(MeasureError, match="no such folder"):
        listed(tmp_path / "none", {".mp4"})


def test_a_photo_may_name_the_box_of_its_person() -> None:
    assert parse_wanted("me@home.jpg").box_xyxy is None
    wanted = parse_wanted("me.jpg@1,2,3.5,4")
    assert wanted.photo == Path("me.jpg")
    assert wanted.box_xyxy is not None
    assert wanted.box_xyxy.tolist() == [1, 2, 3.5, 4]
    with pytest.raises(MeasureError, match="four numbers"):
        parse_wanted("me.jpg@1,2")


def test_a_command_is_measured_with_the_memory_of_its_children() -> None:
    child = "b = bytearray(60_000_000); import time; time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    ran = run_measured([sys.executable, "-c", parent], 30, dict(os.environ))
    assert ran.code == 0
    assert ran.processes == 2
    assert ran.peak_bytes > 60_000_000
    assert ran.wall_s > 1


def test_a_command_over_its_time_is_stopped_with_its_children() -> None:
    child = "import time; time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    ran = run_measured([sys.executable, "-c", parent], 0.5, {})
    assert ran.code != 0
    assert "stopped after" in ran.last_words
    assert ran.wall_s < 30


def test_the_last_words_of_a_command_are_its_last_lines() -> None:
    assert last_lines("a\n\nb\rc\nd\n") == "b / c / d"
