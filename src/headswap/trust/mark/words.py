"""64 bits as 270 signs and back: a checksum and a convolutional code, decoded softly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from headswap.arrays import F32, I64

MARK_BITS = 64
_CHECK_BITS = 16
# CRC-16 of ITU-T X.25: x^16 + x^12 + x^5 + 1.
_CHECK_POLYNOMIAL = 0x1021
# Rate 1/3, constraint length 11, free distance 22.
_GENERATORS = (0o2353, 0o2671, 0o3175)
_MEMORY = 10
_STATES = 1 << _MEMORY
_STEPS = MARK_BITS + _CHECK_BITS + _MEMORY
SIGNS = _STEPS * len(_GENERATORS)
# How well the nearest word must fit what was read: noise reaches 9.1 +- 0.2, a mark that is just
# strong enough 11, at most 16.4 is possible. The checksum lets one in 65,536 other words pass.
_LEAST_FIT = 9.8


def mark_of(task_id: str) -> int:
    """The mark of a task: the first 16 hex digits of its id.

    Raises ValueError for an id that does not begin with them.
    """
    digits = task_id[: MARK_BITS // 4]
    if len(digits) < MARK_BITS // 4 or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(f"id {task_id!r} does not begin with {MARK_BITS // 4} hex digits")
    return int(digits, 16)


def spoken(mark: int) -> F32:
    """(270,) -1 or 1: the word of a mark.

    Raises ValueError for a mark that does not fit into 64 bits.
    """
    if not 0 <= mark < 1 << MARK_BITS:
        raise ValueError(f"mark {mark:#x} does not fit into {MARK_BITS} bits")
    number = mark << _CHECK_BITS | _checksum(mark)
    state, signs = 0, list[int]()
    for place in reversed(range(-_MEMORY, MARK_BITS + _CHECK_BITS)):
        bit = number >> place & 1 if place >= 0 else 0
        window = bit << _MEMORY | state
        signs += [1 - 2 * ((window & g).bit_count() & 1) for g in _GENERATORS]
        state = window >> 1
    return np.array(signs, np.float32)


def heard(soft: F32) -> int | None:
    """The mark whose word fits (270,) soft signs best, if it fits well and its checksum holds.

    Viterbi's algorithm. The scale of `soft` does not matter.
    """
    size = float(np.sqrt((soft.astype(np.float64) ** 2).sum()))
    if not size:
        return None
    trellis = _trellis()
    metric = np.full(_STATES, -np.inf, np.float32)
    metric[0] = 0.0
    choices = np.empty((_STEPS, _STATES), np.bool_)
    for step, said in enumerate(soft.reshape(_STEPS, -1).astype(np.float32)):
        ways = metric[trellis.before] + trellis.signs @ said
        choices[step] = ways[:, 1] > ways[:, 0]
        metric = ways.max(axis=1)
    if float(metric[0]) / size < _LEAST_FIT:
        return None
    state, number = 0, 0
    for step in reversed(range(_STEPS)):
        # A state's highest bit is the last one that went in.
        number |= (state >> (_MEMORY - 1)) << (_STEPS - 1 - step)
        state = int(trellis.before[state, int(choices[step, state])])
    number >>= _MEMORY
    mark = number >> _CHECK_BITS
    return mark if _checksum(mark) == number & ((1 << _CHECK_BITS) - 1) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Trellis:
    """before: (1024, 2) the two states that lead to each. signs: (1024, 2, 3) what they say."""

    before: I64
    signs: F32


@cache
def _trellis() -> _Trellis:
    state = np.arange(_STATES)[:, None]
    before = (state << 1 & _STATES - 1) | np.array([0, 1])
    window = (state >> _MEMORY - 1) << _MEMORY | before
    odd = np.bitwise_count(window[..., None] & np.array(_GENERATORS)) & 1
    return _Trellis(before, (1 - 2 * odd.astype(np.int8)).astype(np.float32))


def _checksum(mark: int) -> int:
    """CRC-16 that starts from ones, so that a mark of zeros has one too."""
    rest = 0xFFFF
    for place in reversed(range(MARK_BITS)):
        top = rest >> 15 ^ mark >> place & 1
        rest = (rest << 1 & 0xFFFF) ^ (_CHECK_POLYNOMIAL if top else 0)
    return rest
