"""The best one-to-one assignment between two sets, of faces and in general."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from headswap.arrays import F32, F64
from headswap.vision.matching import overlaps, separations


def assign(cost: F64, limit: float) -> list[tuple[int, int]]:
    """Row and column pairs of the cheapest one-to-one assignment, none dearer than `limit`."""
    if not cost.size:
        return []
    # Impossible pairs cost alike and dearly, or one could push a good pair out.
    rows, columns = linear_sum_assignment(np.where(cost > limit, 1e3 + limit, cost))
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] <= limit]


def match_faces(seen_xyxy: F32, known_xyxy: F32) -> list[tuple[int, int]]:
    """Pairs (seen, known) of boxes that are the same face: centres within half a face."""
    if not len(seen_xyxy) or not len(known_xyxy):
        return []
    apart = separations(seen_xyxy, known_xyxy)
    return assign(apart + (1.0 - overlaps(seen_xyxy, known_xyxy)), 1.2)
