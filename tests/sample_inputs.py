"""The small sample clip that tests swap heads in, and photos made for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.arrays import U8
from headswap.sample import Identity, SampleSpec
from headswap.sample.draw import Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.person import person

SAMPLE = SampleSpec(size_wh=(320, 240), seconds=12 / 25)
FRAMES = SAMPLE.frame_count


@dataclass(frozen=True, slots=True)
class Sample:
    """A clip with the astronaut in it, its scene kept beside it; a photo of somebody else."""

    clip: Path
    photo: Path


def head_photo(yaw_deg: float, pitch_deg: float, scale: float) -> U8:
    """(720, 640, 3) uint8: the astronaut's head alone, turned, on grey; 92 * scale px of face."""
    picture = np.full((720, 640, 3), 150, np.float32)
    place = Placement(yaw_deg, pitch_deg, 0.0, (320.0, 432.0), scale)
    head = draw_head(person(Identity.ASTRONAUT), place, Expression())
    x, y = head.origin_xy
    height, width = head.alpha.shape
    part = picture[max(y, 0) : y + height, max(x, 0) : x + width]
    share, rgb = head.alpha[-part.shape[0] :, -part.shape[1] :, None], head.rgb
    part[:] = part * (1 - share) + rgb[-part.shape[0] :, -part.shape[1] :]
    return np.clip(picture, 0, 255).astype(np.uint8)
