"""One run of `headswap swap`: how long, how much memory, and what its report says."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.consent import CONSENT
from benchmarks.encode import Encoded, reference_encode
from benchmarks.process import Ran, run_measured
from benchmarks.video import MeasureError


@dataclass(frozen=True, slots=True)
class SwapRun:
    """A swap that ended, well or not.

    failed: it said so by its exit code, or left no result.
    encode_s: the mean of two plain encodes of the same clip, one before and one after.
    stages_s: from the report, in its order.
    """

    result: Path
    ran: Ran
    encode_s: float
    encoder: str
    stages_s: dict[str, float]
    device: str
    failed: bool

    @property
    def times_encode(self) -> float:
        return self.ran.wall_s / self.encode_s


def headswap() -> str:
    """The command beside this Python.

    Raises:
        MeasureError: it is not installed.
    """
    found = Path(sys.executable).parent / "headswap"
    if not found.is_file():
        raise MeasureError(f"{found}: not there; run `make setup`")
    return str(found)


def run_swap(
    clip: Path, photos: list[Path], out: Path, timeout_s: float, extra: list[str]
) -> SwapRun:
    """Swap the first people of a clip, between two plain encodes of it."""
    report = out.with_suffix(".report.json")
    report.unlink(missing_ok=True)
    out.unlink(missing_ok=True)
    before = reference_encode(clip)
    maps = [word for k, photo in enumerate(photos) for word in ("--map", f"{k}={photo}")]
    command = [headswap(), "swap", str(clip), *maps, "--out", str(out), "--report", str(report)]
    command += ["--consent", CONSENT]
    ran = run_measured([*command, *extra], timeout_s, dict(os.environ))
    after: Encoded = reference_encode(clip)
    said = _read(report)
    return SwapRun(
        result=out,
        ran=ran,
        encode_s=(before.wall_s + after.wall_s) / 2,
        encoder=before.program,
        stages_s=stages(said),
        device=str(said.get("device", "")) if isinstance(said, dict) else "",
        failed=ran.code != 0 or not out.is_file(),
    )


def _read(report: Path) -> Any:
    try:
        return json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def stages(report: Any) -> dict[str, float]:
    """Seconds per stage of a swap's report, in its order; empty when it says nothing of them."""
    listed = report.get("stages_s", {}) if isinstance(report, dict) else {}
    return {str(name): float(s) for name, s in listed.items() if isinstance(s, int | float)}
