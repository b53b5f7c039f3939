"""Rows on the terminal, as Markdown, and anything as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.table import Row


def print_rows(rows: list[Row], title: str) -> None:
    """The table on the terminal."""
    table = Table(title=title, title_justify="left")
    for heading in ("measure", "value", "limit", "", "note"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.value, row.limit, verdict(row), row.note.removeprefix("; "))
    Console(width=None if Console().is_terminal else 150).print(table)


def verdict(row: Row) -> str:
    """ "ok", "MISSED", or "" where there is no limit."""
    if row.passed is None:
        return ""
    return "ok" if row.passed else "MISSED"


def markdown(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| measure | value | limit | | note |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.name, row.value, row.limit, verdict(row), row.note.removeprefix("; "))
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def plain(value: Any) -> Any:
    """Dataclasses as plain values for JSON; numbers that JSON lacks become words."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "not measured" if math.isnan(value) else "infinite"
    return value


def write_json(value: Any, path: Path) -> None:
    """Write dataclasses, lists and dicts as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain(value), indent=1) + "\n", encoding="utf-8")
