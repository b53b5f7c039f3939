"""The word of a mark: read again through noise, and not read into noise."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.trust.mark import MARK_BITS, mark_of
from headswap.trust.mark.words import SIGNS, heard, spoken

MARKS = (0, 1, (1 << MARK_BITS) - 1, 0x6740F3A19C5D27BE)


@pytest.mark.parametrize("mark", MARKS)
def test_a_word_is_heard_as_its_mark(mark: int) -> None:
    word = spoken(mark)
    assert word.shape == (SIGNS,) and set(np.unique(word)) == {-1, 1}
    assert heard(word) == heard(0.001 * word) == mark


@pytest.mark.parametrize("mark", MARKS)
def test_a_word_is_heard_when_a_tenth_of_its_signs_is_wrong_and_a_third_is_lost(mark: int) -> None:
    soft = spoken(mark)
    soft[5::10] *= -1
    soft[1::3] = 0
    assert heard(soft) == mark


def test_nothing_is_heard_in_noise_or_silence() -> None:
    noise = np.random.default_rng(4).standard_normal((200, SIGNS)).astype(np.float32)
    assert [heard(soft) for soft in noise] == [None] * 200
    assert heard(np.zeros(SIGNS, np.float32)) is None


def test_a_word_whose_checksum_does_not_hold_is_not_heard() -> None:
    # The code is linear: the product of two words is a third one, of their bits' sum; the
    # checksums begin from ones, so that of the third does not hold.
    assert heard(spoken(MARKS[1]) * spoken(MARKS[3])) is None


@pytest.mark.parametrize("mark", [-1, 1 << MARK_BITS])
def test_a_mark_of_more_bits_is_refused(mark: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        spoken(mark)


def test_the_mark_of_a_task_is_the_beginning_of_its_id() -> None:
    assert mark_of("6740f3a19c5d27be8143e60f") == mark_of("6740f3a19c5d27be") == 0x6740F3A19C5D27BE
    assert mark_of("0" * 24) == 0


@pytest.mark.parametrize("task_id", ["", "6740f3a1", "6740F3A19C5D27BE", "no id"])
def test_an_id_of_another_form_has_no_mark(task_id: str) -> None:
    with pytest.raises(ValueError, match="16 hex digits"):
        mark_of(task_id)
