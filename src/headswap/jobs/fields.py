"""Values out of JSON bodies and query strings; a wrong one is refused by field and rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from headswap.ids import is_id
from headswap.jobs.refusals import Code, Refused, not_found

MAX_PAGE = 1_000_000
MAX_PAGE_SIZE = 100
MAX_IDS = 100
# What a double holds exactly: above it a JSON number may not be the one that was sent.
MAX_NUMBER = 2**53
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)
# Not storable (NUL, lone surrogates), or a sign that two values ran into one (line ends).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_IN_A_URL = re.compile("[\x00-\x20\x7f\x85\xa0\u2028\u2029\ud800-\udfff]")


def wrong(name: str, rule: str) -> Refused:
    """The refusal of the field `name`, which does not keep `rule`."""
    return Refused(Code.PARAMETER, f"{name} {rule}.")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one JSON object; names not asked for are ignored.

    where: what stands before a field's name in messages, as "mappings[0].". names: how this
    version of the API spells a field, if otherwise than the services ask for it.
    """

    values: Mapping[str, object]
    where: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, body: object, where: str = "") -> Fields:
        """The fields of a parsed body; fields are returned as they are.

        Raises:
            Refused: it is no object.
        """
        if isinstance(body, Fields):
            return body
        if not isinstance(body, dict):
            raise wrong(where.removesuffix(".") or "The body", "must be a JSON object")
        return cls(cast("Mapping[str, object]", body), where)

    def spelt(self, names: Mapping[str, str], defaults: Mapping[str, object]) -> Fields:
        """The same fields under other names; what is missing or null has its default."""
        given = {name: value for name, value in self.values.items() if value is not None}
        return Fields({**defaults, **given}, self.where, names)

    def given(self, name: str) -> bool:
        """If the field is there and neither null nor an empty string."""
        return self._value(name) not in (None, "")

    def wrong(self, name: str, rule: str) -> Refused:
        """The refusal of one of these fields."""
        return wrong(self.where + self._name(name), rule)

    def text(self, name: str, max_length: int) -> str:
        """A string of 1 to `max_length` characters."""
        value = self._required(name)
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string")
        if not value:
            raise self.wrong(name, "must not be empty")
        if len(value) > max_length:
            raise self.wrong(name, f"must have at most {max_length} characters")
        if _UNSTORABLE.search(value):
            raise self.wrong(name, "must be text without NUL and without half characters")
        return value

    def web_address(self, name: str, max_length: int) -> str:
        """An http or https URL, kept character for character. Its length counts as UTF-8 bytes,
        since the databases' indexes do so.
        """
        value = self._required(name)
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string")
        if not _is_web_address(value):
            raise self.wrong(name, "must be an http or https URL")
        if len(value.encode()) > max_length:
            raise self.wrong(name, f"must have at most {max_length} characters")
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed strings."""
        value = self._required(name)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(name, f"must be {' or '.join(allowed)}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false; the default where the field is missing or null."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def whole_number(self, name: str) -> int:
        """A whole number; 1.0 is one, as JSON does not tell it from 1."""
        value = self._required(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, "must be a number")
        if abs(value) > MAX_NUMBER or value != value or int(value) != value:  # noqa: PLR0124
            raise self.wrong(name, "must be a whole number")
        return int(value)

    def objects(self, name: str, at_most: int) -> list[Fields]:
        """A list of 1 to `at_most` objects."""
        value = self._required(name)
        if not isinstance(value, list):
            raise self.wrong(name, "must be a list")
        items = cast("list[object]", value)
        if not 1 <= len(items) <= at_most:
            raise self.wrong(name, f"must have 1 to {at_most} items")
        return [
            Fields.of(item, f"{self.where}{self._name(name)}[{at}].")
            for at, item in enumerate(items)
        ]

    def ids(self, name: str) -> list[str]:
        """The parts of a string such as "a,b", each once, whether they are ids or not."""
        value = self._required(name)
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string of ids with commas between")
        parts = list(dict.fromkeys(part for part in map(str.strip, value.split(",")) if part))
        if not 1 <= len(parts) <= MAX_IDS:
            raise self.wrong(name, f"must name 1 to {MAX_IDS} ids")
        return parts

    def _required(self, name: str) -> object:
        value = self._value(name)
        if value is None:
            raise self.wrong(name, "is required")
        return value

    def _value(self, name: str) -> object:
        return self.values.get(self._name(name))

    def _name(self, name: str) -> str:
        return self.names.get(name, name)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which part of a list is asked for. page counts from 1; status None: all."""

    page: int
    size: int
    status: int | None

    @property
    def offset(self) -> int:
        """How many come before the page."""
        return (self.page - 1) * self.size

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ListQuery:
        """The query string's `page` (1), `size` (10) and `status` (all).

        Raises:
            Refused: one is not a number, or out of its range.
        """
        page = _number(query, "page", MAX_PAGE)
        size = _number(query, "size", MAX_PAGE_SIZE)
        return cls(page or 1, size or 10, _number(query, "status", 4))


def record_id(value: object, name: str = "_id") -> str:
    """The id that a request gives as `name`.

    Raises:
        Refused: 1003 without one, 1014 for what cannot be one.
    """
    if value is None or value == "":
        raise wrong(name, "is required")
    if not isinstance(value, str):
        raise wrong(name, "must be a string")
    if not is_id(value):
        raise not_found()
    return value


def storable(text: str, max_length: int) -> str:
    """The text as any database takes it: without NUL and half characters, and not too long."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)[:max_length]


def _number(query: Mapping[str, str], name: str, at_most: int) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= at_most:
        raise wrong(name, f"must be a whole number from 1 to {at_most}")
    return int(text)


def _is_web_address(text: str) -> bool:
    if _NOT_IN_A_URL.search(text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # A port that is no number, brackets that do not close.
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
