"""The measures against known truth that the benchmark runs besides its clips."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.table import Row
from benchmarks.video import MeasureError

# Modules of this package. Each has `rows(folder)`: what it measures, made in that empty folder.
TRUTHS = (
    "truth_gaps",
    "truth_identity",
    "truth_plate",
    "truth_matte",
    "truth_occluders",
)


def truths(names: tuple[str, ...] = TRUTHS) -> list[tuple[str, Callable[[Path], list[Row]]]]:
    """Name and `rows` of each module that is there.

    Raises:
        MeasureError: a module has no `rows`.
    """
    found: list[tuple[str, Callable[[Path], list[Row]]]] = []
    for name in names:
        if find_spec(f"benchmarks.{name}") is None:
            continue
        rows = getattr(import_module(f"benchmarks.{name}"), "rows", None)
        if rows is None:
            raise MeasureError(f"benchmarks/{name}.py: no rows(folder) in it, so it cannot be run")
        found.append((name, rows))
    return found


def truth_rows(folder: Path) -> list[Row]:
    """The rows of all of them; what fails becomes a row that says so."""
    made: list[Row] = []
    for name, rows in truths():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        print(f"[{name}]", flush=True)
        try:
            made += rows(place)
        except MeasureError as error:
            made.append(Row(name, "FAILED", "succeeds", False, str(error)))
    return made
