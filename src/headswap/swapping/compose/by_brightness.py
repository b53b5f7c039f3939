"""Views of one place put in order by how bright they show it."""

from __future__ import annotations

import numpy as np
from numba import njit

from headswap.arrays import I32, U8


@njit(cache=True, nogil=True)
def queue_up(luma: I32, order: I32, count: int, rgb: U8, view: int) -> None:
    """Sorts a view, which shows `rgb` (3,), in among the first `count` of luma and order (k,).

    luma: brightness in sixths of a level, as whole numbers are fastest.
    """
    value = 2 * np.int32(rgb[0]) + 3 * np.int32(rgb[1]) + np.int32(rgb[2])
    place = count
    while place > 0 and luma[place - 1] > value:
        luma[place], order[place] = luma[place - 1], order[place - 1]
        place -= 1
    luma[place], order[place] = value, view
