"""Key frames of a shot complete each other: what most of them know to be the old head's goes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from headswap.arrays import F32, F64, U8, Bool
from headswap.swapping.ballot import Ballot, ballot_path
from headswap.swapping.compose.body_cue import BodyCue
from headswap.swapping.compose.follow import in_crops
from headswap.swapping.compose.mosaic import View
from headswap.swapping.compose.plate import cue_at_work_size
from headswap.swapping.compose.removal import (
    disc,
    face_and_ears,
    follow_head,
    head_area,
    skin_and_eyes,
    work_size,
)
from headswap.swapping.compose.short_hair import as_short, is_short
from headswap.swapping.plan import Appearance, Box, RenderPlan
from headswap.swapping.seen_files import key_path, load_mattes, save_mattes, view_path
from headswap.swapping.survey import KeyLook, in_box, reach_of
from headswap.vision.mattes import Mattes

# So many key frames to each side have a say, the more the more alike they look at a place.
_NEAR = 5
_ALIKE = 16.0
# What is added is larger than noise, and several key frames know it.
_LEAST_CM2, _LEAST_SAY, _SEVERAL = 1.0, 1.5, 2
_RING = np.ones((3, 3), np.uint8)
_CLEAR_CM = 0.3


class Completed(NamedTuple):
    """A look at a key frame, put right, and what it then tells of the body."""

    look: KeyLook
    body: BodyCue


def completed(
    plan: RenderPlan, appearance: Appearance, looks: Sequence[KeyLook], beside: Executor
) -> list[Completed]:
    """The looks at one appearance, in order, its key frames' mattes and views put right.

    A hat or a strand of hair that a network misses in one key frame it sees in most of those near.
    Each place of a head takes the vote of the key frames around that look alike there, the head's
    motion taken out. beside: where several key frames are looked at together.
    """
    paths = [ballot_path(plan.folder, appearance.number, look.frame) for look in looks]
    ballots: dict[int, Ballot] = {}
    tasks: list[Future[Completed]] = []
    short = is_short(np.array([look.hair_told for look in looks], np.float32).reshape(-1, 3))
    for k, look in enumerate(looks):
        for n in range(max(0, k - _NEAR), min(len(looks), k + _NEAR + 1)):
            if n not in ballots:
                ballots[n] = Ballot.load(paths[n])
        ballots.pop(k - _NEAR - 1, None)
        others = [ballot for n, ballot in ballots.items() if n != k]
        whole = (plan, appearance, look, bool(short[k]))
        tasks.append(beside.submit(_completed, *whole, ballots[k], others))
        if k >= _NEAR:
            # Tasks keep their ballots, of which few are to be in memory.
            tasks[k - _NEAR].result()
    return [task.result() for task in tasks]


def _completed(
    plan: RenderPlan,
    appearance: Appearance,
    look: KeyLook,
    short: bool,
    own: Ballot,
    others: Sequence[Ballot],
) -> Completed:
    path = key_path(plan.folder, appearance.number, look.frame)
    box, mattes = load_mattes(path)
    more = added(appearance, own, others)
    if more is not None:
        box, mattes = _with_more(box, mattes, own.box, more)
    size = mattes.hair.shape[::-1]
    corner, ratio = np.array([box[0], box[1], 0]), size[0] / (box[2] - box[0])
    face = ((appearance.landmarks(look.frame) - corner) * ratio).astype(np.float32)
    unit = appearance.scale(look.frame)
    if short:
        mattes = as_short(mattes, face)
    if short or more is not None:
        save_mattes(path, box, mattes)
    area = head_area(mattes.hair, mattes.person, mattes.clothes, face, unit * ratio, size)
    if more is not None:
        _hide(view_path(plan.folder, look.frame), box, area, unit)
    if short or more is not None:
        look = replace(look, hair_reach_cm=reach_of(area, face, unit * ratio))
    rgb = _picture(own, box, work_size(size, unit * ratio))
    rim = ((appearance.neck_rim(look.frame) - corner[:2]) * ratio).astype(np.float32)
    return Completed(look, cue_at_work_size(rgb, mattes, area, face, unit * ratio, rim))


def added(appearance: Appearance, own: Ballot, others: Sequence[Ballot]) -> F32 | None:
    """(h, w) float32 0..1 on the grid of a ballot: what others add to it, None where nothing.

    own, others: ballots of one appearance.
    """
    landmarks = appearance.landmarks(own.frame)
    ways = [
        _grid_motion(follow_head(appearance.landmarks(other.frame), landmarks), other, own)
        for other in others
    ]
    ratio = own.votes.shape[1] / (own.box[2] - own.box[0])
    unit = appearance.scale(own.frame) * ratio
    shape = own.votes.shape
    points = ((landmarks - [*own.box[:2], 0]) * ratio).astype(np.float32)
    had = _joined(own.told() > 0, cv2.dilate(face_and_ears(points, shape), _RING) > 0)
    face = skin_and_eyes(points, shape) > 0
    place = _in_question(own, others, ways, had | face, unit)
    if place is None:
        return None
    say, total = own.known(), own.told()
    picture = own.coarse_rgb()[place]
    for other, way in zip(others, ways, strict=True):
        rgb, known, told = (
            _carried(plane, way, place)
            for plane in (other.coarse_rgb(), other.known(), other.told())
        )
        off = cv2.absdiff(rgb.astype(np.uint8), picture).max(axis=2).astype(np.float32)
        alike = np.exp(-((off / _ALIKE) ** 2)) * (known > 0.99)
        total[place] += told * alike
        say[place] += alike
    mean = np.where(say > _LEAST_SAY, total / np.maximum(say, 1e-3), np.float32(-1))
    voted = _joined(((mean > 0) & ~face) | had, had)
    more = _solid(voted & ~had, unit)
    if more is None:
        return None
    return ((cv2.dilate(more, _RING) > 0) / (1 + np.exp(-mean))).astype(np.float32)


def _in_question(
    own: Ballot, others: Sequence[Ballot], ways: list[F64], known: Bool, unit: float
) -> tuple[slice, slice] | None:
    """The part of the grid in which others may add something, if there is one."""
    whole = np.s_[0 : own.votes.shape[0], 0 : own.votes.shape[1]]
    seen = np.zeros(own.votes.shape, np.uint8)
    for other, way in zip(others, ways, strict=True):
        seen += _carried(other.told(), way, whole) > 0
    more = _solid((seen >= _SEVERAL) & ~known, unit)
    if more is None:
        return None
    x, y, width, height = cv2.boundingRect(more)
    return np.s_[
        max(0, y - 3) : min(y + height + 3, more.shape[0]),
        max(0, x - 3) : min(x + width + 3, more.shape[1]),
    ]


def _joined(mask: Bool, where: Bool) -> Bool:
    """(h, w) what of a mask hangs together with what of it is there."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    own = np.unique(labels[mask & where])
    return np.isin(labels, own)


def _solid(new: Bool, unit: float) -> U8 | None:
    """(h, w) uint8 what is found anew without rims, which differ by a pixel from frame to frame."""
    solid = cv2.morphologyEx(new.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    enough = solid.sum() >= _LEAST_CM2 * unit**2
    return np.asarray(solid, np.uint8) if enough else None


def _carried(plane: F32 | U8, way: F64, place: tuple[slice, slice]) -> F32:
    """A plane on another grid brought to a part of this one."""
    rows, columns = place
    moved = way - np.array([[0, 0, columns.start], [0, 0, rows.start]])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    return np.asarray(cv2.warpAffine(plane, moved, size), np.float32)


def _grid_motion(motion: F64, start: Ballot, end: Ballot) -> F64:
    """(2, 3) a motion of whole-frame pixels as one from grid to grid."""
    matrix = in_crops(motion, start.box[:2], end.box[:2])
    fine = np.array(end.votes.shape[::-1]) / [end.box[2] - end.box[0], end.box[3] - end.box[1]]
    coarse = np.array(start.votes.shape[::-1]) / [
        start.box[2] - start.box[0],
        start.box[3] - start.box[1],
    ]
    matrix *= fine[:, None]
    matrix[:, :2] /= coarse
    return matrix


def _with_more(box: Box, mattes: Mattes, wide: Box, more: F32) -> tuple[Box, Mattes]:
    """A key frame's box and mattes with the hair that others see in a wide box."""
    whole = _around(box, wide, more)
    fine = np.array(mattes.hair.shape[::-1]) / [box[2] - box[0], box[3] - box[1]]
    size = (round((whole[2] - whole[0]) * fine[0]), round((whole[3] - whole[1]) * fine[1]))
    hair = in_box(more, wide, whole, size)
    person, known, skin, clothes = (
        in_box(plane, box, whole, size)
        for plane in (mattes.person, mattes.hair, mattes.skin, mattes.clothes)
    )
    return whole, Mattes(np.maximum(person, hair), np.maximum(known, hair), skin, clothes)


def _around(box: Box, limits: Box, more: F32) -> Box:
    """The box widened by where a plane over `limits` has something, to even places."""
    x, y, width, height = cv2.boundingRect((more > 0.1).astype(np.uint8))
    # Pixels of the frame in one of the plane; half a one is interpolated to each side.
    step = np.array([limits[2] - limits[0], limits[3] - limits[1]]) / more.shape[::-1]
    low = np.floor((np.array([x, y]) - 0.5) * step / 2).astype(int) * 2
    high = np.ceil((np.array([x + width, y + height]) + 0.5) * step / 2).astype(int) * 2
    return (
        min(box[0], max(limits[0], limits[0] + int(low[0]))),
        min(box[1], max(limits[1], limits[1] + int(low[1]))),
        max(box[2], min(limits[0] + int(high[0]), limits[2])),
        max(box[3], min(limits[1] + int(high[1]), limits[3])),
    )


def _picture(ballot: Ballot, box: Box, size_wh: tuple[int, int]) -> U8:
    """(h, w, 3) the ballot's picture in a box, of a size; as soft as it was kept."""
    full = (ballot.box[2] - ballot.box[0], ballot.box[3] - ballot.box[1])
    fine = np.array(size_wh) / [box[2] - box[0], box[3] - box[1]]
    ratio = np.array(full) / ballot.rgb.shape[1::-1] * fine
    shift = (np.array(ballot.box[:2]) - box[:2]) * fine
    motion = np.array([[ratio[0], 0, shift[0]], [0, ratio[1], shift[1]]], np.float64)
    drawn = cv2.warpAffine(ballot.rgb, motion, size_wh, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, np.uint8)


def _hide(path: Path, box: Box, area: F32, unit: float) -> None:
    """Marks an area of a box as hidden by a head in a frame's view, if there is one."""
    if not path.exists():
        return
    view = View.load(path)
    size = (view.box[2] - view.box[0], view.box[3] - view.box[1])
    hidden = (in_box((area > 0.02).astype(np.float32), box, view.box, size) > 0).astype(np.uint8)
    near = cv2.dilate(hidden, disc(_CLEAR_CM * unit)) == 0
    replace(
        view, clear=view.clear * near, doubtful=view.doubtful * near, hidden=view.hidden | hidden
    ).save(path)
