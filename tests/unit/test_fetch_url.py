"""Reading URLs: where they lead, and what is refused before any name is looked up."""

from __future__ import annotations

import pytest

from headswap.errors import FetchRefused
from headswap.fetch.url import Origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://example.com", Origin("http", "example.com", 80)),
        ("https://example.com/", Origin("https", "example.com", 443)),
        ("HTTPS://Example.COM/a?b=c", Origin("https", "example.com", 443)),
        ("http://example.com:8080?x", Origin("http", "example.com", 8080)),
        ("http://example.com:0080/", Origin("http", "example.com", 80)),
        ("http://my_store:9000/bucket/f.mp4", Origin("http", "my_store", 9000)),
        ("http://xn--bcher-kva.example/", Origin("http", "xn--bcher-kva.example", 80)),
        ("http://example.com/Straße/ü.mp4?a=@:b", Origin("http", "example.com", 80)),
        ("http://8.8.8.8/", Origin("http", "8.8.8.8", 80)),
        ("http://3com.example/", Origin("http", "3com.example", 80)),
        ("http://[2606:4700:0000::1111]:81/", Origin("http", "2606:4700::1111", 81)),
    ],
)
def test_a_plain_url_leads_to_its_origin(url: str, origin: Origin) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "begin with"),
        ("example.com/a.mp4", "begin with"),
        ("http://", "begin with"),
        ("http:///a", "begin with"),
        ("http:/example.com", "begin with"),
        ("ftp://example.com/", "begin with"),
        ("http\u017f://example.com/", "begin with"),
        ("file:///etc/passwd", "begin with"),
        ("http://user:word@example.com/", "user name"),
        ("http://@example.com/", "user name"),
        ("http://example.com/a b", "spaces"),
        (" http://example.com/", "spaces"),
        ("http://example.com/\x00", "control"),
        ("http://exam\tple.com/", "control"),
        ("http://example.com/\r\nHost: x", "control"),
        ("http://example.com/\u202egpm", "control"),
        ("http://example.com/\ud800", "control"),
        ("http://example.com\\@x/", "backslashes"),
        ("http://example.com/#t=10", "fragment"),
        ("http://ex%61mple.com/", "xn--"),
        ("http://bücher.example/", "xn--"),
        ("http://example.com:/", "host:port"),
        ("http://example.com:a/", "host:port"),
        ("http://example.com:٨٠/", "xn--"),
        ("http://example.com:80:80/", "host:port"),
        ("http://[::1/", "host:port"),
        ("http://a[::1]/", "host:port"),
        ("http://example.com:0/", "from 1 to 65535"),
        ("http://example.com:65536/", "from 1 to 65535"),
        ("http://[1.2.3.4]/", "IPv6"),
        ("http://[v1.x]/", "IPv6"),
        ("http://example.com./", "dot"),
        ("http://example..com/", "host name"),
        ("http://.example.com/", "host name"),
        ("http://-example.com/", "host name"),
        ("http://exam~ple.com/", "host name"),
        (f"http://{'a' * 64}.com/", "host name"),
        (f"http://{'a.' * 130}com/", "host name"),
        ("http://1.2.3/", "odd spelling"),
        ("http://1.2.3.4.5/", "odd spelling"),
        ("http://256.1.1.1/", "odd spelling"),
        ("http://010.8.8.8/", "odd spelling"),
        ("http://example.0x1/", "odd spelling"),
        ("http://134744072/", "odd spelling"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(url: str, told: str) -> None:
    with pytest.raises(FetchRefused, match=told):
        origin_of(url)


def test_a_url_may_have_as_many_characters_as_the_limit() -> None:
    url = "http://example.com/" + "a" * 100
    assert origin_of(url, len(url)).host == "example.com"
    with pytest.raises(FetchRefused, match="has 119 characters; at most 118"):
        origin_of(url, len(url) - 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com:0/clip?signature=s3cret",
        "http://user:s3cret@example.com/",
        "ftp://example.com/clip?signature=s3cret",
        "http://example.com/clip?signature=s3cret#x",
        "http://example.com/clip?signature=s3cret " + "a" * 3000,
        "http://s3cret.example./",
    ],
)
def test_a_refusal_repeats_nothing_of_the_url(url: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        origin_of(url)
    assert "s3cret" not in str(caught.value)
