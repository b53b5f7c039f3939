"""The benchmark: swap every clip, judge the results, print what holds and what does not.

python -m benchmarks --clips DIR --photos DIR [--pairs clip:photo,...] [--quick] [--memory]
                     [--no-self] [--no-truth] [--out bench/] [--every K]
                     [-- OPTIONS OF headswap swap]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.machine import this_machine
from benchmarks.measured import measure, measure_memory
from benchmarks.pairing import (
    CLIP_ENDINGS,
    PHOTO_ENDINGS,
    Job,
    every_clip,
    listed,
    named_pairs,
)
from benchmarks.printing import print_rows, write_json
from benchmarks.self_swap import SelfSwap, self_swap
from benchmarks.summary import Report, rows_of, summary_rows, write_markdown
from benchmarks.truths import truth_rows
from benchmarks.video import MeasureError

QUICK_CLIPS = 3
QUICK_EVERY = 9


def main(arguments: list[str] | None = None) -> int:
    given, extra = _parse(sys.argv[1:] if arguments is None else arguments)
    try:
        jobs = _jobs(given)
        machine = this_machine()
        print(machine)
        given.out.mkdir(parents=True, exist_ok=True)
        measured = []
        for number, job in enumerate(jobs, 1):
            print(f"[{number}/{len(jobs)}] {job.name}", flush=True)
            every = given.every or (QUICK_EVERY if given.quick else 1)
            one = measure(job, given.out, every=every, timeout_s=given.timeout, extra=extra)
            print_rows(rows_of(one), one.name)
            measured.append(one)
            # Written after every job, so that a run that is stopped leaves what it has.
            _write(Report(machine, given.quick, tuple(measured), None), given.out)
        memory = measure_memory(jobs[0], given.timeout, extra) if given.memory else None
        selves = () if given.no_self else _selves(jobs, given)
        known = () if given.no_truth else tuple(truth_rows(given.out / "truth"))
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    report = Report(machine, given.quick, tuple(measured), memory, selves, known)
    _write(report, given.out)
    rows = summary_rows(report)
    print_rows(rows, "All clips: how many hold each limit")
    print(f"written: {given.out}/results.json, {given.out}/results.md and a sheet for each pair")
    missed = any(row.passed is False for row in rows)
    return 1 if given.strict and missed else 0


def _selves(jobs: list[Job], given: argparse.Namespace) -> tuple[SelfSwap, ...]:
    """Each clip with a large enough face swapped for itself; of others it is said why not."""
    done: list[SelfSwap] = []
    for clip in dict.fromkeys(job.clip for job in jobs):
        print(f"[self-swap] {clip.name}", flush=True)
        every = given.every or (QUICK_EVERY if given.quick else 1)
        try:
            done.append(self_swap(clip, given.out / "self", every=every))
        except MeasureError as error:
            print(error, file=sys.stderr)
    return tuple(done)


def _write(report: Report, out: Path) -> None:
    write_json(report, out / "results.json")
    write_markdown(report, out / "results.md")


def _jobs(given: argparse.Namespace) -> list[Job]:
    clips, photos = listed(given.clips, CLIP_ENDINGS), listed(given.photos, PHOTO_ENDINGS)
    if given.pairs:
        return named_pairs(given.pairs, clips, photos)
    jobs = every_clip(clips, photos)
    if given.quick:
        jobs = sorted(jobs, key=lambda job: job.clip.stat().st_size)[:QUICK_CLIPS]
    return jobs


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and what follows `--` for `headswap swap`."""
    own, extra = arguments, list[str]()
    if "--" in arguments:
        cut = arguments.index("--")
        own, extra = arguments[:cut], arguments[cut + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of videos")
    parser.add_argument("--photos", type=Path, required=True, help="folder of portraits")
    parser.add_argument("--pairs", help="clip:photo,clip:photo+photo instead of every clip once")
    parser.add_argument(
        "--quick", action="store_true", help="the three smallest clips, a third of the frames"
    )
    parser.add_argument(
        "--memory", action="store_true", help="also 5 s against 60 s of the first pair, at 720p"
    )
    parser.add_argument("--no-self", action="store_true", help="no swaps of clips for themselves")
    parser.add_argument("--no-truth", action="store_true", help="no measures of generated scenes")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a limit is missed")
    parser.add_argument("--every", type=int, default=0, help="look at 3 frames of every K")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds for one swap")
    parser.add_argument("--out", type=Path, default=Path("bench"))
    return parser.parse_args(own), extra


if __name__ == "__main__":
    sys.exit(main())
