"""The compute that an assignment names."""

from __future__ import annotations

from contextlib import ExitStack

from headswap.jobs.assignment import Swapping
from headswap.swapping.compute import Compute


def compute_named(order: Swapping, stack: ExitStack) -> Compute | None:
    """Where to render, open until the stack is left; None for processes of this machine.

    Raises:
        ComputeUnavailable: the cluster cannot be reached, or `headswap[ray]` is not installed.
    """
    if order.compute == "local":
        return None
    from headswap.jobs.compute.cluster import RayCluster

    return stack.enter_context(RayCluster(order.ray_address, order.video))
