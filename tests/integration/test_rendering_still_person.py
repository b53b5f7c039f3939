"""Rendering somebody who hardly moves: what their head always hides has to be made up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from headswap.arrays import F32, U8
from headswap.sample import Identity, SampleSpec, build_scene
from headswap.swapping.engines import engine_named
from headswap.vision.store import ModelStore
from tests.planned_swap import Filmed, Surveyed, filmed, heads_of, planned, rendered, surveyed

SPEC = SampleSpec(size_wh=(320, 240), seconds=12 / 25)
COUNT = SPEC.frame_count


@pytest.fixture(scope="module")
def film(core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    return filmed(build_scene(SPEC), tmp_path_factory.mktemp("still"), core_pack)


@pytest.fixture(scope="module")
def survey(
    film: Filmed, core_pack: ModelStore, tmp_path_factory: pytest.TempPathFactory
) -> Surveyed:
    folder = tmp_path_factory.mktemp("plan")
    heads = heads_of({0: Identity.SECOND}, folder, core_pack)
    first = planned(film, heads, folder, core_pack)
    return surveyed(first, (0, COUNT), folder / "own", core_pack)


def _beside_new_head(film: Filmed, survey: Surveyed, i: int) -> F32:
    """(h, w) 0..1: the old head where the new one does not cover it, above the ear lobes."""
    appearance = survey.plan.present(i)[0]
    box = appearance.box(i, film.size_wh)
    assert box is not None
    head = survey.plan.heads[appearance.obj_id]
    layer = engine_named("mesh").draw(head, appearance.state(i), box, film.source[i].rgb(box))
    x0, y0, x1, y1 = layer.box_xyxy
    old = film.truth[i].heads[0].alpha.copy()
    covered = np.zeros_like(old)
    covered[y0:y1, x0:x1] = layer.alpha
    old[cv2.dilate(covered, np.ones((9, 9), np.uint8)) > 0.01] = 0
    old[int(appearance.landmarks(i)[[132, 361], 1].mean()) :] = 0
    return old


def test_what_is_made_up_goes_with_what_lies_around_it(film: Filmed, survey: Surveyed) -> None:
    values: list[float] = []
    for frame in rendered(survey.plan, (0, COUNT))[::4]:
        mask = _beside_new_head(film, survey, frame.index) > 0.9
        assert mask.sum() > 200
        plate: U8 = film.truth[frame.index].plate
        off = frame.rgb().astype(float) - plate
        values.append(float(10 * np.log10(255**2 / np.square(off[mask]).mean())))
    # A window and shelves of books, of which the head hides the edges, filled with plain wall: 12.
    assert np.mean(values) > 16
