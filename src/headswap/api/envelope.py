"""The envelope {code, msg, data} that every answer wears."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from headswap.jobs.refusals import Code

# Whatever a refusal says, HTTP says 200, but for these.
_STATUS: dict[int, int] = {Code.TOO_OFTEN: 429, Code.OUR_FAULT: 500}

CODE_IN_SCOPE = "headswap.code"


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def dumps(value: object) -> bytes:
    """`value` as compact JSON, keys in their order, all ASCII."""
    return _ENCODE(value).encode("ascii")


class Answer(Response):
    """One enveloped answer; its code is left in the scope for logs and metrics."""

    media_type = "application/json"

    def __init__(
        self,
        content: Mapping[str, object],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = content["code"]
        super().__init__(dumps(content), status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CODE_IN_SCOPE] = self.code
        await super().__call__(scope, receive, send)


def envelope(data: object, msg: str = "OK") -> dict[str, object]:
    """What is said of a request that was carried out."""
    return {"code": int(Code.SUCCESS), "msg": msg, "data": data}


def done(data: object, msg: str = "OK") -> Answer:
    """The answer to a request that was carried out."""
    return Answer(envelope(data, msg))


def refusal(
    code: int, msg: str, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a request that was not, with the code's own HTTP status if none is given."""
    content = {"code": int(code), "msg": msg}
    return Answer(content, status or _STATUS.get(code, 200), headers)
