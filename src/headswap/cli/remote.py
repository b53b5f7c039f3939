"""`headswap remote`: the same work done by a service, here or elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headswap.cli.mapping import read_words

if TYPE_CHECKING:
    from headswap.cli.progress import ProgressDisplay
    from headswap.client import Analysis, Client, Swapped

app = typer.Typer(
    help="Let a service do it: this one's, or any that speaks the Head Swap Open API.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Video = Annotated[
    str, typer.Argument(metavar="VIDEO", help="The video file, which is uploaded, or its URL.")
]
Url = Annotated[str, typer.Option(envvar="HEADSWAP_URL", help="The service; its root address.")]
Key = Annotated[
    str,
    typer.Option(
        envvar="HEADSWAP_KEY", help="The key. Better in HEADSWAP_KEY: all see a command's words."
    ),
]
_HERE = "http://127.0.0.1:8000"


@app.command()
def analyze(
    video: Video,
    *,
    url: Url = _HERE,
    key: Key,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the analysis as one JSON object.")
    ] = False,
) -> None:
    """Find the people in VIDEO; prints the obj_id of each."""
    with _client(url, key) as client, _display() as display:
        submitted = client.analyze(video, progress=display.remote)
        analysis = client.wait_for_analysis(submitted.id, progress=display.remote)
    if json_output:
        print(json.dumps(asdict(analysis), indent=1))
        return
    print("\n".join(_people(analysis)))


@app.command()
def swap(
    video: Video,
    *,
    maps: Annotated[
        list[str],
        typer.Option("--map", metavar="ID=PHOTO", help="Whose head becomes whose; repeatable."),
    ],
    out: Annotated[Path, typer.Option(metavar="OUT.mp4", help="The result, an MP4 file.")],
    url: Url = _HERE,
    key: Key,
    resolution: Annotated[str, typer.Option(help="Short side of the result.")] = "720p",
    mute: Annotated[bool, typer.Option("--mute", help="Leave the sound out.")] = False,
    consent: Annotated[
        str | None,
        typer.Option(
            envvar="HEADSWAP_CONSENT",
            metavar="TEXT",
            help="Who states that the people shown agreed, and to what.",
        ),
    ] = None,
) -> None:
    """Put the heads of photos onto people in VIDEO.

    Photos are files, which are uploaded, or URLs: --map 0=anna.jpg --map 1=https://…/ben.jpg
    """
    photos = read_words(maps)
    with _client(url, key) as client, _display() as display:
        swapped = client.swap(
            video,
            photos,
            to=out,
            resolution=resolution,
            keep_original_sound=not mute,
            consent=consent,
            progress=display.remote,
        )
    print("\n".join(_summary(swapped)))


def _client(url: str, key: str) -> Client:
    from headswap.client import Client

    try:
        return Client(url, key)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from error


def _display() -> ProgressDisplay:
    from headswap.cli.progress import ProgressDisplay

    return ProgressDisplay()


def _people(analysis: Analysis) -> list[str]:
    lines = [f"{analysis.id}: {len(analysis.people)} people"]
    for person in analysis.people:
        line = f"person {person.obj_id}"
        if person.frames is not None:
            line += f": {person.frames} frames, first {person.first_frame}"
        lines.append(line if person.preview_url is None else f"{line}, {person.preview_url}")
    return lines


def _summary(swapped: Swapped) -> list[str]:
    task = swapped.task
    lines: list[str] = []
    for person in () if task.report is None else task.report.people:
        frames = task.report.frame_count if task.report else 0
        lines.append(f"person {person.obj_id}: {person.frames_swapped} of {frames} frames swapped")
        lines += [
            f"  not swapped: frames {part.first}-{part.last}: {part.reason}"
            for part in person.not_swapped
        ]
    lines.append(f"{swapped.path}: task {task.id}, {task.credits:g} credits")
    return lines
