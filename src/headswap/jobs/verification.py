"""Verifies strangers' files: decoded in a process of their own, the task named in full if known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from headswap.jobs import states
from headswap.jobs.assignment import Verifying
from headswap.jobs.failures import Failure
from headswap.jobs.fields import wrong
from headswap.jobs.job import JobProcess
from headswap.settings import Settings
from headswap.store.tables import SwapTask
from headswap.trust.verdict import Verdict

# Somebody waits for the answer.
LIMIT_S = 120.0
_VERDICT = TypeAdapter(Verdict)
_ID_LENGTH = 24


def verify_apart(path: Path, settings: Settings, stopped: Callable[[], bool]) -> Verdict | None:
    """What the file says; None when `stopped` said so before that was known.

    Raises:
        Refused: 1003, the file is no video or picture, or cannot be read within the limits.
    """
    process = JobProcess(Verifying(path, settings.job_memory_mb), LIMIT_S)
    try:
        plain = process.run(lambda *_: None, stopped)
    except Failure as failure:
        if failure.code == states.NOT_A_VIDEO:
            raise wrong("file", "is neither a video nor a picture that can be read") from failure
        raise wrong(
            "file", f"could not be verified within {LIMIT_S:g} s and the memory of a job"
        ) from failure
    return None if plain is None else read_plain(plain)


def plain_verdict(verdict: Verdict) -> dict[str, object]:
    """The verdict as a process tells it to another."""
    return _VERDICT.dump_python(verdict, mode="json")


def read_plain(plain: object) -> Verdict:
    """The verdict that another process told."""
    return _VERDICT.validate_python(plain)


def with_task(s: Session, verdict: Verdict) -> Verdict:
    """The verdict with the whole id of the task that its mark is the beginning of."""
    if verdict.mark is None or verdict.task_id != verdict.mark:
        return verdict
    missing = _ID_LENGTH - len(verdict.mark)
    first, last = (verdict.mark + digit * missing for digit in "0f")
    named = s.scalars(select(SwapTask.id).where(SwapTask.id.between(first, last)).limit(2)).all()
    return replace(verdict, task_id=named[0]) if len(named) == 1 else verdict
