"""`headswap webhook`: what was told to receivers, and telling it again."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from headswap.cli.data_folder import DataOption, JsonOption, open_data
from headswap.cli.listing import in_utc, print_rows

app = typer.Typer(help="Show a task's webhooks, send one again.", no_args_is_help=True)


@app.command("list")
def list_webhooks(
    task_id: Annotated[str, typer.Option("--task", metavar="ID", help="The task's id.")],
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Show every try to tell a task's end, and what was answered."""
    from headswap.jobs import outbox

    with open_data(data) as opened, opened.database.read() as session:
        messages: list[dict[str, Any]] = [
            {
                "message_id": message.id,
                "state": message.state,
                "status": message.status,
                "next_time": message.next_time if message.state == outbox.WAITING else None,
                "tries": [
                    {
                        "number": sent.number,
                        "time": sent.time,
                        "took_ms": sent.took_ms,
                        "http_status": sent.http_status,
                        "answer": sent.answer,
                    }
                    for sent in tries
                ],
            }
            for message, tries in outbox.messages_of(session, task_id)
        ]
    if json_output:
        print(json.dumps(messages, indent=2))
        return
    print_rows(
        ("message_id", "state", "try", "at (UTC)", "took ms", "answered"),
        [
            (
                message["message_id"],
                message["state"],
                sent["number"],
                in_utc(sent["time"]),
                sent["took_ms"],
                sent["http_status"] or sent["answer"],
            )
            for message in messages
            for sent in message["tries"]
        ],
        numbers=("try", "took ms"),
    )


@app.command("resend")
def resend_webhook(
    message_id: Annotated[
        str, typer.Argument(metavar="MESSAGE_ID", help="As `headswap webhook list` shows it.")
    ],
    data: DataOption = None,
    json_output: JsonOption = False,
) -> None:
    """Send a message as if it were new; a running worker does it within a second."""
    from headswap.jobs import outbox

    with open_data(data) as opened, opened.database.write() as session:
        message = outbox.resend(session, message_id, opened.now_ms)
        state = {"message_id": message.id, "state": message.state}
    print(json.dumps(state) if json_output else f"{message_id} waits to be sent")
