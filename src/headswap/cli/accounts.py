"""`headswap team` and `headswap key`: who may use the service, and with which keys."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Any

import typer

from headswap.cli.data_folder import DataOption, JsonOption, TeamOption, open_data
from headswap.cli.listing import in_utc, print_rows

team_app = typer.Typer(help="Make, list and block teams.", no_args_is_help=True)
key_app = typer.Typer(help="Make, list, revoke and rotate keys.", no_args_is_help=True)

ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The key's client id.")]


@team_app.command("create")
def create_team(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the team is called.")],
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Make a team and its user.

    Makes the data folder too where there is none.
    """
    from headswap.jobs import accounts

    with open_data(data, make=True) as opened, opened.database.write() as session:
        team, user = accounts.create_team(session, name, opened.now_ms)
        team_id, uid = team.id, user.uid
    if json_output:
        print(json.dumps({"team_id": team_id, "uid": uid}))
    else:
        folder = "" if data is None else f" --data {shlex.quote(str(data))}"
        print(f"team {team_id}, user {uid}")
        print(f"a key for it: headswap key create --team {team_id}{folder}")


@team_app.command("list")
def list_teams(data: DataOption = None, json_output: JsonOption = False) -> None:
    """Show every team with its user."""
    from headswap.jobs import accounts

    with open_data(data) as opened, opened.database.read() as session:
        teams: list[dict[str, Any]] = [
            {
                "team_id": team.id,
                "uid": user.uid,
                "name": team.name,
                "create_time": team.create_time,
                "blocked": team.banned,
            }
            for team, user in accounts.list_teams(session)
        ]
    if json_output:
        print(json.dumps(teams, indent=2))
        return
    print_rows(
        ("team_id", "uid", "made (UTC)", "state", "name"),
        [
            (
                team["team_id"],
                team["uid"],
                in_utc(team["create_time"]),
                "blocked" if team["blocked"] else "active",
                team["name"],
            )
            for team in teams
        ],
        numbers=("uid",),
    )


@team_app.command("block")
def block_team(
    team_id: TeamOption, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """Refuse every request of a team from now on."""
    _set_blocked(team_id, True, data, json_output)


@team_app.command("unblock")
def unblock_team(
    team_id: TeamOption, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """Let a blocked team in again."""
    _set_blocked(team_id, False, data, json_output)


def _set_blocked(team_id: str, blocked: bool, data: DataOption, json_output: bool) -> None:
    from headswap.jobs import accounts

    with open_data(data) as opened, opened.database.write() as session:
        accounts.block_team(session, team_id, blocked)
    if json_output:
        print(json.dumps({"team_id": team_id, "blocked": blocked}))
    else:
        print(f"team {team_id} is {'blocked' if blocked else 'active'}")


@key_app.command("create")
def create_key(
    team_id: TeamOption, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """Make a key.

    It is shown this once: send it as x-api-key, or exchange it with the client id for a token.
    """
    from headswap.jobs import accounts

    with open_data(data) as opened:
        keyring = opened.keyring()
        with opened.database.write() as session:
            new = accounts.create_key(session, keyring, team_id, opened.now_ms)
    _show_key(new.client_id, new.secret, json_output)


@key_app.command("list")
def list_keys(
    team_id: Annotated[
        str | None, typer.Option("--team", metavar="ID", help="Only this team's keys.")
    ] = None,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Show the keys, revoked ones too, without their secrets."""
    from headswap.jobs import accounts

    with open_data(data) as opened, opened.database.read() as session:
        keys: list[dict[str, Any]] = [
            {
                "client_id": key.client_id,
                "team_id": key.team_id,
                "uid": key.uid,
                "create_time": key.create_time,
                "revoke_time": key.revoke_time,
            }
            for key in accounts.list_keys(session, team_id)
        ]
    if json_output:
        print(json.dumps(keys, indent=2))
        return
    print_rows(
        ("client_id", "team_id", "made (UTC)", "state"),
        [
            (
                key["client_id"],
                key["team_id"],
                in_utc(key["create_time"]),
                "active" if key["revoke_time"] is None else "revoked",
            )
            for key in keys
        ],
    )


@key_app.command("revoke")
def revoke_key(
    client_id: ClientArgument, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """End a key and its tokens for good."""
    from headswap.jobs import accounts

    with open_data(data) as opened, opened.database.write() as session:
        revoke_time = accounts.revoke_key(session, client_id, opened.now_ms).revoke_time
    if json_output:
        print(json.dumps({"client_id": client_id, "revoke_time": revoke_time}))
    else:
        print(f"key {client_id} is revoked")


@key_app.command("rotate")
def rotate_key(
    client_id: ClientArgument, data: DataOption = None, json_output: JsonOption = False
) -> None:
    """Give a key a new secret; the old one and its tokens end.

    Webhooks still to be sent are sealed with the new secret.
    """
    from headswap.jobs import accounts

    with open_data(data) as opened:
        keyring = opened.keyring()
        with opened.database.write() as session:
            new = accounts.rotate_key(session, keyring, client_id)
    _show_key(new.client_id, new.secret, json_output)


def _show_key(client_id: str, secret: str, json_output: bool) -> None:
    if json_output:
        print(json.dumps({"client_id": client_id, "key": secret}))
    else:
        print(f"client_id {client_id}\nkey       {secret}\nThe key is not shown again.")
