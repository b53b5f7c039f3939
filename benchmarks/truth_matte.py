"""How true cut-outs are: drawn portraits, whose alpha is known, before several backgrounds.

python -m benchmarks.truth_matte [--out SHEETS/]

Of each it tells the mean absolute error of the cut-out's alpha in the edge band: within a few
pixels of where the head's true alpha is between nothing and all. The truth is turned upright as the
photo is, and compared in the cut-out's own pixels: laid back over the photo, a perfect cut-out
would be 0.02 off by that alone. Models are those in use.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.table import Row
from headswap.arrays import F32, U8
from headswap.sample.portrait import PORTRAIT_WH, DrawnPortrait, drawn_portrait
from headswap.sample.spec import Identity
from headswap.swapping.cutout import cut_head, upright_crop
from headswap.swapping.reference import ReferenceReader
from headswap.vision.mattes import MatteReader
from headswap.vision.pose import fit_pose
from headswap.vision.store import ModelStore

LIMIT = 0.03
BAND_PX = 4


@dataclass(frozen=True, slots=True)
class MatteError:
    """Mean absolute errors of alpha in the edge band: against the background, and all around."""

    person: str
    background: str
    behind: float
    whole: float


def backgrounds() -> dict[str, F32]:
    """(h, w, 3) float32 pictures of 0..255, the same every time."""
    width, height = PORTRAIT_WH
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    noise = rng.standard_normal((height, width, 3)).astype(np.float32)

    def blurred(sigma: float, spread: float) -> F32:
        soft = cv2.GaussianBlur(noise, (0, 0), sigma)
        return np.asarray(soft / soft.std() * spread, np.float32)

    wall = np.array([168, 174, 178], np.float32) * (1.2 - 0.4 * x / width)[..., None]
    leaves = np.array([70, 105, 52], np.float32) + blurred(6, 26)
    stripes = np.where((x // 40 % 2)[..., None] > 0, [205.0, 200, 190], [60.0, 70, 95])
    made = {
        "wall": wall,
        "white": np.full((height, width, 3), 246, np.float32),
        "dark": np.full((height, width, 3), 30, np.float32) + blurred(30, 6),
        "leaves": leaves,
        "bokeh": np.array([120, 110, 125], np.float32) + blurred(25, 45),
        "stripes": stripes.astype(np.float32),
        "skin-like": np.array([196, 158, 130], np.float32) * (1.05 - 0.2 * y / height)[..., None],
    }
    return {name: np.clip(picture, 0, 255).astype(np.float32) for name, picture in made.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A cut-out and the truth in its pixels: photo, found and true alpha, and what is behind."""

    rgb: U8
    found: F32
    truth: F32
    behind: F32


def compared(truth: DrawnPortrait, landmarks: F32, mattes: MatteReader) -> Compared:
    """The head cut out of a drawn portrait at the portrait's own scale, and what it should be."""
    scale = float(fit_pose(landmarks[None]).scale[0])
    cutout = cut_head(truth.rgb, landmarks, mattes, scale)
    known = np.dstack([truth.alpha, truth.behind, truth.behind])
    planes, inside, points = upright_crop(np.round(known * 255).astype(np.uint8), landmarks, scale)
    rgb, _, _ = upright_crop(truth.rgb, landmarks, scale)
    # The cut-out is a part of the crop; beyond it the head's alpha is nothing.
    x, y = np.round((points - cutout.landmarks)[0, :2]).astype(int)
    found = np.zeros(inside.shape, np.float32)
    h, w = cutout.alpha.shape
    found[y : y + h, x : x + w] = cutout.alpha
    shown = (planes[..., :2] / np.float32(255) * inside[..., None]).astype(np.float32)
    return Compared(rgb, found, shown[..., 0], shown[..., 1])


def error_of(made: Compared) -> tuple[float, float]:
    """Mean absolute error in the edge band against the background, and in all of the band."""
    edge = ((made.truth > 0.02) & (made.truth < 0.98)).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND_PX + 1, 2 * BAND_PX + 1))
    band = cv2.dilate(edge, disc) > 0
    off = np.abs(made.found - made.truth)
    return float(off[band & (made.behind > 0.99)].mean()), float(off[band].mean())


def measure(store: ModelStore, folder: Path, sheets: Path | None) -> list[MatteError]:
    """Errors of every person before every background; the photos go into the folder.

    sheets: a folder for pictures of them.
    """
    reader, mattes = ReferenceReader(store), MatteReader(store)
    found: list[MatteError] = []
    for identity in Identity:
        for name, background in backgrounds().items():
            truth = drawn_portrait(identity, background)
            photo = folder / f"{identity.value}-{name}.png"
            cv2.imwrite(str(photo), truth.rgb[..., ::-1])
            landmarks = reader.find(photo).landmarks
            made = compared(truth, landmarks, mattes)
            found.append(MatteError(identity.value, name, *error_of(made)))
            if sheets is not None:
                planes = [made.truth, made.found, np.abs(made.found - made.truth)]
                shown = [np.repeat(p[..., None] * 255, 3, axis=2) for p in planes]
                sheet = np.hstack([made.rgb, *shown]).astype(np.uint8)
                cv2.imwrite(str(sheets / f"{identity.value}-{name}.png"), sheet[..., ::-1])
    return found


def rows(folder: Path) -> list[Row]:
    """The mean over all portraits; these are left in the folder."""
    store = ModelStore.default()
    errors = measure(store, folder, None)
    mean = float(np.mean([e.behind for e in errors]))
    whole = float(np.mean([e.whole for e in errors]))
    note = f"{len(errors)} portraits, {store.pack} pack; all around the head {whole:.3f}"
    name = "matte: mean absolute error of alpha in the edge band"
    return [Row(name, f"{mean:.3f}", f"<= {LIMIT}", mean <= LIMIT, note)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth_matte", description=__doc__)
    parser.add_argument(
        "--out", type=Path, help="folder for pictures: photo, truth, cut-out, error"
    )
    given = parser.parse_args(arguments)
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
    store = ModelStore.default()
    with TemporaryDirectory() as folder:
        errors = measure(store, Path(folder), given.out)
    print(f"alpha of cut-outs against the truth, {store.pack} pack (limit {LIMIT})")
    for e in errors:
        print(
            f"{e.person:10} {e.background:10} before it {e.behind:.4f}   all around {e.whole:.4f}"
        )
    mean = float(np.mean([e.behind for e in errors]))
    whole = float(np.mean([e.whole for e in errors]))
    print(f"{'mean':21} before it {mean:.4f}   all around {whole:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
