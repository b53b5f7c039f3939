"""Writes the sample into a folder: clips/sample.mp4 and photos/second.png."""

from __future__ import annotations

import sys
from pathlib import Path

from headswap.cli.demo import write_sample


def main() -> None:
    folder = Path(sys.argv[1])
    clip, photo = folder / "clips" / "sample.mp4", folder / "photos" / "second.png"
    photo.parent.mkdir(parents=True, exist_ok=True)
    write_sample(clip, photo, lambda _: None)


if __name__ == "__main__":
    main()
