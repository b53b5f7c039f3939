"""Every route, in the order of the document."""

from __future__ import annotations

from headswap.api import files, health, verification
from headswap.api.console.routes import ROUTES as CONSOLE_ROUTES
from headswap.api.route import ANALYSIS_ID, TASK_ID, Query, Route
from headswap.api.v4 import account, analyses, events, requests, shapes, tasks, uploads
from headswap.api.v5.routes import ROUTES as V5_ROUTES

V4 = "/api/open/v4/headswap"
UPLOAD = f"{V4}/upload"
VERIFY = "/verify"


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
        query=(ANALYSIS_ID,),
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
        query=(TASK_ID,),
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
        query=(TASK_ID,),
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
    *V5_ROUTES,
    *CONSOLE_ROUTES,
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
