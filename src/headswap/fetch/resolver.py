"""Looks up a name's addresses, and gives up in time."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeAlias

from headswap.errors import FetchFailed
from headswap.fetch.url import Address

# A host name's addresses, best first. Raises OSError where there are none.
Resolver: TypeAlias = Callable[[str], Sequence[str]]


def system_addresses(host: str) -> Sequence[str]:
    """A `Resolver` that asks the machine's own: its hosts file, then its name servers."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def resolve(host: str, resolver: Resolver, timeout_s: float) -> tuple[Address, ...]:
    """The addresses of `host`, each once, in the resolver's order.

    Raises FetchFailed where there are none, or none in time.
    """
    answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host))
        except OSError as error:
            answers.put(error)

    # The system's look-up cannot be told when to stop, so a thread is left behind with it.
    Thread(target=ask, name="headswap-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_s, 0.001))
    except Empty as error:
        raise FetchFailed(f"{host}: its name servers did not answer in time; try again") from error
    if isinstance(answer, OSError):
        raise FetchFailed(f"{host}: there is no such host; check its spelling") from answer
    addresses = tuple(dict.fromkeys(ip_address(text) for text in answer))
    if not addresses:
        raise FetchFailed(f"{host}: the host has no address; check its spelling")
    return addresses
