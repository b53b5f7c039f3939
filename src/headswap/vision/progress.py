"""Progress of a long job: which stage, how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps of a stage; `total` may be an estimate that `done` passes."""

    stage: str
    done: int
    total: int


Report: TypeAlias = Callable[[Progress], None]
