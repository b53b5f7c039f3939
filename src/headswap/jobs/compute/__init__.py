"""Where the parts of a swap are rendered: processes of this machine, or a Ray cluster."""

from headswap.jobs.compute.choice import compute_named

__all__ = ["compute_named"]
