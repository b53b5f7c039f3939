"""What `--consent` says; asked for at a terminal where nothing says it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from headswap.trust.consent import (
    SCOPE_OF_SWAP,
    VARIABLE,
    Consent,
    consents_for,
    read_consent,
    system_user,
    utc_time,
)

_FOR_ONE = re.compile(r"([0-9]+)=(.*)", re.DOTALL)


def given_consents(obj_ids: Sequence[int], words: Sequence[str]) -> dict[int, Consent]:
    """The consent for each person's photo: said, in HEADSWAP_CONSENT, or asked for.

    words: each for all photos, or for one, as `0=TEXT`.

    Raises:
        ConsentMissing: none is stated, and there is no terminal to ask at.
        typer.BadParameter: a word is for a person who is not mapped, or two are for the same.
    """
    usual: str | None = None
    stated: dict[int, str] = {}
    for word in words:
        one = _FOR_ONE.fullmatch(word)
        if one is None:
            if usual is not None:
                raise _bad("it is stated twice for all photos; say 0=TEXT for person 0 alone")
            usual = word
        elif int(one[1]) not in obj_ids or int(one[1]) in stated:
            raise _bad(f"person {one[1]} is not mapped, or their consent is stated twice")
        else:
            stated[int(one[1])] = one[2]
    if usual is not None:
        stated = dict.fromkeys(obj_ids, usual) | stated
    if not words and not os.environ.get(VARIABLE) and _at_a_terminal():
        return dict.fromkeys(obj_ids, _asked())
    return consents_for(obj_ids, stated)


def _asked() -> Consent:
    """What the person at the terminal states; questions go to stderr, as answers go to stdout."""
    typer.echo(
        "A swap needs the consent of the people in the photos; it is written into the report.",
        err=True,
    )
    by = typer.prompt("Who states it", default=system_user(), err=True)
    statement = typer.prompt("Did they agree? Say so in your words", err=True)
    scope = typer.prompt("To what did they agree", default=SCOPE_OF_SWAP, err=True)
    when = utc_time(datetime.now(UTC))
    # Read as a whole, so that a plain "no" is none.
    return read_consent(str(statement), by=str(by), scope=str(scope), when=when)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _bad(why: str) -> typer.BadParameter:
    return typer.BadParameter(why, param_hint="--consent")
