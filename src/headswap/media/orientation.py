"""How the stored picture is turned and mirrored to be upright, and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from headswap.arrays import U8


@dataclass(frozen=True, slots=True)
class Orientation:
    """Turn the stored picture clockwise by `rotation_deg` (0, 90, 180, 270), then mirror it
    left to right if `mirrored`: now it is upright."""

    rotation_deg: int
    mirrored: bool

    def __post_init__(self) -> None:
        if self.rotation_deg not in {0, 90, 180, 270}:
            raise ValueError(f"rotation_deg is {self.rotation_deg}, not 0, 90, 180 or 270")

    @classmethod
    def from_matrix(cls, raw: bytes) -> Orientation:
        """The nearest of the eight orientations to a display matrix (nine native int32)."""
        a, b, _, c, d, *_ = struct.unpack("=9i", raw[:36])
        sideways = abs(b) + abs(c) > abs(a) + abs(d)
        flip_x, flip_y = (c < 0, b < 0) if sideways else (a < 0, d < 0)
        turn = {(False, False): 0, (True, True): 180, (True, False): 0, (False, True): 180}
        if sideways:
            turn = {(True, False): 90, (False, True): 270, (False, False): 90, (True, True): 270}
        return cls(turn[flip_x, flip_y], (flip_x == flip_y) == sideways)

    @property
    def sideways(self) -> bool:
        """True where width and height change places."""
        return self.rotation_deg in {90, 270}

    def turned(self, size_wh: tuple[int, int]) -> tuple[int, int]:
        """The upright size of a stored size, or the stored size of an upright one."""
        return (size_wh[1], size_wh[0]) if self.sideways else size_wh

    def upright(self, plane: U8) -> U8:
        """The stored (h, w) plane as it is shown, contiguous unless nothing changed."""
        if self.rotation_deg == 0 and not self.mirrored:
            return plane
        turned = np.rot90(plane, k=-self.rotation_deg // 90)
        return np.ascontiguousarray(turned[:, ::-1] if self.mirrored else turned)

    def stored(self, plane: U8) -> U8:
        """The upright (h, w) plane as it is stored: the inverse of `upright`."""
        if self.rotation_deg == 0 and not self.mirrored:
            return plane
        unmirrored = plane[:, ::-1] if self.mirrored else plane
        return np.ascontiguousarray(np.rot90(unmirrored, k=self.rotation_deg // 90))


def matrix_for_size(
    raw: bytes, source_wh: tuple[int, int], stored_wh: tuple[int, int]
) -> tuple[int, ...]:
    """The display matrix for a picture stored in another size: only its translation changes."""
    values = list(struct.unpack("=9i", raw[:36]))
    sideways = abs(values[1]) > abs(values[0])
    for slot, axis in ((6, 1 if sideways else 0), (7, 0 if sideways else 1)):
        values[slot] = round(values[slot] * stored_wh[axis] / source_wh[axis])
    return tuple(values)
