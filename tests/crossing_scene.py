"""A scene the sample lacks: somebody nearer to the camera walks past before somebody else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from headswap.sample import Identity, SampleFrame, SampleScene, build_scene
from headswap.sample.draw import Placement, draw_head
from headswap.sample.layers import put_body, put_head
from headswap.sample.motion import motion
from headswap.sample.person import person
from headswap.sample.scene import head_truth


@dataclass(frozen=True, slots=True)
class CrossingScene(SampleScene):
    """The astronaut stands; the second person, larger by `nearer`, passes from left to right.

    `spec` names the astronaut alone: it is its background that is seen.
    """

    nearer: float = 1.3

    def frame(self, index: int) -> SampleFrame:
        """Frame `index`, without grain."""
        still = build_scene(self.spec).frame(index)
        width, height = self.spec.size_wh
        t_s = float(index / self.spec.rate)
        plate, picture = still.plate.astype(np.float32), still.rgb.astype(np.float32)
        moment = motion(t_s, 1, 2, self.spec.seed)
        moment = replace(moment, yaw_deg=0.4 * moment.yaw_deg, sway_xy=(0.0, 0.0))
        scale = self.nearer * min(height / 300, width / 230)
        part = index / max(1, self.frame_count - 1)
        pivot = ((0.05 + 0.9 * part) * width, 0.12 * height + 150 * scale)
        place = Placement(moment.yaw_deg, moment.pitch_deg, moment.roll_deg, pivot, scale)
        body = put_body(Identity.SECOND, place, moment, (plate, picture))
        head = put_head(draw_head(person(Identity.SECOND), place, moment.face), picture)
        behind = still.heads[0]
        cover = np.maximum(body, head)
        far = replace(behind, alpha=(behind.alpha * (1 - cover)).astype(np.float32))
        near = head_truth(Identity.SECOND, moment, place, head)
        return replace(
            still,
            rgb=np.clip(picture + 0.5, 0, 255).astype(np.uint8),
            plate=np.clip(plate + 0.5, 0, 255).astype(np.uint8),
            heads=(far, near),
        )
