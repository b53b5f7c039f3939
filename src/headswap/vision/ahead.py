"""Takes items in a thread of their own, a few ahead of whoever uses them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Empty, Full, Queue
from typing import TypeVar

_T = TypeVar("_T")
# How long a thread waits before it looks whether anybody still wants its items.
_LOOK_S = 0.1


def ahead(items: Iterable[_T], count: int) -> Generator[_T]:
    """The same items in the same order; up to `count` of them wait to be used.

    What `items` raises is raised here after the items before it. Close the generator if it is not
    used to its end: then nothing is taken from `items` any more.
    """
    taken: Queue[tuple[_T] | BaseException | None] = Queue(count)
    unwanted = threading.Event()

    def put(item: tuple[_T] | BaseException | None) -> bool:
        while not unwanted.is_set():
            try:
                taken.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    def take() -> None:
        try:
            for item in items:
                if not put((item,)):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001  raised again by whoever uses the items
            put(error)

    thread = threading.Thread(target=take, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                # Waiting with an end lets Ctrl-C through on every platform.
                item = taken.get(timeout=_LOOK_S)
            except Empty:
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        unwanted.set()
        thread.join()
