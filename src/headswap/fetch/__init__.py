"""Fetching from addresses that somebody else gave: checked, limited, typed by content."""

from __future__ import annotations

from headswap.fetch.content import Content, content_of, content_of_bytes
from headswap.fetch.deadline import Timeouts
from headswap.fetch.download import Downloaded, download
from headswap.fetch.guard import Guard, Target
from headswap.fetch.network import guarded_client
from headswap.fetch.post import Answer, post_json
from headswap.fetch.resolver import Resolver
from headswap.fetch.url import Origin

__all__ = [
    "Answer",
    "Content",
    "Downloaded",
    "Guard",
    "Origin",
    "Resolver",
    "Target",
    "Timeouts",
    "content_of",
    "content_of_bytes",
    "download",
    "guarded_client",
    "post_json",
]
