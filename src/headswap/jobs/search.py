"""Lists that are searched: which records a text that somebody typed is meant to find."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from headswap.jobs.fields import storable

MAX_LENGTH = 200


def search_text(query: Mapping[str, str]) -> str:
    """The query string's `q`, empty for all records; what is longer than can match is cut."""
    return storable(query.get("q", "").strip(), MAX_LENGTH)


def matches(
    text: str, id_: InstrumentedAttribute[str], *texts: InstrumentedAttribute[str]
) -> list[ColumnElement[bool]]:
    """The conditions under which a record is found: its id begins with the text, or a column has it
    in it, as it is or as a URL spells it; none for an empty text.
    """
    if not text:
        return []
    spellings = {text, quote(text)}
    found = [one.icontains(spelt, autoescape=True) for one in texts for spelt in sorted(spellings)]
    return [or_(id_.startswith(text.lower(), autoescape=True), *found)]
