"""Protected people: whose photos are refused, however the photo was taken."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from headswap.arrays import F32
from headswap.errors import ProtectedPerson
from headswap.vision.scene import EMBEDDING

# The distance of two descriptors below which they are taken for one person; docs/trust.md has what
# it was measured on.
SAME_PERSON = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class ProtectedFace:
    """One who is not to be used. id: of the entry in the list. embedding: (128,) float32."""

    id: str
    embedding: F32

    def __post_init__(self) -> None:
        if self.embedding.shape != (EMBEDDING,) or self.embedding.dtype != np.float32:
            found = f"{self.embedding.dtype}{self.embedding.shape}"
            raise ValueError(f"ProtectedFace.embedding is {found}, not float32({EMBEDDING},)")

    @classmethod
    def decoded(cls, id_: str, text: str) -> ProtectedFace:
        """The face of an embedding that `encoded` wrote."""
        values = np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
        return cls(id_, values)


def encoded(embedding: F32) -> str:
    """A descriptor as text."""
    return base64.b64encode(embedding.astype("<f4").tobytes()).decode("ascii")


def same_person(a: F32, b: F32) -> bool:
    """Whether two descriptors are taken for one person's."""
    return float(np.linalg.norm(a - b)) < SAME_PERSON


def refuse_protected(embedding: F32, protected: Iterable[ProtectedFace], obj_id: int) -> None:
    """Nothing, if the described photo shows nobody of the list.

    Raises:
        ProtectedPerson: it does; names the entry.
    """
    for face in protected:
        if same_person(embedding, face.embedding):
            raise ProtectedPerson(
                f"the photo for person {obj_id} shows somebody who is protected (entry {face.id} "
                "of the team's list) and is not to be used; use another person's photo",
                obj_id,
            )
