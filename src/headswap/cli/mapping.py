"""Reads what `--map` says: whose head becomes whose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer


def read_maps(maps: Sequence[str]) -> dict[int, Path]:
    """The photo of each obj_id, from words such as `0=anna.jpg`.

    Raises:
        typer.BadParameter: a word is not of that form, or an obj_id comes twice.
    """
    return {obj_id: Path(photo) for obj_id, photo in read_words(maps).items()}


def read_words(maps: Sequence[str]) -> dict[int, str]:
    """What stands for the photo of each obj_id, be it a path or a URL; raises as `read_maps`."""
    photos: dict[int, str] = {}
    for word in maps:
        number, equals, path = word.partition("=")
        if not equals or not path or not (number.isascii() and number.isdigit()):
            raise typer.BadParameter(
                f"{word!r} is not of the form ID=PHOTO, such as 0=anna.jpg",
                param_hint="--map",
            )
        if int(number) in photos:
            raise typer.BadParameter(
                f"person {int(number)} is mapped twice, to {photos[int(number)]} and to {path}; "
                "give one photo each",
                param_hint="--map",
            )
        photos[int(number)] = path
    return photos
