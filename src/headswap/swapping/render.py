"""Renders a stretch of frames by a plan; any stretch gives the same pixels as the whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import F32, U8, Bool
from headswap.media import Frame, VideoReader
from headswap.swapping.backgrounds import Backgrounds
from headswap.swapping.carried import carried
from headswap.swapping.compose.behind import FOLLOW_PX_PER_CM, KeyBody, grey_of
from headswap.swapping.compose.blend import compose_head, keep, lay_over, softened
from headswap.swapping.compose.crossing import face_in_front
from headswap.swapping.compose.front_layer import Occluder, put_in_front
from headswap.swapping.compose.grain import put_grain
from headswap.swapping.compose.hand_search import found_in
from headswap.swapping.compose.light import light_gain, tone_texture
from headswap.swapping.compose.mixing import shrunk
from headswap.swapping.compose.neck import NeckTone, agreement, led_over, neck_box, tone_neck
from headswap.swapping.compose.occluders import find_occluder, touches
from headswap.swapping.compose.plate import body_layer, over, settle, settling_step
from headswap.swapping.compose.removal import (
    cut_sides,
    follow_head,
    head_area,
    work_size,
)
from headswap.swapping.compose.shading import light_change, relit
from headswap.swapping.engines.protocol import Engine, HeadLayer
from headswap.swapping.hand_tracks import hands_at
from headswap.swapping.head_model import HeadModel
from headswap.swapping.marking import Marking
from headswap.swapping.occlusion import Occlusion, load_occlusion, occlusion_path
from headswap.swapping.plan import Appearance, Box, RenderPlan
from headswap.swapping.seen_files import front_path, key_path, load_front, load_planes
from headswap.trust.label import Label
from headswap.vision.mattes import Mattes

# Around what changes: as far as `settle` looks.
_ROOM_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Key:
    """A key frame of one appearance, in the key's box.

    covers: (h', w', 4) at working size, hair, person, skin and clothes. body: what is below the
    head. front: (h', w') by name, people before this one, at working size.
    """

    frame: int
    box: Box
    covers: U8
    body: KeyBody
    front: dict[str, U8]


class Renderer:
    """Draws frames of one plan, one stretch at a time; keeps the key frames around the present."""

    def __init__(self, plan: RenderPlan, engine: Engine, label: Label | None = None) -> None:
        self._plan = plan
        self._engine = engine
        self._label = label
        self._marking = Marking(plan)
        self._keys: dict[tuple[int, int], _Key] = {}
        self._backgrounds = Backgrounds(plan)
        self._toned: dict[int, HeadModel] = {}
        self._tones: dict[int, F32] = {}
        self._lights: dict[int, tuple[F32, ...]] = {}
        self._agreements: dict[int, tuple[F32, NeckTone]] = {}
        self._occlusions: dict[int, Occlusion | None] = {}

    def frames(self, start: int, stop: int, threads: int = 1) -> Iterator[Frame]:
        """Finished frames `start` to `stop` (exclusive), in order."""
        first, last = self._needed(start, stop)
        self._keys.clear()
        info = self._plan.info
        waiting: deque[Frame] = deque()
        with VideoReader(info.path, self._plan.size_wh, threads, info) as video:
            for frame in video.frames(first, last + 1, self._plan.pts):
                self._take_keys(frame)
                if start <= frame.index < stop:
                    waiting.append(frame)
                while waiting and self._ready(waiting[0], frame.index):
                    yield self._render(waiting.popleft())
                    self._forget(waiting[0].index if waiting else frame.index)

    def _needed(self, start: int, stop: int) -> tuple[int, int]:
        first, last = start, stop - 1
        for a in self._plan.appearances:
            low, high = max(start, a.start), min(stop, a.stop)
            if low < high:
                first = min(first, a.keys_around(low)[0])
                last = max(last, a.keys_around(high - 1)[1])
        return first, last

    def _ready(self, frame: Frame, read: int) -> bool:
        return all(a.keys_around(frame.index)[1] <= read for a in self._plan.present(frame.index))

    def _forget(self, frame: int) -> None:
        for number, key in list(self._keys):
            appearance = self._plan.appearances[number]
            inside = min(max(frame, appearance.start), appearance.stop - 1)
            if key < appearance.keys_around(inside)[0]:
                del self._keys[number, key]

    def _take_keys(self, frame: Frame) -> None:
        for appearance in self._plan.present(frame.index):
            if appearance.keys_around(frame.index) != (frame.index, frame.index):
                is_last = frame.index == appearance.stop - 1
                if not is_last:
                    continue
            path = key_path(self._plan.folder, appearance.number, frame.index)
            if path.exists():
                box, planes = load_planes(path)
                self._keys[appearance.number, frame.index] = self._key(
                    appearance, frame, box, planes
                )

    def _key(self, appearance: Appearance, frame: Frame, box: Box, planes: U8) -> _Key:
        """Of (4, h, w) uint8 planes, see `load_planes`, in a box."""
        rgb = frame.rgb(box)
        size = rgb.shape[1::-1]
        face = appearance.landmarks(frame.index) - np.array([box[0], box[1], 0], np.float32)
        unit = appearance.scale(frame.index)
        # What is worked out of them is coarse.
        person, hair, skin, clothes = (shrunk(plane, work_size(size, unit)) for plane in planes)
        mattes = Mattes(*(p * np.float32(1 / 255) for p in (person, hair, skin, clothes)))
        area = head_area(mattes.hair, mattes.person, mattes.clothes, face, unit, size)
        covers = np.asarray(cv2.merge([hair, person, skin, clothes]), np.uint8)
        cue = appearance.bodies[frame.index]
        rim = appearance.neck_rim(frame.index) - np.array(box[:2], np.float32)
        below = body_layer(rgb, mattes, area, face, unit, cue, rim)
        ratio = self._ratio(appearance)
        neck = appearance.neck_px(frame.index)
        body = KeyBody.of(rgb, box, below, area, neck, unit, ratio)
        front = load_front(front_path(self._plan.folder, appearance.number, frame.index))
        return _Key(frame.index, box, covers, body, front)

    def _ratio(self, appearance: Appearance) -> float:
        """How much smaller the pictures are in which a body is followed."""
        return min(1.0, FOLLOW_PX_PER_CM / self._largest(appearance))

    def _largest(self, appearance: Appearance) -> float:
        """Pixels of a cm where the head is largest, which tells how fine pictures need to be."""
        return float(appearance.motion.pose.scale.max())

    def _head(self, appearance: Appearance) -> HeadModel:
        if appearance.number not in self._toned:
            head = self._plan.heads[appearance.obj_id]
            tone, skin = appearance.skin(), self._plan.skin
            shift, _ = self._agreed(appearance)
            texture = tone_texture(head.texture, head.hair, head.skin, tone, skin)
            self._toned[appearance.number] = replace(
                head,
                texture=led_over(texture, head, shift),
                back_texture=tone_texture(head.back_texture, head.back_hair, head.skin, tone, skin),
            )
        return self._toned[appearance.number]

    def _agreed(self, appearance: Appearance) -> tuple[F32, NeckTone]:
        """The drawn jaw's shift and the neck's tone, settled once for an appearance."""
        if appearance.number not in self._agreements:
            head = self._plan.heads[appearance.obj_id]
            found = agreement(self._plan.skin, head, appearance.body_tone())
            self._agreements[appearance.number] = found
        return self._agreements[appearance.number]

    def _render(self, frame: Frame) -> Frame:
        source, drawn = frame, list[tuple[Box, HeadLayer]]()
        for appearance in self._plan.present(frame.index):
            frame = self._swap_head(source, frame, appearance, drawn)
        frame = self._marking.put(frame)
        return frame if self._label is None else self._label.put(frame)

    def _swap_head(
        self,
        source: Frame,
        frame: Frame,
        appearance: Appearance,
        drawn: list[tuple[Box, HeadLayer]],
    ) -> Frame:
        """The frame with one more head; drawn: the layers so far, farther away, and their boxes."""
        i = frame.index
        box = appearance.box(i, self._plan.size_wh)
        before, after = appearance.keys_around(i)
        keys = [
            self._keys[appearance.number, k]
            for k in (before, after)
            if (appearance.number, k) in self._keys
        ]
        if box is None or not keys:
            return frame
        seen = source.rgb(box)
        face = appearance.landmarks(i) - np.array([box[0], box[1], 0], np.float32)
        unit = appearance.scale(i)
        covers = self._covers(keys, appearance, i, box)
        hair, person, clothes = (
            np.asarray(covers[..., k] / np.float32(255), np.float32) for k in (0, 1, 3)
        )
        cut = cut_sides(box, self._plan.size_wh)
        area = head_area(hair, person, clothes, face, unit, seen.shape[1::-1], cut)
        taken = np.maximum(person, cv2.resize(area, hair.shape[::-1]))
        part = 0.0 if after == before else (i - before) / (after - before)
        layer = self._draw(appearance, i, box, seen)
        layer = softened(layer, float(appearance.blur_px[i - appearance.start]))
        neck = self._agreed(appearance)[1]
        reaches = [layer.box_xyxy]
        if neck.seen():
            reaches.append(neck_box(face, unit, area.shape))
        inner = _around(area, reaches, box)
        window = np.s_[inner[1] - box[1] : inner[3] - box[1], inner[0] - box[0] : inner[2] - box[0]]
        whole, area = area.shape, np.ascontiguousarray(area[window])
        pixels = seen[window].copy() if frame is source else frame.rgb(inner)
        plate, guessed = self._backgrounds.shown(appearance, i, box, seen, taken, inner)
        body = self._body(appearance, keys, part, i, box, seen, inner)
        step = settling_step(self._largest(appearance))
        plate = settle(over(body, plate), seen[window], area, guessed, body[..., 3], step)
        for other_box, other in drawn:
            lay_over(plate, other, other_box, inner)
        layer = _from_corner(layer, box, inner)
        toned = np.zeros(area.shape, np.bool_)
        if neck.seen():
            neck = neck.now(appearance.tones[i - appearance.start] - self._tone(appearance))
            skin = cv2.resize(covers[..., 2], whole[::-1])[window] / np.float32(255)
            below = face - np.array([inner[0] - box[0], inner[1] - box[1], 0], np.float32)
            toned = tone_neck(pixels, plate, area, skin, below, unit, neck)
        changed = compose_head(pixels, plate, area, layer, unit) | toned
        x0, y0, x1, y1 = layer.box_xyxy
        new = area[y0:y1, x0:x1]
        np.maximum(new, layer.alpha, out=new)
        put_grain(pixels, area, appearance.grain, inner[:2], i)
        occluder = self._occluder(appearance, source, inner, seen[window], changed)
        if occluder is not None:
            put_in_front(occluder, pixels, changed)
        front = self._in_front(keys, appearance, i, inner)
        if front is not None:
            keep(frame.rgb(inner), front, pixels, changed)
        drawn.append((inner, layer))
        return frame.with_rgb(inner, pixels, changed)

    def _occluder(
        self, appearance: Appearance, frame: Frame, box: Box, rgb: U8, changed: Bool
    ) -> Occluder | None:
        """What is before the head in a crop, as far as it matters to what has changed there."""
        i = frame.index
        occlusion = self._occlusion(appearance.number)
        if occlusion is None:
            return None
        corner = np.array(box[:2], np.float32)
        marks, known = appearance.landmarks(i), hands_at(occlusion.hands, i)
        hands = [found_in(frame, hand, marks).moved(-corner) for hand in known]
        near = [hand for hand in hands if touches(hand.points, changed)]
        strange = occlusion.strange_at(i)
        if strange is None and not near:
            return None
        face = appearance.landmarks(i) - np.append(corner, np.float32(0))
        unit = appearance.scale(i)
        x, y, width, height = cv2.boundingRect(changed.astype(np.uint8))
        needed = (x, y, x + width, y + height)
        return find_occluder(rgb, face, unit, occlusion.face, strange, near, needed)

    def _in_front(self, keys: list[_Key], appearance: Appearance, i: int, box: Box) -> F32 | None:
        """(h, w) 0..1: people before this one in a crop, each carried by their own motion."""
        here = {other.name: other for other in self._plan.in_front_of(appearance, i)}
        shape = (box[3] - box[1], box[2] - box[0])
        total, weight = dict[str, F32](), dict[str, F32]()
        for key in keys:
            # The nearer key frame says more.
            share = 1 / (1 + abs(key.frame - i))
            then = {o.name: o for o in self._plan.in_front_of(appearance, key.frame)}
            for name in sorted(key.front.keys() & here.keys() & then.keys()):
                motion = follow_head(then[name].landmarks, here[name].landmarks)
                size = (key.box[2] - key.box[0], key.box[3] - key.box[1])
                plane = np.asarray(cv2.resize(key.front[name], size), np.uint8)
                # Of what lay outside the key frame's crop it says nothing.
                known = np.dstack([plane, np.full_like(plane, 255)])
                there = carried(known, motion, key.box, box, None, cv2.BORDER_CONSTANT)
                both = there.astype(np.float32) * np.float32(share)
                nothing = np.zeros(shape, np.float32)
                total[name] = np.add(total.get(name, nothing), both[..., 0])
                weight[name] = np.add(weight.get(name, nothing), both[..., 1])
        # Key frames differ by a little at an outline; half of them are enough.
        every = [1.8 * total[name] / np.maximum(weight[name], 1) - 0.3 for name in total]
        corner = np.array([box[0], box[1], 0], np.float32)
        every += [
            face_in_front(other.landmarks - corner, shape, other.scale)
            for other in here.values()
            if other.surely
        ]
        if not every:
            return None
        return np.clip(np.maximum.reduce(every), 0, 1).astype(np.float32)

    def _occlusion(self, number: int) -> Occlusion | None:
        if number not in self._occlusions:
            path = occlusion_path(self._plan.folder, number)
            self._occlusions[number] = load_occlusion(path) if path.exists() else None
        return self._occlusions[number]

    def _draw(self, appearance: Appearance, i: int, box: Box, rgb: U8) -> HeadLayer:
        """The new head in the light of this frame, its box relative to the given one."""
        layer = self._engine.draw(self._head(appearance), appearance.state(i), box, rgb)
        now = i - appearance.start
        gain = light_gain(appearance.tones[now], self._tone(appearance))
        x0, y0, x1, y1 = layer.box_xyxy
        inside = (x0 - box[0], y0 - box[1], x1 - box[0], y1 - box[1])
        usual, usually_drawn = self._usual_lights(appearance)
        drawn = appearance.drawn_lights[now]
        change = light_change(appearance.lights[now], usual, drawn, usually_drawn)
        lit = relit(layer.rgb, layer.normals, change, gain / appearance.drawn_tones[now])
        if layer.mouth is not None:
            layer.mouth.put_into(lit)
        return HeadLayer(inside, lit, layer.alpha, layer.normals)

    def _tone(self, appearance: Appearance) -> F32:
        """(3,) Lab: the scene's skin over the whole appearance."""
        if appearance.number not in self._tones:
            self._tones[appearance.number] = appearance.tone().mean
        return self._tones[appearance.number]

    def _usual_lights(self, appearance: Appearance) -> tuple[F32, ...]:
        """The scene's light on the whole, and that of the drawn head, (9,) each."""
        if appearance.number not in self._lights:
            both = appearance.lights, appearance.drawn_lights
            self._lights[appearance.number] = tuple(np.median(lights, axis=0) for lights in both)
        return self._lights[appearance.number]

    def _covers(self, keys: list[_Key], appearance: Appearance, i: int, box: Box) -> U8:
        """(h', w', 4) what key frames show of hair, person and skin; of clothes, what all show."""
        size = work_size((box[2] - box[0], box[3] - box[1]), appearance.scale(i))
        here, every = appearance.landmarks(i), list[U8]()
        for key in keys:
            motion = follow_head(appearance.landmarks(key.frame), here)
            every.append(carried(key.covers, motion, key.box, box, size, cv2.BORDER_CONSTANT))
        covers = np.maximum.reduce(every)
        covers[..., 3] = np.minimum.reduce([each[..., 3] for each in every])
        return covers

    def _body(
        self,
        appearance: Appearance,
        keys: list[_Key],
        part: float,
        i: int,
        box: Box,
        rgb: U8,
        inner: Box,
    ) -> U8:
        """(h, w, 4) the body in a part of a frame's box, carried there from the keys around it."""
        grey = grey_of(rgb, self._ratio(appearance))
        motions = [
            np.eye(2, 3) if key.frame == i else key.body.motion(grey, box, appearance.neck_px(i))
            for key in keys
        ]
        bodies = [key.body for key in keys]
        first = min(body.first_row(m, inner) for body, m in zip(bodies, motions, strict=True))
        below = (inner[0], first, inner[2], inner[3])
        layers = [
            carried(body.layer, m, body.box, below) for body, m in zip(bodies, motions, strict=True)
        ]
        whole = np.zeros((inner[3] - inner[1], inner[2] - inner[0], 4), np.uint8)
        shown = whole[first - inner[1] :]
        if len(layers) == 1:
            shown[:] = layers[0]
        else:
            cv2.addWeighted(layers[0], 1 - part, layers[1], part, 0.0, dst=shown)
        return whole


def _around(area: F32, reaches: list[Box], box: Box) -> Box:
    """The part of a frame that changes: an emptied area (h, w) of a box, and reaches inside it.

    With room around it, by which light is settled.
    """
    x, y, width, height = cv2.boundingRect((area > 1 / 512).astype(np.uint8))
    every = np.array([(x, y, x + width, y + height), *reaches])
    low, high = every[:, :2].min(axis=0) - _ROOM_PX, every[:, 2:].max(axis=0) + _ROOM_PX
    x0, y0 = (np.maximum(low, 0) // 2 * 2 + box[:2]).tolist()
    x1, y1 = np.minimum((high + 1) // 2 * 2 + box[:2], box[2:]).tolist()
    return x0, y0, x1, y1


def _from_corner(layer: HeadLayer, box: Box, inner: Box) -> HeadLayer:
    """The layer of a box with its place told from the corner of a part of that box."""
    left, top = inner[0] - box[0], inner[1] - box[1]
    x0, y0, x1, y1 = layer.box_xyxy
    return replace(layer, box_xyxy=(x0 - left, y0 - top, x1 - left, y1 - top))
