"""Draws the people that the core hair network learns from, into files of a folder.

python -m training.draw_people FOLDER [--count 8000] [--first 0]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from headswap.vision.networks.person_matte import PersonMatte
from headswap.vision.store import ModelStore
from training.people import draw

AT_ONCE = 200
SEED = 91


def main() -> None:
    """Writes pictures, planes, landmarks, and the person matte that the network sees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    network = PersonMatte(ModelStore.default())
    for first in range(given.first, given.first + given.count, AT_ONCE):
        drawn = [draw(np.random.default_rng([SEED, k])) for k in range(first, first + AT_ONCE)]
        seen = [np.round(network.matte(one.rgb) * 255).astype(np.uint8) for one in drawn]
        partly = given.out / f"{first:06d}.part"
        with partly.open("wb") as file:
            np.savez(
                file,
                rgb=np.stack([one.rgb for one in drawn]),
                planes=np.stack([one.planes for one in drawn]),
                inside=np.stack([one.inside for one in drawn]),
                landmarks=np.stack([one.landmarks for one in drawn]),
                person=np.stack(seen),
            )
        partly.rename(partly.with_suffix(".npz"))


if __name__ == "__main__":
    main()
