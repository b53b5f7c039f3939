"""A team's webhooks over HTTP: what was sent and what was answered; sending one again."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, cast

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from typing_extensions import TypedDict

from headswap.api.body import json_object
from headswap.api.calls import calls_of
from headswap.api.envelope import Answer, done
from headswap.api.links import Links
from headswap.api.passage import note
from headswap.api.shapes import WebhookTry as ShownTry
from headswap.api.terms import Count, ErrorCode, ErrorReason, Page, Size, Status, Time
from headswap.api.views import webhook_of
from headswap.jobs import outbox
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import ListQuery
from headswap.store.tables import OutboxMessage, WebhookTry

State = Literal["waiting", "sent", "failed"]


class Payload(TypedDict):
    """What a message says, before it is sealed for its receiver."""

    _id: Annotated[str, Field(description="The task.", examples=["6a066dc58570ecbf64f761a5"])]
    status: Status
    type: Annotated[str, Field(description="Always headswap.", examples=["headswap"])]
    url: Annotated[
        str,
        Field(
            description="The result; empty without one.",
            examples=["https://example.com/files/out.mp4"],
        ),
    ]
    error_code: NotRequired[ErrorCode]
    error_reason: NotRequired[ErrorReason]


class Message(TypedDict):
    """A message to a task's webhook."""

    message_id: Annotated[str, Field(description="Its id.", examples=["6a066dc58570ecbf64f761a7"])]
    task_id: Annotated[str, Field(description="The task.", examples=["6a066dc58570ecbf64f761a5"])]
    url: Annotated[str, Field(description="Where it goes.", examples=["https://example.com/hook"])]
    create_time: Time
    state: Annotated[State, Field(description="What came of it so far.", examples=["sent"])]
    next_time: Annotated[
        int | None, Field(description="When it is tried next; null if never.", examples=[None])
    ]
    payload: Annotated[
        Payload,
        Field(
            description="What it says, as it would be sent now.",
            examples=[
                {
                    "_id": "6a066dc58570ecbf64f761a5",
                    "status": 3,
                    "type": "headswap",
                    "url": "https://example.com/files/out.mp4",
                }
            ],
        ),
    ]
    tries: Annotated[
        list[ShownTry],
        Field(
            description="Every attempt, oldest first.",
            examples=[
                [{"time": 1778806300000, "took_ms": 84, "http_status": 200, "answer": "taken"}]
            ],
        ),
    ]


class MessagePage(TypedDict):
    """A page of messages, newest first."""

    result: Annotated[list[Message], Field(description="The messages.", examples=[[]])]
    count: Count
    page: Page
    size: Size


class Resent(TypedDict):
    """A message that is sent again."""

    message_id: Annotated[str, Field(description="Its id.", examples=["6a066dc58570ecbf64f761a7"])]
    state: Annotated[State, Field(description="waiting.", examples=["waiting"])]


async def list_messages(request: Request) -> Answer:
    """Show a page of messages, newest first."""
    calls = calls_of(request)

    def find(s: Session, caller: Caller) -> MessagePage:
        query = ListQuery.of(request.query_params)
        found = outbox.of_team(s, caller.team_id, query.size, query.offset)
        return {
            "result": [_shown(s, message, tries, calls.links) for message, tries in found],
            "count": outbox.count(s, caller.team_id),
            "page": query.page,
            "size": query.size,
        }

    return done(await calls.read(request, find))


async def resend(request: Request) -> Answer:
    """Send a message as if it were new."""
    calls = calls_of(request)
    caller = await calls.caller(request)
    body, clock = await json_object(request), calls.services.clock

    def send(s: Session) -> Resent:
        message = outbox.resend_own(s, caller.team_id, body.get("message_id"), clock())
        note(request.scope, task_id=message.task_id)
        return {"message_id": message.id, "state": cast("State", message.state)}

    return done(await calls.write(send))


def _shown(s: Session, message: OutboxMessage, tries: list[WebhookTry], links: Links) -> Message:
    (told,) = webhook_of([(message, tries)])
    return {
        "message_id": message.id,
        "task_id": message.task_id,
        "url": message.url,
        "create_time": message.create_time,
        "state": cast("State", message.state),
        "next_time": message.next_time if message.state == outbox.WAITING else None,
        "payload": cast("Payload", outbox.payload_of(s, message, links.to)),
        "tries": told["tries"],
    }
