"""Swap tasks: created, found, listed and cancelled by their team."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headswap.ids import new_id
from headswap.jobs import analyses, audit, credits, endings, queue
from headswap.jobs.accounts import Caller
from headswap.jobs.deletion import Deleted, delete
from headswap.jobs.fields import Fields, record_id, wrong
from headswap.jobs.orders import Mapping, Order, read_order
from headswap.jobs.refusals import Refused, not_found
from headswap.jobs.search import matches
from headswap.jobs.states import COMPLETED, FAILED, QUEUED, UNFINISHED
from headswap.settings import Settings
from headswap.store.tables import Analysis, SwapTask

__all__ = ["Deleted", "cancel", "create", "delete", "find", "list_"]

_DAY_MS = 86_400_000


def create(
    s: Session,
    settings: Settings,
    caller: Caller,
    body: object,
    now_ms: int,
    analysis_field: str | None = None,
) -> SwapTask:
    """A new task, queued, with its credits held.

    body: the parsed JSON of the request, or its fields. analysis_field: the one that names the
    analysis; without it the newest usable one of the video is taken.

    Raises:
        Refused: 1003, a field is wrong or there is no analysis to use; 1014, the team has none of
            that id; 1104, too few credits. The transaction must then be rolled back.
    """
    fields = Fields.of(body)
    order = read_order(s, settings, caller, fields, now_ms)
    analysis = _analysis_for(s, caller, order.video_url, fields, analysis_field)
    _refuse_strangers(analysis, order.mappings)
    task = _task(caller, order, analysis, now_ms)
    task.held = credits.price(settings, order.resolution, task.video_duration)
    credits.hold(s, caller.team_id, task.id, task.held, now_ms)
    analysis.expire_time = now_ms + round(settings.source_days * _DAY_MS)
    s.add(task)
    queue.add(s, "task", task.id, caller.team_id, caller.priority, now_ms)
    s.flush()
    audit.note(
        s,
        audit.TASK_CREATED,
        now_ms,
        team_id=caller.team_id,
        actor=caller.actor,
        ref=task.id,
        about={
            "analysis": analysis.id,
            "photos": [
                {"obj_id": one["obj_id"], "consent": one["consent"]} for one in task.mappings
            ],
        },
    )
    return task


def find(s: Session, caller: Caller, id_: object) -> SwapTask:
    """The team's task of that id. id_: as it stands in the request.

    Raises:
        Refused: 1003 without an id, 1014 if the team has no such task.
    """
    task = s.get(SwapTask, record_id(id_))
    if task is None or task.team_id != caller.team_id:
        raise not_found()
    return task


def list_(
    s: Session, caller: Caller, page: int, size: int, status: int | None, text: str = ""
) -> tuple[list[SwapTask], int]:
    """A page of the team's tasks, newest first, and how many there are in all.

    text: of those it finds, see `headswap.jobs.search`.
    """
    wanted = [SwapTask.team_id == caller.team_id]
    wanted += matches(text, SwapTask.id, SwapTask.video_url, SwapTask.file_name)
    if status is not None:
        wanted.append(SwapTask.status == status)
    rows = (
        select(SwapTask)
        .where(*wanted)
        .order_by(SwapTask.create_time.desc(), SwapTask.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    count = s.scalar(select(func.count()).select_from(SwapTask).where(*wanted))
    return list(s.scalars(rows)), count or 0


def cancel(s: Session, caller: Caller, id_: object, now_ms: int) -> SwapTask:
    """The task, ended at once if nobody works at it; else its worker is told to end it.

    Raises:
        Refused: 1014 if the team has no such task; 1003 if it has ended already.
    """
    task = find(s, caller, id_)
    # The entry first, as workers do; what was read before it was held may be old.
    entry = queue.locked(s, task.id)
    s.refresh(task, with_for_update=True)
    if entry is None or task.status not in UNFINISHED:
        ended = {COMPLETED: "has already completed", FAILED: "has already failed"}
        raise wrong("_id", f"names a task that {ended.get(task.status, 'has already ended')}")
    audit.note(s, "task.cancelled", now_ms, team_id=caller.team_id, actor=caller.actor, ref=task.id)
    if entry.lease_until > now_ms:
        task.cancel = True
        s.flush()
    else:
        queue.remove(s, task.id)
        endings.end_cancelled(s, task, now_ms)
    return task


def _analysis_for(
    s: Session, caller: Caller, video_url: str, fields: Fields, id_field: str | None
) -> Analysis:
    """The usable analysis that the body names, or the team's newest of the URL; held against
    removal.
    """
    of_url = select(Analysis).where(
        Analysis.team_id == caller.team_id, Analysis.video_url == video_url
    )
    if id_field is not None:
        named = analyses.find(s, caller, fields.values.get(id_field), id_field)
        if named.video_url != video_url:
            raise fields.wrong("video_url", f"is not the URL that the analysis {named.id} is of")
        of_url = of_url.where(Analysis.id == named.id)
    newest = of_url.order_by(Analysis.create_time.desc(), Analysis.id.desc())
    usable = newest.where(
        Analysis.status == COMPLETED,
        Analysis.source_key.is_not(None),
        Analysis.scene_key.is_not(None),
    )
    analysis = s.scalars(usable.limit(1).with_for_update()).first()
    if analysis is None:
        raise _unanalysed(fields, s.scalars(newest.limit(1)).first())
    return analysis


def _unanalysed(fields: Fields, newest: Analysis | None) -> Refused:
    if newest is None:
        why = "has not been analysed by this team; submit it to analyze first"
    elif newest.status in UNFINISHED:
        why = f"has no completed analysis yet; the analysis {newest.id} is still running"
    elif newest.status == FAILED:
        why = f"has no completed analysis; the analysis {newest.id} failed: {newest.error_reason}"
        why = why.removesuffix(".")
    else:
        why = f"has no analysis any more; {newest.id} has expired, submit it to analyze again"
    return fields.wrong("video_url", why)


def _refuse_strangers(analysis: Analysis, mappings: tuple[Mapping, ...]) -> None:
    """Refuses people who are not in the analysis, and those who would get two heads."""
    media = (analysis.result or {}).get("media", [])
    found = {int(person["obj_id"]) for person in media}
    seen: set[int] = set()
    for at, mapping in enumerate(mappings):
        name, obj_id = f"mappings[{at}].obj_id", mapping.obj_id
        if obj_id not in found:
            there = ", ".join(map(str, sorted(found)))
            raise wrong(name, f"{obj_id} is not in the analysis, which found {there}")
        if obj_id in seen:
            raise wrong(name, f"{obj_id} is given twice")
        seen.add(obj_id)


def _stored(mapping: Mapping) -> dict[str, object]:
    consent = asdict(mapping.consent)
    return {"obj_id": mapping.obj_id, "img_url": mapping.img_url, "consent": consent}


def _task(caller: Caller, order: Order, analysis: Analysis, now_ms: int) -> SwapTask:
    if analysis.duration_ms is None:
        raise LookupError(f"the completed analysis {analysis.id} has no duration")
    return SwapTask(
        id=new_id(now_ms),
        team_id=caller.team_id,
        uid=caller.uid,
        task_id=new_id(now_ms),
        analysis_id=analysis.id,
        client_id=caller.client_id,
        create_time=now_ms,
        video_url=order.video_url,
        mappings=[_stored(one) for one in order.mappings],
        model_name=order.model_name,
        resolution=order.resolution,
        template_id=order.template_id,
        keep_original_sound=order.keep_original_sound,
        webhook_url=order.webhook_url,
        file_name=f"Headswap_{now_ms}.mp4",
        video_duration=credits.started_seconds(analysis.duration_ms),
        priority=caller.priority,
        status=QUEUED,
    )
