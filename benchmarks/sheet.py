"""Contact sheets: frames of the source above the same frames of the result.

python -m benchmarks.sheet SOURCE RESULT OUT.png [--frames 8] [--crop] [--at X,Y]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.video import MeasureError, count_frames, decoded
from headswap.arrays import F32, U8

LABEL_PX = 20
GAP_PX = 6
# A square of this many face-box heights holds long hair and the shoulders' edge.
CROP_FACES = 2.6


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One frame twice: (h, w, 3) uint8 RGB of the source and of the result, and a label."""

    source: U8
    result: U8
    label: str


def spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` indices of `count`, in the middles of equal pieces."""
    wanted = min(wanted, count)
    return [int((k + 0.5) * count / wanted) for k in range(wanted)]


def cells(source: Path, result: Path, frames: list[int]) -> list[Cell]:
    """The named frames of both files; a result that ends early shows black."""
    wanted = set(frames)
    kept: list[dict[int, tuple[U8, float]]] = []
    for path in (source, result):
        found: dict[int, tuple[U8, float]] = {}
        for item in decoded(path):
            if item.index in wanted:
                found[item.index] = (item.rgb(), float(item.time_s))
            if item.index >= max(wanted):
                break
        kept.append(found)
    before, after = kept
    made: list[Cell] = []
    for index in frames:
        if index not in before:
            continue
        pixels, time_s = before[index]
        changed = after[index][0] if index in after else np.zeros_like(pixels)
        note = "" if index in after else "  NOT IN RESULT"
        made.append(Cell(pixels, changed, f"frame {index}  {time_s:.2f} s{note}"))
    return made


def cropped(items: list[Cell], at_xy: tuple[float, float] | None = None) -> list[Cell]:
    """The cells cut to a square around one head: the largest, or the one nearest to `at_xy`.

    Only the source is searched, so that a result without a face still shows its place. A frame
    without a face takes the square of the nearest frame that has one.
    """
    from benchmarks.faces import face_detector

    detect = face_detector()
    squares = [_head_square(detect(item.source), at_xy, item.source) for item in items]
    known = [k for k, square in enumerate(squares) if square is not None]
    if not known:
        raise MeasureError("no face in any of the chosen frames: leave --crop away")
    made: list[Cell] = []
    for k, item in enumerate(items):
        square = squares[min(known, key=lambda other: abs(other - k))]
        assert square is not None
        scale = item.result.shape[0] / item.source.shape[0]
        made.append(Cell(_cut(item.source, square), _cut(item.result, square * scale), item.label))
    return made


def _head_square(boxes_xyxy: F32, at_xy: tuple[float, float] | None, image: U8) -> F32 | None:
    """(4,) float32 px inside the image, or None where there is no face."""
    if not len(boxes_xyxy):
        return None
    centers = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).max(axis=1)
    chosen = (
        int(np.argmax(sides))
        if at_xy is None
        else int(np.argmin(np.hypot(*(centers - np.array(at_xy)).T)))
    )
    size_wh = np.array(image.shape[1::-1], dtype=np.float32)
    side = min(sides[chosen] * CROP_FACES, size_wh.min())
    corner = np.clip(centers[chosen] - side / 2, 0, size_wh - side)
    return np.concatenate([corner, corner + side]).astype(np.float32)


def _cut(image: U8, square: F32) -> U8:
    """The square's pixels; black where it leaves the image."""
    x0, y0, x1, y1 = (round(float(value)) for value in square)
    side = max(x1 - x0, y1 - y0, 1)
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    height, width = image.shape[:2]
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + side, width), min(y0 + side, height)
    if right > left and bottom > top:
        canvas[top - y0 : bottom - y0, left - x0 : right - x0] = image[top:bottom, left:right]
    return canvas


def draw(items: list[Cell], columns: int, width_px: int) -> U8:
    """The sheet, (h, w, 3) uint8 RGB: bands of `columns` frames, each source above result."""
    bands = [items[k : k + columns] for k in range(0, len(items), columns)]
    height_px = round(width_px * items[0].source.shape[0] / items[0].source.shape[1])
    blank = np.zeros((2 * height_px + LABEL_PX, width_px, 3), dtype=np.uint8)
    rows: list[U8] = []
    for band in bands:
        drawn = [_draw_cell(item, (width_px, height_px)) for item in band]
        drawn += [blank] * (columns - len(band) if len(bands) > 1 else 0)
        gap = np.full((blank.shape[0], GAP_PX, 3), 255, dtype=np.uint8)
        pieces = [piece for cell in drawn for piece in (cell, gap)][:-1]
        rows.append(np.concatenate(pieces, axis=1))
        rows.append(np.full((GAP_PX, rows[-1].shape[1], 3), 255, dtype=np.uint8))
    return np.concatenate(rows[:-1], axis=0)


def _draw_cell(item: Cell, size_wh: tuple[int, int]) -> U8:
    label = np.zeros((LABEL_PX, size_wh[0], 3), dtype=np.uint8)
    cv2.putText(
        label, item.label, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA
    )
    parts = [label]
    for image in (item.source, item.result):
        shrink = size_wh[0] < image.shape[1]
        how = cv2.INTER_AREA if shrink else cv2.INTER_CUBIC
        parts.append(np.asarray(cv2.resize(image, size_wh, interpolation=how), dtype=np.uint8))
    return np.concatenate(parts, axis=0)


def write_sheet(
    source: Path,
    result: Path,
    out: Path,
    frames: list[int],
    *,
    crop: bool = True,
    at_xy: tuple[float, float] | None = None,
    columns: int = 4,
    width_px: int = 400,
) -> None:
    """Draw the named frames and write them; the file's ending says the format.

    Raises:
        MeasureError: a file cannot be read, no frame was chosen, or `out` cannot be written.
    """
    items = cells(source, result, frames)
    if not items:
        raise MeasureError(f"{source}: none of the frames {frames} is in it")
    if crop:
        items = cropped(items, at_xy)
    picture = draw(items, columns, width_px)
    out.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(out), picture[:, :, ::-1]):
        raise MeasureError(f"{out}: cannot be written")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheet", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=8, help="how many, evenly spread")
    parser.add_argument("--only", help="frame numbers instead, as 10,11,12")
    parser.add_argument("--crop", action="store_true", help="cut to the head")
    parser.add_argument("--at", help="X,Y in px: crop to the head nearest to this point")
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--width", type=int, default=400, help="of one picture, px")
    given = parser.parse_args(arguments)
    try:
        frames = (
            [int(word) for word in given.only.split(",")]
            if given.only
            else spread(count_frames(given.source), given.frames)
        )
        at_xy = tuple(float(word) for word in given.at.split(",")) if given.at else None
        write_sheet(
            given.source,
            given.result,
            given.out,
            frames,
            crop=given.crop or at_xy is not None,
            at_xy=(at_xy[0], at_xy[1]) if at_xy else None,
            columns=given.columns,
            width_px=given.width,
        )
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    print(given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
