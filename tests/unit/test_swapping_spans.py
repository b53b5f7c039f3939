"""Spans: one plate for a camera at rest, several for one that travels."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from headswap.arrays import F32
from headswap.swapping.plan import KEY_STEP, Appearance, RenderPlan
from headswap.swapping.spans import part_seen, shares, spans_of
from headswap.vision.scene import Shot
from tests.made_heads import appearance_of, face_at, motion_of
from tests.made_scenes import info_of

SIZE_WH = (320, 240)


def _person(start: int, stop: int, shot: int = 0, number: int = 0) -> Appearance:
    faces = np.stack([face_at(160, 120)] * (stop - start))
    return appearance_of(motion_of(faces, np.eye(3), start), number=number, shot=shot)


def _plan(people: list[Appearance], shots: list[Shot], step_px: float = 0.0) -> RenderPlan:
    frames = shots[-1].stop
    camera: F32 = np.repeat(np.eye(2, 3, dtype=np.float32)[None], frames, 0)
    camera[:, 0, 2] = step_px * np.arange(frames)
    return RenderPlan(
        info=info_of(),
        size_wh=SIZE_WH,
        pts=np.arange(frames, dtype=np.int64),
        camera_from_first=camera,
        appearances=tuple(people),
        heads={},
        shots=tuple(shots),
        folder=Path(),
    )


def test_a_still_shot_has_one_span_with_a_bounded_number_of_views() -> None:
    plan = _plan([_person(0, 3000)], [Shot(0, 3000)])
    (span,) = spans_of(plan)
    assert (span.first, span.last) == (0, 2999)
    assert 8 <= len(span.views) <= 24
    assert all(0 <= view < 3000 for view in span.views)


def test_a_travelling_camera_has_several_spans_that_share_a_key_step() -> None:
    plan = _plan([_person(0, 400)], [Shot(0, 400)], step_px=1.0)
    spans = spans_of(plan)
    assert len(spans) > 2
    assert spans[0].first == 0 and spans[-1].last == 399
    for before, after in pairwise(spans):
        assert 0 < before.last - after.first <= KEY_STEP
        assert before.last <= after.last
    for span in spans:
        width = span.zone_xyxy[2] - span.zone_xyxy[0]
        assert width < 2 * SIZE_WH[0]


@pytest.mark.parametrize("frame", [0, 57, 200, 333, 399])
def test_the_shares_of_a_frame_add_up_to_one(frame: int) -> None:
    spans = spans_of(_plan([_person(0, 400)], [Shot(0, 400)], step_px=1.0))
    parts = shares(spans, 0, frame)
    assert sum(share for _, share in parts) == pytest.approx(1)
    assert 1 <= len(parts) <= 2


def test_shares_lead_from_one_span_to_the_next() -> None:
    spans = spans_of(_plan([_person(0, 400)], [Shot(0, 400)], step_px=1.0))
    first, last = spans[1].first, spans[0].last
    later = [shares(spans, 0, frame)[-1][1] for frame in range(first, last + 1)]
    assert later[0] == 0 and later[-1] == 1 and np.all(np.diff(later) > 0)


def test_frames_before_somebody_comes_are_views_of_what_they_will_hide() -> None:
    plan = _plan([_person(30, 90)], [Shot(0, 120)])
    (span,) = spans_of(plan)
    assert min(span.views) < 30 and max(span.views) >= 90


def test_every_shot_with_people_has_spans_of_its_own() -> None:
    people = [_person(0, 40), _person(60, 99, shot=2, number=1)]
    spans = spans_of(_plan(people, [Shot(0, 40), Shot(40, 60), Shot(60, 100)]))
    assert [(span.number, span.shot) for span in spans] == [(0, 0), (1, 2)]
    assert all(60 <= view < 100 for view in spans[1].views)


def test_nobody_needs_no_span() -> None:
    assert spans_of(_plan([], [Shot(0, 50)])) == ()


def test_a_view_is_no_larger_than_the_zone_and_inside_the_frame() -> None:
    plan = _plan([_person(0, 400)], [Shot(0, 400)], step_px=1.0)
    span = spans_of(plan)[0]
    part = part_seen(span, plan, span.reference)
    assert part is not None and part[0] >= 0 and part[2] <= SIZE_WH[0]
    away = replace(plan, camera_from_first=plan.camera_from_first.copy())
    away.camera_from_first[5, 0, 2] = 5000
    assert part_seen(span, away, 5) is None
