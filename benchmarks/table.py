"""Rows with their limits, from what was measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from benchmarks.away import BOX_GROWTH, FAR_FACES, Away
from benchmarks.judge import Judgement, PersonJudgement
from benchmarks.measured import Measured, MemoryRuns
from benchmarks.persons import MAX_YAW_DEG, MIN_HEIGHT_PX

MAX_TO_PHOTO = 0.38
MAX_POSE_DEG = 3.0
MAX_BLENDSHAPES = 0.05
MAX_JITTER = 1.1
MAX_FLICKER = 1.3
MIN_AWAY_DB = 40.0
MAX_TIMES_ENCODE = 6.0
MAX_PEAK_GB = 1.5
MAX_GROWTH = 0.1
AWAY = "PSNR away from the head"
TIMED_SHORT_SIDE_PX = 720


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, the value as text, the limit as text, whether it holds.

    passed: None where there is no limit or nothing could be measured.
    """

    name: str
    value: str
    limit: str
    passed: bool | None
    note: str = ""


def judgement_rows(judgement: Judgement) -> list[Row]:
    """All rows of one result, people in the order of the photos."""
    rows = _stream_rows(judgement)
    for person in judgement.people:
        rows += _person_rows(person, len(judgement.people) > 1)
    looked = "every frame" if judgement.every <= 3 else f"3 of every {judgement.every} frames"
    how = f"{looked}, {judgement.people_in_source} people found, {judgement.judging_s:.0f} s"
    by = Row("landmarks judged by", judgement.landmarks_by, "", None, how)
    return [*rows, *_away_rows(judgement), by]


def _away_rows(judgement: Judgement) -> list[Row]:
    """The limit holds far from the head, or outside its box where a head fills the picture."""
    far = f"beyond {FAR_FACES} face heights"
    box = f"outside the face's box x {BOX_GROWTH}"
    close = _away_row("PSNR close to the head", judgement.outside_box, box, None)
    if not math.isnan(judgement.away.db):
        return [_away_row(AWAY, judgement.away, far, MIN_AWAY_DB), close]
    return [_away_row(AWAY, judgement.outside_box, f"nothing {far}, so {box}", MIN_AWAY_DB)]


def _stream_rows(judgement: Judgement) -> list[Row]:
    check = judgement.streams
    sound = (
        f"{check.sound_packets_in} packets" if check.sound_packets_in else "no sound in the source"
    )
    shift = (
        f", times off by up to {check.sound_shift_s * 1e3:.3f} ms" if check.sound_shift_s else ""
    )
    return [
        Row(
            "frames out = frames in",
            f"{check.frames_in} -> {check.frames_out}",
            "equal",
            check.frames_equal,
        ),
        Row(
            "timestamps",
            _equal(check.times_equal),
            "equal",
            check.times_equal,
            check.time_difference,
        ),
        Row(
            "audio packets",
            _equal(check.sound_equal),
            "equal",
            check.sound_equal,
            (check.sound_difference or sound) + shift,
        ),
    ]


def run_rows(measured: Measured) -> list[Row]:
    """Time, memory and stages of one job; a single row where the swap failed."""
    run = measured.run
    if run.failed:
        return [Row("swap", "FAILED", "succeeds", False, measured.problem)]
    timed = measured.short_side_px == TIMED_SHORT_SIDE_PX
    note = f"{run.ran.wall_s:.1f} s over {run.encode_s:.2f} s by {run.encoder}"
    peak_gb = run.ran.peak_bytes / 1e9
    rows = [
        Row(
            "wall time over a plain encode",
            f"{run.times_encode:.1f}",
            f"<= {MAX_TIMES_ENCODE:g}" if timed else "",
            run.times_encode <= MAX_TIMES_ENCODE if timed else None,
            note + ("" if timed else f"; {measured.short_side_px} px, the limit is for 720p"),
        ),
        Row(
            "peak memory of all processes",
            f"{peak_gb:.2f} GB",
            f"<= {MAX_PEAK_GB:g} GB" if timed else "",
            peak_gb <= MAX_PEAK_GB if timed else None,
            f"{run.ran.memory_kind}, up to {run.ran.processes} processes",
        ),
    ]
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in run.stages_s.items())
    rows.append(Row("time per stage", stages or "n/a", "", None, run.device))
    if measured.judgement is None or measured.problem:
        rows.append(Row("judging", "FAILED", "succeeds", False, measured.problem))
    return rows


def memory_rows(runs: MemoryRuns) -> list[Row]:
    """Whether memory grows with length."""
    for run in (runs.short, runs.long):
        if run.failed:
            return [Row("memory, 5 s and 60 s", "FAILED", "succeeds", False, run.ran.last_words)]
    short, long = (run.ran.peak_bytes / 1e9 for run in (runs.short, runs.long))
    return [
        Row(
            "memory of 60 s over 5 s, 720p",
            f"{100 * runs.growth:+.1f} %",
            f"within {100 * MAX_GROWTH:g} %",
            abs(runs.growth) <= MAX_GROWTH,
            f"{short:.2f} GB and {long:.2f} GB, {runs.long.ran.memory_kind}",
        ),
        Row(
            "peak memory of 60 s, 720p",
            f"{long:.2f} GB",
            f"<= {MAX_PEAK_GB:g} GB",
            long <= MAX_PEAK_GB,
        ),
    ]


def _equal(yes: bool) -> str:
    return "equal" if yes else "DIFFERENT"


def _person_rows(person: PersonJudgement, named: bool) -> list[Row]:
    who = f" ({Path(person.photo).stem})" if named else ""
    seen = (
        f"{person.face_frames} face frames under {MAX_YAW_DEG:.0f} deg, "
        f"from {MIN_HEIGHT_PX:.0f} px; {person.sampled} compared"
    )
    share = person.nearer_share
    return [
        Row(
            "nearer the photo than the target" + who,
            _number(100 * share, "{:.1f} %"),
            "100 %",
            None if math.isnan(share) else share >= 1,
            seen + _list(person.farther),
        ),
        _limited("dlib distance to the photo" + who, person.to_photo, "{:.3f}", MAX_TO_PHOTO),
        Row(
            "dlib distance to the target" + who,
            _number(person.to_target, "{:.3f}"),
            "",
            None,
            f"the target's own distance to the photo: {_number(person.source_to_photo, '{:.3f}')}",
        ),
        Row(
            "frames with a face in the source, none in the result" + who,
            str(len(person.missing)),
            "0",
            not person.missing if person.face_frames else None,
            _list(person.missing),
        ),
        Row(
            "frames in which the face is still the source's" + who,
            str(len(person.unchanged)),
            "0",
            not person.unchanged if person.face_frames else None,
            _list(person.unchanged),
        ),
        _limited("head pose off the source's" + who, person.pose_deg, "{:.2f} deg", MAX_POSE_DEG),
        _limited(
            "52 blendshapes off the source's" + who, person.blendshapes, "{:.4f}", MAX_BLENDSHAPES
        ),
        _limited("landmark jitter over the source's" + who, person.jitter, "{:.2f}", MAX_JITTER),
        _limited(
            "face-aligned flicker over the source's" + who, person.flicker, "{:.2f}", MAX_FLICKER
        ),
    ]


def _limited(name: str, value: float, form: str, most: float) -> Row:
    passed = None if math.isnan(value) else value <= most
    return Row(name, _number(value, form), f"<= {most:g}", passed)


def _away_row(name: str, away: Away, where: str, least: float | None) -> Row:
    note = f"{where}: {100 * away.share:.0f} % of the picture"
    if math.isnan(away.db):
        return Row(name, "n/a", f">= {least:g} dB" if least else "", None, note + ", too little")
    if away.worst_frame >= 0 and not math.isinf(away.worst_db):
        note += f"; worst frame {away.worst_frame}: {away.worst_db:.1f} dB"
    value = "identical" if math.isinf(away.db) else f"{away.db:.1f} dB"
    if least is None:
        return Row(name, value, "", None, note)
    return Row(name, value, f">= {least:g} dB", away.db >= least, note)


def _number(value: float, form: str) -> str:
    return "n/a" if math.isnan(value) else form.format(value)


def _list(frames: tuple[int, ...], most: int = 12) -> str:
    if not frames:
        return ""
    more = f" and {len(frames) - most} more" if len(frames) > most else ""
    return "; frames " + ", ".join(str(frame) for frame in frames[:most]) + more
