"""Mattes of one person's surroundings: who is there, and what of it is hair, skin and clothes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.vision.networks.hair_matte import HairMatte
from headswap.vision.networks.person_matte import PersonMatte
from headswap.vision.networks.skin_clothes_hair import SkinClothesHair
from headswap.vision.store import ModelStore


@dataclass(frozen=True, slots=True, eq=False)
class Mattes:
    """Planes (h, w) float32 in 0..1 of one crop."""

    person: F32
    hair: F32
    skin: F32
    clothes: F32


class MatteReader:
    """Reads mattes of crops around a head; networks are made once and are not thread-safe.

    With the core pack there is no hair or clothes network: skin is found by the face's own colour,
    hair is what of the person around and above the face is not skin, clothes the rest.
    """

    def __init__(self, store: ModelStore, threads: int = 1) -> None:
        self._person = PersonMatte(store, threads)
        full = store.pack == "full"
        self._hair = HairMatte(store, threads) if full else None
        self._planes = SkinClothesHair(store, threads) if full else None

    def hair(self, crop: U8, face: F32) -> F32:
        """(h, w) float32 hair of a (h, w, 3) uint8 crop; face: (478, 2+) landmarks in the crop."""
        if self._hair is not None:
            return self._hair.matte(crop)
        return self._by_colour(crop, face, self._person.matte(crop)).hair

    def person(self, picture: U8) -> F32:
        """(h, w) float32: how much of each pixel of a (h, w, 3) uint8 picture is any person."""
        return self._person.matte(picture)

    def read(self, crop: U8, face: F32) -> Mattes:
        """All planes of a (h, w, 3) uint8 crop; face: (478, 2+) landmarks in the crop."""
        person = self._person.matte(crop)
        if self._hair is None or self._planes is None:
            return self._by_colour(crop, face, person)
        planes = self._planes.planes(crop)
        return Mattes(person, self._hair.matte(crop), planes.skin, planes.clothes)

    @staticmethod
    def _by_colour(crop: U8, face: F32, person: F32) -> Mattes:
        """Mattes from the person's outline and the colour of their cheeks, nose and forehead."""
        height, width = person.shape
        points = face[:468, :2].astype(np.float32)
        size = float(np.ptp(points[:, 1]))
        lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float32)
        inside = np.zeros((height, width), np.uint8)
        cheeks = points[[50, 101, 118, 4, 6, 151, 347, 330, 280]]
        cv2.fillConvexPoly(inside, cv2.convexHull(cheeks).astype(np.int32), 1)
        sample = lab[inside > 0]
        if len(sample) < 20:
            sample = lab[person > 0.5] if np.any(person > 0.5) else lab.reshape(-1, 3)
        mean = np.median(sample, axis=0)
        # Light falls unevenly over a face, so lightness may stray further than colour.
        spread = np.maximum(sample.std(axis=0) * 2.0, np.array([18.0, 6.0, 6.0], np.float32))
        distance = np.sqrt((((lab - mean) / spread) ** 2).sum(axis=2))
        skin = np.clip(2.2 - distance, 0, 1).astype(np.float32)
        skin = cv2.medianBlur((skin * 255).astype(np.uint8), 5).astype(np.float32) / 255 * person
        oval = np.zeros((height, width), np.float32)
        cv2.fillConvexPoly(oval, cv2.convexHull(points).astype(np.int32), 1.0)
        skin = np.maximum(skin, oval)
        chin, middle = float(points[152, 1]), float(points[:, 0].mean())
        ys = np.arange(height, dtype=np.float32)[:, None]
        xs = np.arange(width, dtype=np.float32)[None]
        near = np.clip(1.4 - np.abs(xs - middle) / size, 0, 0.2) * 5
        # Down to the chin what is not skin is hair; lower down it may as well be a collar.
        above = np.clip((chin - ys) / (0.15 * size) + 0.5, 0, 1)
        hair = person * (1 - skin) * above * near
        clothes = person * (1 - skin) * (1 - above)
        return Mattes(person, hair.astype(np.float32), skin, clothes.astype(np.float32))
