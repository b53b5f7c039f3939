"""The `headswap` command: its subcommands, and how each way to end becomes an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from headswap import __version__
from headswap.cli import accounts, audit, credits, forget, models, remote, team_trust, webhooks
from headswap.cli.data_folder import DataOption
from headswap.cli.mapping import read_maps
from headswap.cli.quiet import without_runtime_chatter
from headswap.errors import HeadswapError

DONE, FAILED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143

app = typer.Typer(
    help="Swap heads in a video: a clip and a photo in, the clip with the photo's head out.",
    add_completion=False,
    # Plain help appears four times as fast as help in boxes.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(models.app, name="models")
app.add_typer(team_trust.team_app, name="team")
app.add_typer(accounts.key_app, name="key")
app.add_typer(credits.app, name="credits")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(audit.app, name="audit")
app.add_typer(forget.app, name="forget")
app.add_typer(remote.app, name="remote")

Video = Annotated[Path, typer.Argument(metavar="VIDEO", help="The video file.")]


class SkinName(StrEnum):
    """Whose tone the skin of head and neck is given."""

    target = "target"
    photo = "photo"
    blend = "blend"


class ResolutionName(StrEnum):
    """What `--resolution` takes: the length of the result's short side."""

    p480 = "480p"
    p720 = "720p"
    source = "source"


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    # Only named here, for the help: `main` takes it at any place.
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole traceback of an error.")
    ] = False,
) -> None:
    if version:
        print(f"headswap {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def analyze(
    video: Video,
    previews: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a picture of each person into this folder."),
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the people as one JSON object.")
    ] = False,
) -> None:
    """Find the people in VIDEO.

    Prints the obj_id of each, by which `headswap swap --map` names them, and keeps the analysis
    beside the video as VIDEO.scene and VIDEO.scene.json; a later swap uses it.
    """
    from headswap.cli.analyze import analyze_video

    analyze_video(video, previews, json_output)


@app.command()
def swap(
    video: Video,
    *,
    maps: Annotated[
        list[str],
        typer.Option("--map", metavar="ID=PHOTO", help="Whose head becomes whose; repeatable."),
    ],
    out: Annotated[Path, typer.Option(metavar="OUT.mp4", help="The result, an MP4 file.")],
    resolution: Annotated[
        ResolutionName, typer.Option(help="Short side of the result; never enlarged.")
    ] = ResolutionName.source,
    engine: Annotated[str, typer.Option(help="What draws the heads.")] = "mesh",
    skin: Annotated[
        SkinName, typer.Option(help="Whose skin tone head and neck get: one, or between both.")
    ] = SkinName.blend,
    mute: Annotated[bool, typer.Option("--mute", help="Leave the sound out.")] = False,
    largest_face: Annotated[
        bool, typer.Option("--largest-face", help="Of several faces in a photo take the largest.")
    ] = False,
    label: Annotated[
        str, typer.Option(metavar="TEXT", help="Draw this, small, on every frame.")
    ] = "",
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was done as JSON.")
    ] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ID=]TEXT",
            help="That the people in the photos agreed, for all or for one; repeatable. "
            "HEADSWAP_CONSENT if not given.",
        ),
    ] = None,
) -> None:
    """Put the heads of photos onto people in VIDEO.

    Who is who, `headswap analyze` tells: --map 0=anna.jpg --map 1=ben.jpg

    Say that they agreed: --consent "Anna Berg: both agreed; for the trailer"
    """
    photos = read_maps(maps)
    from headswap.swapping.crew import Crew

    # Workers load their libraries while this process still loads its own.
    with Crew(os.cpu_count() or 1) as crew:
        from headswap.cli.swap import swap_video
        from headswap.swapping.options import SwapOptions

        options = SwapOptions(
            resolution=resolution.value,
            engine=engine,
            skin=skin.value,
            mute=mute,
            largest_face=largest_face,
            label=label,
        )
        swap_video(video, photos, out, options, crew, report, consent or ())


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A video or a picture.")],
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the answer as one JSON object.")
    ] = False,
) -> int:
    """Tell whether heads in FILE were replaced, and who says so.

    Reads its content credentials and looks for the invisible mark. Ends with 0 if the credentials
    are valid or, where there are none, the mark was found; 3 if there is neither; 4 if the
    credentials are broken.
    """
    from headswap.cli.verify import verify_file

    return verify_file(file, json_output)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path(
        "demo"
    ),
) -> None:
    """Swap the head in a sample clip.

    The clip and the photo are made here; DIR then holds result.mp4, and result.png with frames of
    the source above those of the result.
    """
    from headswap.cli.demo import make_demo

    make_demo(out)


@app.command()
def serve(
    data: DataOption = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; HEADSWAP_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="HEADSWAP_PORT, else 8000.")
    ] = None,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Whether jobs are done here as well.")
    ] = True,
) -> None:
    """Serve the Head Swap Open API.

    An empty data folder is given a team, a key and credits, which are printed once.
    """
    from headswap.cli.serve import serve as serve_api

    serve_api(data, host, port, worker)


@app.command()
def worker(
    data: DataOption = None,
    until_stdin_ends: Annotated[bool, typer.Option("--until-stdin-ends", hidden=True)] = False,
) -> None:
    """Do the jobs of a service whose data folder or database this is."""
    from headswap.cli.serve import work

    work(data, until_stdin_ends)


@app.command()
def doctor(
    json_output: Annotated[
        bool, typer.Option("--json", help="Print everything as one JSON object.")
    ] = False,
) -> None:
    """Tell what is installed and what computes.

    The device is found by computing on it.
    """
    from headswap.cli import doctor as diagnosis

    diagnosis.doctor(json_output)


def run() -> NoReturn:
    """The installed command."""
    with without_runtime_chatter():
        code = main()
    # A reader that has gone away misses nothing.
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    # All is written and closed; libraries would take a good part of a second to tidy up.
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code; an error is one line on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    words = [word for word in given if word != "--debug"]
    # Official builds of ONNX Runtime report their use to their maker unless told not to.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Its threads spin while they wait, and take the workers' cores for next to nothing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    former = signal.signal(signal.SIGTERM, _terminate)
    try:
        code = app(words, prog_name="headswap", standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except typer.TyperException as error:
        return _refuse(error)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the edge: whatever it was becomes one line
        if debug:
            traceback.print_exception(error)
            return FAILED
        return _say(_message(error), FAILED)
    finally:
        signal.signal(signal.SIGTERM, former)


def _message(error: Exception) -> str:
    if isinstance(error, HeadswapError):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            f"no space left to write {error.filename or 'temporary files'}; free some, or name "
            f"another folder than {tempfile.gettempdir()} for temporary files with TMPDIR"
        )
    if isinstance(error, OSError):
        return f"{error}; the disk or a file's permissions refused it, mend that and run again"
    return f"unexpected {type(error).__name__}: {error}; run again with --debug and report it"


def _say(message: str, code: int) -> int:
    print("headswap:", " ".join(message.split()), file=sys.stderr)
    return code


def _refuse(error: typer.TyperException) -> int:
    """Tells a usage error in one line; a group without its command shows the group's help."""
    message = error.format_message()
    if message.startswith("Usage:"):
        print(message, file=sys.stderr)
        return error.exit_code
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "headswap"
    return _say(f"{message.rstrip('.')}; `{command} --help` tells how it is used", error.exit_code)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    # Raised like Ctrl-C, so that workers are ended and temporary files removed on the way out.
    sys.exit(TERMINATED)
