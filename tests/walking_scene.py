"""A scene the sample lacks: somebody walks through the picture and uncovers what was hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from headswap.arrays import F32, U8
from headswap.sample import Identity, SampleFrame, SampleScene
from headswap.sample.background import MARGIN, room
from headswap.sample.draw import draw_head
from headswap.sample.layers import put_body, put_head
from headswap.sample.motion import motion
from headswap.sample.person import person
from headswap.sample.scene import head_truth
from headswap.sample.staging import placement


@dataclass(frozen=True, slots=True)
class WalkingScene(SampleScene):
    """The astronaut, alone before a still camera, moving `reach` of the width to the right."""

    reach: float = 0.5

    def frame(self, index: int) -> SampleFrame:
        """Frame `index`, without grain."""
        spec, t_s = self.spec, float(index / self.spec.rate)
        width, height = spec.size_wh
        margin = round(MARGIN * height)
        plate = room(0, spec.size_wh)[margin : margin + height, margin : margin + width].copy()
        picture, behind = plate.copy(), plate.copy()
        moment = motion(t_s, 0, 1, spec.seed)
        place = placement(spec, 0, 0, moment, (0.0, 0.0))
        step = self.reach * width * (index / max(1, self.frame_count - 1) - 0.5)
        x, y = place.pivot_xy
        place = replace(place, pivot_xy=(x + step, y))
        put_body(Identity.ASTRONAUT, place, moment, (plate, picture))
        alpha = put_head(draw_head(person(Identity.ASTRONAUT), place, moment.face), picture)
        truth = head_truth(Identity.ASTRONAUT, moment, place, alpha)
        bare, empty = _bytes(plate), _bytes(behind)
        return SampleFrame(_bytes(picture), (truth,), None, bare, empty, np.eye(2, 3))


def _bytes(picture: F32) -> U8:
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)
