"""Smoothing in a row, against plain definitions of it."""

from __future__ import annotations

import numpy as np
import pytest

from headswap.swapping.smoothing import gaussian_mean, running_median


@pytest.mark.parametrize("shape", [(1, 3), (2, 3, 3), (30, 7)])
def test_a_gaussian_mean_weighs_what_is_near_and_holds_the_ends(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    reach, sigma = 6, 1.5
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    rows = np.clip(np.arange(len(values))[:, None] + np.arange(-reach, reach + 1), 0, shape[0] - 1)
    wanted = np.einsum("k,nk...->n...", weights, values[rows])
    assert np.allclose(gaussian_mean(values, sigma), wanted)


@pytest.mark.parametrize("size", [1, 4, 5])
def test_a_running_median_leaves_steps_and_takes_out_spikes(size: int) -> None:
    step = np.repeat([0.0, 5.0], 20)
    spiked = step.copy()
    spiked[10] = 100.0
    assert np.array_equal(running_median(step, size), step) or size == 4
    assert running_median(spiked, size).max() == (100.0 if size == 1 else 5.0)
