"""How analyses and tasks end: state, credits, webhook and queue entry in the caller's transaction.

Every function here that takes a claim writes only if the claim is still held, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs import audit, credits, outbox, queue, team_settings, uploads
from headswap.jobs.fields import storable
from headswap.jobs.queue import Claim
from headswap.jobs.states import (
    CANCELLED,
    CANCELLED_REASON,
    COMPLETED,
    FAILED,
    OUR_FAULT,
)
from headswap.settings import Settings
from headswap.store.tables import Analysis, SwapTask, Upload

_DAY_MS = 86_400_000
_MAX_REASON_LENGTH = 2000
_NOTED_LENGTH = 300
# What mends itself mostly does so in seconds; what does not should not hold up the answer long.
_FIRST_WAIT_MS, _WAIT_GROWS, _LONGEST_WAIT_MS = 2_000, 5, 60_000

Outcome = Literal["again", "failed", "lost"]


@dataclass(frozen=True, slots=True)
class Analysed:
    """What an analysis found. result: as `Analysis.result`; source_key, scene_key: blobs."""

    result: dict[str, Any]
    duration_ms: int
    source_key: str
    scene_key: str


def finish_analysis(
    s: Session, settings: Settings, claim: Claim, analysed: Analysed, now_ms: int
) -> bool:
    """Store what was found; False if the claim is lost."""
    if not queue.done(s, claim):
        return False
    analysis = _analysis(s, claim)
    analysis.status, analysis.progress, analysis.finish_time = COMPLETED, 100, now_ms
    analysis.error_code, analysis.error_reason = 0, ""
    analysis.result, analysis.duration_ms = analysed.result, analysed.duration_ms
    analysis.source_key, analysis.scene_key = analysed.source_key, analysed.scene_key
    analysis.expire_time = now_ms + round(settings.source_days * _DAY_MS)
    s.flush()
    return True


def fail_analysis(s: Session, claim: Claim, code: int, reason: str, now_ms: int) -> bool:
    """End the analysis with an error code and a sentence; False if the claim is lost."""
    if not queue.done(s, claim):
        return False
    analysis = _analysis(s, claim)
    analysis.status, analysis.finish_time = FAILED, now_ms
    _store_failure(analysis, code, reason)
    s.flush()
    return True


def finish_task(
    s: Session,
    settings: Settings,
    claim: Claim,
    output_key: str,
    report: dict[str, Any] | None,
    now_ms: int,
) -> bool:
    """Complete the task and take what was held for it; False if the claim is lost.

    A task that its owner cancelled meanwhile ends as cancelled, and nothing is taken.
    """
    if not queue.done(s, claim):
        return False
    task = _task(s, claim)
    if task.cancel:
        end_cancelled(s, task, now_ms)
        return True
    task.status, task.progress, task.eta_s = COMPLETED, 100, 0
    task.error_code, task.error_reason = 0, ""
    task.output_key, task.report = output_key, report
    task.expire_time = now_ms + round(settings.output_days * _DAY_MS)
    photos = [one.get("sha256") for one in task.mappings]
    _note(s, "task.completed", task, now_ms, {"photos": photos})
    _end(s, task, task.held, now_ms)
    return True


def fail_task(s: Session, claim: Claim, code: int, reason: str, now_ms: int) -> bool:
    """End the task with an error code and a sentence, and give back what was held; False if the
    claim is lost.
    """
    if not queue.done(s, claim):
        return False
    _end_failed(s, _task(s, claim), code, reason, now_ms)
    return True


def cancel_task(s: Session, claim: Claim, now_ms: int) -> bool:
    """End the task as its owner asked; False if the claim is lost."""
    return fail_task(s, claim, CANCELLED, CANCELLED_REASON, now_ms)


def end_cancelled(s: Session, task: SwapTask, now_ms: int, reason: str = CANCELLED_REASON) -> None:
    """End a task whose queue entry the caller has just removed."""
    _end_failed(s, task, CANCELLED, reason, now_ms)


def fail_or_retry(
    s: Session,
    claim: Claim,
    code: int,
    reason: str,
    now_ms: int,
    retryable: bool,
    max_tries: int,
) -> Outcome:
    """ "again" if the work is queued for another try, after a while; "failed" if it has ended.

    The failure is stored either way: it is the one that is shown if no later try gets as far.
    """
    if not retryable or claim.tries >= max_tries:
        return "failed" if _fail(s, claim, code, reason, now_ms) else "lost"
    wait_ms = min(_FIRST_WAIT_MS * _WAIT_GROWS ** (claim.tries - 1), _LONGEST_WAIT_MS)
    if not queue.give_back(s, claim, now_ms, wait_ms, spent=True):
        return "lost"
    record = _analysis(s, claim) if claim.kind == "analysis" else _task(s, claim)
    if isinstance(record, SwapTask) and record.cancel:
        queue.remove(s, record.id)
        end_cancelled(s, record, now_ms)
        return "failed"
    _store_failure(record, code, reason)
    s.flush()
    return "again"


def fail_worn_out(s: Session, claim: Claim, now_ms: int, max_tries: int) -> bool:
    """End a piece that was begun too often, as when its workers die of it; True if that was so.

    To be called when a piece was just claimed. Shows the last failure that a worker reported.
    """
    if claim.tries <= max_tries:
        return False
    record = _analysis(s, claim) if claim.kind == "analysis" else _task(s, claim)
    reason = record.error_reason or (
        f"Its worker was lost at each of {claim.tries - 1} tries; ask whoever runs this server."
    )
    return _fail(s, claim, record.error_code or OUR_FAULT, reason, now_ms)


def _fail(s: Session, claim: Claim, code: int, reason: str, now_ms: int) -> bool:
    fail = fail_analysis if claim.kind == "analysis" else fail_task
    return fail(s, claim, code, reason, now_ms)


def _end_failed(s: Session, task: SwapTask, code: int, reason: str, now_ms: int) -> None:
    task.status, task.eta_s, task.output_key, task.frame_key = FAILED, None, None, None
    _store_failure(task, code, reason)
    _note(s, "task.failed", task, now_ms, {"code": code, "reason": reason[:_NOTED_LENGTH]})
    _end(s, task, 0, now_ms)


def _end(s: Session, task: SwapTask, used: int, now_ms: int) -> None:
    task.used, task.finish_time = used, now_ms
    s.flush()
    credits.settle(s, task.id, used, now_ms)
    outbox.add(s, task, now_ms)
    if team_settings.sources_of(s, task.team_id) == team_settings.TASK_END:
        _expire_inputs(s, task, now_ms)
    s.flush()


def _expire_inputs(s: Session, task: SwapTask, now_ms: int) -> None:
    """What went into the task is due now; what another task still needs waits for its end."""
    analysis = s.get(Analysis, task.analysis_id)
    if analysis is not None:
        analysis.expire_time = now_ms
    urls = [task.video_url, *(str(one["img_url"]) for one in task.mappings)]
    ids = {id_ for id_ in map(uploads.id_in, urls) if id_ is not None}
    given = select(Upload).where(Upload.id.in_(ids), Upload.team_id == task.team_id)
    for upload in s.scalars(given):
        upload.expire_time = now_ms


def _note(s: Session, kind: str, task: SwapTask, now_ms: int, about: dict[str, object]) -> None:
    audit.note(s, kind, now_ms, team_id=task.team_id, actor=audit.SERVICE, ref=task.id, about=about)


def _store_failure(record: Analysis | SwapTask, code: int, reason: str) -> None:
    record.error_code = code
    record.error_reason = storable(reason, _MAX_REASON_LENGTH)


def _analysis(s: Session, claim: Claim) -> Analysis:
    found = select(Analysis).where(Analysis.id == claim.ref_id).with_for_update()
    return s.scalars(found.execution_options(populate_existing=True)).one()


def _task(s: Session, claim: Claim) -> SwapTask:
    found = select(SwapTask).where(SwapTask.id == claim.ref_id).with_for_update()
    return s.scalars(found.execution_options(populate_existing=True)).one()
