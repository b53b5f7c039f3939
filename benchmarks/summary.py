"""All jobs at a glance: for each measure its worst clip, and how many clips miss the limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.measured import Measured, MemoryRuns
from benchmarks.printing import markdown, verdict
from benchmarks.self_swap import SelfSwap
from benchmarks.self_swap import rows as self_rows
from benchmarks.table import Row, judgement_rows, memory_rows, run_rows


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark. memory: None unless it was asked for. selves: each clip swapped for itself.
    truths: rows measured against known truth."""

    machine: Machine
    quick: bool
    measured: tuple[Measured, ...]
    memory: MemoryRuns | None
    selves: tuple[SelfSwap, ...] = ()
    truths: tuple[Row, ...] = ()


def rows_of(measured: Measured) -> list[Row]:
    """Every row of one job."""
    judged = judgement_rows(measured.judgement) if measured.judgement is not None else []
    return judged + run_rows(measured)


def summary_rows(report: Report) -> list[Row]:
    """One row for each measure that has a limit, over all jobs."""
    collected: dict[str, list[tuple[str, Row]]] = {}
    for measured in report.measured:
        for row in rows_of(measured):
            if row.limit:
                collected.setdefault(_measure(row), []).append((measured.name, row))
    for one in report.selves:
        for row in self_rows([one]):
            collected.setdefault(_measure(row), []).append((one.clip, row))
    rows = [_summary(name, found) for name, found in collected.items()]
    memory = memory_rows(report.memory) if report.memory is not None else []
    return [*rows, *memory, *report.truths]


def _measure(row: Row) -> str:
    """The row's name without the photo's or clip's in brackets."""
    return re.sub(r" \([^()]*\)$", "", row.name)


def _summary(name: str, found: list[tuple[str, Row]]) -> Row:
    judged = [(job, row) for job, row in found if row.passed is not None]
    missed = [(job, row) for job, row in judged if not row.passed]
    limit = next((row.limit for _, row in found))
    if not judged:
        return Row(name, "n/a", limit, None, f"not measurable in any of {len(found)}")
    value = f"{len(judged) - len(missed)} of {len(judged)}"
    note = "; ".join(f"{job} {row.value}" for job, row in missed)
    return Row(name, value, limit, not missed, f"missed by {note}" if note else "")


def write_markdown(report: Report, path: Path) -> None:
    """The summary and every job's table."""
    parts = [
        "# Benchmark\n",
        f"{report.machine}{'; quick run' if report.quick else ''}.\n",
        "## All clips: how many hold each limit\n",
        markdown(summary_rows(report)),
    ]
    for measured in report.measured:
        missed = sum(verdict(row) == "MISSED" for row in rows_of(measured))
        parts.append(f"## {measured.name}: {missed or 'none'} missed\n")
        parts.append(markdown(rows_of(measured)))
    if report.selves:
        parts += ["## Everybody swapped for themselves\n", markdown(self_rows(list(report.selves)))]
    path.write_text("\n".join(parts), encoding="utf-8")
