"""The sample scene: every frame with the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8
from headswap.sample.background import MARGIN, room
from headswap.sample.draw import Placement, draw_head
from headswap.sample.layers import put_body, put_hand, put_head, put_microphone
from headswap.sample.motion import Motion, motion
from headswap.sample.person import person
from headswap.sample.spec import Identity, SampleSpec
from headswap.sample.staging import camera_shift, cast_of, placement, walked, zoom_factor

GRAIN = 1.5  # deviation of the noise, of 255


@dataclass(frozen=True, slots=True, eq=False)
class HeadTruth:
    """One head of one frame.

    yaw_deg turns the nose to the right of the picture, pitch_deg up, roll_deg clockwise.
    jaw_open, blink, smile: 0..1. alpha: (h, w) float32 in 0..1, the share of each pixel that the
    head fills (face, hair, ears; not the neck), less what another person covers; a hand in front
    is not taken off. center_xy: the middle between the eyes, in frame pixels; face_px: brow to
    chin when frontal.
    """

    identity: Identity
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    jaw_open: float
    blink: float
    smile: float
    alpha: F32
    center_xy: tuple[float, float]
    face_px: float


@dataclass(frozen=True, slots=True, eq=False)
class SampleFrame:
    """A rendered frame: `rgb` (h, w, 3) uint8; `heads` from left to right; `occluder` (h, w)
    float32 alpha of hand and microphone, or None in a scene without them; `plate` (h, w, 3) uint8,
    the same frame without heads and what is before them, and with the same grain, `room` without
    people at all; `frame_from_room` (2, 3) float64 what the camera's motion did to the background.
    """

    rgb: U8
    heads: tuple[HeadTruth, ...]
    occluder: F32 | None
    plate: U8
    room: U8
    frame_from_room: F64

    def __post_init__(self) -> None:
        for name in ("rgb", "plate", "room"):
            picture: U8 = getattr(self, name)
            if picture.dtype != np.uint8 or picture.ndim != 3:
                raise ValueError(f"SampleFrame.{name} is {picture.dtype}{picture.shape}")


@dataclass(frozen=True, slots=True)
class SampleScene:
    """A scene that renders its frames when asked for them."""

    spec: SampleSpec

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self.spec.frame_count

    def frame(self, index: int) -> SampleFrame:
        """Frame `index` of the scene. Raises IndexError outside 0..frame_count - 1."""
        if not 0 <= index < self.frame_count:
            raise IndexError(f"frame {index} of a scene of {self.frame_count}")
        return _render(self.spec, index)


def build_scene(spec: SampleSpec) -> SampleScene:
    """The scene of that specification; nothing is rendered yet."""
    return SampleScene(spec)


def _render(spec: SampleSpec, index: int) -> SampleFrame:
    t_s = float(index / spec.rate)
    shot = int(index >= spec.cut_frame)
    camera = camera_shift(spec, t_s)
    zoom = zoom_factor(spec, t_s)
    moved = _frame_from_room(spec, camera, zoom)
    behind = _background(spec, shot, moved)
    plate, picture = behind.copy(), behind.copy()
    heads: list[HeadTruth] = []
    cast = cast_of(spec, shot)
    for slot, identity in enumerate(cast):
        number = spec.people.index(identity) if len(set(spec.people)) > 1 else slot
        moment = motion(t_s + 0.6 * shot, number, len(cast), spec.seed)
        moment = walked(spec, moment, t_s)
        place = placement(spec, shot, slot, moment, camera, zoom)
        covered = put_body(identity, place, moment, (plate, picture))
        layer = draw_head(person(identity), place, moment.face)
        alpha = put_head(layer, picture)
        heads = [_behind(head, np.maximum(covered, alpha)) for head in heads]
        heads.append(head_truth(identity, moment, place, alpha))
    occluder = _occlude(spec, index, picture)
    grain = _grain(spec, index)
    bare, empty = _finish(plate, grain), _finish(behind, grain)
    return SampleFrame(_finish(picture, grain), tuple(heads), occluder, bare, empty, moved)


def _occlude(spec: SampleSpec, index: int, picture: F32) -> F32 | None:
    """Draws what is held before the first person; gives its alpha (h, w)."""
    drawn: list[F32] = []
    if spec.microphone:
        drawn.append(put_microphone(spec, index, picture))
    if spec.occluder:
        drawn.append(put_hand(spec, index, picture))
    if not drawn:
        return None
    return (1 - np.prod([1 - alpha for alpha in drawn], axis=0)).astype(np.float32)


def _frame_from_room(spec: SampleSpec, camera: tuple[float, float], zoom: float) -> F64:
    """(2, 3) what the camera did to the pixels of a background that was filmed at rest."""
    middle = 0.5 * np.array(spec.size_wh)
    offset = middle + zoom * (np.array(camera) - middle)
    return np.array([[zoom, 0, offset[0]], [0, zoom, offset[1]]], np.float64)


def _background(spec: SampleSpec, shot: int, frame_from_room: F64) -> F32:
    width, height = spec.size_wh
    share = MARGIN + 0.01 * spec.pan
    margin = round(share * height)
    wide = room(shot, spec.size_wh, share)
    if np.array_equal(frame_from_room, np.eye(2, 3)):
        return wide[margin : margin + height, margin : margin + width].copy()
    move = frame_from_room.copy()
    move[:, 2] -= move[:, :2] @ np.array([margin, margin])
    moved = cv2.warpAffine(wide, move, spec.size_wh, borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.float32)


def _behind(head: HeadTruth, cover: F32) -> HeadTruth:
    """`head` less what covers it."""
    return replace(head, alpha=head.alpha * (1 - cover))


def head_truth(identity: Identity, moment: Motion, place: Placement, alpha: F32) -> HeadTruth:
    """What is known of a head that was drawn so; alpha: (h, w) where it shows."""
    eyes = place.project(np.array([[225.5, 102.0, 48.0]]))[0]
    face = moment.face
    return HeadTruth(
        identity, moment.yaw_deg, moment.pitch_deg, moment.roll_deg, face.jaw_open, face.blink,
        face.smile, alpha, (float(eyes[0]), float(eyes[1])), 92.0 * place.scale,
    )  # fmt: skip


def _grain(spec: SampleSpec, index: int) -> F32:
    """(h, w, 1) the frame's own noise, much the same in all three colours as in film."""
    rng = np.random.default_rng((spec.seed, index))
    noise = rng.standard_normal(spec.size_wh[::-1], dtype=np.float32)
    return GRAIN * noise[..., None]


def _finish(picture: F32, grain: F32) -> U8:
    return np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8)
