"""Proof of which device computes: a real network is run and the runtime is asked what ran it."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.yunet import YuNetDetector
from headswap.vision.runtime import LiteRtSession, OnnxSession
from headswap.vision.store import ModelStore


@dataclass(frozen=True, slots=True)
class ComputeProof:
    """What one runtime did with one network.

    device: who computed, as found in the prepared graph or the run's own profile.
    evidence: where that was read.
    run_ms: the fastest of five runs on one thread.
    """

    runtime: str
    model: str
    device: str
    evidence: str
    run_ms: float


def prove_litert(store: ModelStore) -> ComputeProof:
    """LiteRT has run the core pack's face detector; names the code that its graph was given to.

    Raises:
        ModelError: the model is not here and cannot be pulled.
    """
    network = FullRangeDetector
    session = LiteRtSession(store.path(network.MODEL), network.INPUT, network.OUTPUTS)
    run_ms = _fastest_ms(session, network.INPUT)
    delegated, left = session.delegated()
    device = "CPU, XNNPACK" if delegated else "CPU, LiteRT kernels"
    if delegated and left:
        device += f", and LiteRT kernels for {', '.join(sorted(set(left)))}"
    return ComputeProof("LiteRT", network.MODEL, device, "the prepared graph", run_ms)


def prove_onnx(store: ModelStore) -> ComputeProof:
    """ONNX Runtime has run the full pack's face detector; names the providers that ran its nodes.

    Raises:
        ModelError: the model is not here and cannot be pulled.
    """
    network = YuNetDetector
    with tempfile.TemporaryDirectory(prefix="headswap-") as folder:
        session = OnnxSession(
            store.path(network.MODEL),
            network.INPUT,
            network.OUTPUTS,
            profile=Path(folder) / "profile",
        )
        run_ms = _fastest_ms(session, network.INPUT)
        nodes = _nodes_by_provider(session.end_profile())
    device = ", ".join(f"{provider} ({count} nodes)" for provider, count in nodes.most_common())
    return ComputeProof("ONNX Runtime", network.MODEL, device, "the run's profile", run_ms)


def _fastest_ms(session: LiteRtSession | OnnxSession, shape: tuple[int, ...]) -> float:
    tensor = np.zeros(shape, dtype=np.float32)
    times: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        session.run(tensor)
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def _nodes_by_provider(profile: Path) -> Counter[str]:
    """How many different nodes each execution provider ran."""
    events = json.loads(profile.read_text(encoding="utf-8"))
    ran = {
        (event["name"], event["args"]["provider"])
        for event in events
        if event.get("cat") == "Node" and event.get("args", {}).get("provider")
    }
    return Counter(provider for _, provider in ran)
