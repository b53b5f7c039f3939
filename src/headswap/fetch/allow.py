"""The addresses that an operator lets through though they are not public."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from headswap.errors import FetchRefused, HeadswapError
from headswap.fetch.url import Address, address_of, host_and_port


@dataclass(frozen=True, slots=True)
class AllowList:
    """Networks and names, each with the one port it is let through on, None for all ports."""

    networks: tuple[tuple[IPv4Network | IPv6Network, int | None], ...]
    names: frozenset[tuple[str, int | None]]

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """The list written as "127.0.0.1:8080, 10.0.0.0/8, [::1]:80, files.local:80".

        Raises HeadswapError naming the entry that cannot be read.
        """
        networks: list[tuple[IPv4Network | IPv6Network, int | None]] = []
        names: set[tuple[str, int | None]] = set()
        for entry in filter(None, (part.strip() for part in text.split(","))):
            try:
                if "/" in entry or address_of(entry) is not None:
                    networks.append((ip_network(entry), None))
                    continue
                host, port = host_and_port(entry)
                if (address := address_of(host)) is None:
                    names.add((host, port))
                else:
                    networks.append((ip_network(address), port))
            except (ValueError, FetchRefused) as error:
                raise HeadswapError(
                    f"HEADSWAP_FETCH_ALLOW: {entry!r} is not understood; write host:port, an "
                    "address, or a network such as 10.0.0.0/8 (its host bits zero), with commas "
                    "between"
                ) from error
        return cls(tuple(networks), frozenset(names))

    def has_name(self, host: str, port: int) -> bool:
        """Whether the name is let through wherever it leads."""
        return (host, port) in self.names or (host, None) in self.names

    def has_address(self, address: Address, port: int) -> bool:
        """Whether the address is let through, whatever name led to it."""
        return any(address in network and only in (None, port) for network, only in self.networks)
