"""`headswap swap`: swaps, writes the report, tells in a few lines what was done."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from headswap.cli.consent import given_consents
from headswap.cli.data_folder import read_settings
from headswap.cli.kept_scene import kept_scene
from headswap.cli.progress import ProgressDisplay, pull_missing_models
from headswap.disk import whole_file
from headswap.errors import HeadswapError, OutputNotWritable
from headswap.media import probe
from headswap.swapping.compute import Compute
from headswap.swapping.options import SwapOptions
from headswap.swapping.photo import read_photo
from headswap.swapping.report import FrameRange, PersonReport, SwapReport
from headswap.swapping.swap import swap
from headswap.trust.label import check_label
from headswap.trust.rules import Rules
from headswap.vision.scene import Scene
from headswap.vision.store import ModelStore


def swap_video(
    video: Path,
    photos: Mapping[int, Path],
    out: Path,
    options: SwapOptions,
    compute: Compute,
    report: Path | None,
    consent: Sequence[str] = (),
) -> None:
    """Swaps heads in `video`, writes the report if asked, and prints a summary.

    photos: for each obj_id the photo of the head to put there. compute: where parts are rendered.
    consent: the words after each `--consent`.

    Raises:
        HeadswapError: see `headswap.swap`.
    """
    # What can be refused at once is refused before minutes of work.
    if report is not None:
        _check_report(report, video, out)
    check_label(options.label)
    probe(video)
    for photo in photos.values():
        read_photo(photo)
    consents = given_consents(list(photos), consent)
    rules = Rules(read_settings(None).explicit_limit)
    store = ModelStore.default()
    with ProgressDisplay() as display:
        pull_missing_models(store, display)
        done = swap(
            video,
            photos,
            out,
            consent=consents,
            rules=rules,
            options=options,
            scene=_earlier_scene(video, store),
            store=store,
            progress=display.frames,
            compute=compute,
        )
    if report is not None:
        with whole_file(report) as partial:
            partial.write_text(done.json() + "\n", encoding="utf-8")
    print("\n".join(summary(done)))


def summary(done: SwapReport) -> list[str]:
    """What was done, in lines for people."""
    lines: list[str] = []
    for person in done.people:
        lines.append(
            f"person {person.obj_id}, head of {person.photo}: "
            f"{person.frames_swapped} of {done.frame_count} frames swapped"
        )
        lines += _remarks(person)
    seconds = sum(done.stages_s.values())
    lines.append(
        f"{done.out}: {done.width}x{done.height}, {done.frame_count} frames, made in "
        f"{seconds:.1f} s by the {done.engine} engine on the {done.device} ({done.pack} pack)"
    )
    lines.append(f"task {done.task_id}, content credentials signed by {done.signed_by}")
    return lines


def _remarks(person: PersonReport) -> list[str]:
    lines = [f"  not swapped: {_frames(part)}: {part.reason}" for part in person.not_swapped]
    lines += [f"  judge yourself: {_frames(part)}: {part.reason}" for part in person.strained]
    return lines


def _frames(part: FrameRange) -> str:
    return f"frame {part.first}" if part.first == part.last else f"frames {part.first}-{part.last}"


def _check_report(report: Path, video: Path, out: Path) -> None:
    if report.is_dir():
        raise OutputNotWritable(f"{report} is a folder; name a file for the report")
    if not report.parent.is_dir():
        raise OutputNotWritable(f"there is no folder {report.parent}; make it first")
    if report.resolve() in {video.resolve(), out.resolve()}:
        raise OutputNotWritable(f"{report} is the video itself; name another file for the report")


def _earlier_scene(video: Path, store: ModelStore) -> Scene | None:
    try:
        return kept_scene(video, store.pack)
    except HeadswapError as reason:
        print(f"headswap: analysing again: {reason}", file=sys.stderr)
        return None
