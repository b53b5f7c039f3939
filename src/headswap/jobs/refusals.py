"""Refused: an answer of the API that is not a success, raised by services."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The codes of the API's envelope."""

    SUCCESS = 1000
    PARAMETER = 1003
    TOO_OFTEN = 1005
    NO_ROUTE = 1008
    NOT_FOUND = 1014
    KEY_WRONG = 1101
    KEY_MISSING = 1102
    CREDITS = 1104
    BLOCKED = 1200
    OUR_FAULT = 2001


class Refused(Exception):
    """A request that is answered with `code` and `msg`; nothing of it may stay in the database."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg

    def __str__(self) -> str:
        return f"{int(self.code)} {self.msg}"


def not_found() -> Refused:
    """For a record that does not exist or is another team's: nobody can tell which."""
    return Refused(Code.NOT_FOUND, "Resource not found")
