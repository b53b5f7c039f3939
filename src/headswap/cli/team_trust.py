"""`headswap team consent|sources|label|protect`: what a team states, keeps, shows, leaves out."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from headswap.cli.accounts import team_app
from headswap.cli.data_folder import DataOption, JsonOption, open_data
from headswap.cli.listing import in_utc, print_rows
from headswap.errors import HeadswapError

__all__ = ["team_app"]

protect_app = typer.Typer(
    help="People whose photos a team may not use.",
    no_args_is_help=True,
)
team_app.add_typer(protect_app, name="protect")

TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="The team's id.")]


class SourcesName(StrEnum):
    """When a team's sources are removed."""

    task_end = "task-end"
    retention = "retention"


@team_app.command("consent")
def consent(
    team_id: TeamArgument,
    statement: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            help='That the people in its photos agreed, and to what: "...; for ...". '
            "Shows what is stated if not given.",
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who states it.")] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Each task then needs a statement of its own.")
    ] = False,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """State once, for all tasks of a team, that the people in its photos agree."""
    from dataclasses import asdict

    from headswap.jobs import team_settings
    from headswap.jobs.accounts import find_team
    from headswap.trust.consent import SCOPE_OF_TEAM, read_consent

    if statement is not None and (withdraw or by is None):
        why = "--withdraw takes no text" if withdraw else "say with --by NAME who states it"
        raise typer.BadParameter(why, param_hint="TEXT")
    with open_data(data) as opened, opened.database.write() as session:
        team = find_team(session, team_id)
        if statement is not None:
            when = team_settings.in_iso(opened.now_ms)
            given = read_consent(statement, by=by or "", scope=SCOPE_OF_TEAM, when=when)
            team_settings.state_consent(session, team, given, opened.now_ms)
        elif withdraw:
            team_settings.withdraw_consent(session, team, opened.now_ms)
        stated = team_settings.consent_of(session, team_id)
    if json_output:
        content = None if stated is None else asdict(stated)
        print(json.dumps({"team_id": team_id, "consent": content}))
    elif stated is None:
        print(f"team {team_id} has stated no consent; each task must state its own")
    else:
        print(f"team {team_id}: {stated.by} stated on {stated.when}: {stated.statement}")
        print(f"for: {stated.scope}")


@team_app.command("sources")
def sources(
    team_id: TeamArgument,
    when: Annotated[
        SourcesName | None, typer.Argument(metavar="[task-end|retention]", help="The new choice.")
    ] = None,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Choose when a team's videos, photos and what was found in them are removed.

    At the end of each task, or only when HEADSWAP_SOURCE_DAYS are over (the usual).
    """
    from headswap.jobs import team_settings
    from headswap.jobs.accounts import find_team

    with open_data(data) as opened, opened.database.write() as session:
        team = find_team(session, team_id)
        if when is not None:
            team_settings.choose_sources(session, team, when.value, opened.now_ms)
        chosen = team_settings.sources_of(session, team_id)
    if json_output:
        print(json.dumps({"team_id": team_id, "sources": chosen}))
    else:
        at = {"task-end": "when each task ends", "retention": "at the retention limit"}[chosen]
        print(f"sources and photos of team {team_id} are removed {at}")


@team_app.command("label")
def label(
    team_id: TeamArgument,
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="The new label; shows what is chosen if not given."),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Draw no label any more.")] = False,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Choose a small label that is drawn on every frame of a team's results."""
    from headswap.jobs import team_settings
    from headswap.jobs.accounts import find_team

    with open_data(data) as opened, opened.database.write() as session:
        team = find_team(session, team_id)
        if text is not None or none:
            team_settings.choose_label(session, team, "" if none else text or "", opened.now_ms)
        chosen = team_settings.label_of(session, team_id)
    if json_output:
        print(json.dumps({"team_id": team_id, "label": chosen}))
    else:
        print(f"label of team {team_id}: {chosen or 'none'}")


@protect_app.command("add")
def protect_add(
    team_id: TeamArgument,
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="One face, from the front.")],
    name: Annotated[str, typer.Option(metavar="NAME", help="How the list calls them.")],
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Refuse every photo of this person from now on.

    The photo is not kept, only what its face is recognised by, encrypted. Several photos of a
    person, also half turned ones, make it surer.
    """
    from headswap.jobs import protected
    from headswap.jobs.accounts import find_team
    from headswap.trust.protected import encoded

    with open_data(data) as opened:
        with opened.database.read() as session:
            find_team(session, team_id)
        embedding = encoded(described(photo))
        keyring = opened.keyring()
        with opened.database.write() as session:
            team = find_team(session, team_id)
            row = protected.add(session, keyring, team, name, embedding, opened.now_ms)
    if json_output:
        print(json.dumps({"team_id": team_id, "id": row.id, "name": row.name}))
    else:
        print(f"{row.id}: photos of {row.name} are refused from now on")


@protect_app.command("list")
def protect_list(
    team_id: TeamArgument, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """Show who is protected."""
    from headswap.jobs import protected
    from headswap.jobs.accounts import find_team

    with open_data(data) as opened, opened.database.read() as session:
        find_team(session, team_id)
        rows: list[dict[str, Any]] = [
            {"id": row.id, "name": row.name, "create_time": row.create_time}
            for row in protected.list_(session, team_id)
        ]
    if json_output:
        print(json.dumps(rows, indent=2))
        return
    print_rows(
        ("id", "added (UTC)", "name"),
        [(row["id"], in_utc(row["create_time"]), row["name"]) for row in rows],
    )


@protect_app.command("remove")
def protect_remove(
    team_id: TeamArgument,
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="The entry's id.")],
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Take an entry off the list; its face is forgotten."""
    from headswap.jobs import protected
    from headswap.jobs.accounts import find_team

    with open_data(data) as opened, opened.database.write() as session:
        protected.remove(session, find_team(session, team_id), entry_id, opened.now_ms)
    print(json.dumps({"removed": entry_id}) if json_output else f"{entry_id} is off the list")


def described(photo: Path) -> Any:
    """(128,) float32, what the one face of a photo is recognised by.

    Raises:
        PhotoError: the photo does not show one face clearly. ModelError.
    """
    from headswap.swapping.reference import ReferenceReader
    from headswap.vision.networks.identity import Identity
    from headswap.vision.store import ModelStore

    if not photo.is_file():
        raise HeadswapError(f"{photo}: no such file; name a photo")
    store = ModelStore.default()
    portrait = ReferenceReader(store, threads=2).find(photo)
    return Identity(store).descriptor(portrait.rgb, portrait.landmarks)
