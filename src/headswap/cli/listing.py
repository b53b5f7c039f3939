"""Rows on the terminal, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text


def in_utc(time_ms: int) -> str:
    """A time to the minute."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def print_rows(
    headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[str] = ()
) -> None:
    """Prints a table of which only the last column may be broken; `numbers` stand to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in numbers else "left",
            no_wrap=heading != headings[-1],
            overflow="fold",
        )
    for row in rows:
        # As Text, because a name may look like markup.
        table.add_row(*(Text(str(cell)) for cell in row))
    Console(highlight=False).print(table)
