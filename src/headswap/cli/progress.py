"""Progress of a command on the terminal: a bar for each stage, with the time that is left."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from headswap.vision.progress import Progress
from headswap.vision.store import ModelStore, models_of_pack

if TYPE_CHECKING:
    from headswap.client import Progress as RemoteProgress

_PREPARING = "preparing"


class ProgressDisplay:
    """Bars on stderr while the block runs; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressDisplay:
        self._bars.start()
        self._between_stages(True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def frames(self, progress: Progress) -> None:
        """Shows a step of the library's work."""
        self._show(progress.stage, progress.done, progress.total)

    def remote(self, progress: RemoteProgress) -> None:
        """Shows a step of a service's work, or of what goes to it and comes back."""
        moved = progress.stage in {"upload", "download"}
        row = f"{progress.stage} {progress.what}" if moved else progress.stage
        self._show(row, progress.done, progress.total)

    def bytes(self, what: str, done: int, total: int) -> None:
        """Shows a step of a download."""
        self._show(f"pull {what}", done, total)

    def _show(self, stage: str, done: int, total: int) -> None:
        if stage not in self._rows:
            self._between_stages(False)
            self._rows[stage] = self._bars.add_task(stage)
        # A total may be an estimate that turns out too low, or unknown (0).
        self._bars.update(
            self._rows[stage], completed=done, total=max(done, total) if total else None
        )
        if done >= total > 0:
            self._between_stages(True)

    def _between_stages(self, wanted: bool) -> None:
        """A row that only moves, for work that reports no steps."""
        if wanted and _PREPARING not in self._rows:
            self._rows[_PREPARING] = self._bars.add_task(_PREPARING, total=None)
        elif not wanted and _PREPARING in self._rows:
            self._bars.remove_task(self._rows.pop(_PREPARING))


def pull_missing_models(store: ModelStore, display: ProgressDisplay) -> None:
    """The core pack lies in the store, pulled with progress if it did not.

    Raises:
        ModelDownloadFailed, ModelCorrupt, NoSpaceLeft: see `ModelStore.pull`.
    """
    if store.offline:
        # A store that may not pull can still hold all that this run needs.
        return
    store.pull(
        [model for model in models_of_pack("core") if not store.has(model.name)], display.bytes
    )
