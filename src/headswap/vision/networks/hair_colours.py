"""Hair told from what surrounds it by this picture's own colours."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8
from headswap.vision.canonical_face import CHIN
from headswap.vision.guided import guided_filter
from headswap.vision.networks.head_view import PX_PER_CM, HeadView

# Cells of lightness, and of each of a and b from -60 to 60.
_SHAPE = (16, 24, 24)
_AROUND_CM = 4.0
_RADIUS_PX = 3
_VEIL = 0.15
_SURE = 0.3
# Colours rarer than this among hair or surroundings say nothing of either.
_RARE = 2e-6


def by_colours(hair: F32, clothes: F32, view: HeadView) -> F32:
    """A hair matte (240, 192) 0..1 of the view, corrected by how its colours are shared out.

    What the network calls hair and what it calls otherwise nearby give a colour histogram each;
    their ratio is evidence added to the network's own. So a patch that looks like all other hair
    is hair, and a matte's rim that looks like the wall is wall. But clothes (240, 192) below the
    chin do not become hair by being as dark.
    """
    near = cv2.dilate((hair > _SURE).astype(np.uint8), _disc()) * view.inside
    cells = _cells(view)
    ratio = np.log(_share(cells, hair * near) + _RARE) - np.log(
        _share(cells, (1 - hair) * near) + _RARE
    )
    odds = np.clip(hair, 1e-4, 1 - 1e-4)
    told = ratio.astype(np.float32).ravel()[cells]
    dressed = clothes > hair
    dressed[: max(0, round(float(view.landmarks[CHIN, 1])))] = False
    told[dressed] = np.minimum(told[dressed], 0)
    matte = (1 / (1 + np.exp(-np.log(odds / (1 - odds)) - told))).astype(np.float32)
    # A faint veil over collars and walls would count as hair far from the head.
    soft = guided_filter(view.rgb, matte, _RADIUS_PX)
    return np.clip((soft - _VEIL) / (1 - 2 * _VEIL), 0, 1)


def _disc() -> U8:
    size = 2 * round(_AROUND_CM * PX_PER_CM) + 1
    return np.ones((size, size), np.uint8)


def _cells(view: HeadView) -> I64:
    """(h, w) the histogram's cell of each pixel."""
    lab = cv2.cvtColor(view.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    unit = (lab - np.array([0, -60, -60], np.float32)) / np.array([100, 120, 120], np.float32)
    place = np.clip((unit * _SHAPE).astype(np.int64), 0, np.array(_SHAPE) - 1)
    return (place[..., 0] * _SHAPE[1] + place[..., 1]) * _SHAPE[2] + place[..., 2]


def _share(cells: I64, weight: F32) -> F32:
    """(16, 24, 24) the smoothed share of each cell in all weight."""
    count = np.bincount(cells.ravel(), weight.ravel(), int(np.prod(_SHAPE))).reshape(_SHAPE)
    for axis in range(3):
        count = (np.roll(count, 1, axis) + 2 * count + np.roll(count, -1, axis)) / 4
    return (count / max(float(count.sum()), 1.0)).astype(np.float32)
