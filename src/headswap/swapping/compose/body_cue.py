"""BodyCue: what frames tell of a body where it is hidden, steady over a shot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32, F64
from headswap.swapping.smoothing import gaussian_mean
from headswap.vision.pose import fit_pose

# Where a neck begins, in head space; it hardly moves when the head turns.
NECK_CM = np.array([0.0, 5.0, 6.5])
# A cue's grid: half a centimetre, this far to the sides, above and below the neck's beginning.
GRID_CM, _SIDE_CM, ABOVE_CM, BELOW_CM = 0.5, 30.0, 12.0, 30.0
GRID_WH = (int(2 * _SIDE_CM / GRID_CM) + 1, int((ABOVE_CM + BELOW_CM) / GRID_CM) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class BodyCue:
    """What one frame tells of a body, around where its neck begins; several can be averaged.

    top_cm: (GRID_WH[0],) float32, the height at which the body begins in each column. sure: the
    same shape, 1 where that was seen, little where it was drawn. skin_cm: (rows, columns) float32,
    how far from where skin and clothes meet, below 0 in clothes. flesh: (3,) float32, the
    neck's colour.
    """

    top_cm: F32
    sure: F32
    skin_cm: F32
    flesh: F32

    def __post_init__(self) -> None:
        columns, rows = GRID_WH
        shapes = {
            "top_cm": (columns,),
            "sure": (columns,),
            "skin_cm": (rows, columns),
            "flesh": (3,),
        }
        for name, shape in shapes.items():
            plane: F32 = getattr(self, name)
            if plane.shape != shape or plane.dtype != np.float32:
                raise ValueError(f"BodyCue.{name} is {plane.dtype}{plane.shape}, not {shape}")


def neck_of(landmarks: F32) -> F64:
    """(2,) px: where the neck begins under a face (478, 3)."""
    return fit_pose(landmarks[None]).to_frame(NECK_CM[None])[0, 0, :2]


def px_from_grid(landmarks: F32, unit: float) -> F64:
    """(2, 3) from a cue's grid to the pixels of a crop with a face (478, 2+); unit: px per cm."""
    x, y = neck_of(landmarks)
    step = GRID_CM * unit
    return np.array([[step, 0, x - _SIDE_CM * unit], [0, step, y - ABOVE_CM * unit]])


def steady_cues(cues: list[BodyCue], sigma: float) -> list[BodyCue]:
    """Each cue as the mean of those around it in a list, those that are sure counting most."""

    def smooth(planes: F32) -> F32:
        return gaussian_mean(planes, sigma).astype(np.float32)

    sure = np.stack([cue.sure for cue in cues])
    top = smooth(np.stack([cue.top_cm for cue in cues]) * sure) / smooth(sure)
    skin = smooth(np.stack([cue.skin_cm for cue in cues]))
    flesh = smooth(np.stack([cue.flesh for cue in cues]))
    return [BodyCue(top[i], sure[i], skin[i], flesh[i]) for i in range(len(cues))]
