"""How each blendshape moves a face: a linear basis, and faces with their expression taken out."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from headswap.arrays import F32, F64, I32
from headswap.vision.canonical_face import INNER_LIPS
from headswap.vision.networks.blendshapes import NAMES

FACE = 468
# Gaze moves irises, not the face; the eyes' own shape is part of who somebody is; and pressed lips
# are told from a resting mouth too poorly to be undone.
_KEPT = ("eye", "mouthPress", "mouthShrug", "_neutral")
_NOISE = 0.1
_LIP_REACH_CM = 0.9
# Which vertices of the inner lips lie opposite each other.
_UPPER_LIP, _LOWER_LIP = INNER_LIPS[1:10], INNER_LIPS[:10:-1]


@cache
def expression_basis() -> F32:
    """(52, 468, 3) float32 cm in head space: the motion of each landmark at full blendshape.

    Learned by ridge regression over drawings of the sample people, whose expressions are known
    (`training/expression_basis.py`), made symmetric.
    """
    source = files("headswap.vision").joinpath("data/expression_basis.npz")
    with source.open("rb") as stream, np.load(stream) as data:
        return data["basis_cm"].astype(np.float32)


def expression_offset(blendshapes: F32) -> F64:
    """(..., 468, 3) cm: how far blendshapes (..., 52) have moved the face from rest.

    Only what changes the lower face and brows counts, and only beyond the network's noise.
    """
    counted = np.array([not name.startswith(_KEPT) for name in NAMES])
    strength = np.clip(blendshapes - _NOISE, 0, None) / (1 - _NOISE) * counted
    return np.einsum("...k,kni->...ni", strength.astype(np.float64), expression_basis())


def rested(shape_cm: F64, blendshapes: F32) -> F64:
    """(468, 3) cm: a face (468, 3) with the expression of its blendshapes (52,) taken out.

    Lips that were shut stay shut, and parted ones are closed.
    """
    return closed(shape_cm - expression_offset(blendshapes))


def closed(shape_cm: F64) -> F64:
    """(468, 3) cm: a face (468, 3) with its lips on each other."""
    rest = shape_cm
    gap = rest[_LOWER_LIP] - rest[_UPPER_LIP]
    nearest = INNER_LIPS[_distances(rest, INNER_LIPS).argmin(axis=1)]
    for side, part in ((_UPPER_LIP, 0.5), (_LOWER_LIP, -0.5)):
        # The lip's red and the skin around follow, less the farther they are.
        weight = np.exp(-((_distances(rest, side) / _LIP_REACH_CM) ** 2))
        share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
        pull = weight.max(axis=1) * np.isin(nearest, side)
        pull[side] = 1.0
        move = share @ (part * gap)
        move[side] = part * gap
        rest = rest + pull[:, None] * move
    return rest


def _distances(shape_cm: F64, to: I32) -> F64:
    return np.linalg.norm(shape_cm[:, None] - shape_cm[None, to], axis=2)
