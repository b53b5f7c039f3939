"""`headswap doctor`: what is installed, which device really computes, what would run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import av
import onnxruntime as ort
from rich.console import Console
from rich.table import Table

from headswap.errors import ModelError
from headswap.vision.compute_proof import ComputeProof, prove_litert, prove_onnx
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.store import MODELS, ModelStore

PACKAGES = (
    "headswap",
    "ai-edge-litert",
    "onnxruntime",
    "dlib-bin",
    "av",
    "opencv-python-headless",
    "c2pa-python",
    "numpy",
    "numba",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """cores: those this process may use. gpus: what the driver names, used or not."""

    system: str
    cores: int
    memory_bytes: int
    free_bytes: int
    free_at: str
    gpus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """proofs: what really ran. failures: runtimes without proof, and why."""

    proofs: tuple[ComputeProof, ...]
    failures: tuple[str, ...]
    onnx_providers_installed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything the command reports."""

    python: str
    packages: dict[str, str]
    ffmpeg: dict[str, str]
    machine: Machine
    compute: Compute
    models_present: tuple[str, ...]
    models_missing: tuple[str, ...]
    pack: str


def doctor(json_output: bool) -> None:
    """Prints the diagnosis, as tables or as one JSON object."""
    diagnosis = diagnose(ModelStore.default())
    if json_output:
        print(json.dumps(asdict(diagnosis), indent=2))
        return
    _show(diagnosis, Console())


def diagnose(store: ModelStore) -> Diagnosis:
    """The state of this installation; computes with the models that are here, pulls none."""
    present = tuple(model.name for model in MODELS if store.has(model.name))
    return Diagnosis(
        python=platform.python_version(),
        packages={name: version(name) for name in PACKAGES},
        ffmpeg={
            library: ".".join(map(str, parts)) for library, parts in av.library_versions.items()
        },
        machine=_machine(store.pull_folder),
        compute=_compute(store),
        models_present=present,
        models_missing=tuple(model.name for model in MODELS if model.name not in present),
        pack=store.pack,
    )


def _compute(store: ModelStore) -> Compute:
    proofs: list[ComputeProof] = []
    failures: list[str] = []
    for runtime, pack, model, prove in (
        ("LiteRT", "core", FullRangeDetector.MODEL, prove_litert),
        ("ONNX Runtime", "full", YuNetDetector.MODEL, prove_onnx),
    ):
        if not store.has(model):
            failures.append(
                f"{runtime}: {model} of the {pack} pack is not here to run; "
                f"`headswap models pull --pack {pack}` brings it"
            )
            continue
        try:
            proofs.append(prove(store))
        except ModelError as error:
            failures.append(f"{runtime}: {error}")
    return Compute(tuple(proofs), tuple(failures), tuple(ort.get_available_providers()))


def _machine(folder: Path) -> Machine:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        system=platform.platform(),
        cores=cores or 1,
        memory_bytes=_memory_bytes(),
        free_bytes=shutil.disk_usage(there).free,
        free_at=str(there),
        gpus=_gpus(),
    )


def _memory_bytes() -> int:
    """Physical memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _gpus() -> tuple[str, ...]:
    """NVIDIA devices as the driver's own tool names them."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    answer = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False, timeout=20)
    return tuple(answer.stdout.splitlines()) if answer.returncode == 0 else ()


def _show(diagnosis: Diagnosis, console: Console) -> None:
    table = Table(show_header=False)
    machine, compute = diagnosis.machine, diagnosis.compute
    table.add_row("Python", f"{diagnosis.python}, {machine.system}")
    table.add_row("packages", _listed(diagnosis.packages))
    table.add_row("FFmpeg", _listed(diagnosis.ffmpeg))
    table.add_row("machine", f"{machine.cores} cores, {machine.memory_bytes / 2**30:.1f} GiB")
    table.add_row("free space", f"{machine.free_bytes / 2**30:.1f} GiB at {machine.free_at}")
    for proof in compute.proofs:
        table.add_row(
            f"{proof.runtime} ran on",
            f"{proof.device}: {proof.model} in {proof.run_ms:.1f} ms (read from {proof.evidence})",
        )
    for failure in compute.failures:
        table.add_row("[yellow]not proven[/]", failure)
    table.add_row("ONNX providers", ", ".join(compute.onnx_providers_installed))
    table.add_row("GPU", _gpu_line(diagnosis))
    table.add_row("models here", "\n".join(diagnosis.models_present) or "none")
    table.add_row("models missing", "\n".join(diagnosis.models_missing) or "none")
    table.add_row("pack that runs", diagnosis.pack)
    console.print(table)


def _gpu_line(diagnosis: Diagnosis) -> str:
    gpus = diagnosis.machine.gpus
    if not gpus:
        return "none found; none is needed"
    used = [proof.runtime for proof in diagnosis.compute.proofs if "CUDA" in proof.device.upper()]
    state = f"computes for {', '.join(used)}" if used else "not used: everything ran on the CPU"
    return "\n".join((*gpus, state))


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())
