"""Whether hair hangs below the lobes at all, told by all key frames of a head together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headswap.arrays import F32, Bool
from headswap.swapping.compose.removal import face_and_ears
from headswap.vision.mattes import LOBES, Mattes

_BROW, _CHIN, _EYES = 9, 152, [33, 133, 362, 263]
_OWN, _SURE, _PERSON = 0.5, 0.9, 0.5
# Around the chin, where hair would hang.
_ASIDE_CM, _DOWN_CM = 14.0, 12.0
# A network that sees less of the hair on top, in all key frames and in this one, says nothing of
# hair below; half of the key frames are to show so much that surely hangs.
_TOLD, _TOLD_HERE, _HANGS_CM2 = 0.4, 0.5, 80.0


def told_of_hair(
    networks: tuple[F32, ...], own: F32, person: F32, landmarks: F32, unit: float
) -> F32:
    """(3,) float32: cm2 of hair above the lobes, what of it the second network sees as well, and
    how much more below them the first is sure of.

    networks: (h, w) 0..1 each, see `hair_votes`; own: (h, w) the head's hair. unit: px per cm. One
    network alone is believed.
    """
    shape = own.shape
    low = _low(landmarks, shape)
    above = (own > _OWN) & ~low
    upper = float(above.sum()) / unit**2
    if len(networks) < 2:
        return np.array([upper, upper, 0], np.float32)
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])[None]
    x, y = landmarks[_CHIN, :2]
    near = (np.abs(columns - x) < _ASIDE_CM * unit) & (rows < y + _DOWN_CM * unit)
    hanging = low & near & (networks[0] > _SURE) & (person > _PERSON)
    seen = float(networks[1][above].sum()) / unit**2
    return np.array([upper, seen, float(hanging.sum()) / unit**2], np.float32)


def is_short(told: F32) -> Bool:
    """(n,) in which of a head's key frames no hair is below the lobes, whatever it looks like.

    told: (n, 3), see `told_of_hair`, of all key frames. Dark collars, fur, and necks in shade are
    taken for hair now and then; hair that hangs is there most of the time.
    """
    upper, seen, hanging = told.T
    known = seen.sum() >= _TOLD * upper.sum() or np.median(hanging) >= _HANGS_CM2
    return np.zeros(len(told), np.bool_) if known else seen < _TOLD_HERE * upper


def as_short(mattes: Mattes, landmarks: F32) -> Mattes:
    """The planes of a head whose hair ends at the lobes of its face (478, 3).

    What of the person is below them, upright and as the head is held, is skin or clothes; and so
    is what stands off the skull below the eyes, as a collar does about a head that is bent.
    """
    low = _low(landmarks, mattes.hair.shape)
    eyes = float(landmarks[_EYES, 1].max())
    low |= (face_and_ears(landmarks, low.shape) == 0) & (np.arange(len(low))[:, None] > eyes)
    hair = np.where(low, 0, mattes.hair).astype(np.float32)
    rest = np.where(low, mattes.person - mattes.skin, 0).astype(np.float32)
    return replace(mattes, hair=hair, clothes=np.maximum(mattes.clothes, rest))


def _low(landmarks: F32, shape: tuple[int, ...]) -> Bool:
    lobes = landmarks[LOBES, :2].mean(axis=0)
    down = landmarks[_CHIN, :2] - landmarks[_BROW, :2]
    down = down / max(float(np.linalg.norm(down)), 1e-3)
    y = np.arange(shape[0], dtype=np.float32)[:, None] - lobes[1]
    x = np.arange(shape[1], dtype=np.float32)[None] - lobes[0]
    return (y > 0) & (x * down[0] + y * down[1] > 0)
