"""The routes of the console alone; for all else it uses those that programs use."""

from __future__ import annotations

from headswap.api.console import analysis, photo, task, team
from headswap.api.route import ANALYSIS_ID, TASK_ID, Route

CONSOLE = "/api/console"
PHOTO = f"{CONSOLE}/photo"
_TAG = "Console"

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
)
