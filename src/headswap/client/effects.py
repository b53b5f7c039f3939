"""What the client's core asks to be done, and what it is told: plain data, no sockets.

The core is generators. Each yields a `Request`, a `Save` or the like and is sent what came of it,
so the same core serves who blocks and who awaits, and is tested without either.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

T = TypeVar("T")
Moved: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request over HTTP. file: sent as the part "file" of a form, instead of a body.

    moved: is told how many bytes of how many of the file are sent.
    """

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = None
    file: Path | None = None
    moved: Moved | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """A file to be downloaded, whole or not at all, redirects followed. No key is sent."""

    url: str
    to: Path
    moved: Moved


@dataclass(frozen=True, slots=True)
class Check:
    """A path that is to be written later: whether it can be, before anything is paid."""

    to: Path


@dataclass(frozen=True, slots=True)
class Wait:
    """Time to pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. headers: by lower-case names. body: empty where it was saved."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing, or nothing whole, came back. sent: the request may have arrived."""

    reason: str
    sent: bool


Effect: TypeAlias = Request | Save | Check | Wait
Came: TypeAlias = Answer | Lost | None
Flow: TypeAlias = Generator[Effect, Came, T]
