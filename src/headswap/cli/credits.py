"""`headswap credits`: gives a team credits and shows what became of them."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from headswap.cli.data_folder import DataOption, JsonOption, TeamOption, open_data
from headswap.cli.listing import in_utc, print_rows

app = typer.Typer(help="Grant a team credits, show its balance.", no_args_is_help=True)

# The ledger counts thousandths, and no more digits than a JSON reader keeps.
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


@app.command()
def grant(
    amount: Annotated[str, typer.Argument(metavar="N", help="How many, such as 100 or 1.5.")],
    team_id: TeamOption,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the ledger.")] = "",
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Give a team credits."""
    milli = _milli(amount)
    from headswap.jobs import credits as service

    with open_data(data) as opened, opened.database.write() as session:
        entry = service.grant(session, team_id, milli, opened.now_ms, note)
        granted, balance = service.in_credits(milli), service.in_credits(entry.balance)
    if json_output:
        print(json.dumps({"team_id": team_id, "granted": granted, "balance": balance}))
    else:
        print(f"team {team_id} has {balance} credits, {granted} of them new")


@app.command()
def show(
    team_id: TeamOption,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="How many entries of the ledger, newest first.")
    ] = 20,
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Show a team's balance and ledger.

    A hold sets credits aside for a task; at its end a take says how many of them were used, and
    the rest is given back.
    """
    from headswap.jobs import credits as service
    from headswap.jobs.accounts import find_team

    with open_data(data) as opened, opened.database.read() as session:
        find_team(session, team_id)
        balance = service.in_credits(service.balance(session, team_id))
        entries: list[dict[str, Any]] = [
            {
                "seq": entry.seq,
                "create_time": entry.create_time,
                "kind": entry.kind,
                "amount": service.in_credits(entry.amount),
                "used": service.in_credits(entry.used),
                "balance": service.in_credits(entry.balance),
                "task_id": entry.task_id,
                "note": entry.note,
            }
            for entry in service.ledger(session, team_id, limit)
        ]
    if json_output:
        print(json.dumps({"team_id": team_id, "balance": balance, "ledger": entries}, indent=2))
        return
    print(f"balance {balance}")
    print_rows(
        ("time (UTC)", "kind", "amount", "used", "left", "task or note"),
        [
            (
                in_utc(entry["create_time"]),
                entry["kind"],
                entry["amount"],
                entry["used"] if entry["kind"] == "take" else "",
                entry["balance"],
                entry["task_id"] or entry["note"],
            )
            for entry in entries
        ],
        numbers=("amount", "used", "left"),
    )


def _milli(amount: str) -> int:
    """What `amount` says, in thousandths. Raises typer.BadParameter: it is no such number."""
    if not _AMOUNT.fullmatch(amount) or not float(amount):
        raise typer.BadParameter(
            f"{amount!r} is not an amount of credits; give a number above 0 with at most three "
            "decimals, such as 100 or 1.5",
            param_hint="N",
        )
    return round(float(amount) * 1000)
