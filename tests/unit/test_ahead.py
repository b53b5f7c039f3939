"""Items taken ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest

from headswap.vision.ahead import ahead


def test_all_items_come_in_order() -> None:
    assert list(ahead(range(50), 3)) == list(range(50))


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("the file ends here")

    items = ahead(broken(), 3)
    assert next(items) == 1
    with pytest.raises(ValueError, match="the file ends here"):
        next(items)


def test_no_more_is_taken_than_may_wait() -> None:
    taken: list[int] = []
    enough = threading.Event()

    def counted() -> Iterator[int]:
        for i in range(100):
            taken.append(i)
            if i == 4:
                enough.set()
            yield i

    items = ahead(counted(), 3)
    assert next(items) == 0
    # One is used, three wait, and one is in the thread's hand.
    assert enough.wait(5)
    assert len(taken) == 5
    items.close()


def test_a_closed_one_takes_nothing_any_more_and_lets_its_source_be_closed() -> None:
    closed = threading.Event()

    def endless() -> Generator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    source = endless()
    items = ahead(source, 2)
    next(items)
    items.close()
    # Would fail while the thread still ran it.
    source.close()
    assert closed.is_set()
