"""The routes of the console alone; for all else it uses those that programs use."""

from __future__ import annotations

from headswap.api.console import analysis, photo, records, requests, task, team
from headswap.api.route import ANALYSIS_ID, TASK_ID, Query, Route
from headswap.api.v4.shapes import Deleted

CONSOLE = "/api/console"
PHOTO = f"{CONSOLE}/photo"
_TAG = "Console"
_PAGE = (
    Query("page", "The page, counted from 1.", 1),
    Query("size", "How many a page holds, 100 at most.", 10),
)
_SEARCH = (
    *_PAGE,
    Query("status", "Only those of this status.", 3),
    Query("q", "Only those whose id begins with this, or that have it in their video's URL.", "v"),
)

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        f"{CONSOLE}/team",
        team.team,
        _TAG,
        "The team: credits, choices, consent, and what the server takes.",
        team.TeamData,
    ),
    Route(
        "POST",
        PHOTO,
        photo.photo,
        _TAG,
        "Give a photo and learn at once how good it is; bad ones are not kept.",
        photo.JudgedPhoto,
        "file",
    ),
    Route(
        "GET",
        f"{CONSOLE}/analysis",
        analysis.analysis,
        _TAG,
        "An analysis with its video and when each person is seen.",
        analysis.ShownAnalysis,
        query=(ANALYSIS_ID,),
    ),
    Route(
        "GET",
        f"{CONSOLE}/task",
        task.task,
        _TAG,
        "A task with its video, its photos, and the newest frame while it is rendered.",
        task.ShownTaskDetail,
        query=(TASK_ID,),
    ),
    Route(
        "GET",
        f"{CONSOLE}/tasks",
        records.list_tasks,
        _TAG,
        "A page of tasks, newest first, with a small picture of each.",
        records.ListedTasks,
        query=_SEARCH,
    ),
    Route(
        "GET",
        f"{CONSOLE}/analyses",
        records.list_analyses,
        _TAG,
        "A page of analyses, newest first, with the heads that were found.",
        records.ListedAnalyses,
        query=_SEARCH,
    ),
    Route(
        "POST",
        f"{CONSOLE}/analyses/delete",
        records.delete_analyses,
        _TAG,
        "Delete analyses with their videos and previews; those that tasks use stay.",
        Deleted,
        requests.DeleteAnalysesRequest,
    ),
)
