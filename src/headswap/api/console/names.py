"""A video's name for people, and the address at which its source can be played."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import Field

from headswap.api.links import Links
from headswap.store.tables import Analysis

Name = Annotated[
    str, Field(description="The video's file name, as its URL has it.", examples=["v.mp4"])
]
Source = Annotated[
    str | None,
    Field(
        description="The video as it was fetched; the URL expires. Null before and once removed.",
        examples=["https://example.com/files/source.mp4"],
    ),
]


def video_name(url: str) -> str:
    """The last part of a URL's path, or its host where there is none."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace")
    return last or parts.hostname or url


def source_of(analysis: Analysis, links: Links) -> str | None:
    """The address of an analysis' video, if it is still there."""
    key = analysis.source_key
    return None if key is None else links.to(key, key.rpartition("/")[2], analysis.expire_time)
