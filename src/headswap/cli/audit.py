"""`headswap audit`: the trail of what was done, and whether it is whole."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from headswap.cli.data_folder import DataOption, JsonOption, open_data
from headswap.cli.listing import in_utc, print_rows

app = typer.Typer(help="Show the audit trail, check that it is whole.", no_args_is_help=True)

_HEAD = re.compile(r"([0-9]+):([0-9a-f]{64})")


@app.command("list")
def list_entries(
    team_id: Annotated[
        str | None, typer.Option("--team", metavar="ID", help="Only this team's entries.")
    ] = None,
    ref: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those about this task, key, ....")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="How many entries, newest first.")
    ] = 50,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Show what was done with keys, consent, rules, tasks, downloads and deletions."""
    from headswap.jobs import audit

    with open_data(data) as opened, opened.database.read() as session:
        entries: list[dict[str, Any]] = [
            {
                "seq": one.seq,
                "time": one.time,
                "kind": one.kind,
                "team_id": one.team_id,
                "actor": one.actor,
                "ref": one.ref,
                "detail": json.loads(one.detail),
                "hash": one.hash,
            }
            for one in audit.entries(session, limit, team_id, ref)
        ]
    if json_output:
        print(json.dumps(entries, indent=2))
        return
    print_rows(
        ("seq", "time (UTC)", "kind", "what", "by", "more"),
        [
            (
                one["seq"],
                in_utc(one["time"]),
                one["kind"],
                one["ref"],
                one["actor"],
                ", ".join(f"{name}: {value}" for name, value in one["detail"].items()),
            )
            for one in entries
        ],
        numbers=("seq",),
    )


@app.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="COUNT:HASH",
            help="Where the trail ended when it was last checked; it must still go through there.",
        ),
    ] = None,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Check that no entry was edited, added or removed, the last ones included.

    Prints where the trail ends as COUNT:HASH; kept elsewhere and given as --expect the next time,
    it also finds a whole database that was put back to an earlier state.
    """
    from headswap.jobs import audit

    if expect is not None and not _HEAD.fullmatch(expect):
        raise typer.BadParameter("write COUNT:HASH as verify prints it", param_hint="--expect")
    with open_data(data) as opened:
        key = audit.audit_key(opened.keyring())
        with opened.database.read() as session:
            head, faults = audit.check_trail(session, key)
            if expect is not None:
                count, _, digest = expect.partition(":")
                faults += audit.check_passes(session, int(count), digest)
    if json_output:
        content = {"ok": not faults, "count": head.count, "hash": head.hash, "faults": faults}
        print(json.dumps(content, indent=2))
    else:
        for fault in faults:
            print(f"WRONG  {fault}")
        print(f"{head.count} entries, {'NOT whole' if faults else 'whole'}; the trail ends at")
        print(f"{head.count}:{head.hash}")
    if faults:
        raise typer.Exit(1)
