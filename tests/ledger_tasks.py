"""Teams with credits, and tasks these are held for, as tests of the ledger need them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from headswap.ids import new_id
from headswap.jobs import accounts, credits
from headswap.jobs.states import COMPLETED, FAILED, QUEUED
from headswap.store.tables import Analysis, SwapTask

NOW_MS = 1778806019014


def rich_team(s: Session, milli: int) -> str:
    """The id of a new team that was granted so much, if anything."""
    team, _ = accounts.create_team(s, "Studio", NOW_MS)
    if milli:
        credits.grant(s, team.id, milli, NOW_MS)
    return team.id


def finished_analysis(s: Session, team_id: str) -> str:
    """The id of an analysis that tasks can use."""
    analysis = Analysis(
        id=new_id(NOW_MS),
        team_id=team_id,
        uid=1,
        task_id=new_id(NOW_MS),
        create_time=NOW_MS,
        video_url="https://example.com/v.mp4",
        type="head",
        status=COMPLETED,
    )
    s.add(analysis)
    s.flush()
    return analysis.id


def held_task(s: Session, team_id: str, analysis_id: str, milli: int) -> str:
    """The id of a new task that so much is held for.

    The row comes first: on PostgreSQL it locks the team weakly before the hold locks it.
    """
    task = SwapTask(
        id=new_id(NOW_MS),
        team_id=team_id,
        uid=1,
        task_id=new_id(NOW_MS),
        analysis_id=analysis_id,
        client_id="cid",
        create_time=NOW_MS,
        video_url="https://example.com/v.mp4",
        mappings=[],
        model_name="akool-premium",
        resolution="720p",
        keep_original_sound=True,
        file_name="Headswap.mp4",
        video_duration=10,
        priority=9,
        held=milli,
        status=QUEUED,
    )
    s.add(task)
    s.flush()
    credits.hold(s, team_id, task.id, milli, NOW_MS)
    return task.id


def ended(s: Session, task_id: str, used: int) -> bool:
    """Whether this ended the task: completed if anything was used, failed otherwise."""
    if not credits.settle(s, task_id, used, NOW_MS):
        return False
    task = s.get_one(SwapTask, task_id)
    task.status, task.used = (COMPLETED if used else FAILED), used
    s.flush()
    return True
