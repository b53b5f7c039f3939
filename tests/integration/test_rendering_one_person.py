"""Rendering one person of the sample: the same in any stretches, nothing left of the old head."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, Bool
from headswap.media import Frame
from headswap.sample import Identity, SampleSpec
from headswap.swapping.engines import engine_named
from headswap.swapping.plan import RenderPlan
from headswap.vision.store import ModelStore
from tests.planned_swap import (
    Filmed,
    Surveyed,
    filmed,
    heads_of,
    in_boxes,
    planned,
    rendered,
    surveyed,
)
from tests.walking_scene import WalkingScene

SPEC = SampleSpec(size_wh=(320, 240), seconds=34 / 15, rate=Fraction(15))
COUNT = SPEC.frame_count
WHOLE = (0, COUNT)
# Between keys, on a key, and at the last frame.
CUTS = (0, 5, 16, COUNT - 1, COUNT)
PLANES = ("y", "u", "v")


@dataclass(frozen=True, slots=True)
class Swapped:
    """A film, its plan before and after the survey, and its finished frames."""

    film: Filmed
    first: RenderPlan
    survey: Surveyed
    result: list[Frame]

    @property
    def plan(self) -> RenderPlan:
        return self.survey.plan


@pytest.fixture(scope="module")
def swapped(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Swapped:
    folder = tmp_path_factory.mktemp("one")
    film = filmed(WalkingScene(SPEC), folder, core_pack)
    heads = heads_of({0: Identity.SECOND}, folder, core_pack)
    first = planned(film, heads, folder, core_pack)
    survey = surveyed(first, WHOLE, folder / "whole", core_pack)
    return Swapped(film, first, survey, rendered(survey.plan, WHOLE))


def test_every_frame_of_the_film_is_there_with_its_time(swapped: Swapped) -> None:
    assert [frame.index for frame in swapped.result] == list(range(COUNT))
    assert [f.pts for f in swapped.result] == [f.pts for f in swapped.film.source]


def test_rendering_in_stretches_changes_no_pixel(swapped: Swapped) -> None:
    parts = rendered(swapped.plan, CUTS)
    assert len(parts) == COUNT
    for whole, part in zip(swapped.result, parts, strict=True):
        assert (whole.index, whole.pts) == (part.index, part.pts)
        for plane in PLANES:
            assert np.array_equal(getattr(whole, plane), getattr(part, plane)), whole.index


def test_surveying_in_stretches_gives_the_same_plan_and_plates(
    swapped: Swapped, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stretches") / "cut"
    cut = surveyed(swapped.first, (0, 9, 20, COUNT), folder, core_pack)
    looked = [[(key.number, key.frame) for key in s.looks] for s in (cut, swapped.survey)]
    assert looked[0] == looked[1]
    one, other = swapped.plan.appearances[0], cut.plan.appearances[0]
    assert np.array_equal(one.reach_cm, other.reach_cm)
    assert np.array_equal(one.tones, other.tones)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in swapped.plan.folder.iterdir())
    views = [name for name in names if name.startswith("view-")]
    for name in views:
        assert (folder / name).read_bytes() == (swapped.plan.folder / name).read_bytes()
    for name in sorted({*names} - {*views}):
        with np.load(folder / name) as part, np.load(swapped.plan.folder / name) as whole:
            assert all(np.array_equal(part[key], whole[key]) for key in whole.files), name


def test_pixels_outside_the_head_s_box_are_the_sources_bytes(swapped: Swapped) -> None:
    for source, result in zip(swapped.film.source, swapped.result, strict=True):
        inside = in_boxes(swapped.plan, source.index)
        assert 0.1 < inside.mean() < 0.9
        assert np.array_equal(source.y[~inside], result.y[~inside])
        half = inside[::2, ::2]
        assert np.array_equal(source.u[~half], result.u[~half])
        assert np.array_equal(source.v[~half], result.v[~half])


def test_pixels_far_from_the_old_and_the_new_head_are_the_sources_even_in_the_box(
    swapped: Swapped,
) -> None:
    for i in range(0, COUNT, 6):
        head = swapped.film.truth[i].heads[0]
        both = np.maximum(head.alpha, _new_head(swapped, i)) > 0.02
        away = cv2.distanceTransform((~both).astype(np.uint8), cv2.DIST_L2, 5)
        # A third of a face is about 6 cm.
        far = away > head.face_px / 3
        assert np.array_equal(swapped.film.source[i].y[far], swapped.result[i].y[far]), i


def test_in_no_frame_anything_of_the_old_head_shows(swapped: Swapped) -> None:
    for i, truth in enumerate(swapped.film.truth):
        head = truth.heads[0].alpha > 0.9
        before = swapped.film.source[i].rgb().astype(int)
        change = np.abs(before - swapped.result[i].rgb())[head]
        assert change.mean() > 25, i
        assert (change.max(axis=1) > 8).mean() > 0.85, i


def test_from_frame_to_frame_the_result_changes_little_more_than_the_source(
    swapped: Swapped,
) -> None:
    def steps(frames: list[Frame]) -> F32:
        luma = np.stack([frame.y for frame in frames]).astype(np.float32)
        return np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))

    before, after = steps(swapped.film.source), steps(swapped.result)
    # A frame in which the old head flashes through would be several times the mean.
    assert after.max() < 2.5 * after.mean()
    assert after.mean() < 1.6 * before.mean()


def _new_head(swapped: Swapped, i: int) -> F32:
    """(h, w) alpha of the drawn head."""
    alpha = np.zeros((240, 320), np.float32)
    for appearance in swapped.plan.present(i):
        box = appearance.box(i, swapped.plan.size_wh)
        assert box is not None
        head = swapped.plan.heads[appearance.obj_id]
        rgb = swapped.film.source[i].rgb(box)
        layer = engine_named("mesh").draw(head, appearance.state(i), box, rgb)
        x0, y0, x1, y1 = layer.box_xyxy
        alpha[y0:y1, x0:x1] = layer.alpha
    return alpha


def _uncovered(swapped: Swapped, i: int) -> Bool:
    """(h, w): of the old head, and clear of the new one and its blur."""
    near = cv2.dilate(_new_head(swapped, i), np.ones((9, 9), np.uint8))
    return (swapped.film.truth[i].heads[0].alpha > 0.9) & (near < 0.01)


def _psnr_db(swapped: Swapped, mask: Bool, i: int) -> float:
    off = swapped.result[i].rgb().astype(float) - swapped.film.truth[i].plate
    return float(10 * np.log10(255**2 / np.square(off[mask]).mean()))


def test_background_that_key_frames_saw_is_the_true_one(swapped: Swapped) -> None:
    # In so short a clip one clear look is enough.
    seen = swapped.survey.clear
    measured = 0
    for i in range(COUNT):
        mask = _uncovered(swapped, i) & seen
        if mask.sum() >= 60:
            measured += 1
            assert _psnr_db(swapped, mask, i) > 24, i
    assert measured >= 10


def test_what_the_old_head_hid_looks_like_the_background_on_the_whole(swapped: Swapped) -> None:
    masks = [_uncovered(swapped, i) for i in range(COUNT)]
    assert min(mask.sum() for mask in masks) > 200
    values = [_psnr_db(swapped, mask, i) for i, mask in enumerate(masks)]
    assert np.mean(values) > 20
