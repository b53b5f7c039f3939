"""Files in a swap's folder in which the survey keeps what it saw, until all is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import U8
from headswap.swapping.plan import Box
from headswap.vision.mattes import Mattes


def key_path(folder: Path, number: int, frame: int) -> Path:
    """Of the mattes of an appearance's key frame."""
    return folder / f"key-{number}-{frame}.npz"


def front_path(folder: Path, number: int, frame: int) -> Path:
    """Of what in a key frame belongs to people before an appearance."""
    return folder / f"front-{number}-{frame}.npz"


def view_path(folder: Path, frame: int) -> Path:
    """Of what a frame shows of the background."""
    return folder / f"view-{frame}.npy"


def save_mattes(path: Path, box: Box, mattes: Mattes) -> None:
    """Keeps the planes of one key frame, 8 bits each."""
    planes = (mattes.person, mattes.hair, mattes.skin, mattes.clothes)
    eight_bit = np.stack([cv2.convertScaleAbs(plane, alpha=255) for plane in planes])
    np.savez(path, box=np.array(box), planes=eight_bit)


def load_mattes(path: Path) -> tuple[Box, Mattes]:
    """The box and planes that `save_mattes` kept; they may be smaller than the box."""
    box, planes = load_planes(path)
    return box, Mattes(*(plane * np.float32(1 / 255) for plane in planes))


def load_planes(path: Path) -> tuple[Box, U8]:
    """As `load_mattes`: (4, h, w) uint8 person, hair, skin and clothes."""
    with np.load(path) as data:
        x0, y0, x1, y1 = (int(side) for side in data["box"])
        return (x0, y0, x1, y1), np.asarray(data["planes"], np.uint8)


def save_front(path: Path, planes: Mapping[str, U8]) -> None:
    """Keeps planes (h, w) of one size by the names of people."""
    np.savez(path, names=np.array([*planes]), planes=np.array([*planes.values()]))


def load_front(path: Path) -> dict[str, U8]:
    """What `save_front` kept; nothing if there is no file."""
    if not path.exists():
        return {}
    with np.load(path) as data:
        return dict(zip(data["names"].tolist(), data["planes"], strict=True))
