"""Every route: its path, its handler, and what the document of the API says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headswap.api import files, health, verification
from headswap.api.passage import Handler
from headswap.api.v4 import account, analyses, events, requests, shapes, tasks, uploads

V4 = "/api/open/v4/headswap"
UPLOAD = f"{V4}/upload"
VERIFY = "/verify"


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter in the query string."""

    name: str
    says: str
    example: str | int
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One path and how it is answered.

    body, data: what is sent and what the envelope's `data` holds, as TypedDicts. answers: what
    comes instead of an envelope. keyed: takes Idempotency-Key. open: needs no key.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    tag: str
    summary: str
    data: type | None = None
    body: type | Literal["file"] | None = None
    query: tuple[Query, ...] = ()
    answers: Literal["envelope", "token", "events", "file", "metrics"] = "envelope"
    keyed: bool = False
    open: bool = False


_TASK = Query("_id", "The task's id.", "6a066dc58570ecbf64f761a5", required=True)
_ANALYSIS = Query("_id", "The analysis' id.", "6a066d03625746c797390f55", required=True)
_LIST = (
    Query("page", "The page, counted from 1.", 1),
    Query("size", "How many a page holds, 100 at most.", 10),
    Query("status", "Only those of this status.", 3),
)
_FILE = (
    Query("expires", "When the URL expires, milliseconds since 1970.", 1778892613962, True),
    Query("signature", "What makes the URL valid.", "3f0c9a", True),
)

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        f"{V4}/analyze",
        analyses.submit,
        "Analyses",
        "Find the people of a video.",
        shapes.AnalysisData,
        requests.AnalyzeRequest,
        keyed=True,
    ),
    Route(
        "GET",
        f"{V4}/analyze/detail",
        analyses.detail,
        "Analyses",
        "An analysis as it is now.",
        shapes.AnalysisData,
        query=(_ANALYSIS,),
    ),
    Route(
        "GET",
        f"{V4}/analyze/list",
        analyses.list_,
        "Analyses",
        "A page of analyses, newest first.",
        shapes.AnalysisPage,
        query=_LIST,
    ),
    Route(
        "POST",
        f"{V4}/task/create",
        tasks.create,
        "Tasks",
        "Swap heads; credits are held at once and taken when it is completed.",
        shapes.CreatedTask,
        requests.TaskRequest,
        keyed=True,
    ),
    Route(
        "GET",
        f"{V4}/task/detail",
        tasks.detail,
        "Tasks",
        "A task as it is now.",
        shapes.TaskDetail,
        query=(_TASK,),
    ),
    Route(
        "GET",
        f"{V4}/task/list",
        tasks.list_,
        "Tasks",
        "A page of tasks, newest first.",
        shapes.TaskPage,
        query=_LIST,
    ),
    Route(
        "GET",
        f"{V4}/task/events",
        events.events,
        "Tasks",
        "A task's status, progress and eta_s as server-sent events, until it has ended.",
        query=(_TASK,),
        answers="events",
    ),
    Route(
        "POST",
        f"{V4}/task/cancel",
        tasks.cancel,
        "Tasks",
        "End a task; what was held for it is given back.",
        shapes.TaskData,
        requests.CancelRequest,
    ),
    Route(
        "POST",
        f"{V4}/task/delbyids",
        tasks.delete,
        "Tasks",
        "Delete tasks with outputs, previews and track data.",
        shapes.Deleted,
        requests.DeleteRequest,
    ),
    Route(
        "POST",
        UPLOAD,
        uploads.upload,
        "Files",
        "Give a video or a photo; its URL may stand as video_url or img_url.",
        shapes.Uploaded,
        "file",
    ),
    Route(
        "GET",
        "/files/{key:path}",
        files.file,
        "Files",
        "A result, a preview or an upload, under a URL that an answer gave.",
        query=_FILE,
        answers="file",
        open=True,
    ),
    Route(
        "POST",
        VERIFY,
        verification.verify,
        "Files",
        "Tell what a file says of itself: content credentials and the invisible mark.",
        verification.Verification,
        "file",
    ),
    Route(
        "POST",
        "/api/open/v3/getToken",
        account.get_token,
        "Account",
        "Change a key into a token, valid 400 days.",
        body=requests.TokenRequest,
        answers="token",
        open=True,
    ),
    Route(
        "GET",
        "/api/open/v3/faceswap/quota/info",
        account.quota,
        "Account",
        "The credits left.",
        shapes.Quota,
    ),
    Route(
        "GET",
        "/healthz",
        health.alive,
        "Server",
        "Whether the process answers.",
        shapes.Alive,
        open=True,
    ),
    Route(
        "GET",
        "/readyz",
        health.ready,
        "Server",
        "Whether database, tables and blobs can be worked with; 503 if not.",
        shapes.Ready,
        open=True,
    ),
    Route(
        "GET",
        "/metrics",
        health.metrics,
        "Server",
        "Figures for Prometheus.",
        answers="metrics",
        open=True,
    ),
)
