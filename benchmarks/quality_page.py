"""Draws the pictures of docs/quality.md and prints the table that belongs to them.

    python -m benchmarks.quality_page [--out docs/images] [--only NAME,...]

Generated scenes are swapped with generated photos; each becomes a contact sheet, source above
result, and one row of figures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.consent import CONSENT
from benchmarks.judge import Judgement, judge
from benchmarks.persons import Wanted
from benchmarks.sheet import cells, cropped, draw, spread
from benchmarks.video import MeasureError, count_frames
from headswap import swap
from headswap.arrays import U8
from headswap.errors import HeadswapError
from headswap.sample import Identity, SampleSpec, build_scene, portrait, write_clip
from headswap.sample.crowd import CrowdScene, CrowdSpec, crowd_portrait, write_crowd

LARGEST_BYTES = 290_000
FRAMES, COLUMNS, WIDTH_PX = 5, 5, 300
TURNING = SampleSpec(size_wh=(640, 480), seconds=4.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """One sheet. photos: by obj_id. cropped: whether it is cut to the head."""

    title: str
    clip: SampleSpec | CrowdSpec
    photos: tuple[Identity | int, ...]
    cropped: bool


SHEETS: dict[str, Shown] = {
    "turning": Shown("Turning and talking", TURNING, (Identity.SECOND,), True),
    "long-hair-off": Shown(
        "Full hair put on", SampleSpec(people=(Identity.SECOND,)), (Identity.ASTRONAUT,), True
    ),
    "hand": Shown("A hand before the face", SampleSpec(occluder=True), (Identity.SECOND,), True),
    "camera": Shown("A moving camera", SampleSpec(camera_motion=4.0), (Identity.SECOND,), False),
    "crossing": Shown(
        "Two cross, both swapped", CrowdSpec((640, 360), seconds=4.0, people=2), (4, 2), False
    ),
    "five": Shown("Five in one frame, all swapped", CrowdSpec(), (4, 3, 0, 1, 2), False),
}


def make(name: str, shown: Shown, folder: Path, out: Path) -> tuple[Path, Judgement | None]:
    """The sheet of one scene, and its judgement where there is one person.

    Raises:
        MeasureError: the scene cannot be swapped or judged.
    """
    clip, result = folder / f"{name}.mp4", folder / f"{name}.result.mp4"
    if isinstance(shown.clip, CrowdSpec):
        write_crowd(CrowdScene(shown.clip), clip)
    else:
        write_clip(build_scene(shown.clip), clip)
    photos: dict[int, Path] = {}
    for obj_id, who in enumerate(shown.photos):
        photos[obj_id] = folder / f"{name}.{obj_id}.png"
        picture = crowd_portrait(who) if isinstance(who, int) else portrait(who)
        Image.fromarray(picture).save(photos[obj_id])
    try:
        swap(clip, photos, result, consent=CONSENT)
    except HeadswapError as error:
        raise MeasureError(f"{name}: {error}") from error
    items = cells(clip, result, spread(count_frames(clip), FRAMES))
    sheet = draw(cropped(items) if shown.cropped else items, COLUMNS, WIDTH_PX)
    path = out / f"quality-{name}.webp"
    _write_small(sheet, path)
    one = len(photos) == 1
    return path, judge(clip, result, [Wanted(photos[0])], every=6) if one else None


def _write_small(picture: U8, path: Path) -> None:
    """WebP in the best quality that stays under `LARGEST_BYTES`."""
    for quality in (88, 80, 70, 55, 40):
        good, coded = cv2.imencode(
            ".webp", np.ascontiguousarray(picture[:, :, ::-1]), [cv2.IMWRITE_WEBP_QUALITY, quality]
        )
        if good and len(coded) < LARGEST_BYTES:
            path.write_bytes(coded.tobytes())
            return
    raise MeasureError(f"{path}: the sheet stays over {LARGEST_BYTES} bytes")


def figures(title: str, judgement: Judgement) -> str:
    """One line of the page's table."""
    person = judgement.people[0]
    return (
        f"| {title} | {person.to_photo:.2f} | {100 * person.nearer_share:.0f} % "
        f"| {person.pose_deg:.1f}° | {person.blendshapes:.3f} | {person.jitter:.2f} "
        f"| {person.flicker:.2f} |"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality_page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", help=f"some of {', '.join(SHEETS)}")
    given = parser.parse_args(arguments)
    names = given.only.split(",") if given.only else list(SHEETS)
    unknown = [name for name in names if name not in SHEETS]
    if unknown:
        parser.error(f"no sheet {', '.join(unknown)}; there are {', '.join(SHEETS)}")
    print("| scene | dlib to photo | nearer photo | pose | blendshapes | jitter | flicker |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="headswap-quality-") as folder:
        for name in names:
            try:
                path, judgement = make(name, SHEETS[name], Path(folder), given.out)
            except MeasureError as error:
                print(error, file=sys.stderr)
                return 1
            print(f"{path}", file=sys.stderr)
            if judgement is not None:
                print(figures(SHEETS[name].title, judgement), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
