"""Self-swap: a frame of a clip as the photo of the very person in it, the result against the clip.

    python -m benchmarks.self_swap CLIP [CLIP ...] [--out DIR] [--frame N] [--every K] [--json FILE]

What differs is what the swap itself does wrong: geometry, expression, colour, edge, fill. Of every
clip the calmest, most frontal frame is taken; all others with the head turned less than 60 degrees
are compared within the head's box.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.consent import CONSENT
from benchmarks.faces import FaceFinder, SeenFace, landmarker, model_store
from benchmarks.measures import face_height_px, psnr_db
from benchmarks.printing import print_rows, write_json
from benchmarks.similarity import ssim
from benchmarks.table import Row
from benchmarks.video import MeasureError, decoded, pairs
from headswap import SwapOptions, swap
from headswap.arrays import F32, U8
from headswap.errors import HeadswapError
from headswap.vision.networks.blendshapes import Blendshapes
from headswap.vision.pose import fit_pose

MIN_PSNR_DB, MIN_SSIM = 24.0, 0.86
PSNR_ROW = "self-swap: PSNR in the head's box"
SSIM_ROW = "self-swap: SSIM in the head's box"
MAX_YAW_DEG = 60.0
MIN_HEIGHT_PX = 60.0
# Room around the mesh's box for the whole head, in shares of its sides: left, up, right, down.
HEAD_MARGIN = (0.45, 0.75, 0.45, 0.3)
# The photo shows this much around the head's box, as portraits do; more might show other people.
PHOTO_MARGIN = 0.35
# Larger heads are compared at this side; published figures are for 256 and 512 px.
LARGEST_SIDE_PX = 512
# Every so many frames one is looked at for the photo.
CHOOSE_EVERY = 3


@dataclass(frozen=True, slots=True)
class SelfSwap:
    """One clip. frames: compared ones. worst_frame: of the lowest PSNR. Means over frames."""

    clip: str
    photo_frame: int
    frames: int
    psnr_db: float
    ssim: float
    worst_frame: int
    worst_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Calmest:
    """The frame that serves as photo, the face in it, and how restless it still is."""

    frame: int
    landmarks: F32
    unrest: float


def calmest_face(clip: Path, only: int | None = None) -> tuple[Calmest, U8]:
    """The most frontal, least expressive large face of a clip, and its frame (h, w, 3).

    only: look at this frame alone.

    Raises:
        MeasureError: no face of `MIN_HEIGHT_PX` in any frame.
    """
    network, _ = landmarker()
    expression = Blendshapes(model_store())
    best: tuple[Calmest, U8] | None = None
    for item in decoded(clip):
        if item.index % CHOOSE_EVERY if only is None else item.index != only:
            continue
        rgb = item.rgb()
        # A finder of its own: frames that are looked at lie apart.
        faces = FaceFinder(network).find(rgb)
        large = [f for f in faces if face_height_px(f.landmarks) >= MIN_HEIGHT_PX]
        if not large:
            continue
        face = max(large, key=lambda f: float(face_height_px(f.landmarks)))
        calm = Calmest(item.index, face.landmarks, _unrest(face, expression, rgb))
        if best is None or calm.unrest < best[0].unrest:
            best = (calm, rgb)
    if best is None:
        raise MeasureError(f"{clip}: no face of {MIN_HEIGHT_PX:.0f} px to take as photo")
    return best


def _unrest(face: SeenFace, expression: Blendshapes, rgb: U8) -> float:
    """0 for a frontal face at rest with its whole head in the picture; 1 for 15 degrees."""
    yaw, pitch, roll = np.abs(fit_pose(face.landmarks[None]).yaw_pitch_roll_deg()[0])
    turned = (yaw + 0.5 * pitch + 0.3 * roll) / 15
    moved = float(expression.weights(face.landmarks).sum()) / 3
    x0, y0, x1, y1 = head_box(face.landmarks)
    width, height = rgb.shape[1], rgb.shape[0]
    outside = max(0.0, -x0, -y0, x1 - width, y1 - height) / (x1 - x0)
    return float(turned + moved + 4 * outside)


def head_box(landmarks: F32) -> F32:
    """(4,) px: the mesh's box grown to the whole head."""
    low, high = landmarks[:468, :2].min(axis=0), landmarks[:468, :2].max(axis=0)
    left, up, right, down = HEAD_MARGIN
    wide, tall = high - low
    grown = [
        low[0] - left * wide,
        low[1] - up * tall,
        high[0] + right * wide,
        high[1] + down * tall,
    ]
    return np.array(grown, np.float32)


def write_photo(rgb: U8, landmarks: F32, path: Path) -> None:
    """The head with some room around it, cut out of a frame."""
    box = head_box(landmarks)
    margin = PHOTO_MARGIN * float((box[2:] - box[:2]).mean())
    grown = box + np.array([-margin, -0.3 * margin, margin, 2.0 * margin], np.float32)
    x0, y0, x1, y1 = _inside(np.asarray(grown, np.float32), rgb)
    if not cv2.imwrite(str(path), np.ascontiguousarray(rgb[y0:y1, x0:x1, ::-1])):
        raise MeasureError(f"{path}: cannot be written")


def _inside(box: F32, rgb: U8) -> tuple[int, int, int, int]:
    height, width = rgb.shape[:2]
    x0, y0 = (max(0, round(float(v))) for v in box[:2])
    return x0, y0, min(width, round(float(box[2]))), min(height, round(float(box[3])))


def compare(clip: Path, result: Path, photo: Calmest, every: int) -> SelfSwap:
    """The result against the clip, in the head's box of each frame.

    Raises:
        MeasureError: a file cannot be read, or no frame shows the face well enough.
    """
    network, _ = landmarker()
    finder = FaceFinder(network)
    found: list[tuple[int, float, float]] = []
    for pair in pairs(clip, result):
        faces = finder.find(pair.source)
        if pair.index == photo.frame or pair.index % every or not faces:
            continue
        face = max(faces, key=lambda f: float(face_height_px(f.landmarks)))
        yaw = abs(float(fit_pose(face.landmarks[None]).yaw_pitch_roll_deg()[0, 0]))
        if yaw >= MAX_YAW_DEG or face_height_px(face.landmarks) < MIN_HEIGHT_PX:
            continue
        x0, y0, x1, y1 = _inside(head_box(face.landmarks), pair.source)
        before, after = (_shrunk(part[y0:y1, x0:x1]) for part in (pair.source, pair.result))
        error = float(cv2.norm(before, after, cv2.NORM_L2SQR))
        found.append((pair.index, psnr_db(error, before.size), ssim(before, after)))
    if not found:
        raise MeasureError(f"{clip}: no frame with a face of {MIN_HEIGHT_PX:.0f} px to compare")
    frames, psnrs, ssims = zip(*found, strict=True)
    worst = int(np.argmin(psnrs))
    return SelfSwap(
        clip=clip.name,
        photo_frame=photo.frame,
        frames=len(frames),
        psnr_db=float(np.mean(psnrs)),
        ssim=float(np.mean(ssims)),
        worst_frame=int(frames[worst]),
        worst_db=float(psnrs[worst]),
    )


def _shrunk(crop: U8) -> U8:
    factor = LARGEST_SIDE_PX / max(crop.shape[:2])
    if factor >= 1:
        return np.ascontiguousarray(crop)
    size = (round(crop.shape[1] * factor), round(crop.shape[0] * factor))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)


def self_swap(clip: Path, out: Path, *, frame: int | None = None, every: int = 1) -> SelfSwap:
    """Swap a clip's largest face for itself and compare; photo and result are left in `out`.

    The result bears no invisible mark.

    Raises:
        MeasureError: there is no usable face, or the swap failed.
    """
    out.mkdir(parents=True, exist_ok=True)
    photo, rgb = calmest_face(clip, frame)
    path, result = out / f"{clip.stem}.self.png", out / f"{clip.stem}.self.mp4"
    write_photo(rgb, photo.landmarks, path)
    try:
        swap(
            clip,
            {0: path},
            result,
            consent=CONSENT,
            options=SwapOptions(largest_face=True, mark=False),
        )
    except HeadswapError as error:
        raise MeasureError(f"{clip}: cannot be swapped for itself: {error}") from error
    return compare(clip, result, photo, every)


def rows(measured: list[SelfSwap]) -> list[Row]:
    """Two rows for each clip."""
    made: list[Row] = []
    for one in measured:
        note = f"photo is frame {one.photo_frame}, {one.frames} others compared"
        worst = f"; worst frame {one.worst_frame}: {one.worst_db:.1f} dB"
        psnr = Row(
            f"{PSNR_ROW} ({one.clip})",
            f"{one.psnr_db:.2f} dB",
            f">= {MIN_PSNR_DB:g} dB",
            one.psnr_db >= MIN_PSNR_DB,
            note + worst,
        )
        alike = Row(
            f"{SSIM_ROW} ({one.clip})",
            f"{one.ssim:.3f}",
            f">= {MIN_SSIM:g}",
            one.ssim >= MIN_SSIM,
            note,
        )
        made += [psnr, alike]
    return made


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.self_swap",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--out", type=Path, default=Path("bench/self"))
    parser.add_argument("--frame", type=int, help="take this frame as photo")
    parser.add_argument("--every", type=int, default=1, help="compare each K-th frame")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    measured: list[SelfSwap] = []
    try:
        for clip in given.clips:
            measured.append(self_swap(clip, given.out, frame=given.frame, every=given.every))
            print_rows(rows(measured[-1:]), clip.name)
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    if given.json is not None:
        write_json(measured, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
