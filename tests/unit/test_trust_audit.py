"""The audit chain: what is edited, removed or added is found, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from headswap.trust.audit import BROKEN, START, Entry, Head, canonical, faults

KEY = b"k" * 32
Line = tuple[Entry, str]


def trail(count: int) -> list[Line]:
    lines: list[Line] = []
    for seq in range(1, count + 1):
        previous = lines[-1][1] if lines else START
        entry = Entry(seq, 1000 + seq, "key.created", "t", "somebody", f"k{seq}", "{}", previous)
        lines.append((entry, entry.hash))
    return lines


def rehashed(lines: list[Line]) -> list[Line]:
    """As somebody would forge it who knows the chain, but not the key."""
    forged: list[Line] = []
    for seq, (entry, _) in enumerate(lines, start=1):
        moved = replace(entry, seq=seq, previous=forged[-1][1] if forged else START)
        forged.append((moved, moved.hash))
    return forged


def found(lines: list[Line], head: Head | None = None, seal: str | None = None) -> list[str]:
    honest = Head(5, trail(5)[-1][1])
    return list(faults(lines, head or honest, seal or honest.seal(KEY), KEY))


def edited(lines: list[Line]) -> list[Line]:
    lines[2] = (replace(lines[2][0], ref="other"), lines[2][1])
    return lines


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_whole_trail_has_no_faults(count: int) -> None:
    lines = trail(count)
    head = Head(count, lines[-1][1] if lines else START)
    assert found(lines, head, head.seal(KEY)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited, "entry 3 was edited"),
        (lambda lines: rehashed(edited(lines)), "the last entry, 5, is not the one"),
        (lambda lines: lines[:2] + lines[3:], "entry 3 is missing"),
        (lambda lines: lines[1:], "entry 1 is missing"),
        (lambda lines: lines[:3], "entries 4 to 5 are missing"),
        (lambda _: [], "entries 1 to 5 are missing"),
        (lambda lines: rehashed(lines[:2] + lines[3:]), "entry 5 is missing"),
        (lambda _: trail(6), "entries after 5 were added"),
    ],
)
def test_a_changed_trail_is_found(change: Callable[[list[Line]], list[Line]], says: str) -> None:
    assert any(says in fault for fault in found(change(trail(5)))), found(change(trail(5)))


def test_a_head_that_was_forged_with_the_tail_is_found() -> None:
    lines = trail(5)[:3]
    head = Head(3, lines[-1][1])
    assert ["sealed" in fault for fault in found(lines, head)] == [True]
    assert ["sealed" in fault for fault in found(lines, head, head.seal(b"x" * 32))] == [True]


def test_an_entry_that_tells_of_a_break_stays_a_fault() -> None:
    entry = Entry(1, 1, BROKEN, "", "service", "", "{}", START)
    head = Head(1, entry.hash)
    assert len(found([(entry, entry.hash)], head, head.seal(KEY))) == 1


def test_the_same_content_is_written_the_same_way() -> None:
    assert canonical({"b": 1, "a": "\u00e4"}) == '{"a":"\\u00e4","b":1}'
