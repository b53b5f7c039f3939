"""`headswap forget`: deletes all that is stored of a person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headswap.cli.data_folder import DataOption, JsonOption, OpenData, open_data
from headswap.errors import HeadswapError

if TYPE_CHECKING:
    from headswap.jobs.forgetting import Found
    from headswap.store.blobs import Blobs

app = typer.Typer(
    help="Delete a person's data: files, previews, scenes and what they are recognised by.",
    no_args_is_help=True,
)

YesOption = Annotated[
    bool, typer.Option("--yes", help="Delete; without it only what would go is shown.")
]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@app.command("task")
def forget_task(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The tasks' ids.")],
    yes: YesOption = False,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Delete tasks with all that went in and came out."""
    from headswap.jobs import forgetting

    with open_data(data) as opened:
        with opened.database.read() as session:
            found = forgetting.of_tasks(session, ids)
        if missing := set(ids) - found.tasks:
            raise HeadswapError(f"there is no task {', '.join(sorted(missing))}; nothing is done")
        _forget(opened, found, {"by": "task"}, yes, json_output)


@app.command("photo")
def forget_photo(
    photo: Annotated[
        str, typer.Argument(metavar="PHOTO", help="The file, or its sha256 in hexadecimal.")
    ],
    yes: YesOption = False,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Delete what was made with exactly this file, and the file."""
    from headswap.jobs import forgetting
    from headswap.vision.store.hashes import sha256_of

    digest = photo.lower()
    if not _SHA256.fullmatch(digest):
        if not Path(photo).is_file():
            raise HeadswapError(f"{photo}: neither a file nor a sha256 of 64 hexadecimal digits")
        digest = sha256_of(Path(photo))
    with open_data(data) as opened:
        with opened.database.read() as session:
            found = forgetting.of_photo(session, digest)
        _forget(opened, found, {"by": "photo", "sha256": digest}, yes, json_output)


@app.command("person")
def forget_person(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A photo of the person.")],
    yes: YesOption = False,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Delete everything in which this person is recognised.

    Looks at every stored video, photo, result and scene, so it takes a while.
    """
    from headswap.cli.team_trust import described
    from headswap.jobs import forgetting
    from headswap.jobs.recognition import files_of_person

    person = described(photo)
    with open_data(data) as opened:
        blobs = _blobs(opened)
        with opened.database.read() as session:
            keys = forgetting.files_with_faces(session)
        shown, unreadable = files_of_person(opened.settings, blobs, keys, person)
        with opened.database.read() as session:
            found = forgetting.of_files(session, shown)
        about = {"by": "identity", "unreadable": unreadable}
        _forget(opened, found, about, yes, json_output)


def _forget(
    opened: OpenData, found: Found, about: Mapping[str, Any], yes: bool, json_output: bool
) -> None:
    from headswap.jobs import forgetting

    if yes and found:
        blobs = _blobs(opened)
        with opened.database.write() as session:
            by = {name: about[name] for name in ("by", "sha256") if name in about}
            prefixes = forgetting.forget(session, found, opened.now_ms, by)
        forgetting.remove_files(blobs, opened.settings.data_dir, found, prefixes)
    ids = {
        "tasks": sorted(found.tasks),
        "analyses": sorted(found.analyses),
        "uploads": sorted(found.uploads),
        "unreadable": list(about.get("unreadable", [])),
    }
    if json_output:
        print(json.dumps({"deleted": yes, **ids}, indent=2))
        return
    unreadable = ids.pop("unreadable")
    for what, some in ids.items():
        for id_ in some:
            print(f"{'deleted' if yes else 'would be deleted'}: {what} {id_}")
    for key in unreadable:
        print(f"could not be looked at: {key}")
    if not found:
        print("nothing is stored that belongs to it")
    elif not yes:
        print("nothing was deleted; run again with --yes")


def _blobs(opened: OpenData) -> Blobs:
    from headswap.jobs.keyring import FILES
    from headswap.store.blobs import Blobs

    return Blobs.open(opened.settings, opened.keyring().derive(FILES))
