"""Consent: who states that the people in a photo agreed, to what, and when."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from headswap.errors import ConsentMissing

VARIABLE = "HEADSWAP_CONSENT"
MAX_BY, MAX_STATEMENT, MAX_SCOPE = 200, 2000, 500
SCOPE_OF_SWAP = "this swap"
SCOPE_OF_TEAM = "every task of this team"
EXAMPLE = "Anna Berg: the people shown agreed; for the trailer"
HOW_TO_STATE = f'state it with --consent "{EXAMPLE}" (in the library consent=...), or in {VARIABLE}'
# A variable that was meant to switch consent off must not become a statement.
_DENIALS = {"0", "no", "n", "none", "false", "off", "null"}
_WHO = re.compile(r"([^:;]{1,200}):\s+(?=\S)")
_WHAT_FOR = re.compile(r";\s*for\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Consent:
    """A statement about one photo.

    by: who states it. statement: that the people shown agreed. scope: to what they did. when: it
    was stated, ISO 8601 in UTC.

    Raises ConsentMissing where a part is empty, too long, or holds control characters.
    """

    by: str
    statement: str
    scope: str
    when: str

    def __post_init__(self) -> None:
        parts = (
            ("who states it", self.by, MAX_BY),
            ("the statement", self.statement, MAX_STATEMENT),
            ("what it is for", self.scope, MAX_SCOPE),
        )
        for what, text, longest in parts:
            if not 1 <= len(text) <= longest or not text.isprintable():
                raise ConsentMissing(
                    f"of the consent, {what} must be 1 to {longest} printable characters, not "
                    f"{text[:60]!r}"
                )


def states_nothing(text: str) -> bool:
    """Whether a text was meant to state no consent: it is empty, or "no", "0" and the like."""
    return text.strip().lower() in {"", *_DENIALS}


def read_consent(text: str, *, by: str, scope: str, when: str) -> Consent:
    """The consent that a text states: "NAME: the people shown agreed; for WHAT".

    by, scope: what counts where the text names nobody, or nothing that it is for.

    Raises:
        ConsentMissing: nothing is stated ("", "no"), or a part is not of its form.
    """
    rest = text.strip()
    if states_nothing(rest):
        raise ConsentMissing(f"{text!r} states no consent; {HOW_TO_STATE}")
    if (who := _WHO.match(rest)) is not None:
        by, rest = who[1].strip(), rest[who.end() :]
    if (what_for := _WHAT_FOR.search(rest)) is not None:
        rest, scope = rest[: what_for.start()], rest[what_for.end() :]
    return Consent(by, rest.strip(), scope.strip(), when)


def consent_of_environment(scope: str, when: str) -> Consent | None:
    """What HEADSWAP_CONSENT states, by the system's user where it names nobody; None if not set.

    Raises:
        ConsentMissing: it is set and states nothing.
    """
    text = os.environ.get(VARIABLE, "")
    return read_consent(text, by=system_user(), scope=scope, when=when) if text else None


def consents_for(
    obj_ids: Iterable[int], given: Consent | str | Mapping[int, Consent | str] | None
) -> dict[int, Consent]:
    """The consent for each person's photo: the one given for it or for all, else the environment's.

    Raises:
        ConsentMissing: there is none for a photo.
    """
    when = utc_time(datetime.now(UTC))
    usual = consent_of_environment(SCOPE_OF_SWAP, when)
    found: dict[int, Consent] = {}
    for obj_id in obj_ids:
        stated = given.get(obj_id) if isinstance(given, Mapping) else given
        if isinstance(stated, str):
            stated = read_consent(stated, by=system_user(), scope=SCOPE_OF_SWAP, when=when)
        stated = stated or usual
        if stated is None:
            raise ConsentMissing(
                f"nobody states that the person in the photo for {obj_id} agreed to this; "
                f"{HOW_TO_STATE}"
            )
        found[obj_id] = stated
    return found


def utc_time(moment: datetime) -> str:
    """An aware time as consents carry it, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def system_user() -> str:
    """Who runs this program, as the system calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that no list of users knows.
        return f"user {os.getuid()}"
