"""The machine a benchmark ran on, in words."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("headswap", "av", "numpy", "opencv-python-headless", "ai-edge-litert", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Machine:
    """cores: those this process may use. memory_gb: in units of 10^9 bytes."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    versions: dict[str, str]
    load_at_start: float

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gb:.1f} GB; {self.system}, "
            f"Python {self.python}; {packages}; load when started {self.load_at_start:.1f}"
        )


def this_machine() -> Machine:
    """What can be read without rights: processor, cores, memory, versions."""
    versions = {name: _version(name) for name in PACKAGES}
    versions["ffmpeg"] = _ffmpeg_version()
    return Machine(
        cpu=_cpu_name(),
        cores=len(psutil.Process().cpu_affinity() or []) if _has_affinity() else _all_cores(),
        memory_gb=psutil.virtual_memory().total / 1e9,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        versions=versions,
        load_at_start=psutil.getloadavg()[0],
    )


def _has_affinity() -> bool:
    return hasattr(psutil.Process, "cpu_affinity")


def _all_cores() -> int:
    return os.cpu_count() or 1


def _cpu_name() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", listing.read_text(), re.MULTILINE)
        if found:
            return found.group(1).strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _ffmpeg_version() -> str:
    program = shutil.which("ffmpeg")
    if program is None:
        return "not installed"
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.match(r"ffmpeg version (\S+)", said.stdout)
    return found.group(1) if found else "unknown"
