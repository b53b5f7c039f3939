"""Parts of records as the console shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from headswap.api.links import Links
from headswap.jobs.states import COMPLETED, PROCESSING
from headswap.store.tables import Analysis, SwapTask

Thumbnail = Annotated[
    str | None,
    Field(
        description="A small picture; the URL expires. Null before there is one and once removed.",
        examples=["https://example.com/files/subject_0.png"],
    ),
]


class StatedConsent(TypedDict):
    """What is stated of photos."""

    by: Annotated[str, Field(description="Who states it.", examples=["Anna Berg"])]
    statement: Annotated[
        str,
        Field(description="That the people shown agreed.", examples=["everybody shown agrees"]),
    ]
    scope: Annotated[str, Field(description="To what.", examples=["our trailers"])]
    since: Annotated[
        str, Field(description="When, ISO 8601 in UTC.", examples=["2026-05-15T00:50:13+00:00"])
    ]


def stated(consent: Mapping[str, str] | None) -> StatedConsent | None:
    """A stored consent; None without one."""
    if consent is None:
        return None
    return {
        "by": consent["by"],
        "statement": consent["statement"],
        "scope": consent["scope"],
        "since": consent["when"],
    }


def frame_of(task: SwapTask, links: Links) -> str | None:
    """The address of a running task's newest frame."""
    return _link(task.frame_key, links) if task.status == PROCESSING else None


def picture_of(task: SwapTask, links: Links) -> str | None:
    """The address of a small picture of a completed task's result."""
    if task.status != COMPLETED:
        return None
    return _link(task.frame_key, links, task.expire_time)


def head_of(analysis: Analysis | None, obj_id: int, links: Links) -> str | None:
    """The address of the preview of a person."""
    if analysis is None or analysis.status != COMPLETED:
        return None
    media = (analysis.result or {}).get("media", [])
    key = next((person["key"] for person in media if person["obj_id"] == obj_id), None)
    return _link(key, links, analysis.expire_time)


def _link(key: str | None, links: Links, until_ms: int | None = None) -> str | None:
    if not key or (until_ms is not None and until_ms <= links.now_ms):
        return None
    return links.to(key, key.rpartition("/")[2], until_ms)
