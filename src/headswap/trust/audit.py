"""The audit trail's chain: each entry carries the hash of the one before it.

A chain of SHA-256 hashes finds what was changed or taken out in the middle. What was cut off at the
end is found by the head: how many entries there are and the last one's hash, sealed with a key
(HMAC-SHA256) that is not where the entries are.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

START = "0" * 64
# What a writer notes that finds the head unsealed or gone, before it goes on.
BROKEN = "trail.broken"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done.

    seq: counted from 1 without a gap. time: milliseconds since 1970. kind: such as "key.created".
    team_id: "" where no team is concerned. actor: who did it. ref: the id of what it was done to.
    detail: a JSON object as text. previous: the hash of the entry before, START for the first.
    """

    seq: int
    time: int
    kind: str
    team_id: str
    actor: str
    ref: str
    detail: str
    previous: str

    @property
    def hash(self) -> str:
        """64 hex digits of all that the entry says, the hash before it included."""
        return hashlib.sha256(canonical(asdict(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where the trail ends: how many entries there are, and the last one's hash."""

    count: int
    hash: str

    def seal(self, key: bytes) -> str:
        """64 hex digits that only who has the key can make."""
        return hmac.digest(key, f"{self.count} {self.hash}".encode(), "sha256").hex()


def canonical(content: dict[str, object]) -> str:
    """The one way to write an object as JSON: keys sorted, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def faults(
    entries: Iterable[tuple[Entry, str]], head: Head, seal: str, key: bytes
) -> Iterator[str]:
    """A sentence for each thing that is wrong with a trail; none if it is whole.

    entries: each with the hash that is stored beside it, by `seq`. seal: as stored with the head.
    """
    if not hmac.compare_digest(head.seal(key).encode(), seal.encode("utf-8", "replace")):
        yield (
            f"the head ({head.count} entries) is not sealed with this master key: it was edited, "
            "or belongs to another trail"
        )
    expected, last = 1, START
    for entry, stored in entries:
        if entry.seq != expected:
            yield _missing(expected, entry.seq - 1)
        elif entry.previous != last:
            yield f"entry {entry.seq} does not follow the one before it"
        if entry.hash != stored:
            yield f"entry {entry.seq} was edited"
        if entry.kind == BROKEN:
            yield f"entry {entry.seq} tells that the head had been edited or removed before it"
        expected, last = entry.seq + 1, stored
    if expected <= head.count:
        yield _missing(expected, head.count)
    elif expected > head.count + 1:
        yield f"entries after {head.count} were added without being sealed"
    elif last != head.hash:
        yield f"the last entry, {head.count}, is not the one that was sealed"


def _missing(first: int, last: int) -> str:
    if last < first:
        return f"an entry stands twice before {first}"
    return (
        f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    )
