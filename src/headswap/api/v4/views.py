"""Records as the API shows them."""

from __future__ import annotations

from typing import Any, TypedDict

from headswap.api.links import Links
from headswap.api.v4.shapes import AnalysisData, AnalysisResult, CreatedTask, TaskData
from headswap.api.views import ShownTask, ending_of, failure_of, output_of, preview_of
from headswap.jobs.credits import in_credits
from headswap.jobs.states import COMPLETED
from headswap.store.tables import Analysis, SwapTask


class _Found(TypedDict, total=False):
    analysis_result: AnalysisResult


def analysis_data(analysis: Analysis, links: Links) -> AnalysisData:
    """An analysis with what was found, or why not, once either is known."""
    found: _Found = {}
    if analysis.status == COMPLETED and analysis.result is not None:
        found["analysis_result"] = _found(analysis.result, links)
    return {
        "_id": analysis.id,
        "create_time": analysis.create_time,
        "uid": analysis.uid,
        "team_id": analysis.team_id,
        "video_url": analysis.video_url,
        "type": analysis.type,
        "status": analysis.status,
        "task_id": analysis.task_id,
        **found,
        "progress": analysis.progress,
        **ending_of(analysis),
    }


def created_task(task: SwapTask) -> CreatedTask:
    """A task as it was just created."""
    return {
        "_id": task.id,
        "create_time": task.create_time,
        "uid": task.uid,
        "team_id": task.team_id,
        "video_duration": task.video_duration,
        "task_id": task.task_id,
        "resolution": task.resolution,
        "status": task.status,
        "deduction_lock_duration": in_credits(task.held),
        "model_name": task.model_name,
        "file_name": task.file_name,
        "video_url": None,
    }


def task_data(task: ShownTask, links: Links) -> TaskData:
    """A task as it is now."""
    return {
        "_id": task.id,
        "uid": task.uid,
        "team_id": task.team_id,
        "source_video_url": task.video_url,
        "create_time": task.create_time,
        "status": task.status,
        "video_duration": task.video_duration,
        "resolution": task.resolution,
        "deduction_duration": in_credits(task.used or 0),
        "video_url": output_of(task, links),
        "progress": task.progress,
        "priority": task.priority,
        "task_id": task.task_id,
        "file_name": task.file_name,
        "model_name": task.model_name,
        **failure_of(task, links),
    }


def _found(result: dict[str, Any], links: Links) -> AnalysisResult:
    """The stored result, its previews' blob keys turned into URLs."""
    return {
        "detected_objects": result["detected_objects"],
        "media": [preview_of(person, links) for person in result["media"]],
        "video_info": result["video_info"],
    }
