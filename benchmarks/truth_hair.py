"""How well the core pack finds hair: its matte against the full pack's hair network.

python -m benchmarks.truth_hair --clips DIR --photos DIR [--frames 8] [--only NAME,...]
                                [--sheets DIR]

Both look at the crops that a swap looks at. Two figures for each file: intersection over union of
the two mattes at one half, and how much is called hair wrongly, in squared breadths of a
head, which also judges bald heads.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.pairing import CLIP_ENDINGS, PHOTO_ENDINGS, listed
from benchmarks.sheet import spread
from benchmarks.video import MeasureError, count_frames, decoded
from headswap.arrays import F32, U8, Bool
from headswap.swapping.cutout import upright_crop
from headswap.swapping.photo import read_photo
from headswap.swapping.plan import box_around
from headswap.swapping.planning import SURVEY_REACH_CM
from headswap.vision.mattes import MatteReader
from headswap.vision.networks.full_range import FullRangeDetector
from headswap.vision.networks.hair_matte import HairMatte
from headswap.vision.networks.landmarks import FaceLandmarks
from headswap.vision.networks.roi import roi_from_landmarks
from headswap.vision.pose import fit_pose
from headswap.vision.store import ModelStore

LIMIT = 0.85
LEAST_FACE_PX = 60.0
MOST_YAW_DEG = 60.0
MIN_PRESENCE = 0.5
# With less hair than this, in squared breadths of a head, a head counts as bald.
BALD = 0.02
HEAD_BREADTH_CM = 15.0
PHOTO_PX_PER_CM = 20.0
SHEET_PX = 320
NO_TRUTH = (
    "the full pack is not here, so there is nothing to compare with; run "
    "`headswap models pull --pack full` or set HEADSWAP_MODELS_DIR"
)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One head: crop (h, w, 3) uint8, its landmarks (478, 3), px per cm, and where it counts.

    counts: (h, w) bool, False where a photo's crop reaches over the photo's edge.
    """

    crop: U8
    landmarks: F32
    scale_px_cm: float
    counts: Bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """One head: intersection over union, None for a bald one, and the share wrongly called hair."""

    overlap: float | None
    wrong: float


class Faces:
    """Finds the heads of a picture with the core pack's networks."""

    def __init__(self, store: ModelStore) -> None:
        self._detector = FullRangeDetector(store)
        self._landmarks = FaceLandmarks(store, "core")

    def find(self, rgb: U8) -> list[F32]:
        """Landmarks of every face that is large enough and not turned away."""
        faces = self._detector.detect(rgb)
        found: list[F32] = []
        for index in range(len(faces)):
            first = self._landmarks.find(rgb, faces.square(index))
            mesh = self._landmarks.find(rgb, roi_from_landmarks(first.landmarks))
            yaw = float(fit_pose(mesh.landmarks[None]).yaw_pitch_roll_deg()[0, 0])
            high = float(np.ptp(mesh.landmarks[:468, 1]))
            if mesh.presence > MIN_PRESENCE and high >= LEAST_FACE_PX and abs(yaw) < MOST_YAW_DEG:
                found.append(mesh.landmarks)
        return found


def looks_in_clip(path: Path, frames: int, faces: Faces) -> Iterator[Look]:
    """The crops of a clip that a survey of its key frames would look at."""
    wanted = set(spread(count_frames(path), frames))
    for item in decoded(path):
        if item.index not in wanted:
            continue
        rgb = item.rgb()
        for landmarks in faces.find(rgb):
            scale = float(fit_pose(landmarks[None]).scale[0])
            box = box_around(landmarks, scale, SURVEY_REACH_CM, (rgb.shape[1], rgb.shape[0]))
            if box is not None:
                x0, y0, x1, y1 = box
                crop = np.ascontiguousarray(rgb[y0:y1, x0:x1])
                counts = np.ones(crop.shape[:2], np.bool_)
                yield Look(crop, landmarks - np.array([x0, y0, 0], np.float32), scale, counts)


def looks_in_photo(path: Path, faces: Faces) -> Iterator[Look]:
    """The crop of a photo that the head is cut from."""
    photo = read_photo(path)
    for landmarks in faces.find(photo)[:1]:
        scale = min(float(fit_pose(landmarks[None]).scale[0]), PHOTO_PX_PER_CM)
        crop, inside, points = upright_crop(photo, landmarks, scale)
        yield Look(crop, points, scale, inside > 0)


def agreement(ours: F32, theirs: F32, look: Look) -> Agreement:
    """How two hair mattes (h, w) of a crop agree at one half."""
    mine, truth = (ours > 0.5) & look.counts, (theirs > 0.5) & look.counts
    head = (HEAD_BREADTH_CM * look.scale_px_cm) ** 2
    union = int((mine | truth).sum())
    bald = int(truth.sum()) < BALD * head
    overlap = None if bald else int((mine & truth).sum()) / union
    return Agreement(overlap, int((mine & ~truth).sum()) / head)


def picture(crop: U8, ours: F32, theirs: F32) -> U8:
    """The crop; then red where only the core pack, blue where only the full pack sees hair."""
    shown = crop.copy()
    mine, truth = ours > 0.5, theirs > 0.5
    for area, colour in ((mine & truth, (0, 160, 0)), (mine & ~truth, (255, 0, 0)),
                         (truth & ~mine, (0, 60, 255))):  # fmt: skip
        shown[area] = (0.4 * shown[area] + 0.6 * np.array(colour)).astype(np.uint8)
    both = np.hstack([crop, shown])
    size = (round(SHEET_PX * both.shape[1] / both.shape[0]), SHEET_PX)
    return np.asarray(cv2.resize(both, size, interpolation=cv2.INTER_AREA), np.uint8)


def _judge(
    looks: Iterator[Look], reader: MatteReader, truth: HairMatte
) -> Iterator[tuple[Agreement, U8]]:
    for look in looks:
        ours, theirs = reader.read(look.crop, look.landmarks).hair, truth.matte(look.crop)
        yield agreement(ours, theirs, look), picture(look.crop, ours, theirs)


def _write_sheet(path: Path, pictures: list[U8]) -> None:
    wide = max(one.shape[1] for one in pictures)
    rows = [np.pad(one, ((0, 4), (0, wide - one.shape[1]), (0, 0))) for one in pictures]
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def main(arguments: list[str] | None = None) -> int:
    """Prints a line for each file and the mean; 1 if the mean is below the limit."""
    given = _parse(arguments)
    store = ModelStore.default()
    if store.pack != "full":
        print(NO_TRUTH, file=sys.stderr)
        return 1
    try:
        clips, photos = listed(given.clips, CLIP_ENDINGS), listed(given.photos, PHOTO_ENDINGS)
        means = list(_each(clips, photos, given, store))
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    mean = float(np.mean(means)) if means else float("nan")
    print(f"mean of {len(means)} files with hair: {mean:.3f} (limit {LIMIT})")
    return 0 if mean >= LIMIT else 1


def _each(
    clips: list[Path], photos: list[Path], given: argparse.Namespace, store: ModelStore
) -> Iterator[float]:
    faces, truth = Faces(store), HairMatte(store)
    reader = MatteReader(ModelStore(store.pull_folder.parent, offline=True))
    for path in [*clips, *photos]:
        if given.only and not any(part in path.stem for part in given.only.split(",")):
            continue
        is_clip = path.suffix.lower() in CLIP_ENDINGS
        looks = looks_in_clip(path, given.frames, faces) if is_clip else looks_in_photo(path, faces)
        judged = list(_judge(looks, reader, truth))
        overlaps = [one.overlap for one, _ in judged if one.overlap is not None]
        wrong = float(np.mean([one.wrong for one, _ in judged])) if judged else float("nan")
        mean = f"{np.mean(overlaps):.3f}" if overlaps else "bald " if judged else "none "
        print(f"{mean}  wrong {wrong:.3f}  heads {len(judged):2d}  {path.stem}", flush=True)
        if given.sheets and judged:
            given.sheets.mkdir(parents=True, exist_ok=True)
            _write_sheet(given.sheets / f"{path.stem}.png", [shown for _, shown in judged])
        if overlaps:
            yield float(np.mean(overlaps))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.truth_hair",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of videos")
    parser.add_argument("--photos", type=Path, required=True, help="folder of portraits")
    parser.add_argument("--frames", type=int, default=8, help="frames of each clip")
    parser.add_argument("--only", default="", help="parts of file names")
    parser.add_argument("--sheets", type=Path, help="folder for pictures of what differs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
