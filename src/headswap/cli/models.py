"""`headswap models`: list, pull and verify the model files."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from headswap.errors import ModelCorrupt
from headswap.vision.store import MODELS, ModelStore, models_named

app = typer.Typer(help="List, pull and verify the model files.", no_args_is_help=True)


class PackName(StrEnum):
    """The packs as Typer shows them."""

    core = "core"
    full = "full"


@app.command("list")
def list_models() -> None:
    """Every model with its licence, size and place, and the pack that would run."""
    store = ModelStore.default()
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "pack", "licence"):
        table.add_column(heading, no_wrap=True)
    table.add_column("bytes", justify="right")
    table.add_column("present")
    for model in MODELS:
        found = store.find(model.name)
        size = found.stat().st_size if found else model.sizes_bytes[0]
        present = "yes" if found else "no"
        table.add_row(model.name, model.pack, model.licence, f"{size:,}", present)
    console = Console()
    console.print(table)
    console.print(f"\nlooked for in: {', '.join(map(str, store.folders))}", soft_wrap=True)
    console.print(f"pack that runs: {store.pack}")
    if store.pack == "core":
        console.print("the full pack comes with: headswap models pull --pack full")


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Model files; none for a whole pack.")
    ] = None,
    pack: Annotated[PackName, typer.Option(help="Which pack, if no files are named.")] = (
        PackName.core
    ),
) -> None:
    """Download what is missing, check it, and put it into the cache."""
    store = ModelStore.default()
    wanted = models_named(names or [], pack.value)
    missing = [model for model in wanted if not store.has(model.name)]
    console = Console()
    if not missing:
        console.print(f"All {len(wanted)} files are here already.")
        return
    with _progress_bars(console) as report:
        store.pull(missing, report)
    for model in missing:
        console.print(f"{model.name} ({model.licence}) -> {store.pull_folder}")


@app.command()
def verify() -> None:
    """Read every model file that is here and compare its sha256 with the manifest's."""
    store = ModelStore.default()
    console = Console()
    wrong = 0
    for model in MODELS:
        found = store.find(model.name)
        if found is None:
            console.print(f"missing  {model.name}")
            continue
        try:
            store.verify(model, found, again=True)
        except ModelCorrupt as error:
            wrong += 1
            console.print(f"[red]WRONG[/]    {error}", soft_wrap=True)
        else:
            console.print(f"ok       {found}", soft_wrap=True)
    if wrong:
        raise typer.Exit(1)


@contextmanager
def _progress_bars(console: Console) -> Generator[Callable[[str, int, int], None]]:
    """A callback that shows one bar for each source."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what)
        bars.update(tasks[what], completed=done, total=total or None)

    with bars:
        yield report
