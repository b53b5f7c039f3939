"""Records as version 5 of the API shows them."""

from __future__ import annotations

from typing import Any, TypedDict

from headswap.api.links import Links
from headswap.api.v5.shapes import AnalysedVideo, AnalysedVideoResult, SubmittedVideo, SwapItem
from headswap.api.v5.shapes import SwapItemDetail as Detail
from headswap.api.views import ShownTask, ending_of, failure_of, output_of, preview_of
from headswap.jobs.analyses import tracks_key
from headswap.jobs.credits import in_credits
from headswap.jobs.states import COMPLETED, UNFINISHED
from headswap.store.tables import Analysis

MEDIA_TYPE = "video"


class _Found(TypedDict, total=False):
    analysis_result: AnalysedVideoResult


def submitted(analysis: Analysis) -> SubmittedVideo:
    """An analysis as it was just submitted."""
    return {
        "_id": analysis.id,
        "task_id": analysis.task_id,
        "status": analysis.status,
        "media_type": MEDIA_TYPE,
    }


def analysed_video(analysis: Analysis, links: Links) -> AnalysedVideo:
    """An analysis with what was found, or why not, once either is known."""
    found: _Found = {}
    if analysis.status == COMPLETED and analysis.result is not None:
        found["analysis_result"] = _found(analysis.result, analysis.scene_key, links)
    return {
        "_id": analysis.id,
        "task_id": analysis.task_id,
        "status": analysis.status,
        "url": analysis.video_url,
        "media_type": MEDIA_TYPE,
        "progress": analysis.progress,
        **found,
        **ending_of(analysis),
    }


def swap_item(task: ShownTask) -> SwapItem:
    """A task with what it costs: what is held for it, in the end what was taken."""
    credit = task.held if task.status in UNFINISHED else task.used or 0
    return {
        "_id": task.id,
        "status": task.status,
        "media_type": MEDIA_TYPE,
        "model_name": task.model_name,
        "deduction_credit": in_credits(credit),
        "create_time": task.create_time,
        "task_id": task.task_id,
    }


def swap_item_detail(task: ShownTask, links: Links) -> Detail:
    """A task as it is now."""
    return {
        **swap_item(task),
        "url": output_of(task, links),
        "progress": task.progress,
        **failure_of(task, links),
    }


def _found(result: dict[str, Any], scene_key: str | None, links: Links) -> AnalysedVideoResult:
    tracks = None if scene_key is None else links.to(tracks_key(scene_key), "tracks.json")
    return {
        "track_manifest_url": tracks,
        "media": [preview_of(person, links) for person in result["media"]],
        "video_info": result["video_info"],
    }
