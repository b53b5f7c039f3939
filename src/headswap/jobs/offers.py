"""What a server offers to draw heads with: one entry for each engine that its workers can run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_MODEL: Final = "akool-premium"
DEFAULT_RESOLUTION: Final = "720p"


@dataclass(frozen=True, slots=True)
class Offer:
    """An engine as clients are shown it; `model_name` is what a request names it by."""

    model_name: str
    label: str
    description: str


# The mesh engine needs nothing but a processor, so whatever serves or works can run it.
OFFERS: Final = (
    Offer(
        "mesh",
        "Mesh",
        "Draws the photo's whole head in 3-D, with the video's motion, expression and light. "
        f"{DEFAULT_MODEL} names it as well.",
    ),
)
