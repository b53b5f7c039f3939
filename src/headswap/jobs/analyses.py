"""Analyses: submitted, found and listed by their team."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headswap.ids import new_id
from headswap.jobs import queue
from headswap.jobs.accounts import Caller
from headswap.jobs.fields import Fields, record_id
from headswap.jobs.refusals import not_found
from headswap.jobs.search import matches
from headswap.jobs.states import COMPLETED, QUEUED
from headswap.settings import Settings
from headswap.store.tables import Analysis

TYPE = "head"


def submit(s: Session, settings: Settings, caller: Caller, body: object, now_ms: int) -> Analysis:
    """A new analysis, queued. body: the parsed JSON of the request, or its fields.

    Raises:
        Refused: 1003, a field is missing or wrong.
    """
    fields = Fields.of(body)
    video_url = fields.web_address("video_url", settings.max_url_length)
    kind = fields.choice("type", (TYPE,))
    analysis = Analysis(
        id=new_id(now_ms),
        team_id=caller.team_id,
        uid=caller.uid,
        task_id=new_id(now_ms),
        create_time=now_ms,
        video_url=video_url,
        type=kind,
        status=QUEUED,
    )
    s.add(analysis)
    queue.add(s, "analysis", analysis.id, caller.team_id, caller.priority, now_ms)
    s.flush()
    return analysis


def find(s: Session, caller: Caller, id_: object, name: str = "_id") -> Analysis:
    """The team's analysis of that id. id_: as it stands in the request, in the field `name`.

    Raises:
        Refused: 1003 without an id, 1014 if the team has no such analysis.
    """
    analysis = s.get(Analysis, record_id(id_, name))
    if analysis is None or analysis.team_id != caller.team_id:
        raise not_found()
    return analysis


def by_id(s: Session, ids: Collection[str]) -> dict[str, Analysis]:
    """The analyses of these ids."""
    return {one.id: one for one in s.scalars(select(Analysis).where(Analysis.id.in_(ids)))}


def is_usable(analysis: Analysis) -> bool:
    """Whether a task can be made of it: it is completed, and its files are there."""
    there = analysis.source_key is not None and analysis.scene_key is not None
    return analysis.status == COMPLETED and there


def tracks_key(scene_key: str) -> str:
    """The blob beside a stored scene that holds its tracks as JSON, for people and programs."""
    return f"{scene_key}.json"


def list_(
    s: Session, caller: Caller, page: int, size: int, status: int | None, text: str = ""
) -> tuple[list[Analysis], int]:
    """A page of the team's analyses, newest first, and how many there are in all.

    text: of those it finds, see `headswap.jobs.search`.
    """
    wanted = [Analysis.team_id == caller.team_id]
    wanted += matches(text, Analysis.id, Analysis.video_url)
    if status is not None:
        wanted.append(Analysis.status == status)
    rows = (
        select(Analysis)
        .where(*wanted)
        .order_by(Analysis.create_time.desc(), Analysis.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    count = s.scalar(select(func.count()).select_from(Analysis).where(*wanted))
    return list(s.scalars(rows)), count or 0
