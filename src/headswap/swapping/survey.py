"""The look at key frames before planning: mattes, skin tones, and what is seen of backgrounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import F32, U8
from headswap.media import Frame, VideoReader
from headswap.swapping.ballot import ballot_of, ballot_path
from headswap.swapping.compose.crossing import person_in_front
from headswap.swapping.compose.grain import Grain, grain_of
from headswap.swapping.compose.mosaic import View
from headswap.swapping.compose.neck import jaw_tone, neck_tone
from headswap.swapping.compose.plate import (
    claimed_by_hair_alone,
    clear_background,
    clear_of,
)
from headswap.swapping.compose.removal import head_area, own_hair
from headswap.swapping.compose.shading import light_of
from headswap.swapping.compose.sharpness import softness
from headswap.swapping.compose.short_hair import told_of_hair
from headswap.swapping.compose.tresses import (
    hair_hangs,
    hair_votes,
    hanging_hair,
    with_known,
)
from headswap.swapping.compose.worn import headgear
from headswap.swapping.glimpses import Glimpse, GlimpseReader
from headswap.swapping.plan import Appearance, Box, RenderPlan, box_around
from headswap.swapping.seen_files import (
    front_path,
    key_path,
    save_front,
    save_mattes,
    view_path,
)
from headswap.swapping.skin import bare_share, skin_tone
from headswap.swapping.spans import WIDE_REACH_CM, part_seen, spans_of
from headswap.vision.mattes import MatteReader, Mattes
from headswap.vision.networks.hands import HandFinder
from headswap.vision.store import ModelStore

# A head with its hair, where nothing closer is known.
_HEAD_CM = (-16.0, -18.0, 16.0, 20.0)
# A head with a hat, and with the hair on its shoulders, looked at closer.
_CROWN_CM = (-18.0, -30.0, 18.0, 16.0)
_TRESSES_CM = (-16.0, -14.0, 16.0, 24.0)
# Networks see no more of a crop than this, and areas are worked out at half of it.
_LOOK_PX_PER_CM = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class KeyLook:
    """What one key frame told of one appearance.

    tone_mean, tone_spread: (3,) float32 Lab. bare: how much of the face is not under hair, 0..1.
    light: (9,) float32, see `light_of`.
    jaw, neck: (3,) float32 Lab, skin above and below the jaw line. grain: the frame's.
    soft_px: how soft the face is, see `softness`.
    hair_reach_cm: left, top, right, bottom of the old head from between the eyes. hair_told: (3,)
    float32, see `told_of_hair`.
    """

    number: int
    frame: int
    tone_mean: F32
    tone_spread: F32
    bare: float
    light: F32
    jaw: F32
    neck: F32
    grain: Grain
    soft_px: float
    hair_reach_cm: tuple[float, float, float, float]
    hair_told: F32


def survey(
    plan: RenderPlan, start: int, stop: int, store: ModelStore, looked: Callable[[], None]
) -> list[KeyLook | Glimpse]:
    """Looks at frames from `start` to `stop`; mattes of key frames and views go into the folder.

    looked: called after each look at a person.
    """
    keys: dict[int, list[Appearance]] = {}
    for appearance in plan.appearances:
        for frame in appearance.key_frames():
            if start <= frame < stop:
                keys.setdefault(int(frame), []).append(appearance)
    views = _view_boxes(plan, start, stop)
    hands = HandFinder(store)
    rate = float(plan.info.rate)
    glimpses: dict[int, list[GlimpseReader]] = {}
    for appearance in plan.appearances:
        reader = GlimpseReader(appearance, (start, stop), rate, plan.size_wh, hands)
        for frame in reader.frames():
            glimpses.setdefault(frame, []).append(reader)
    frames = sorted({*keys, *views, *glimpses})
    if not frames:
        return []
    eyes = _Eyes(plan, store)
    looks: list[KeyLook | Glimpse] = []
    with VideoReader(plan.info.path, plan.size_wh, 1, plan.info) as video:
        for frame in video.frames(frames[0], frames[-1] + 1, plan.pts):
            for reader in glimpses.get(frame.index, ()):
                looks += reader.take(frame)
            seen: list[_Seen] = []
            for appearance in keys.get(frame.index, ()):
                found = eyes.look(appearance, frame)
                if found is not None:
                    seen.append(found)
                looked()
            looks += [found.look for found in seen]
            if frame.index in views:
                view = eyes.view(frame, views[frame.index], seen)
                view.save(view_path(plan.folder, frame.index))
    return looks


def _view_boxes(plan: RenderPlan, start: int, stop: int) -> dict[int, Box]:
    """The part of each frame that some span wants to see."""
    boxes: dict[int, Box] = {}
    for span in spans_of(plan):
        for frame in span.views:
            part = part_seen(span, plan, frame) if start <= frame < stop else None
            if part is not None:
                x0, y0, x1, y1 = boxes.get(frame, part)
                low, high = (min(x0, part[0]), min(y0, part[1])), (x1, y1)
                boxes[frame] = (*low, max(high[0], part[2]), max(high[1], part[3]))
    return boxes


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One person in one frame: the look, and of a box what is clear, doubtful, and of the head.

    clear, doubtful, hidden: (h, w) uint8, smaller than the box.
    """

    look: KeyLook
    box: Box
    clear: U8
    doubtful: U8
    hidden: U8


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    """A person in a box of a frame: pixels; and made smaller, see `_reduced`, all the rest.

    unit: px per cm. face: (478, 3) px. everybody, own: mattes of all and of the one alone. votes:
    see `hair_votes`, with what is worn. told: see `told_of_hair`.
    """

    rgb: U8
    small: U8
    unit: float
    face: F32
    everybody: Mattes
    own: Mattes
    votes: F32
    told: F32


class _Eyes:
    """Reads people and backgrounds of frames; the networks are made once."""

    def __init__(self, plan: RenderPlan, store: ModelStore) -> None:
        self._plan = plan
        self._mattes = MatteReader(store)

    def look(self, appearance: Appearance, frame: Frame) -> _Seen | None:
        """What the frame tells of a person; their mattes are kept in the plan's folder."""
        plan, i = self._plan, frame.index
        box = appearance.box(i, plan.size_wh)
        if box is None:
            return None
        unit = appearance.scale(i)
        wide = box_around(appearance.landmarks(i), unit, WIDE_REACH_CM, plan.size_wh) or box
        crop = self._read(appearance, frame, box)
        if _cut_off(crop.own.hair, box, plan.size_wh):
            box = wide
            crop = self._read(appearance, frame, box)
        _look_in_front(plan, appearance, i, box, crop)
        ballot = ballot_of(i, wide, frame.rgb(wide), box, crop.votes, unit)
        ballot.save(ballot_path(plan.folder, appearance.number, i))
        save_mattes(key_path(plan.folder, appearance.number, i), box, crop.own)
        return _seen(appearance, i, box, crop)

    def _read(self, appearance: Appearance, frame: Frame, box: Box) -> _Crop:
        rgb, i, scale = frame.rgb(box), frame.index, appearance.scale(frame.index)
        small = _reduced(rgb, scale)
        ratio = small.shape[1] / rgb.shape[1]
        unit, corner = scale * ratio, np.array([box[0], box[1], 0], np.float32)
        face, *others = (
            ((landmarks - corner) * np.float32(ratio)).astype(np.float32)
            for landmarks in (appearance.landmarks(i), *self._plan.others(appearance, i))
        )
        everybody, networks = self._mattes.look(small, face)
        known = own_hair(everybody, face, unit)
        told = told_of_hair(networks, known, face, unit)
        networks = self._closer(small, networks, face, unit)
        votes = hair_votes(small, everybody, networks, known, face, unit)
        hair = hanging_hair(votes, known, face, unit)
        crown = self._crown(appearance, frame, box, small.shape[1::-1])
        bare = replace(everybody, hair=hair, person=np.maximum(everybody.person, crown))
        hat = headgear(small, bare, face, unit, others)
        own = replace(bare, hair=np.maximum(hair, hat), person=np.maximum(everybody.person, hat))
        return _Crop(rgb, small, unit, face, everybody, own, with_known(votes, hat), told)

    def _closer(self, rgb: U8, votes: tuple[F32, ...], face: F32, unit: float) -> tuple[F32, ...]:
        """What networks take for hair, with a closer look where some hangs."""
        if not any(hair_hangs(vote, face, unit) for vote in votes):
            return votes
        part = box_around(face, unit, _TRESSES_CM, rgb.shape[1::-1])
        if part is None:
            return votes
        closer, (x0, y0, x1, y1) = votes[0].copy(), part
        closer[y0:y1, x0:x1] = self._mattes.hair(np.ascontiguousarray(rgb[y0:y1, x0:x1]))
        return (*votes, closer)

    def _crown(
        self, appearance: Appearance, frame: Frame, box: Box, size_wh: tuple[int, int]
    ) -> F32:
        """(h, w) person in a box, made smaller, by a closer look at the head, which knows hats."""
        landmarks, unit = appearance.landmarks(frame.index), appearance.scale(frame.index)
        near = box_around(landmarks, unit, _CROWN_CM, self._plan.size_wh)
        if near is None:
            return np.zeros(size_wh[::-1], np.float32)
        person = self._mattes.person(_reduced(frame.rgb(near), unit))
        return in_box(person, near, box, size_wh)

    def view(self, frame: Frame, box: Box, seen: list[_Seen]) -> View:
        """The frame's background in a box: what is no person, looked at closely where known."""
        width, height = self._plan.size_wh
        whole = self._mattes.person(frame.rgb())
        scale = self._unit(frame.index)
        clear = 2 * clear_of(whole, scale)
        hidden = np.zeros((height, width), np.uint8)
        looked, doubtful = np.zeros_like(hidden), np.zeros_like(hidden)
        for found in seen:
            x0, y0, x1, y1 = found.box
            part, size = np.s_[y0:y1, x0:x1], (x1 - x0, y1 - y0)
            own_clear, own_doubtful, own_hidden = (
                np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST), np.uint8)
                for plane in (found.clear, found.doubtful, found.hidden)
            )
            both = np.minimum(clear[part], own_clear)
            clear[part] = np.where(looked[part] > 0, both, own_clear)
            both = np.minimum(doubtful[part], own_doubtful)
            doubtful[part] = np.where(looked[part] > 0, both, own_doubtful)
            looked[part] = 1
            hidden[part] |= own_hidden
        self._leave_out(clear, frame.index, seen)
        x0, y0, x1, y1 = box
        part = np.s_[y0:y1, x0:x1]
        planes = (plane[part].copy() for plane in (clear, doubtful, hidden))
        return View(frame.index, box, frame.rgb(box), *planes)

    def _unit(self, frame: int) -> float:
        scales = [person.scale(frame) for person in self._plan.present(frame)]
        return max(scales, default=0.0)

    def _leave_out(self, clear: U8, frame: int, seen: list[_Seen]) -> None:
        """Marks the heads of people whose mattes were not read in this frame as not clear."""
        numbers = {found.look.number for found in seen}
        for person in self._plan.present(frame):
            box = box_around(
                person.landmarks(frame), person.scale(frame), _HEAD_CM, self._plan.size_wh
            )
            if person.number not in numbers and box is not None:
                clear[box[1] : box[3], box[0] : box[2]] = 0


def _reduced(rgb: U8, scale_px_cm: float) -> U8:
    """(h', w', 3) a crop (h, w, 3) as large as it is looked at."""
    shrink = scale_px_cm / _LOOK_PX_PER_CM
    if shrink <= 1:
        return rgb
    size = (max(1, round(rgb.shape[1] / shrink)), max(1, round(rgb.shape[0] / shrink)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _seen(appearance: Appearance, frame: int, box: Box, crop: _Crop) -> _Seen:
    """What a crop, its mattes read, tells of a person."""
    rgb, face, unit, mattes = crop.small, crop.face, crop.unit, crop.own
    area = head_area(mattes.hair, mattes.person, mattes.clothes, face, unit, rgb.shape[1::-1])
    corner = np.array([box[0], box[1], 0], np.float32)
    # In the pixels of the frame itself, which are never reduced.
    whole = appearance.landmarks(frame) - corner
    hair = np.asarray(cv2.resize(mattes.hair, crop.rgb.shape[1::-1]), np.float32)
    tone = skin_tone(crop.rgb, whole, hair)
    bare = np.asarray(mattes.skin * (1 - mattes.hair), np.float32)
    jaw = jaw_tone(rgb, face, bare, tone.mean)
    neck = neck_tone(rgb, face, bare, tone.mean)
    look = KeyLook(
        number=appearance.number,
        frame=frame,
        tone_mean=tone.mean,
        tone_spread=tone.spread,
        bare=bare_share(face, mattes.hair),
        light=light_of(rgb, face, unit, mattes.hair),
        grain=grain_of(crop.rgb),
        soft_px=softness(crop.rgb, whole, appearance.scale(frame)),
        jaw=jaw,
        neck=jaw if neck is None else neck,
        hair_reach_cm=reach_of(area, face, unit),
        hair_told=crop.told,
    )
    hidden = (area > 0.02).astype(np.uint8)
    clear = clear_background(rgb, mattes, area, face, unit)
    return _Seen(look, box, clear, claimed_by_hair_alone(mattes), hidden)


def _cut_off(hair: F32, box: Box, size_wh: tuple[int, int]) -> bool:
    """Whether hair goes on beyond an edge of its box that is not the frame's."""
    edges = (
        (box[0] > 0, hair[:, :2]),
        (box[1] > 0, hair[:2]),
        (box[2] < size_wh[0], hair[:, -2:]),
        (box[3] < size_wh[1], hair[-2:]),
    )
    return any(inside and float(edge.max()) > 0.3 for inside, edge in edges)


def _look_in_front(
    plan: RenderPlan, appearance: Appearance, frame: int, box: Box, crop: _Crop
) -> None:
    """Keeps what of a key frame belongs to people before this one, if there are any."""
    corner = np.array([box[0], box[1], 0], np.float32)
    ratio = np.float32(crop.small.shape[1] / crop.rgb.shape[1])
    planes = {
        other.name: person_in_front(
            crop.everybody,
            ((other.landmarks - corner) * ratio, other.scale * float(ratio)),
            (crop.face, crop.unit),
            other.surely,
        )
        for other in plan.in_front_of(appearance, frame)
    }
    if planes:
        save_front(front_path(plan.folder, appearance.number, frame), planes)


def reach_of(area: F32, face: F32, unit: float) -> tuple[float, float, float, float]:
    """How far an area reaches to left, top, right and bottom from between the eyes, cm."""
    eyes = face[[33, 133, 362, 263], :2].mean(axis=0)
    ys, xs = np.nonzero(area > 1 / 512)
    if len(xs) == 0:
        return 0.0, 0.0, 0.0, 0.0
    left, right = (xs.min() - eyes[0]) / unit, (xs.max() - eyes[0]) / unit
    top, bottom = (ys.min() - eyes[1]) / unit, (ys.max() - eyes[1]) / unit
    return float(left), float(top), float(right), float(bottom)


def in_box(plane: F32, from_box: Box, to_box: Box, size_wh: tuple[int, int]) -> F32:
    """(h, w) of a size: a plane over one box as one over another, 0 where it said nothing."""
    if from_box == to_box and plane.shape[1::-1] == size_wh:
        return plane
    # Pixels of either plane in a pixel of the frame.
    fine = np.array(size_wh) / [to_box[2] - to_box[0], to_box[3] - to_box[1]]
    coarse = np.array(plane.shape[1::-1]) / [from_box[2] - from_box[0], from_box[3] - from_box[1]]
    step = fine / coarse
    shift = fine * (np.array(from_box[:2]) - to_box[:2]) + (step - 1) / 2
    motion = np.array([[step[0], 0, shift[0]], [0, step[1], shift[1]]], np.float64)
    return np.asarray(cv2.warpAffine(plane, motion, size_wh), np.float32)
