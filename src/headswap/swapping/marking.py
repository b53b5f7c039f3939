"""Marking: puts a plan's invisible mark into its frames, around each head that is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.arrays import F32
from headswap.media import Frame
from headswap.swapping.plan import RenderPlan
from headswap.trust.mark import Circle, Marker, mark_of

# From the middle of the face, in its height from forehead to chin: how far the mark reaches, and
# what belongs to the heads of others.
REACH, SPARED = 2.4, 1.4
# Around a small head the mark reaches at least so far, in the picture's short side, and is so much
# stronger: too few cells would tell the bits otherwise. Where its own reach is the second of the
# sizes or less, as of somebody seen from head to foot, it is the second of the reaches.
LEAST_REACHES, OWN_REACHES, STRONGER = (0.5, 0.9), (0.25, 0.15), 1.4
_FOREHEAD, _CHIN, _FACE = 10, 152, 468


class Marking:
    """What is marked where, for the frames of one plan."""

    def __init__(self, plan: RenderPlan) -> None:
        self._plan = plan
        self._marker = Marker(mark_of(plan.task_id), plan.size_wh) if plan.marked else None

    def put(self, frame: Frame) -> Frame:
        """The frame with the mark around its swapped heads; the same frame where there are none."""
        if self._marker is None:
            return frame
        i, plan = frame.index, self._plan
        drawn = [a for a in plan.present(i) if a.drawn(i, plan.size_wh)]
        others = [b.landmarks[i - b.first] for b in plan.bystanders if b.first <= i < b.stop]
        inside = [to_mark(a.landmarks(i), plan.size_wh) for a in drawn]
        return self._marker.put(frame, inside, [_around(face, SPARED) for face in others])


def to_mark(landmarks: F32, size_wh: tuple[int, int]) -> Circle:
    """The part of a picture that is marked around a swapped head; landmarks: (478, 3) px."""
    own = _around(landmarks, REACH)
    share = own.radius / min(size_wh)
    least_px = float(np.interp(share, OWN_REACHES[::-1], LEAST_REACHES[::-1])) * min(size_wh)
    small = max(0.0, 1 - own.radius / least_px)
    return replace(
        own, radius=max(own.radius, least_px), gain=1 + (STRONGER - 1) * min(1, 2 * small)
    )


def _around(landmarks: F32, reach: float) -> Circle:
    x, y = landmarks[:_FACE, :2].mean(axis=0)
    # In depth too, so that nodding does not shrink it.
    height = np.linalg.norm(landmarks[_FOREHEAD] - landmarks[_CHIN])
    return Circle(float(x), float(y), reach * float(height))
