"""Key frames complete each other: what most see at the same place of a head belongs to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.swapping.ballot import NONE, Ballot, ballot_of, ballot_path
from headswap.swapping.compose.grain import Grain
from headswap.swapping.compose.mosaic import View
from headswap.swapping.compose.shading import LIGHT
from headswap.swapping.lasting import added, completed
from headswap.swapping.plan import Appearance, Box, RenderPlan
from headswap.swapping.planning import first_plan
from headswap.swapping.seen_files import key_path, load_mattes, save_mattes, view_path
from headswap.swapping.survey import KeyLook
from headswap.vision.mattes import Mattes
from headswap.vision.scene import Shot
from tests.made_heads import PX_PER_CM, face_at, track_of
from tests.made_scenes import scene_of

SIZE_WH = (320, 240)
KEYS = (0, 12, 24, 36, 48)
BOX: Box = (40, 8, 280, 240)
WALL, HAT, SKIN = (120, 150, 160), (60, 50, 55), (205, 160, 135)


def _at(frame: int) -> tuple[float, float]:
    return 160.0 + frame / 4, 160.0


def _plan(folder: Path) -> RenderPlan:
    faces = np.stack([face_at(*_at(frame)) for frame in range(KEYS[-1] + 1)])
    track = track_of(faces, list(range(len(faces))))
    return first_plan(scene_of([track], [(0,)], [Shot(0, len(faces))]), SIZE_WH, [0], folder)


def _ellipse(frame: int, middle_cm: float, radii_cm: tuple[float, float]) -> U8:
    mask = np.zeros(SIZE_WH[::-1], np.uint8)
    x, y = _at(frame)
    center = round(x), round(y + middle_cm * PX_PER_CM)
    axes = round(radii_cm[0] * PX_PER_CM), round(radii_cm[1] * PX_PER_CM)
    cv2.ellipse(mask, center, axes, 0, 0, 360, 1, -1)
    return mask


def _hat(frame: int) -> U8:
    return _ellipse(frame, -15, (7, 8))


def _head(frame: int) -> U8:
    return _ellipse(frame, -2, (8, 11))


def _picture(frame: int, worn: bool = True) -> U8:
    rgb = np.full((*SIZE_WH[::-1], 3), WALL, np.uint8)
    rgb[_head(frame) > 0] = SKIN
    if worn:
        rgb[_hat(frame) > 0] = HAT
    return rgb


def _hair(frame: int, seen: bool) -> F32:
    cap = _head(frame) * (np.arange(SIZE_WH[1])[:, None] < 130)
    return (cap | _hat(frame) * seen).astype(np.float32)


def _ballot(frame: int, seen: bool, worn: bool = True) -> Ballot:
    x0, y0, x1, y1 = BOX
    votes = np.where(_hair(frame, seen) > 0, 3.0, -2.0).astype(np.float32)[y0:y1, x0:x1]
    return ballot_of(frame, (0, 0, *SIZE_WH), _picture(frame, worn), BOX, votes, PX_PER_CM)


def _more(own: Ballot, others: list[Ballot], appearance: Appearance) -> F32:
    """(h, w) what is added in pixels of the frame."""
    found = added(appearance, own, others)
    plane = np.zeros(own.votes.shape, np.float32) if found is None else found
    return np.asarray(cv2.resize(plane, SIZE_WH), np.float32)


@pytest.fixture
def appearance(tmp_path: Path) -> Appearance:
    return _plan(tmp_path).appearances[0]


def test_a_ballot_says_nothing_of_what_lay_outside_of_its_crop(tmp_path: Path) -> None:
    ballot = _ballot(12, True)
    ballot.save(tmp_path / "ballot.npz")
    again = Ballot.load(tmp_path / "ballot.npz")
    assert again.frame == 12 and again.box == (0, 0, *SIZE_WH)
    assert np.array_equal(again.votes, ballot.votes) and np.array_equal(again.rgb, ballot.rgb)
    assert again.votes[0, 0] == NONE and again.known()[0, 0] == 0 and again.told()[0, 0] == 0
    # A quarter of the pixels at working size, and again: 3 px a cm.
    assert again.votes.shape == (120, 160)


def test_a_hat_that_one_key_frame_missed_is_taken_from_the_others(appearance: Appearance) -> None:
    others = [_ballot(frame, True) for frame in KEYS if frame != 24]
    more = _more(_ballot(24, False), others, appearance)
    missed = cv2.erode(_hat(24) & (1 - _head(24)), np.ones((5, 5), np.uint8)) > 0
    assert more[missed].min() > 0.5
    known = cv2.dilate(_hat(24) | _head(24), np.ones((9, 9), np.uint8))
    assert more[known == 0].max() < 0.1


def test_a_hat_that_was_taken_off_is_not_put_back(appearance: Appearance) -> None:
    others = [_ballot(frame, True) for frame in KEYS if frame != 24]
    assert added(appearance, _ballot(24, False, worn=False), others) is None


def test_what_one_key_frame_alone_sees_the_others_do_not_take_over(appearance: Appearance) -> None:
    others = [_ballot(frame, frame == 12) for frame in KEYS if frame != 24]
    assert added(appearance, _ballot(24, False), others) is None


def test_key_frames_that_agree_add_nothing(appearance: Appearance) -> None:
    others = [_ballot(frame, True) for frame in KEYS if frame != 24]
    assert added(appearance, _ballot(24, True), others) is None


def _look(frame: int) -> KeyLook:
    tone = np.array([60, 10, 15], np.float32)
    return KeyLook(
        number=0,
        frame=frame,
        tone_mean=tone,
        tone_spread=tone,
        bare=1.0,
        light=np.zeros(LIGHT, np.float32),
        jaw=tone,
        neck=tone,
        grain=Grain(0.0, 0.0),
        soft_px=1.0,
        hair_reach_cm=(-9.0, -10.0, 9.0, 9.0),
        hair_told=np.array([150, 140, 0], np.float32),
    )


def test_the_mattes_the_reach_and_the_view_of_a_completed_key_frame_hold_the_hat(
    tmp_path: Path,
) -> None:
    plan = _plan(tmp_path)
    # The frame that missed the hat was looked at in a box that ends below its top.
    boxes = {frame: BOX if frame != 24 else (60, 60, 270, 240) for frame in KEYS}
    for frame in KEYS:
        x0, y0, x1, y1 = boxes[frame]
        hair = _hair(frame, frame != 24)[y0:y1, x0:x1]
        nothing = np.zeros_like(hair)
        save_mattes(
            key_path(tmp_path, 0, frame), boxes[frame], Mattes(hair, hair, nothing, nothing)
        )
        _ballot(frame, frame != 24).save(ballot_path(tmp_path, 0, frame))
    everything = np.full(SIZE_WH[::-1], 2, np.uint8)
    nowhere = np.zeros_like(everything)
    view = View(24, (0, 0, *SIZE_WH), _picture(24), everything, nowhere, nowhere)
    view.save(view_path(tmp_path, 24))
    with ThreadPoolExecutor(2) as beside:
        given = [_look(frame) for frame in KEYS]
        looks = [found.look for found in completed(plan, plan.appearances[0], given, beside)]
    missed = cv2.erode(_hat(24), np.ones((5, 5), np.uint8)) > 0
    box, mattes = load_mattes(key_path(tmp_path, 0, 24))
    assert box[1] <= 25 and (box[0], box[3]) == (60, 240)
    x0, y0, x1, y1 = box
    assert mattes.hair[missed[y0:y1, x0:x1]].min() > 0.5
    assert looks[2].hair_reach_cm[1] < -19 and looks[1].hair_reach_cm[1] == -10
    after = View.load(view_path(tmp_path, 24))
    assert after.clear[missed].max() == 0 and after.hidden[missed].min() == 1
    assert after.clear[:, :20].min() == 2
