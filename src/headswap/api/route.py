"""A route: its path, its handler, and what the document of the API says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headswap.api.passage import Handler


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter in the query string."""

    name: str
    says: str
    example: str | int
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One path and how it is answered.

    body, data: what is sent and what the envelope's `data` holds, as TypedDicts. answers: what
    comes instead of an envelope. keyed: takes Idempotency-Key. open: needs no key.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    tag: str
    summary: str
    data: type | None = None
    body: type | Literal["file"] | None = None
    query: tuple[Query, ...] = ()
    answers: Literal["envelope", "token", "events", "file", "metrics"] = "envelope"
    keyed: bool = False
    open: bool = False


TASK_ID = Query("_id", "The task's id.", "6a066dc58570ecbf64f761a5", required=True)
ANALYSIS_ID = Query("_id", "The analysis' id.", "6a066d03625746c797390f55", required=True)
