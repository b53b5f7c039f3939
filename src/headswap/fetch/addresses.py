"""Which addresses are the public internet's: all but those registered for something else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from headswap.fetch.url import Address

# The IANA registry of special-purpose IPv4 addresses, and Azure's host, which has a public one.
_SPECIAL_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a carrier's customers; a cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols; a cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Everything outside is loopback, unique local, link-local, multicast, mapped, NAT64 or unassigned.
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)
# The last 32 bits are an IPv4 address: compatible, mapped, translated, NAT64, local NAT64.
_LAST_BITS_V4 = tuple(
    IPv6Network(text)
    for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet means the same machine by `address`.

    Own tables, because what `ipaddress.is_global` says differs between versions of Python, and it
    takes 6to4 and NAT64 addresses for global.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a gateway would take from within an IPv6 address."""
    if isinstance(address, IPv4Address) or address.is_loopback or address.is_unspecified:
        return ()
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if any(address in network for network in _LAST_BITS_V4):
        return (_last_bits(address),)
    return ()


def _last_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
