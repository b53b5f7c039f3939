"""Ids and the time they carry."""

from __future__ import annotations

import time

import pytest

from headswap.ids import is_id, new_id
from headswap.store.clock import system_clock


@pytest.mark.parametrize(
    ("now_ms", "first"),
    [
        (0, "00000000"),
        (999, "00000000"),
        (1000, "00000001"),
        (1_778_806_213_962, "6a066dc5"),
        ((1 << 32) * 1000 - 1, "ffffffff"),
    ],
)
def test_an_id_begins_with_the_second_it_was_made(now_ms: int, first: str) -> None:
    made = new_id(now_ms)
    assert made[:8] == first
    assert is_id(made)


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(1_778_806_213_962) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("now_ms", [-1, (1 << 32) * 1000])
def test_a_time_that_does_not_fit_is_refused(now_ms: int) -> None:
    with pytest.raises(ValueError, match="1970 to 2106"):
        new_id(now_ms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("6a066dc58570ecbf64f761a5", True),
        ("6A066DC58570ECBF64F761A5", False),
        ("6a066dc58570ecbf64f761a", False),
        ("6a066dc58570ecbf64f761a55", False),
        ("6a066dc58570ecbf64f761a5\n", False),
        ("6a066dc58570ecbf64f761ag", False),
        ("\uff16a066dc58570ecbf64f761a5", False),
        (" 6a066dc58570ecbf64f761a5", False),
    ],
)
def test_only_24_lower_case_hex_digits_are_an_id(text: str, expected: bool) -> None:
    assert is_id(text) is expected


def test_the_system_clock_counts_milliseconds_since_1970() -> None:
    before = time.time()
    now = system_clock()
    assert int(before * 1000) - 1 <= now <= int(time.time() * 1000) + 1
