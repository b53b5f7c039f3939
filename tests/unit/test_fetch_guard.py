"""The guard: public addresses pass, others only when listed, names with all they lead to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

import pytest

from headswap.errors import FetchFailed, FetchRefused, HeadswapError
from headswap.fetch import Guard, Resolver
from headswap.fetch.addresses import embedded, is_public
from headswap.fetch.allow import AllowList

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:2800:21f:cb07::1"


def leads_to(*addresses: str) -> Resolver:
    return lambda _host: addresses


def unasked(_host: str) -> Sequence[str]:
    raise AssertionError("a name was looked up")


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.1",
        "223.255.255.255",
        "2001:200::1",
        "2606:2800:21f:cb07::1",
        "2a00:1450::1",
    ],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::1",
        "fe80::1%lo",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_with_another_purpose_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("network", [IPv4Network("0.0.0.0/0"), IPv6Network("::/0")])
def test_nothing_is_public_that_the_standard_library_calls_private(
    network: IPv4Network | IPv6Network,
) -> None:
    step = network.num_addresses // 65536
    seen = [network[number * step + 1] for number in range(65536)]
    assert any(is_public(address) for address in seen)
    for address in seen:
        if address.is_private or address.is_multicast or address.is_reserved:
            assert not is_public(address), address


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("8.8.8.8", []),
        (PUBLIC_V6, []),
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("::10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b:1::10.0.0.1", ["10.0.0.1"]),
        ("2002:a00:1::", ["10.0.0.1"]),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", ["65.54.227.120", "10.0.0.1"]),
    ],
)
def test_the_ipv4_address_within_is_found(address: str, within: list[str]) -> None:
    assert [str(each) for each in embedded(ip_address(address))] == within


def test_a_literal_address_is_checked_without_a_look_up() -> None:
    target = Guard(resolver=unasked).check(f"http://{PUBLIC}:8080/a")
    assert (target.host, target.port, target.addresses) == (PUBLIC, 8080, (PUBLIC,))
    target = Guard(resolver=unasked).check(f"https://[{PUBLIC_V6}]/")
    assert (target.host, target.port, target.addresses) == (PUBLIC_V6, 443, (PUBLIC_V6,))


def test_a_name_is_looked_up_once_and_keeps_its_addresses_in_order() -> None:
    asked: list[str] = []

    def resolver(host: str) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC_V6, PUBLIC, PUBLIC_V6]

    target = Guard(resolver=resolver).check("https://Files.Example/a")
    assert (target.host, target.port) == ("files.example", 443)
    assert target.addresses == (PUBLIC_V6, PUBLIC)
    assert asked == ["files.example"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, "::1"],
        ["fe80::1%lo"],
        ["::ffff:93.184.215.14"],
        ["64:ff9b::93.184.215.14"],
    ],
)
def test_a_name_with_one_refused_address_is_refused(addresses: list[str]) -> None:
    with pytest.raises(FetchRefused) as caught:
        Guard(resolver=leads_to(*addresses)).check("http://files.example:81/x?signature=s3cret")
    assert "files.example:81 is not on the public internet" in str(caught.value)
    assert "adding files.example:81 to HEADSWAP_FETCH_ALLOW" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert not any(address in str(caught.value) for address in addresses)


def test_a_name_without_addresses_fails() -> None:
    with pytest.raises(FetchFailed, match=r"files\.example: the host has no address"):
        Guard(resolver=leads_to()).check("http://files.example/")


def test_a_name_that_does_not_exist_fails() -> None:
    def resolver(_host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(FetchFailed, match=r"files\.example: there is no such host"):
        Guard(resolver=resolver).check("http://files.example/")


def test_a_look_up_that_takes_too_long_fails() -> None:
    over = threading.Event()

    def resolver(_host: str) -> Sequence[str]:
        over.wait(10)
        return [PUBLIC]

    with pytest.raises(FetchFailed, match="did not answer in time"):
        Guard(resolver=resolver).check("http://files.example/", timeout_s=0.05)
    over.set()


def test_the_machine_s_own_resolver_is_the_default() -> None:
    assert Guard("127.0.0.0/8, ::1").check("http://localhost:81/").addresses != ()
    with pytest.raises(FetchRefused, match="localhost:81"):
        Guard().check("http://localhost:81/")


def test_examining_looks_up_no_name_but_refuses_addresses() -> None:
    guard = Guard(resolver=unasked)
    assert str(guard.examine("https://files.example/a")) == "files.example:443"
    with pytest.raises(FetchRefused, match=r"adding \[::1\]:80 to"):
        guard.examine("http://[::1]/")


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("127.0.0.1:8080", "http://inside.example:8080/"),
        ("127.0.0.1", "http://127.0.0.1:9/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("[::1]", "http://[::1]:9/"),
        ("::1", "http://[0:0::1]:9/"),
        ("127.0.0.0/8", "http://inside.example/"),
        ("fd00::/8", "http://[fd00:ec2::254]/"),
        ("inside.example:80", "http://inside.example/"),
        ("Inside.Example", "https://inside.example/"),
        (" , 10.0.0.0/8 ,, inside.example:80,", "http://inside.example/"),
        ("64:ff9b::/96", "http://[64:ff9b::93.184.215.14]/"),
        ("64:ff9b::/96,10.0.0.0/8", "http://[64:ff9b::10.0.0.1]/"),
    ],
)
def test_what_is_listed_passes(allow: str, url: str) -> None:
    assert Guard(allow, leads_to("127.0.0.1")).check(url).addresses != ()


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("", "http://127.0.0.1:8080/"),
        ("127.0.0.1:8080", "http://127.0.0.1:8081/"),
        ("127.0.0.1:8080", "http://127.0.0.2:8080/"),
        ("127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080/"),
        ("10.0.0.0/8", "http://inside.example/"),
        ("inside.example:81", "http://inside.example/"),
        ("inside.example:80", "http://127.0.0.1/"),
        ("inside.example:80", "http://a.inside.example/"),
        ("example:80", "http://inside.example/"),
        ("64:ff9b::/96", "http://[64:ff9b::10.0.0.1]/"),
        ("::ffff:0:0/96", "http://[::ffff:127.0.0.1]/"),
        ("2002::/16", "http://[2002:7f00:1::]/"),
        ("127.0.0.0/8", "http://2130706433/"),
        ("127.0.0.0/8", "http://127.0.0.1./"),
    ],
)
def test_what_is_not_listed_exactly_stays_refused(allow: str, url: str) -> None:
    with pytest.raises(FetchRefused):
        Guard(allow, leads_to("127.0.0.1")).check(url)


def test_a_refusal_names_all_that_would_have_to_be_listed() -> None:
    url = "http://[::ffff:10.0.0.1]/"
    with pytest.raises(FetchRefused) as caught:
        Guard().check(url)
    entries = str(caught.value).split("adding ")[1].split(" to ")[0]
    assert Guard(entries).check(url).port == 80


@pytest.mark.parametrize(
    "allow",
    [
        "10.0.0.1/8",
        "10.0.0.0/33",
        "files.example:0",
        "files.example:99999",
        "files.example.",
        "*.example",
        "http://a/",
        "a b",
        "a:b:c",
        "127.1",
        "[::1",
    ],
)
def test_a_list_that_cannot_be_read_names_the_entry(allow: str) -> None:
    with pytest.raises(HeadswapError, match="HEADSWAP_FETCH_ALLOW") as caught:
        AllowList.parse(f"127.0.0.1:80,{allow}")
    assert repr(allow) in str(caught.value)
