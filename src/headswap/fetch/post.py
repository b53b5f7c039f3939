"""Posts JSON to an address that somebody gave, and reads little of what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, suppress
from typing import NamedTuple

import httpx

from headswap.errors import FetchFailed, FetchRefused
from headswap.fetch.deadline import Deadline, Timeouts
from headswap.fetch.network import DEADLINE
from headswap.fetch.url import origin_of

MAX_ANSWER_BYTES = 2048


class Answer(NamedTuple):
    """Status and the beginning of the body as text, fit for any database: without NUL."""

    status: int
    text: str


def post_json(
    client: httpx.Client, url: str, body: Mapping[str, object], timeout_s: float
) -> Answer:
    """What the receiver answered, of its body MAX_ANSWER_BYTES at most; a redirect is an answer.

    `client` is a guarded_client; `timeout_s` is for all of it. Once the status is there, a body
    that breaks off is taken as far as it came.

    Raises:
        FetchRefused: the URL is malformed, or leads where nothing may be sent.
        FetchFailed: no answer in time.
    """
    deadline = Deadline.start(Timeouts(timeout_s, timeout_s))
    # As it was given, because httpx tidies some oddities away before the guard sees them.
    origin = origin_of(url, len(url))
    try:
        request = client.build_request(
            "POST", url, json=dict(body), extensions={DEADLINE: deadline}
        )
    except httpx.InvalidURL as error:
        raise FetchRefused(f"the URL at {origin} is malformed") from error
    with closing(client.send(request, stream=True)) as response:
        return Answer(response.status_code, _beginning(response))


def _beginning(response: httpx.Response) -> str:
    begun = bytearray()
    with suppress(FetchFailed):
        for part in response.iter_raw():
            begun += part
            if len(begun) >= MAX_ANSWER_BYTES:
                break
    return begun[:MAX_ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
