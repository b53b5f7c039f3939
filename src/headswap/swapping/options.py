"""SwapOptions: how to swap."""

from __future__ import annotations

from dataclasses import dataclass

from headswap.media import Resolution
from headswap.swapping.compose.tone import Skin


@dataclass(frozen=True, slots=True)
class SwapOptions:
    """How to swap.

    skin: whose tone head and neck are given, the target's, the photo's, or one between.
    workers: rendering processes, None for one per core. label: a small text drawn on every frame.
    mark: whether the picture bears the invisible mark; without it only for measurements.
    """

    resolution: Resolution = "source"
    engine: str = "mesh"
    skin: Skin = "blend"
    mute: bool = False
    largest_face: bool = False
    crf: int = 16
    workers: int | None = None
    label: str = ""
    mark: bool = True
