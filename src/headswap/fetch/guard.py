"""Decides which addresses may be connected to, and hands out those that were checked."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from headswap.errors import FetchRefused
from headswap.fetch.addresses import embedded, is_public
from headswap.fetch.allow import AllowList
from headswap.fetch.resolver import Resolver, resolve, system_addresses
from headswap.fetch.url import MAX_URL_LENGTH, Address, Origin, origin_of

_log = logging.getLogger("headswap.fetch")

RESOLVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, its name looked up: connect to one of `addresses` and to nothing else."""

    origin: Origin
    addresses: tuple[str, ...]

    @property
    def host(self) -> str:
        return self.origin.host

    @property
    def port(self) -> int:
        return self.origin.port


class Guard:
    """Lets public addresses pass, and those that an operator lists.

    A name passes only if every one of its addresses does. A name listed with its port passes
    wherever it leads.
    """

    def __init__(
        self,
        allow: str = "",
        resolver: Resolver = system_addresses,
        max_url_length: int = MAX_URL_LENGTH,
    ) -> None:
        """`allow` is what HEADSWAP_FETCH_ALLOW holds: see AllowList.parse, which raises."""
        self._allow = AllowList.parse(allow)
        self._resolver = resolver
        self._max_url_length = max_url_length

    def examine(self, url: str) -> Origin:
        """All that can be said without looking up a name: where the URL leads.

        Raises FetchRefused for a URL that is malformed or names a refused address outright.
        """
        origin = origin_of(url, self._max_url_length)
        if origin.address is not None:
            self._require(origin, (origin.address,))
        return origin

    def check(self, url: str, timeout_s: float = RESOLVE_S) -> Target:
        """The URL's host with its addresses, looked up once, all of them let through.

        Raises FetchRefused, and FetchFailed for a name without addresses.
        """
        origin = self.examine(url)
        if origin.address is not None:
            return Target(origin, (str(origin.address),))
        addresses = resolve(origin.host, self._resolver, timeout_s)
        if not self._allow.has_name(origin.host, origin.port):
            self._require(origin, addresses)
        return Target(origin, tuple(str(address) for address in addresses))

    def _require(self, origin: Origin, addresses: tuple[Address, ...]) -> None:
        for address in addresses:
            if not self._passes(address, origin.port):
                # The operator may know the address, the one who sent the URL may not.
                _log.warning("refused %s, which leads to %s", origin, address)
                raise FetchRefused(
                    f"{origin} is not on the public internet and was not contacted; an operator "
                    f"lets it through by adding {_entries(origin)} to HEADSWAP_FETCH_ALLOW"
                )

    def _passes(self, address: Address, port: int) -> bool:
        # A gateway would go on to the address within, so that one has to pass as well.
        return all(
            is_public(each) or self._allow.has_address(each, port)
            for each in (address, *embedded(address))
        )


def _entries(origin: Origin) -> str:
    """What has to be listed for the origin to pass."""
    inner = () if origin.address is None else embedded(origin.address)
    return ",".join([str(origin), *(f"{address}:{origin.port}" for address in inner)])
