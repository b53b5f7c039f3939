"""A client of the Head Swap Open API v4: of this server, or of any that speaks it.

`Client` waits, `AsyncClient` is awaited; both have the same methods, those of `Methods`.
"""

from __future__ import annotations

from headswap.client.clients import AsyncClient, Client
from headswap.client.errors import ClientError, RecordFailed, Refusal
from headswap.client.progress import Progress
from headswap.client.results import (
    Analysis,
    Deleted,
    FrameRange,
    Page,
    Person,
    PersonReport,
    Report,
    Status,
    Swapped,
    Task,
    VideoInfo,
)
from headswap.client.webhook import WebhookMessage, verify_and_decrypt

__all__ = [
    "Analysis",
    "AsyncClient",
    "Client",
    "ClientError",
    "Deleted",
    "FrameRange",
    "Page",
    "Person",
    "PersonReport",
    "Progress",
    "RecordFailed",
    "Refusal",
    "Report",
    "Status",
    "Swapped",
    "Task",
    "VideoInfo",
    "WebhookMessage",
    "verify_and_decrypt",
]
