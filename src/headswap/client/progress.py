"""How far a client is on its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage = Literal["upload", "analyze", "swap", "download"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total`: bytes of "upload" and "download", percent of "analyze" and "swap".

    what: the file or the record's id. total is 0 where it is not known.
    """

    stage: Stage
    what: str
    done: int
    total: int


Told: TypeAlias = Callable[[Progress], None]


def nobody(_: Progress) -> None:
    """Tells nobody."""
