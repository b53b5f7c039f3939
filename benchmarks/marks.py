"""The invisible mark: how much it changes, what it survives, and what is taken for one wrongly.

python -m benchmarks.marks --clips DIR --photos DIR [--out bench/marks] [--seconds 10]
                           [--unmarked 100]

Each clip is swapped without a mark, once; a second run in the same folder goes on from there. The
mark is put into the result by the plan, as the renderer does, and looked for after each attack.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks.machine import this_machine
from benchmarks.mark_attacks import ATTACKS, HARDER, attacked, transcoded
from benchmarks.measures import psnr_db
from benchmarks.pairing import CLIP_ENDINGS, PHOTO_ENDINGS, every_clip, listed
from benchmarks.printing import markdown, print_rows
from benchmarks.table import Row
from benchmarks.video import MeasureError
from headswap import SwapOptions, swap
from headswap.errors import HeadswapError, VideoError
from headswap.media import PieceWriter, VideoReader, probe
from headswap.swapping.marking import Marking
from headswap.swapping.plan import RenderPlan
from headswap.trust.mark import find_mark, mark_of

MIN_PSNR_DB, MIN_FOUND = 42.0, 0.95
_TASK_ID = "6740f3a19c5d27be8143e60f"
# Cuts of unmarked clips, each copied in one of these ways.
_COPIES: tuple[tuple[str, ...], ...] = (
    (),
    ("-crf", "30"),
    ATTACKS["scaled to 360p"],
    ATTACKS["10 % crop, all around"],
    ("-vf", "hflip"),
    ("-vf", "transpose=1"),
)


@dataclass(frozen=True, slots=True)
class Marked:
    """One clip: how far the mark changes it, what it costs, after which attacks it was found.

    least_db: of the frame that changed most. inside_db: over changed samples alone. share: of
    samples that may change, in frames with a mark. found: by attack.
    """

    name: str
    psnr_db: float
    least_db: float
    inside_db: float
    share: float
    ms_a_frame: float
    found: dict[str, bool]
    find_s: float


def main(arguments: list[str] | None = None) -> int:
    given = _parse(sys.argv[1:] if arguments is None else arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    machine = this_machine()
    print(machine)
    try:
        clips = listed(given.clips, CLIP_ENDINGS)
        swapped = list(_swapped(clips, listed(given.photos, PHOTO_ENDINGS), given.out))
        every: list[Marked] = []
        for result, plan in swapped:
            every.append(marked(result, plan, given.out, given.seconds))
            lost = [attack for attack, found in every[-1].found.items() if not found]
            print(
                f"{result.stem}: {'lost after ' + ', '.join(lost) if lost else 'all'}", flush=True
            )
        wrong = false_finds([*clips, *(result for result, _ in swapped)], given)
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    rows = [*mark_rows(every), *wrong]
    print_rows(rows, "The invisible mark")
    clip_lines = markdown([_clip_row(one) for one in every])
    text = f"# The invisible mark\n\n{machine}\n\n{markdown(rows)}\n{clip_lines}"
    (given.out / "marks.md").write_text(text, encoding="utf-8")
    return 0


def mark_rows(every: list[Marked]) -> list[Row]:
    """Recovery by attack, and what the mark costs."""
    rows: list[Row] = []
    for attack in ATTACKS:
        lost = [one.name for one in every if not one.found[attack]]
        share = 1 - len(lost) / len(every)
        limit = "" if attack in HARDER else f">= {100 * MIN_FOUND:g} %"
        rows.append(
            Row(
                f"found: {attack}",
                f"{len(every) - len(lost)} of {len(every)}, {100 * share:.0f} %",
                limit,
                share >= MIN_FOUND if limit else None,
                "lost: " + ", ".join(lost) if lost else "",
            )
        )
    least = min(every, key=lambda one: one.least_db)
    inside = min(every, key=lambda one: one.inside_db)
    slowest = max(every, key=lambda one: one.ms_a_frame)
    longest = max(every, key=lambda one: one.find_s)
    return [
        *rows,
        Row(
            "PSNR of the frame that changes most, luma",
            f"{least.least_db:.1f} dB",
            f">= {MIN_PSNR_DB:g} dB",
            least.least_db >= MIN_PSNR_DB,
            least.name,
        ),
        Row("PSNR inside what is marked", f"{inside.inside_db:.1f} dB", "", None, inside.name),
        Row("time to mark a frame", f"{slowest.ms_a_frame:.1f} ms", "", None, slowest.name),
        Row("time to look for a mark", f"{longest.find_s:.1f} s", "", None, longest.name),
    ]


def _clip_row(one: Marked) -> Row:
    lost = ", ".join(attack for attack, found in one.found.items() if not found)
    note = (
        f"PSNR {one.psnr_db:.1f} dB, inside {one.inside_db:.1f} dB, "
        f"{100 * one.share:.0f} % of the picture, {one.ms_a_frame:.1f} ms a frame"
    )
    return Row(one.name, f"lost: {lost}" if lost else "all found", "", None, note)


def _swapped(clips: list[Path], photos: list[Path], out: Path) -> Iterator[tuple[Path, RenderPlan]]:
    """Each clip's largest person swapped without a mark, with its plan."""
    options = SwapOptions(mark=False, largest_face=True)
    for job in every_clip(clips, photos):
        result, work = out / f"{job.clip.stem}.mp4", out / f"{job.clip.stem}.work"
        plan = work / "final.plan"
        try:
            if not (result.is_file() and plan.is_file()):
                print(f"[swap] {job.clip.name}", flush=True)
                photo = {0: job.photos[0]}
                swap(job.clip, photo, result, options=options, work=work, sign=False)
        except HeadswapError as error:
            print(f"{job.clip.name} is left out: {error}", file=sys.stderr)
            continue
        yield result, RenderPlan.load(plan)


def marked(result: Path, plan: RenderPlan, out: Path, seconds: float) -> Marked:
    """The first seconds of a swapped video with a new head, marked, attacked, and looked at."""
    marking = Marking(replace(plan, task_id=_TASK_ID, marked=True))
    path = out / f"{result.stem}.marked.mp4"
    spent, errors, inside, shares = 0.0, list[float](), (0.0, 0), list[float]()
    with VideoReader(result) as video, PieceWriter(path, video.info, plan.size_wh) as piece:
        first = next((i for i in range(len(plan.pts)) if plan.present(i)), 0)
        for frame in islice(video, first, first + round(seconds * video.info.rate)):
            start = time.process_time()
            new = marking.put(frame)
            spent += time.process_time() - start
            difference = new.y.astype(np.float32) - frame.y
            errors.append(float(np.square(difference).sum()) / difference.size)
            if new is not frame:
                changed = int(np.count_nonzero(difference))
                inside = inside[0] + errors[-1] * difference.size, inside[1] + changed
                shares.append(changed / difference.size)
            piece.write(new)
    looked, found = list[float](), dict[str, bool]()
    for attack in ATTACKS:
        copy = attacked(path, attack, out / f"{result.stem}.attacked.mp4")
        start = time.process_time()
        found[attack] = find_mark(copy) == mark_of(_TASK_ID)
        looked.append(time.process_time() - start)
    return Marked(
        name=result.stem,
        psnr_db=psnr_db(sum(errors), len(errors)),
        least_db=psnr_db(max(errors), 1),
        inside_db=psnr_db(*inside),
        share=float(np.mean(shares)) if shares else 0.0,
        ms_a_frame=1e3 * spent / len(errors),
        found=found,
        find_s=max(looked),
    )


def false_finds(clips: list[Path], given: argparse.Namespace) -> list[Row]:
    """How many of so many unmarked copies are taken for marked ones."""
    wrong, looked, seconds = list[str](), 0, list[float]()
    for number, (clip, options) in enumerate(islice(_copies(clips), given.unmarked)):
        length_s = probe(clip).duration_s
        start_s = (number * 0.37) % max(length_s - 2.5, 0.01)
        copy = given.out / "unmarked.mp4"
        transcoded(clip, copy, ("-ss", f"{start_s:.2f}", "-t", f"{2 + number % 4}", *options))
        start = time.process_time()
        try:
            mark = find_mark(copy)
        except VideoError as error:
            raise MeasureError(f"{copy}: {error}") from error
        seconds.append(time.process_time() - start)
        looked += 1
        if mark is not None:
            wrong.append(f"{clip.name} {' '.join(options)}: {mark:016x}")
    if not looked:
        return []
    value = f"{len(wrong)} of {looked}"
    note = f"{'; '.join(wrong)}; {max(seconds):.1f} s for the slowest"
    return [Row("found where there is none", value, "0", not wrong, note)]


def _copies(clips: list[Path]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    # Of unequal lengths, so that each clip comes in every way.
    step = 0 if math.gcd(len(clips), len(_COPIES)) == 1 else 1
    for number, clip in enumerate(cycle(clips)):
        turn = number + step * (number // len(clips))
        yield clip, _COPIES[turn % len(_COPIES)]


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.marks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of videos")
    parser.add_argument("--photos", type=Path, required=True, help="folder of portraits")
    parser.add_argument("--out", type=Path, default=Path("bench/marks"))
    parser.add_argument("--seconds", type=float, default=10, help="of each clip that are marked")
    parser.add_argument("--unmarked", type=int, default=100, help="how many without a mark")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
