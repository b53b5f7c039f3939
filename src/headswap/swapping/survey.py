"""The look at key frames before planning: mattes, skin tones, and what is seen of backgrounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from headswap.arrays import F32, U8
from headswap.media import Frame, VideoReader
from headswap.swapping.compose.grain import Grain, grain_of
from headswap.swapping.compose.neck import jaw_tone, neck_tone
from headswap.swapping.compose.plate import BackgroundSum, clear_background
from headswap.swapping.compose.removal import head_area, own_hair
from headswap.swapping.compose.shading import light_of
from headswap.swapping.plan import Appearance, Box, RenderPlan
from headswap.swapping.reference import skin_tone
from headswap.vision.mattes import MatteReader, Mattes
from headswap.vision.store import ModelStore


@dataclass(frozen=True, slots=True, eq=False)
class KeyLook:
    """What one key frame told of one appearance.

    tone_mean, tone_spread: (3,) float32 Lab. light: (9,) float32, see `light_of`.
    jaw, neck: (3,) float32 Lab, skin above and below the jaw line. grain: the frame's.
    hair_reach_cm: left, top, right, bottom of the old head from between the eyes.
    """

    number: int
    frame: int
    tone_mean: F32
    tone_spread: F32
    light: F32
    jaw: F32
    neck: F32
    grain: Grain
    hair_reach_cm: tuple[float, float, float, float]


def key_path(folder: Path, number: int, frame: int) -> Path:
    return folder / f"key-{number}-{frame}.npz"


def sum_path(folder: Path, shot: int, start: int) -> Path:
    return folder / f"sum-{shot}-{start}.npz"


def survey(
    plan: RenderPlan, start: int, stop: int, store: ModelStore, looked: Callable[[], None]
) -> list[KeyLook]:
    """Looks at the key frames from `start` to `stop`; mattes and sums go into the plan's folder.

    looked: called after each look.
    """
    wanted: dict[int, list[Appearance]] = {}
    for appearance in plan.appearances:
        for key in appearance.key_frames():
            if start <= key < stop:
                wanted.setdefault(int(key), []).append(appearance)
    if not wanted:
        return []
    reader = MatteReader(store)
    sums: dict[int, BackgroundSum] = {}
    looks: list[KeyLook] = []
    with VideoReader(plan.info.path, plan.size_wh, threads=1) as video:
        for frame in video.frames(min(wanted), max(wanted) + 1, plan.pts):
            for appearance in wanted.get(frame.index, ()):
                total = sums.setdefault(appearance.shot, BackgroundSum(plan.size_wh))
                look = _look(plan, appearance, frame, reader, total)
                if look is not None:
                    looks.append(look)
                looked()
    for shot, total in sums.items():
        total.save(sum_path(plan.folder, shot, start))
    return looks


def _look(
    plan: RenderPlan,
    appearance: Appearance,
    frame: Frame,
    reader: MatteReader,
    total: BackgroundSum,
) -> KeyLook | None:
    box = appearance.box(frame.index, plan.size_wh)
    if box is None:
        return None
    rgb = frame.rgb(box)
    face = appearance.landmarks(frame.index) - np.array([box[0], box[1], 0], np.float32)
    unit = appearance.scale(frame.index)
    mattes = reader.read(rgb, face)
    mattes = replace(mattes, hair=own_hair(mattes, face, unit))
    save_mattes(key_path(plan.folder, appearance.number, frame.index), box, mattes)
    area = head_area(mattes.hair, mattes.person, face, unit, rgb.shape[1::-1])
    clear = clear_background(mattes, area, unit)
    hidden = (area > 0.02).astype(np.uint8)
    total.add(rgb, clear, hidden, box, plan.camera_from_first[frame.index])
    tone = skin_tone(rgb, face)
    bare = np.asarray(mattes.skin * (1 - mattes.hair), np.float32)
    jaw = jaw_tone(rgb, face, bare, tone.mean)
    neck = neck_tone(rgb, face, bare, tone.mean)
    return KeyLook(
        number=appearance.number,
        frame=frame.index,
        tone_mean=tone.mean,
        tone_spread=tone.spread,
        light=light_of(rgb, face, unit),
        grain=grain_of(rgb),
        jaw=jaw,
        neck=jaw if neck is None else neck,
        hair_reach_cm=_reach(area, face, unit),
    )


def _reach(area: F32, face: F32, unit: float) -> tuple[float, float, float, float]:
    eyes = face[[33, 133, 362, 263], :2].mean(axis=0)
    ys, xs = np.nonzero(area > 1 / 512)
    if len(xs) == 0:
        return 0.0, 0.0, 0.0, 0.0
    left, right = (xs.min() - eyes[0]) / unit, (xs.max() - eyes[0]) / unit
    top, bottom = (ys.min() - eyes[1]) / unit, (ys.max() - eyes[1]) / unit
    return float(left), float(top), float(right), float(bottom)


def save_mattes(path: Path, box: Box, mattes: Mattes) -> None:
    """Keeps the planes of one key frame, 8 bits each."""
    planes = np.stack([mattes.person, mattes.hair, mattes.skin, mattes.clothes])
    np.savez(path, box=np.array(box), planes=_eight_bit(planes))


def load_mattes(path: Path) -> tuple[Box, Mattes]:
    """The box and planes that `save_mattes` kept."""
    with np.load(path) as data:
        x0, y0, x1, y1 = (int(side) for side in data["box"])
        person, hair, skin, clothes = data["planes"].astype(np.float32) / 255
    return (x0, y0, x1, y1), Mattes(person, hair, skin, clothes)


def _eight_bit(planes: F32) -> U8:
    return np.round(planes * 255).astype(np.uint8)
