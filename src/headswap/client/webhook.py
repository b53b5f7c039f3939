"""What a webhook's receiver reads: the message, once it is found genuine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from headswap import sealing
from headswap.client.errors import NotTheApi
from headswap.client.results import Fields, Status
from headswap.errors import WebhookNotGenuine


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """That a task has ended. A message may come twice; task_id and status tell it.

    result_url: None when it failed. error_code, error_reason: only some servers tell.
    """

    task_id: str
    status: Status
    result_url: str | None
    error_code: int
    error_reason: str


def verify_and_decrypt(
    client_id: str, secret: str, body: bytes | str | Mapping[str, object]
) -> WebhookMessage:
    """The message in a webhook's body, as received or parsed. Answer it with 200.

    client_id, secret: of the key that the task was created with.

    Raises:
        WebhookNotGenuine: it was not sealed with this key, or is no such message.
        ValueError: the secret is not 24 or 32 bytes long.
    """
    payload = sealing.open_(client_id, secret, _parsed(body))
    try:
        fields = Fields.of(payload)
        return WebhookMessage(
            task_id=fields.text("_id"),
            status=Status(fields.whole("status")),
            result_url=fields.text("url", "") or None,
            error_code=fields.whole("error_code", 0),
            error_reason=fields.text("error_reason", ""),
        )
    except (NotTheApi, ValueError) as error:
        raise WebhookNotGenuine(f"the webhook tells of no task: {error}; refuse it") from error


def _parsed(body: bytes | str | Mapping[str, object]) -> Mapping[str, object]:
    if isinstance(body, Mapping):
        return body
    try:
        value: object = json.loads(body)
    except ValueError as error:
        raise WebhookNotGenuine("the webhook's body is not JSON; refuse it") from error
    if not isinstance(value, dict):
        raise WebhookNotGenuine("the webhook's body is no JSON object; refuse it")
    return cast("dict[str, object]", value)
