"""Mattes of one person's surroundings: who is there, and what of it is hair, skin and clothes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.hair_core import CoreHair
from headswap.vision.networks.hair_matte import HairMatte
from headswap.vision.networks.person_matte import PersonMatte
from headswap.vision.networks.skin_clothes_hair import SkinClothesHair
from headswap.vision.store import ModelStore

LOBES = [132, 361]
# From here on a matte counts; what shares of it a second network is to see at least, and surely.
_SOME, _NOT_AGREED, _AGREED = 0.3, 0.12, 0.22


@dataclass(frozen=True, slots=True, eq=False)
class Mattes:
    """Planes (h, w) float32 in 0..1 of one crop."""

    person: F32
    hair: F32
    skin: F32
    clothes: F32


class MatteReader:
    """Reads mattes of crops around a head; networks are made once and are not thread-safe.

    The full pack has a network for hair and one for skin and clothes. Without it the small network
    that lies in the package finds all three; it is told where the face is.
    """

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._person = PersonMatte(store, threads)
        self._planes = _FullPlanes(store, threads) if store.pack == "full" else _CorePlanes(threads)

    def person(self, picture: U8) -> F32:
        """(h, w) float32: how much of each pixel of a (h, w, 3) uint8 picture is any person."""
        return self._person.matte(picture)

    def read(self, crop: U8, face: F32) -> Mattes:
        """All planes of a (h, w, 3) uint8 crop; face: (478, 3) landmarks in the crop."""
        return self.look(crop, face)[0]

    def look(self, crop: U8, face: F32) -> tuple[Mattes, tuple[F32, ...]]:
        """All planes of a crop, as `read` gives them, and what came together in the hair's.

        That is what the finer network takes for hair, and what the other does; nothing where only
        one network looks.
        """
        return self._planes.look(crop, face, self._person.matte(crop))

    def hair(self, crop: U8) -> F32:
        """(h, w) float32: hair in a (h, w, 3) uint8 crop by the finer network, where several look.

        Raises:
            RuntimeError: one network alone looks for hair, and tells no votes.
        """
        return self._planes.hair(crop)


class _FullPlanes:
    def __init__(self, store: ModelStore, threads: int) -> None:
        self._hair = HairMatte(store, threads)
        self._planes = SkinClothesHair(store, threads)

    def hair(self, crop: U8) -> F32:
        return self._hair.matte(crop)

    def look(self, crop: U8, face: F32, person: F32) -> tuple[Mattes, tuple[F32, ...]]:
        planes, first = self._planes.planes(crop), self._hair.matte(crop)
        hair = agreed_hair(first, planes.hair, face)
        return Mattes(person, hair, planes.skin, planes.clothes), (first, planes.hair)


def agreed_hair(hair: F32, second: F32, face: F32) -> F32:
    """Hair (h, w) without what hangs below the lobes and the second network sees nothing in.

    The first, the finer one, takes dark collars for hair, and necks in shade.
    """
    lobes = max(0, round(float(face[LOBES, 1].mean())))
    low, other = hair[lobes:], second[lobes:]
    if low.size == 0:
        return hair
    count, labels = cv2.connectedComponents((low > _SOME).astype(np.uint8))
    size = np.bincount(labels.ravel(), low.ravel(), minlength=count)
    agreed = np.bincount(labels.ravel(), (low * other).ravel(), minlength=count)
    share = (agreed / np.maximum(size, 1e-3) - _NOT_AGREED) / (_AGREED - _NOT_AGREED)
    share[0] = 1
    factor = np.take(np.clip(share, 0, 1), labels.astype(np.intp)) * low
    return np.vstack([hair[:lobes], factor]).astype(np.float32)


class _CorePlanes:
    def __init__(self, threads: int) -> None:
        self._network = CoreHair(threads)

    def hair(self, crop: U8) -> F32:
        raise RuntimeError("the core pack's network needs to be told where the face is; use read")

    def look(self, crop: U8, face: F32, person: F32) -> tuple[Mattes, tuple[F32, ...]]:
        planes = self._network.planes(crop, face, person)
        return Mattes(person, planes.hair, planes.skin, planes.clothes), ()
