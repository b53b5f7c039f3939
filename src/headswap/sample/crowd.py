"""A crowd: up to five different people who walk past each other, leave, return, and are cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from headswap.arrays import F32, U8
from headswap.sample.background import MARGIN, room
from headswap.sample.clip import encoded_picture, video_stream
from headswap.sample.draw import Placement, draw_head
from headswap.sample.expression import Expression
from headswap.sample.layers import put_body, put_head
from headswap.sample.motion import motion
from headswap.sample.person import Person
from headswap.sample.spec import Identity
from headswap.sample.varied import Variation, varied

GRAIN = 1.5  # deviation of the noise, of 255
# Who can be in a crowd, by number. No two are nearer than 0.55 by dlib's descriptors.
CAST: tuple[tuple[Identity, Variation], ...] = (
    (Identity.ASTRONAUT, Variation()),
    (Identity.SECOND, Variation()),
    (Identity.ASTRONAUT, Variation(
        wide=0.86, jaw=0.8, eyes=1.16, nose=1.5, mouth=0.8, long=6, low=9, deep=6,
        skin=(0.46, 0.38, 0.34), hair=(0.22, 0.2, 0.22),
    )),
    (Identity.SECOND, Variation(
        wide=1.16, jaw=1.15, eyes=0.82, nose=0.68, mouth=1.2, long=-8, low=-9, deep=-4,
        skin=(1.5, 1.6, 1.65), hair=(3.6, 2.9, 2.0),
    )),
    (Identity.ASTRONAUT, Variation(
        wide=1.08, jaw=1.25, eyes=0.86, nose=1.5, mouth=1.15, long=-3, low=2, deep=-3,
        skin=(0.86, 0.74, 0.6), hair=(0.95, 0.5, 0.35), beard=True,
    )),
)  # fmt: skip
_PORTRAIT_WH = (640, 720)


@dataclass(frozen=True, slots=True)
class CrowdSpec:
    """A crowd scene, completely.

    people: how many of the cast, 1 to 5; they walk to and fro at different depths, so that the
    nearer pass in front of the farther. cuts: changes of camera, evenly spread; everybody is
    elsewhere after each. leaves: person 0 walks out of the picture and comes back.
    """

    size_wh: tuple[int, int] = (960, 540)
    seconds: float = 4.0
    rate: Fraction = Fraction(25)
    people: int = 5
    cuts: int = 0
    leaves: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.people <= len(CAST):
            raise ValueError(f"CrowdSpec.people is {self.people}, not 1..{len(CAST)}")
        if any(n % 2 or not 64 <= n <= 4096 for n in self.size_wh):
            raise ValueError(f"CrowdSpec.size_wh is {self.size_wh}: even numbers of 64..4096")

    @property
    def frame_count(self) -> int:
        return round(self.seconds * self.rate)

    def shot(self, index: int) -> int:
        """The number of the shot that a frame belongs to."""
        return index * (self.cuts + 1) // self.frame_count


@dataclass(frozen=True, slots=True, eq=False)
class CrowdHead:
    """One head of one frame: `who` of the cast, the (h, w) share of each pixel that shows it, the
    middle between its eyes, its face's height, and the share of the head that is seen."""

    who: int
    alpha: F32
    center_xy: tuple[float, float]
    face_px: float
    yaw_deg: float
    seen: float


@dataclass(frozen=True, slots=True, eq=False)
class CrowdFrame:
    """A frame (h, w, 3) uint8 with its heads, the farthest first."""

    rgb: U8
    heads: tuple[CrowdHead, ...]


@dataclass(frozen=True, slots=True)
class CrowdScene:
    """A scene that renders its frames when asked for them."""

    spec: CrowdSpec

    def frame(self, index: int) -> CrowdFrame:
        """Frame `index`; the same every time."""
        spec = self.spec
        picture = _background(spec, spec.shot(index))
        heads: list[CrowdHead] = []
        for who in sorted(range(spec.people), key=lambda k: _scale(spec, k)):
            place, face = _placed(spec, index, who)
            moment = motion(float(index / spec.rate), who, spec.people, spec.seed)
            identity, variation = CAST[who]
            body = put_body(identity, place, moment, (picture,))
            layer = draw_head(_member(identity, variation), place, face)
            alpha = put_head(layer, picture)
            cover = np.maximum(body, alpha)
            heads = [_behind(head, cover) for head in heads]
            eyes = place.project(variation.reshaped(np.array([[225.5, 102.0, 48.0]])))[0]
            whole = max(float(layer.alpha.sum()), 1.0)
            heads.append(
                CrowdHead(
                    who, alpha, (float(eyes[0]), float(eyes[1])), 92.0 * place.scale,
                    place.yaw_deg, float(alpha.sum()) / whole,
                )
            )  # fmt: skip
        rng = np.random.default_rng((spec.seed, index))
        grain = GRAIN * rng.standard_normal((*spec.size_wh[::-1], 1), dtype=np.float32)
        return CrowdFrame(np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8), tuple(heads))


@cache
def _member(identity: Identity, variation: Variation) -> Person:
    return varied(identity, variation)


def _behind(head: CrowdHead, cover: F32) -> CrowdHead:
    """`head` less what covers it."""
    before = max(float(head.alpha.sum()), 1e-6)
    alpha = head.alpha * (1 - cover)
    seen = head.seen * float(alpha.sum()) / before
    return CrowdHead(head.who, alpha, head.center_xy, head.face_px, head.yaw_deg, seen)


def _scale(spec: CrowdSpec, who: int) -> float:
    """Frame pixels to a portrait pixel: how near somebody walks."""
    depth = 0.0 if spec.people == 1 else ((who * 2) % 5) / 4
    return spec.size_wh[1] / 540 * (0.86 + 0.20 * depth)


def _placed(spec: CrowdSpec, index: int, who: int) -> tuple[Placement, Expression]:
    t_s, shot = float(index / spec.rate), spec.shot(index)
    moment = motion(t_s, who, spec.people, spec.seed)
    scale = _scale(spec, who)
    width, height = spec.size_wh
    phase = who / spec.people + 0.29 * shot + 0.13 * spec.seed
    swing = np.sin(2 * np.pi * (t_s / (5.2 + 0.7 * who) + phase))
    x = width * (0.5 + 0.40 * swing)
    if spec.leaves and who == 0:
        x = width * (0.3 - 0.75 * np.sin(np.pi * np.clip(t_s / spec.seconds, 0, 1)) ** 2)
    y = height - 335 * scale + moment.sway_xy[1] * scale
    place = Placement(moment.yaw_deg, moment.pitch_deg, moment.roll_deg, (float(x), y), scale)
    return place, moment.face


def _background(spec: CrowdSpec, shot: int) -> F32:
    width, height = spec.size_wh
    margin = round(MARGIN * height)
    wide = room(shot % 2, spec.size_wh)
    picture = wide[margin : margin + height, margin : margin + width]
    return np.asarray(picture[:, ::-1] if shot >= 2 else picture).copy()


def crowd_portrait(who: int) -> U8:
    """(720, 640, 3) uint8 frontal photo of somebody of the cast, on a plain background."""
    identity, variation = CAST[who]
    width, height = _PORTRAIT_WH
    picture = np.full((height, width, 3), (168, 174, 178), np.float32)
    place = Placement(0.0, 0.0, 0.0, (0.5 * width, 0.66 * height), 2.7)
    still = motion(0.0, 0, 1, 0)
    put_body(identity, place, still, (picture,))
    put_head(draw_head(_member(identity, variation), place, Expression()), picture)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def write_crowd(
    scene: CrowdScene, path: Path, written: Callable[[CrowdFrame], None] | None = None
) -> None:
    """Writes the scene as a silent MP4: H.264 yuv420p, BT.709, limited range.

    written: called with each frame, in order.
    """
    spec = scene.spec
    with av.open(str(path), "w", format="mp4") as container:
        stream = video_stream(container, spec.rate, spec.size_wh)
        for index in range(spec.frame_count):
            frame = scene.frame(index)
            if written is not None:
                written(frame)
            container.mux(encoded_picture(frame.rgb, index, spec.rate, stream))
        container.mux(list(stream.encode(None)))
