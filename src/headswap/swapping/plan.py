"""RenderPlan: everything a frame's rendering needs to know of other frames."""

from __future__ import annotations

import errno
import mmap
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headswap.arrays import F32, F64, I64
from headswap.disk import whole_file
from headswap.media import VideoInfo
from headswap.swapping.compose.body_cue import NECK_CM, BodyCue
from headswap.swapping.compose.body_neck import neck_rim
from headswap.swapping.compose.grain import Grain
from headswap.swapping.compose.neck import BodyTone
from headswap.swapping.compose.tone import Skin
from headswap.swapping.engines.protocol import HeadState
from headswap.swapping.head_model import HeadModel, SkinTone
from headswap.swapping.motion import Motion
from headswap.vision.pose import Pose
from headswap.vision.scene import Shot

Box = tuple[int, int, int, int]
# Frames between two looks at mattes and plates; what lies between is carried along by motion.
KEY_STEP = 12
# Heads nearer to each other than twice this may meet, with hair and shoulders.
_MEET_CM = 22.0
# Somebody this much smaller than another is surely behind them.
_FARTHER = 0.85
# Arrays in a file begin at multiples of this.
_ALIGN = 64


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """One mapped person on screen without a cut: frames `motion.first` and on.

    number: unique in the plan. reach_cm: (k, 4) left, top, right, bottom of all that may change,
    from between the eyes. tones: (k, 3) float32 and tone_spread (3,): the scene's skin tone.
    lights: (k, 9) float32, where the scene's light comes from (see `light_of`). drawn_tones: (k, 3)
    and drawn_lights (k, 9) float32: the head's own shades (see `shades_of`). drawn_soft_px (k,)
    float32: how soft it is drawn, nan if not known. blur_px: (k,) float32, how much it is softened.
    bodies: by key frame, where the body's outline and collar are when they are hidden. jaw, neck:
    (3,) float32 Lab, the scene's skin over the jaw line and below it. grain: the shot's.
    """

    number: int
    obj_id: int
    shot: int
    motion: Motion
    reach_cm: F64
    tones: F32
    tone_spread: F32
    lights: F32
    drawn_tones: F32
    drawn_lights: F32
    drawn_soft_px: F32
    blur_px: F32
    jaw: F32
    neck: F32
    grain: Grain
    bodies: dict[int, BodyCue]

    @property
    def start(self) -> int:
        return self.motion.first

    @property
    def stop(self) -> int:
        return self.motion.first + len(self.motion.landmarks)

    def key_frames(self) -> I64:
        """Key frames: the first, every KEY_STEP-th, and the last."""
        return np.unique(np.append(np.arange(self.start, self.stop, KEY_STEP), self.stop - 1))

    def keys_around(self, frame: int) -> tuple[int, int]:
        """The last key at or before, and the first at or after a frame of this appearance."""
        before = self.start + (frame - self.start) // KEY_STEP * KEY_STEP
        after = before if before == frame else min(before + KEY_STEP, self.stop - 1)
        return before, after

    def landmarks(self, frame: int) -> F32:
        return self.motion.landmarks[frame - self.start]

    def scale(self, frame: int) -> float:
        return float(self.motion.pose.scale[frame - self.start])

    def box(self, frame: int, size_wh: tuple[int, int]) -> Box | None:
        """The box of a frame in which pixels may change, even-aligned; None outside the frame."""
        reach = self.reach_cm[frame - self.start]
        return box_around(self.landmarks(frame), self.scale(frame), reach, size_wh)

    def drawn(self, frame: int, size_wh: tuple[int, int]) -> bool:
        """Whether the head is drawn in a frame: it reaches into the picture at its key frames."""
        keys = self.keys_around(frame)
        here = self.box(frame, size_wh) is not None
        return here and any(self.box(key, size_wh) is not None for key in keys)

    def neck_px(self, frame: int) -> F64:
        """(2,) px: where the neck begins, which moves little when the head turns."""
        pose = self.motion.pose
        i = frame - self.start
        return (pose.scale[i] * pose.rotation[i] @ NECK_CM + pose.shift[i])[:2]

    def neck_rim(self, frame: int) -> F32:
        """(n, 2) px: where the neck goes into the head as it is drawn."""
        pose, i = self.motion.pose, slice(frame - self.start, frame - self.start + 1)
        return neck_rim(Pose(pose.rotation[i], pose.scale[i], pose.shift[i]))

    def state(self, frame: int) -> HeadState:
        i = frame - self.start
        pose = self.motion.pose
        return HeadState(
            rotation=pose.rotation[i],
            scale=float(pose.scale[i]),
            shift=pose.shift[i],
            expression_cm=self.motion.expression_cm[i],
            gaze=self.motion.gaze[i],
            landmarks=self.motion.landmarks[i],
        )

    def tone(self) -> SkinTone:
        """The scene's skin tone over the whole appearance."""
        return SkinTone(np.median(self.tones, axis=0).astype(np.float32), self.tone_spread)

    def body_tone(self) -> BodyTone:
        """The scene's skin of face, jaw and neck over the whole appearance."""
        return BodyTone(self.tone().mean, self.jaw, self.neck)

    def skin(self) -> SkinTone:
        """The scene's skin that the head is to go with, see `BodyTone.skin`."""
        return SkinTone(self.body_tone().skin(), self.tone_spread)


@dataclass(frozen=True, slots=True, eq=False)
class Bystander:
    """Somebody who keeps their head, on screen without a cut: frames `first` and on.

    landmarks: (k, 478, 3) float32 px. scale: (k,) float64 px per cm.
    """

    shot: int
    first: int
    landmarks: F32
    scale: F64

    @property
    def stop(self) -> int:
        return self.first + len(self.landmarks)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """Somebody before a mapped person in a frame.

    name: theirs in the plan. landmarks: (478, 3) px. scale: px per cm. surely: whether they are
    clearly nearer; others keep their head, and so count as nearer where it is not clear.
    """

    name: str
    landmarks: F32
    scale: float
    surely: bool


@dataclass(frozen=True, slots=True, eq=False)
class RenderPlan:
    """What to draw in each frame of a video; a part of it renders without the rest.

    info: of the source. size_wh: of the result. pts: (n,) int64. camera_from_first: (n, 2, 3) in
    result pixels. heads: by obj_id. folder: mattes of key frames, and plates (see `spans.py`).
    skin: whose tone head and neck are given. bystanders: those who keep their heads. task_id: what
    the result bears. marked: whether its mark is put into the picture.
    """

    info: VideoInfo
    size_wh: tuple[int, int]
    pts: I64
    camera_from_first: F32
    appearances: tuple[Appearance, ...]
    heads: dict[int, HeadModel]
    shots: tuple[Shot, ...]
    folder: Path
    skin: Skin = "blend"
    bystanders: tuple[Bystander, ...] = ()
    task_id: str = ""
    marked: bool = False

    def in_front_of(self, appearance: Appearance, frame: int) -> list[Neighbour]:
        """Who is before a mapped person in a frame, and so near that they may cover each other."""
        scale = appearance.scale(frame)
        found = [
            Neighbour(f"p{a.number}", a.landmarks(frame), a.scale(frame), True)
            for a in self.present(frame)
            if (a.scale(frame), a.number) > (scale, appearance.number)
        ]
        for n, other in enumerate(self.bystanders):
            if other.first <= frame < other.stop and other.shot == appearance.shot:
                at = frame - other.first
                size = float(other.scale[at])
                if size > _FARTHER * scale:
                    nearer = size > scale
                    found.append(Neighbour(f"b{n}", other.landmarks[at], size, nearer))
        middle = appearance.landmarks(frame)[168, :2]
        return [
            other
            for other in found
            if np.linalg.norm(other.landmarks[168, :2] - middle) < _MEET_CM * (scale + other.scale)
        ]

    def others(self, appearance: Appearance, frame: int) -> list[F32]:
        """(478, 3) px each: the landmarks of everybody else in a frame."""
        found = [a.landmarks(frame) for a in self.present(frame) if a.number != appearance.number]
        for other in self.bystanders:
            if other.first <= frame < other.stop and other.shot == appearance.shot:
                found.append(other.landmarks[frame - other.first])
        return found

    def present(self, frame: int) -> list[Appearance]:
        """Who is drawn in a frame, the farthest first."""
        here = [a for a in self.appearances if a.start <= frame < a.stop]
        return sorted(here, key=lambda a: (a.scale(frame), a.number))

    def save(self, path: Path) -> None:
        """Writes the plan; its arrays lie in a file beside it, for `load` to map."""
        buffers: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(self, protocol=5, buffer_callback=buffers.append)
        with whole_file(_arrays_path(path)) as partial, partial.open("wb") as stream:
            for buffer in buffers:
                raw = buffer.raw()
                stream.write(len(raw).to_bytes(_ALIGN, "little"))
                stream.write(raw)
                stream.write(bytes(-len(raw) % _ALIGN))
        # Last, so that a plan that is there is whole.
        with whole_file(path) as partial:
            partial.write_bytes(pickled)

    @staticmethod
    def load(path: Path) -> RenderPlan:
        """A plan this same program saved in its own working folder.

        Its arrays are mapped, not read: several workers share one copy, and of a long video only
        the part that is rendered comes into memory.
        """
        arrays = _arrays_path(path)
        buffers: list[memoryview] = []
        if arrays.exists() and arrays.stat().st_size:
            with arrays.open("rb") as stream:
                mapped = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
            at = 0
            while at < len(mapped):
                size = int.from_bytes(mapped[at : at + _ALIGN], "little")
                at += _ALIGN
                buffers.append(mapped[at : at + size])
                at += size + -size % _ALIGN
        try:
            with path.open("rb") as stream:
                plan = pickle.load(stream, buffers=buffers)  # noqa: S301
        except pickle.UnpicklingError as error:
            # The folder of a swap that was stopped goes while its workers still read.
            raise FileNotFoundError(
                errno.ENOENT, "the plan's arrays are gone", str(arrays)
            ) from error
        if not isinstance(plan, RenderPlan):
            raise TypeError(f"{path} holds no render plan")
        return plan


def _arrays_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.arrays")


def box_around(
    landmarks: F32, scale: float, reach_cm: Sequence[float] | F64, size_wh: tuple[int, int]
) -> Box | None:
    """A reach in centimetres around the eyes as an even-aligned box inside the frame."""
    eyes = landmarks[[33, 133, 362, 263], :2].mean(axis=0)
    corners = np.array([eyes, eyes]) + scale * np.asarray(reach_cm).reshape(2, 2)
    width, height = size_wh
    x0, y0 = np.maximum(np.floor(corners[0] / 2) * 2, 0).astype(int)
    x1, y1 = np.ceil(corners[1] / 2).astype(int) * 2
    x1, y1 = min(int(x1), width), min(int(y1), height)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    return int(x0), int(y0), x1, y1
