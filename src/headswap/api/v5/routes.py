"""The routes of version 5."""

from __future__ import annotations

from headswap.api.route import ANALYSIS_ID, TASK_ID, Route
from headswap.api.v5 import analyses, models, requests, shapes, tasks

V5 = "/api/open/v5/headswap"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        f"{V5}/models",
        models.models,
        "Version 5",
        "What can draw heads here, and what it costs.",
        shapes.ModelList,
    ),
    Route(
        "POST",
        f"{V5}/analyze",
        analyses.submit,
        "Version 5",
        "Find the people of a video.",
        shapes.SubmittedVideo,
        requests.AnalyzeVideoRequest,
        keyed=True,
    ),
    Route(
        "GET",
        f"{V5}/analyze/detail",
        analyses.detail,
        "Version 5",
        "An analysis as it is now.",
        shapes.AnalysedVideo,
        query=(ANALYSIS_ID,),
    ),
    Route(
        "POST",
        f"{V5}/create",
        tasks.create,
        "Version 5",
        "Swap heads; credits are held at once and taken when it is completed.",
        shapes.CreatedItems,
        requests.CreateRequest,
        keyed=True,
    ),
    Route(
        "GET",
        f"{V5}/task/detail",
        tasks.detail,
        "Version 5",
        "A task as it is now.",
        shapes.SwapItemDetail,
        query=(TASK_ID,),
    ),
)
