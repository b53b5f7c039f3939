"""Reads where a URL leads, strictly: what two programs could read differently is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal, TypeAlias, cast

from headswap.errors import FetchRefused

MAX_URL_LENGTH = 2048

Address: TypeAlias = IPv4Address | IPv6Address
Scheme: TypeAlias = Literal["http", "https"]

_PORTS: dict[Scheme, int] = {"http": 80, "https": 443}
_START = re.compile(r"(https?)://([^/?]+)(?:[/?]|$)", re.IGNORECASE | re.ASCII)
_HOST_PORT = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A name that ends so is read as an IPv4 address by some: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case; an address in its shortest spelling) and port of a URL."""

    scheme: Scheme
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def address(self) -> Address | None:
        """The host as an address, None where it is a name."""
        return address_of(self.host)


def origin_of(url: str, max_length: int = MAX_URL_LENGTH) -> Origin:
    """Where `url` leads, without looking up its name.

    Raises FetchRefused for anything but plain http and https; the message never repeats a path
    or a query, which may be a signature.
    """
    _refuse_characters(url, max_length)
    start = _START.match(url)
    if start is None:
        raise FetchRefused("the URL must begin with http:// or https:// and a host")
    scheme = cast("Scheme", start[1].lower())
    authority = start[2]
    if "@" in authority:
        raise FetchRefused(
            "the URL has a user name or a password before its host; give one without, for example "
            "a signed link"
        )
    if not authority.isascii() or "%" in authority:
        raise FetchRefused(
            "the URL's host has characters that no host name has; write an international name in "
            "its xn-- form"
        )
    host, port = host_and_port(authority)
    return Origin(scheme, host, _PORTS[scheme] if port is None else port)


def host_and_port(authority: str) -> tuple[str, int | None]:
    """Host, in its one accepted spelling and without brackets, and port if there is one.

    Raises FetchRefused.
    """
    parts = _HOST_PORT.fullmatch(authority.lower())
    if parts is None:
        raise FetchRefused("the URL's host and port cannot be read; write host or host:port")
    port = None if parts[2] is None else int(parts[2])
    if port is not None and not 1 <= port <= 65535:
        raise FetchRefused("the URL's port must be from 1 to 65535")
    return _host(parts[1]), port


def address_of(host: str) -> Address | None:
    """The address that `host`, without brackets, is written as; None for a name."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except AddressValueError:
        return None


def _host(written: str) -> str:
    if written.startswith("["):
        address = address_of(written[1:-1])
        if not isinstance(address, IPv6Address):
            raise FetchRefused("the URL's host is not an IPv6 address")
        return str(address)
    if written.endswith("."):
        raise FetchRefused("the URL's host ends in a dot; leave the dot out")
    labels = written.split(".")
    if len(written) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise FetchRefused("the URL's host is not a host name")
    if _NUMBER.fullmatch(labels[-1]) and address_of(written) is None:
        raise FetchRefused(
            "the URL's host is an IPv4 address in an odd spelling; write four decimal numbers"
        )
    return written


def _refuse_characters(url: str, max_length: int) -> None:
    if len(url) > max_length:
        raise FetchRefused(f"the URL has {len(url)} characters; at most {max_length} are taken")
    if not url.isprintable() or " " in url or "\\" in url:
        raise FetchRefused(
            "the URL has spaces, control characters or backslashes; percent-encode them"
        )
    if "#" in url:
        raise FetchRefused("the URL has a fragment; leave out everything from its # on")
