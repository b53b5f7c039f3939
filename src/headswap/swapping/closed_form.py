"""Alpha that is a linear function of the picture's colours in every small window."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

from headswap.arrays import F32, F64, I64, U8, Bool

# Variance of a colour channel of 0..1 that is taken for noise; the weight of what was known before.
_NOISE = 1e-5
_PRIOR = 3e-3
_ROUNDS, _EXACT = 300, 1e-4
# Windows whose weights are in memory together.
_WINDOWS_AT_ONCE = 5_000
_WINDOW = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def agreed_alpha(rgb: U8, alpha: F32, open_: Bool) -> F32:
    """(h, w) float32 0..1: the alpha, changed where it is open so that the colours explain it.

    rgb: (h, w, 3) uint8. alpha: (h, w) float32 0..1, right where it is not open, a guess
    elsewhere. open_: (h, w) bool. Levin, Lischinski, Weiss, "A closed-form solution to natural
    image matting", PAMI 2008; the guess counts little, but where colours say nothing.
    """
    near = cv2.dilate(open_.astype(np.uint8), np.ones((3, 3), np.uint8))
    near[[0, -1]], near[:, [0, -1]] = 0, 0
    if not near.any():
        return alpha
    laplacian, used = _laplacian(rgb, near > 0)
    known, guess = ~open_.ravel()[used], alpha.ravel()[used].astype(np.float64)
    rows = laplacian[~known]
    system = csr_matrix(rows[:, ~known] + diags(np.full(rows.shape[0], _PRIOR)))
    wanted = _PRIOR * guess[~known] - np.asarray(rows[:, known] @ guess[known], np.float64)
    found = _solved(system, wanted, guess[~known])
    agreed = alpha.copy().ravel()
    agreed[used[~known]] = np.clip(found, 0, 1)
    return agreed.reshape(alpha.shape)


def _solved(system: csr_matrix, wanted: F64, guess: F64) -> F64:
    """What the system, symmetric and positive, takes to what is wanted: conjugate gradients.

    Sums are NumPy's own; a threaded library's cost more here, and differ with the machine.
    """
    scale = 1 / np.asarray(system.diagonal(), np.float64)
    found = guess.copy()
    rest = wanted - np.asarray(system @ found, np.float64)
    enough = _EXACT**2 * float((wanted * wanted).sum())
    better = scale * rest
    step, size = better.copy(), float((rest * better).sum())
    for _ in range(_ROUNDS):
        if float((rest * rest).sum()) <= enough:
            break
        change = np.asarray(system @ step, np.float64)
        length = size / float((step * change).sum())
        found += length * step
        rest -= length * change
        better = scale * rest
        before, size = size, float((rest * better).sum())
        step = better + size / before * step
    return found


def _laplacian(rgb: U8, centres: Bool) -> tuple[csr_matrix, I64]:
    """The matting Laplacian of the 3x3 windows at these centres, and which pixels it is of."""
    ys, xs = np.nonzero(centres)
    width = rgb.shape[1]
    places = np.stack([(ys + down) * width + xs + right for down, right in _WINDOW], axis=1)
    used, numbers = np.unique(places, return_inverse=True)
    numbers = numbers.reshape(places.shape).astype(np.int32)
    total = csr_matrix((len(used), len(used)))
    # A window has 81 weights, most of which fall onto those of its neighbours.
    for first in range(0, len(places), _WINDOWS_AT_ONCE):
        part = np.s_[first : first + _WINDOWS_AT_ONCE]
        weights = _weights(rgb.reshape(-1, 3)[places[part]] / 255.0)
        rows = np.repeat(numbers[part], len(_WINDOW), axis=1)
        columns = np.tile(numbers[part], (1, len(_WINDOW)))
        index = (rows.ravel(), columns.ravel())
        total = csr_matrix(total + coo_matrix((weights.ravel(), index), shape=total.shape))
    return total, used


def _weights(colours: F64) -> F64:
    """(n, 9, 9) what the windows with these colours, (n, 9, 3) of 0..1, give to the Laplacian."""
    size = len(_WINDOW)
    off = colours - colours.mean(axis=1, keepdims=True)
    spread = np.einsum("nij,nik->njk", off, off) / size + _NOISE / size * np.eye(3)
    alike = np.einsum("nij,njk,nlk->nil", off, np.linalg.inv(spread), off, optimize=True)
    return np.asarray(np.eye(size) - (1 + alike) / size, np.float64)
