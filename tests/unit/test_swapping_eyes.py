"""Lids: what is seen as shut is shut, what is open stays so."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.arrays import F64
from headswap.swapping.eyes import shut
from headswap.vision.canonical_face import LEFT_EYE, RIGHT_EYE
from tests.made_heads import shut_face


def _lids(ring: F64, share: float) -> F64:
    """The ring with its lids at a share of their distance."""
    lids = ring.copy()
    upper, lower = ring[1:8], ring[15:8:-1]
    lids[1:8] = lower + share * (upper - lower)
    return lids


def _gap(ring: F64) -> float:
    return float(np.linalg.norm(ring[4] - ring[12]))


@pytest.mark.parametrize("ring", [RIGHT_EYE, LEFT_EYE])
@pytest.mark.parametrize(
    ("gap_cm", "wanted_cm"), [(0.05, 0.0), (0.15, 0.0), (0.28, 0.14), (0.41, 0.41), (0.8, 0.8)]
)
def test_lids_that_nearly_touch_are_laid_on_each_other(
    ring: F64, gap_cm: float, wanted_cm: float
) -> None:
    eye = shut_face()[ring.astype(int)]
    lids = _lids(eye, gap_cm / _gap(eye))
    closed = shut(lids)
    assert _gap(closed) == pytest.approx(wanted_cm, abs=0.005)
    # The lower lid and both corners stay.
    assert np.array_equal(closed[8:], lids[8:]) and np.array_equal(closed[0], lids[0])
    assert np.abs(closed[1:8] - lids[15:8:-1]).max() <= np.abs(lids[1:8] - lids[15:8:-1]).max()
