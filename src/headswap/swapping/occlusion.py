"""Occlusion: what a plan knows of hands and things before one face, for every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from headswap.arrays import F32, I64, U8, Bool
from headswap.swapping.face_history import (
    FaceHistory,
    in_usual_light,
    learn_face,
    smoothed,
    strangeness,
)
from headswap.swapping.face_sheet import (
    SHEET_WH,
    TEXELS_PER_CM,
    frame_from_sheet,
    sheet_face,
    sheet_inner,
    sheet_places,
)
from headswap.swapping.glimpses import Glimpse
from headswap.swapping.hand_tracks import HandTrack, drawn_hand, hand_size, hand_tracks
from headswap.swapping.plan import Appearance, Box
from headswap.swapping.things import carried, shifted, shifts_between, strange_places

# A hand's neighbourhood says nothing of the face: its outline is not known to a hair.
_CLEAR_OF_HAND, _INSIDE_HAND = 1.8, 0.9
# A hand's size by its palm, and what tells a hand from what only looks like one.
_SIZES_CM = (6.5, 22.0)
_LEAST_UNDER_CM2, _LEAST_STRANGE, _VERY_SURE = 4.0, 0.08, 0.985
_FINGER_CM = 0.8
# How surely a thing is there between the glimpse that first shows it and the one before.
_COMING = 0.6
# Hair over the face must never be taken for a thing before it.
_HAIR, _HAIR_MOVES_CM = 0.3, 0.6
_MOST_HAIR = 0.4
_MOUTH_CORNERS, _NOSE_BASE = [61, 291], 2
# A face turned farther shows too little of itself to compare.
_MOST_YAW_DEG = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class HairPlane:
    """A person's own hair in one frame: (h, w) float32 0..1 of a box, maybe smaller than that."""

    box: Box
    plane: F32

    def at(self, places: F32) -> F32:
        """(h, w) float32: the hair at places (h, w, 2) in px of the frame, 0 outside the box."""
        height, width = self.plane.shape
        x0, y0, x1, y1 = self.box
        ratio = np.array([width / (x1 - x0), height / (y1 - y0)], np.float32)
        moved = (places - np.array([x0, y0], np.float32)) * ratio + (ratio - 1) / 2
        x, y = np.ascontiguousarray(moved[..., 0]), np.ascontiguousarray(moved[..., 1])
        return np.asarray(cv2.remap(self.plane, x, y, cv2.INTER_LINEAR), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Occlusion:
    """One appearance's face, and what is before it.

    frames: (n,) int64, the frames of the glimpses. strange: (n, h, w) uint8, where on the face's
    sheet something is before it then, 255 where it was seen, less where it would be. shifts:
    (n, 2) float32 texels, by which it moves until the next glimpse. hands: those seen near it.
    """

    face: FaceHistory
    frames: I64
    strange: U8
    shifts: F32
    hands: tuple[HandTrack, ...]

    def strange_at(self, frame: int) -> F32 | None:
        """(h, w) float32 0..1 on the sheet, between glimpses on its way; None for nowhere."""
        after = int(np.searchsorted(self.frames, frame).clip(0, len(self.frames) - 1))
        before = max(0, after - 1)
        here, there = (bool(self.strange[k].any()) for k in (before, after))
        if not (here or there):
            return None
        span = max(1, int(self.frames[after] - self.frames[before]))
        part = float(np.clip((frame - self.frames[before]) / span, 0, 1))
        if here and there:
            first = self._moved(before, part * self.shifts[before])
            second = self._moved(after, (part - 1) * self.shifts[before])
            return np.asarray((1 - part) * first + part * second, np.float32)
        # It comes or goes: as it was just before or after.
        if there:
            mask = self._moved(after, (part - 1) * self.shifts[after])
            return mask * np.float32(max(part, _COMING))
        mask = self._moved(before, part * self.shifts[max(0, before - 1)])
        return mask * np.float32(max(1 - part, _COMING))

    def _moved(self, glimpse: int, by_xy: F32) -> F32:
        return shifted(self.strange[glimpse].astype(np.float32) / np.float32(255), by_xy)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A glimpse's frame, where the sheet's places are in it, and which of them are seen."""

    frame: int
    places: F32
    visible: Bool
    scale_px_cm: float


def occlusion_of(
    appearance: Appearance, glimpses: Sequence[Glimpse], hair: Mapping[int, HairPlane]
) -> Occlusion | None:
    """What is before a face, from its glimpses in order of time; None for nothing.

    hair: by key frame, the person's own hair.
    """
    on_sheet = {key: _hair_on_sheet(appearance.landmarks(key), own) for key, own in hair.items()}
    turned = np.abs(appearance.motion.pose.yaw_pitch_roll_deg()[:, 0])
    looks: list[_Look] = []
    for seen in glimpses:
        places, visible = frame_from_sheet(appearance.landmarks(seen.frame))
        visible &= ~_under_hair(on_sheet, appearance.keys_around(seen.frame))
        if turned[seen.frame - appearance.start] > _MOST_YAW_DEG:
            visible[:] = False
        looks.append(_Look(seen.frame, places, visible, appearance.scale(seen.frame)))
    sheets = np.array([look.sheet for look in glimpses])
    visible = np.array([look.visible for look in looks])
    hands = _true_hands(hand_tracks(glimpses), looks, sheets, visible, hair)
    hidden = np.array([_under_hands(hands, look, _CLEAR_OF_HAND) for look in looks])
    strange = strange_places(sheets, visible, hidden)
    if not hands and not strange.any():
        return None
    # A hand changes its shape, and its points tell where it is.
    things = strange & ~(strange & hidden).any(axis=(1, 2), keepdims=True)
    shifts = shifts_between(sheets, things)
    return Occlusion(
        face=learn_face(sheets, visible & ~hidden),
        frames=np.array([look.frame for look in looks], np.int64),
        strange=carried(strange, things, shifts),
        shifts=shifts,
        hands=tuple(hands),
    )


def _true_hands(
    tracks: Sequence[HandTrack],
    looks: Sequence[_Look],
    sheets: U8,
    visible: Bool,
    hair: Mapping[int, HairPlane],
) -> list[HandTrack]:
    """Those that are hands: an eager network also sees them in faces, knots of hair and jewels."""
    by_frame = {look.frame: n for n, look in enumerate(looks)}
    sized: list[HandTrack] = []
    for track in tracks:
        scales = [looks[by_frame[int(frame)]].scale_px_cm for frame in track.frames]
        sizes = [hand_size(p) / s for p, s in zip(track.points, scales, strict=True)]
        if _SIZES_CM[0] < np.median(sizes) < _SIZES_CM[1] and not _is_hair(track, hair):
            sized.append(track)
    if not sized:
        return []
    usual = learn_face(smoothed(sheets), visible)
    return [t for t in sized if _is_strange(t, looks, by_frame, sheets, usual)]


def _is_strange(
    track: HandTrack,
    looks: Sequence[_Look],
    by_frame: Mapping[int, int],
    sheets: U8,
    usual: FaceHistory,
) -> bool:
    """Whether the face looks unlike itself under a hand; if not, it is the face that is seen.

    A hand that stays at one place for most of a shot cannot be told so: there the network has to
    be very sure.
    """
    found: list[float] = []
    face = usual.known & sheet_inner()
    for frame in track.frames:
        n = by_frame[int(frame)]
        under = _under_hands([track], looks[n], _INSIDE_HAND) & face & looks[n].visible
        if under.sum() >= _LEAST_UNDER_CM2 * TEXELS_PER_CM**2:
            clear = looks[n].visible & face & ~under
            lit = in_usual_light(
                smoothed(sheets[n : n + 1])[0].astype(np.float32), usual.usual, clear
            )
            found.append(float(strangeness(lit, usual.usual, usual.spread, 2)[under].mean()))
    sure = float(np.median(track.presence)) > _VERY_SURE
    return not found or sure or float(np.mean(found)) > _LEAST_STRANGE


def _hair_on_sheet(landmarks: F32, hair: HairPlane) -> F32:
    """(h, w) float32 0..1 on the sheet: the hair over a face with these landmarks in the frame."""
    places, _ = frame_from_sheet(landmarks)
    return hair.at(places)


def _is_hair(track: HandTrack, hair: Mapping[int, HairPlane]) -> bool:
    """Whether what was taken for a hand lies on the person's hair: a knot, or a lock."""
    shares = [
        float((hair[int(frame)].at(points[None]) > 0.5).mean())
        for frame, points in zip(track.frames, track.points, strict=True)
        if int(frame) in hair
    ]
    return bool(shares) and float(np.mean(shares)) > _MOST_HAIR


def _under_hair(hair: Mapping[int, F32], keys: tuple[int, int]) -> Bool:
    """(h, w): where at either key frame, or near there, hair was over the face."""
    under = np.zeros(SHEET_WH[::-1], np.uint8)
    for key in keys:
        if key in hair:
            under |= (hair[key] > _HAIR).astype(np.uint8)
    side = 2 * round(_HAIR_MOVES_CM * TEXELS_PER_CM) + 1
    hidden = (cv2.dilate(under, np.ones((side, side), np.uint8)) > 0) & sheet_face()
    # A beard is hair as well, but stays where it is.
    left, right = sheet_places()[_MOUTH_CORNERS, 0].round().astype(int)
    hidden[round(float(sheet_places()[_NOSE_BASE, 1])) :, left - 6 : right + 7] = False
    return hidden


def _under_hands(hands: Sequence[HandTrack], look: _Look, thickness: float) -> Bool:
    """(h, w): the places of the sheet that hands cover in a frame, drawn so thick."""
    drawn = look.places[..., 0] > -1e3
    under = np.zeros(SHEET_WH[::-1], np.bool_)
    for track in hands:
        points = track.at(look.frame)
        if points is None or not drawn.any():
            continue
        # Coarse is enough, and the hand may be far larger than the face.
        corner = look.places[drawn].min(axis=0)
        extent = look.places[drawn].max(axis=0) - corner
        factor = np.float32(64 / max(float(extent.max()), 1.0))
        finger = _FINGER_CM * look.scale_px_cm * float(factor)
        mask = np.zeros((66, 66), np.uint8)
        drawn_hand((points - corner) * factor, mask, thickness, finger)
        at = np.clip(((look.places - corner) * factor).round(), 0, 65).astype(int)
        under |= drawn & (mask[at[..., 1], at[..., 0]] > 0)
    return under


def occlusion_path(folder: Path, number: int) -> Path:
    return folder / f"occlusion-{number}.npz"


def save_occlusion(path: Path, occlusion: Occlusion) -> None:
    """Keeps it in a file."""
    counts = np.array([len(track.frames) for track in occlusion.hands], np.int64)
    there = occlusion.strange.any(axis=(1, 2))
    np.savez(
        path,
        usual=occlusion.face.usual,
        spread=occlusion.face.spread,
        known=occlusion.face.known,
        frames=occlusion.frames,
        strange_at=np.flatnonzero(there),
        strange=occlusion.strange[there],
        shifts=occlusion.shifts,
        hand_counts=counts,
        hand_presence=np.concatenate([[], *(t.presence for t in occlusion.hands)]),
        hand_colours=np.concatenate(
            [np.zeros((0, 2, 3), np.float32), *(t.colours for t in occlusion.hands)]
        ),
        hand_longer=np.array([track.longer for track in occlusion.hands], np.int64),
        hand_frames=np.concatenate([[], *(t.frames for t in occlusion.hands)]).astype(np.int64),
        hand_points=np.concatenate(
            [np.zeros((0, 21, 2), np.float32), *(t.points for t in occlusion.hands)]
        ),
    )


def load_occlusion(path: Path) -> Occlusion:
    """What `save_occlusion` kept."""
    with np.load(path) as data:
        strange = np.zeros((len(data["frames"]), *SHEET_WH[::-1]), np.uint8)
        strange[data["strange_at"]] = data["strange"]
        ends = np.cumsum(data["hand_counts"])[:-1]
        names = ("hand_frames", "hand_points", "hand_presence", "hand_colours")
        parts = [np.split(data[name], ends) for name in names]
        longer = [int(n) for n in data["hand_longer"]]
        tracks = zip(*parts, longer, strict=True) if longer else ()
        return Occlusion(
            FaceHistory(data["usual"], data["spread"], data["known"]),
            data["frames"],
            strange,
            data["shifts"],
            tuple(HandTrack(*track) for track in tracks),
        )
