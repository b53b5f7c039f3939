"""Whether hair hangs below the lobes at all, told by all key frames of a head together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.arrays import F32, Bool
from headswap.swapping.compose.removal import face_and_ears
from headswap.vision.mattes import LOBES, Mattes

_BROW, _CHIN, _EYES = 9, 152, [33, 133, 362, 263]
_OWN = 0.5
# A network that sees less of the hair on top, in all key frames and in this one, says nothing of
# hair below. Of hair that hangs, half of the key frames show so much beside the cheeks.
_TOLD, _TOLD_HERE, _HANGS_CM2 = 0.4, 0.5, 10.0


def told_of_hair(networks: tuple[F32, ...], own: F32, landmarks: F32, unit: float) -> F32:
    """(3,) float32: cm2 of hair above the lobes, what of it the second network sees as well, and
    what of it stands off the skull below the eyes.

    networks: (h, w) 0..1 each, see `hair_votes`; own: (h, w) the head's hair. unit: px per cm. One
    network alone is believed.
    """
    above = (own > _OWN) & ~_low(landmarks, own.shape)
    second = networks[1] if len(networks) > 1 else np.ones_like(own)
    told = above.sum(), second[above].sum(), (above & _aside(landmarks, own.shape)).sum()
    return (np.array(told) / unit**2).astype(np.float32)


def is_short(told: F32) -> Bool:
    """(n,) in which of a head's key frames no hair is below the lobes, whatever it looks like.

    told: (n, 3), see `told_of_hair`, of all key frames. Dark collars, fur, and necks in shade are
    taken for hair now and then; but hair that hangs does so from the sides of a head.
    """
    upper, seen, aside = told.T
    known = seen.sum() >= _TOLD * upper.sum() or np.median(aside) >= _HANGS_CM2
    return np.zeros(len(told), np.bool_) if known else seen < _TOLD_HERE * upper


def as_short(mattes: Mattes, landmarks: F32) -> Mattes:
    """The planes of a head whose hair ends at the lobes of its face (478, 3).

    What of the person is below them, upright and as the head is held, is skin or clothes; and so
    is what stands off the skull below the eyes, as a collar does about a head that is bent.
    """
    shape = mattes.hair.shape
    low = _low(landmarks, shape) | _aside(landmarks, shape)
    hair = np.where(low, 0, mattes.hair).astype(np.float32)
    rest = np.where(low, mattes.person - mattes.skin, 0).astype(np.float32)
    return replace(mattes, hair=hair, clothes=np.maximum(mattes.clothes, rest))


def _aside(landmarks: F32, shape: tuple[int, int]) -> Bool:
    eyes = float(landmarks[_EYES, 1].max())
    return (face_and_ears(landmarks, shape) == 0) & (np.arange(shape[0])[:, None] > eyes)


def _low(landmarks: F32, shape: tuple[int, int]) -> Bool:
    lobes = landmarks[LOBES, :2].mean(axis=0)
    down = landmarks[_CHIN, :2] - landmarks[_BROW, :2]
    down = down / max(float(np.linalg.norm(down)), 1e-3)
    y = np.arange(shape[0], dtype=np.float32)[:, None] - lobes[1]
    x = np.arange(shape[1], dtype=np.float32)[None] - lobes[0]
    return (y > 0) & (x * down[0] + y * down[1] > 0)
